# Run by postrider_embed (cmake/Postrider.cmake): writes a .cpp that holds the bytes of FILES.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${hex}")
  # Broken up, so that no literal exceeds a compiler's limits and no \xNN swallows what follows.
  string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)"
    "\"\\1\"\n" bytes "${bytes}")
  string(APPEND entries "  if (name == \"${file}\") return std::string_view(\n${bytes}\"\"sv);\n")
endforeach()
string(REPLACE "::" ";" parts "${FUNCTION}")
file(WRITE ${OUT} "// Made by cmake/Embed.cmake.
#include <string_view>
using namespace std::literals;
namespace postrider {
std::string_view ${FUNCTION}(std::string_view name);
std::string_view ${FUNCTION}(std::string_view name) {
${entries}  return {};
}
}  // namespace postrider
")
