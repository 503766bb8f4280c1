// Names of headings within a page: readable, stable, unique.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace postrider::templates {

class Anchors {
 public:
  /// GitHub's way: lower case, blanks to hyphens, no punctuation; letters of all scripts stay. The
  /// second heading of a name gets "-1".
  std::string name(std::string_view heading);

  /// An anchor that the writer chose.
  void take(const std::string& anchor);

 private:
  std::map<std::string, int> used_;  // → the next number to try
};

}  // namespace postrider::templates
