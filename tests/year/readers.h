// Who reads what, as a clerk with a card for each reader would know it.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::year {

enum class Standing { none, confirmed, left };

constexpr std::size_t list_count = 3;

struct Reader {
  std::string email;
  std::string key;   // an attribute, which stands in each mail
  std::string zone;  // of the tz database
  std::array<Standing, list_count> standing{};
  bool suppressed = false;
  std::array<std::string, list_count> way_out{};  // the path of the last mail's link

  bool gets(std::size_t list) const { return standing[list] == Standing::confirmed && !suppressed; }
};

class Readers {
 public:
  /// A new one; their number.
  std::size_t make();
  Reader& at(std::size_t number) { return all_[number]; }
  const Reader& at(std::size_t number) const { return all_[number]; }
  std::size_t size() const { return all_.size(); }
  std::optional<std::size_t> find(std::string_view email) const;

  /// An operator's or an import's word: on the list, unless the reader left it or is suppressed.
  void join(std::size_t number, std::size_t list);

  /// Those who have to do with the list and do not get it, by the reason.
  std::map<std::string, long> excluded(std::size_t list) const;

 private:
  std::vector<Reader> all_;
};

}  // namespace postrider::year
