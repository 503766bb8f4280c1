# Run by postrider_embed (cmake/Postrider.cmake): writes a .cpp that holds the text of FILES.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} text)
  string(APPEND entries
    "  if (name == \"${file}\") return R\"embedded(${text})embedded\"sv;\n")
endforeach()
file(WRITE ${OUT} "// Made by cmake/Embed.cmake.
#include <string_view>
using namespace std::literals;
namespace postrider {
std::string_view ${FUNCTION}(std::string_view name);
std::string_view ${FUNCTION}([[maybe_unused]] std::string_view name) {
${entries}  return {};
}
}  // namespace postrider
")
