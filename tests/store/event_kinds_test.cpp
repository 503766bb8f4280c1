#include "store/event_kinds.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "support/source.h"

using namespace postrider;

TEST_CASE("each kind of event that is written down is about something that can be asked for") {
  const std::regex noted("note_event\\(\\s*\"([a-z_.]+)\"");
  int seen = 0;
  for (const auto* folder : {"store", "daemon"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(test::source_folder() / folder)) {
      if (entry.path().extension() != ".cpp") continue;
      std::ifstream file(entry.path());
      std::ostringstream text;
      text << file.rdbuf();
      const auto code = text.str();
      for (std::sregex_iterator at(code.begin(), code.end(), noted), end; at != end; ++at, ++seen) {
        CAPTURE((*at)[1].str());
        CHECK(store::is_event_kind((*at)[1].str()));
      }
    }
  CHECK(seen > 20);
  CHECK(store::is_event_kind("issue"));
  CHECK_FALSE(store::is_event_kind("issues"));
  CHECK_FALSE(store::is_event_kind(""));
}
