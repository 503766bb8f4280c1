// What the columns of a list mean, found by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

class CsvColumns {
 public:
  /// From the header's fields. Error: no column for the address, or two of one name.
  static Result<CsvColumns> find(const std::vector<std::string_view>& header);

  std::size_t count() const { return attributes_.size(); }

  /// The row's entry; empty fields say nothing. The fields are as many as the columns.
  Entry entry(const std::vector<std::string_view>& fields) const;

 private:
  std::optional<std::string> name(const std::vector<std::string_view>& fields) const;

  std::size_t email_ = 0;
  std::optional<std::size_t> name_, first_name_, last_name_;
  std::vector<std::string> attributes_;  // a column's attribute; empty: it is none
  std::vector<bool> nameless_;           // whether the column's name is empty
};

}  // namespace postrider::subscribers
