# What scripts/test checks beside the tests: format, clang-tidy, sanitizers. As ctest tests, so that
# one summary tells all; each is alone on the machine while it runs. They need clang-19's tools and
# build folders of their own, so they are off unless asked for.
option(POSTRIDER_CHECKS "Let ctest check format, clang-tidy and sanitizers too" OFF)
if(NOT POSTRIDER_CHECKS)
  return()
endif()

# check(NAME SECONDS SHELL-COMMAND [LABELS…]), which has its name for a label
function(check name seconds command)
  add_test(NAME check.${name} COMMAND sh -ec "${command}" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(check.${name} PROPERTIES LABELS "${name};${ARGN}" RUN_SERIAL ON
    TIMEOUT ${seconds})
endfunction()

set(folders "base mail config templates subscribers queue store daemon")
check(format 60 "find ${folders} tests -name node_modules -prune -o '(' -name '*.h' -o -name '*.cpp' ')' -print |
  xargs clang-format-19 --dry-run -Werror")
check(tidy 1500 "cmake --preset tidy --log-level=WARNING >/dev/null
  ${POSTRIDER_PYTHON} $(command -v run-clang-tidy-19) -quiet -extra-arg=-w -p build-tidy '${PROJECT_SOURCE_DIR}/(build-tidy/.*/Unity|base|mail|config|templates|subscribers|queue|store|daemon)/'")
check(asan 2400 "cmake --workflow --preset asan")
check(tsan 1500 "cmake --workflow --preset tsan")
check(tsan_servers 600 "ctest --preset tsan-servers" tsan servers)
set_tests_properties(check.tsan_servers PROPERTIES DEPENDS check.tsan)
check(pages 1200 "cd tests/pages && npm ci --no-audit --no-fund --silent && node all.js '$<TARGET_FILE:postrider>' && node doors.js '$<TARGET_FILE:postrider>'")
