// What a reader's tags stand for: values by name, and whether a section on a name is entered.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "templates/message.h"

namespace postrider::templates {

/// Of the names of readers' attributes.
constexpr std::string_view attribute_prefix = "subscriber.attributes.";

/// The reader's own doors.
struct ReaderLinks {
  std::string unsubscribe;
  std::string preferences;  // may be empty where the template does not name it
};

/// One reader's values. Belongs to one message.
class ReaderValues {
 public:
  /// `with_attributes`: whether the template needs them; else they are not parsed.
  ReaderValues(const Reader& reader, ReaderLinks links, bool with_attributes);
  ~ReaderValues();

  /// The value as plain text on one line; empty where there is none.
  std::string text(std::string_view name) const;
  /// False for what is missing, empty, false or an empty list.
  bool truthy(std::string_view name) const;
  /// A list: its section is repeated. Nothing else needs a rendering of its own.
  const nlohmann::json* list(std::string_view name) const;

 private:
  const nlohmann::json* attribute(std::string_view name) const;

  const Reader& reader_;
  ReaderLinks links_;
  std::unique_ptr<nlohmann::json> attributes_;
};

/// A JSON value as a reader reads it: text as it is, numbers and booleans in words, else nothing.
std::string plain(const nlohmann::json& value);

}  // namespace postrider::templates
