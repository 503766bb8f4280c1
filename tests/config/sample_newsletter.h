// A small faultless settings file, and what comes of changing a line of it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/settings.h"
#include "support/temporary_folder.h"

namespace postrider::test {

constexpr std::string_view newsletter = R"([publication]
name = "The Report"
from = "Joe Webster <joe@report.example>"
base_url = "https://news.report.example"
postal_address = "PO Box 1"
timezone = "UTC"
[lists.report]
name = "The Report"
[[relay]]
name = "main"
url = "smtps://smtp.example"
connections = 4
[dkim]
domain = "report.example"
selector = "postrider"
[http]
listen = "127.0.0.1:8025"
[retry]
delays = ["1m", "5m"]
[log]
level = "info"
)";

/// The newsletter with its line `number` (from 1) replaced; "" empties the line.
inline std::string with_line(int number, std::string_view text) {
  std::string changed;
  int line = 0;
  for (const auto content : split(newsletter.substr(0, newsletter.size() - 1), '\n'))
    changed += std::string(++line == number ? text : content) + "\n";
  return changed;
}

/// A folder with the drafts/ that settings want to find.
class NewsletterFolder : public TemporaryFolder {
 public:
  NewsletterFolder() { std::filesystem::create_directory(path() / "drafts"); }
};

/// Loads `text` as the postrider.toml of a folder of its own.
inline tl::expected<config::Settings, Faults> load(std::string_view text) {
  const NewsletterFolder folder;
  return config::load_settings(folder.write("postrider.toml", text));
}

inline Faults faults_of(std::string_view text) {
  auto loaded = load(text);
  return loaded ? loaded->warnings : loaded.error();
}

/// "12: relay.main.url: message" for each, for messages of failed tests.
inline std::string listing(const Faults& faults) {
  std::string text;
  for (auto fault : faults) {
    fault.file = "f";
    text += to_string(fault) + "\n";
  }
  return text;
}

}  // namespace postrider::test
