# What every folder's CMakeLists.txt uses: one static library a folder, warnings as errors.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_program(POSTRIDER_CCACHE ccache)
if(POSTRIDER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${POSTRIDER_CCACHE})
endif()

add_library(postrider_options INTERFACE)
target_compile_options(postrider_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer
  # g++ 12 sees overlapping copies in std::string's own operator+ (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
target_include_directories(postrider_options INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(postrider_options INTERFACE Threads::Threads)
# Sanitizers and clang-tidy take several files at once (CMakePresets.json), which is much faster:
# what one file keeps to itself, another of its folder must not name alike. That each file includes
# what it needs is for the release build to tell, and so are these warnings, which are true of a file
# alone.
if(CMAKE_UNITY_BUILD)
  target_compile_options(postrider_options INTERFACE -Wno-shadow -Wno-subobject-linkage)
endif()
if(POSTRIDER_SANITIZE)
  target_compile_options(postrider_options INTERFACE
    -fsanitize=${POSTRIDER_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(postrider_options INTERFACE -fsanitize=${POSTRIDER_SANITIZE})
  # g++ warns that it does not see the fences of Boost.Asio, whose queues have locks besides.
  if(POSTRIDER_SANITIZE STREQUAL "thread")
    target_compile_options(postrider_options INTERFACE -Wno-tsan)
  endif()
endif()
if(POSTRIDER_COVERAGE)
  target_compile_options(postrider_options INTERFACE --coverage)
  target_link_options(postrider_options INTERFACE --coverage)
endif()

# postrider_library(FOLDER [USES folder…] [PACKAGES pkg-config-name…] [LINKS target…])
# builds FOLDER's *.cpp (and those of the subfolders named by SUBFOLDERS) into postrider_FOLDER.
function(postrider_library folder)
  cmake_parse_arguments(arg "" "" "USES;PACKAGES;LINKS;SUBFOLDERS;GENERATED" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  foreach(subfolder ${arg_SUBFOLDERS})
    file(GLOB more CONFIGURE_DEPENDS ${subfolder}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
  if(NOT sources)
    add_library(postrider_${folder} INTERFACE)
    return()
  endif()
  add_library(postrider_${folder} STATIC ${sources} ${arg_GENERATED})
  target_link_libraries(postrider_${folder} PUBLIC postrider_options)
  foreach(used ${arg_USES})
    target_link_libraries(postrider_${folder} PUBLIC postrider_${used})
  endforeach()
  foreach(package ${arg_PACKAGES})
    string(MAKE_C_IDENTIFIER ${package} id)
    pkg_check_modules(${id} REQUIRED IMPORTED_TARGET ${package})
    target_link_libraries(postrider_${folder} PRIVATE PkgConfig::${id})
  endforeach()
  target_link_libraries(postrider_${folder} PUBLIC ${arg_LINKS})
endfunction()

# postrider_embed(OUT FUNCTION FILES…) writes OUT.cpp, which compiles the FILES into the binary:
# `std::string_view postrider::FUNCTION(std::string_view name)` answers a file's bytes by its
# name below the calling folder (empty view with a null pointer: no such file).
function(postrider_embed out function_name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${out}.cpp)
  set(files ${ARGN})
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUT=${source} -DFUNCTION=${function_name}
      "-DFILES=${files}" -DROOT=${CMAKE_CURRENT_SOURCE_DIR} -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} VERBATIM)
  # clang-tidy, which builds nothing, would miss it among the other files.
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${out}_SOURCE ${source} PARENT_SCOPE)
endfunction()
