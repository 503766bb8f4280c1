#include "config/section.h"

#include <algorithm>
#include <limits>
#include <span>

namespace postrider::config {

namespace {

std::vector<std::string> keys_of(std::string_view kind) {
  std::vector<std::string> names;
  for (const auto& key : known_keys())
    if (key.section == kind) names.emplace_back(key.name);
  return names;
}

const Key* find_key(std::string_view kind, std::string_view name) {
  for (const auto& key : known_keys())
    if (key.section == kind && key.name == name) return &key;
  return nullptr;
}

/// A simple value as it would be written; empty for others.
std::string as_toml(const Value& value) {
  struct Writer {
    std::string operator()(const std::string& text) { return '"' + text + '"'; }
    std::string operator()(std::int64_t number) { return std::to_string(number); }
    std::string operator()(bool flag) { return flag ? "true" : "false"; }
    std::string operator()(const Array& array) { return array.empty() ? "[]" : ""; }
    std::string operator()(const Table&) { return ""; }
    std::string operator()(const Unusable&) { return ""; }
  };
  return std::visit(Writer{}, value.content);
}

}  // namespace

void FaultList::add(int line, std::string where, std::string message, Severity severity) {
  faults_.push_back({file_, line, std::move(where), std::move(message), severity});
}

Faults FaultList::sorted() const {
  auto faults = faults_;
  const auto order = [](const Fault& fault) {
    return fault.line > 0 ? fault.line : std::numeric_limits<int>::max();
  };
  std::stable_sort(faults.begin(), faults.end(),
                   [&](const Fault& a, const Fault& b) { return order(a) < order(b); });
  return faults;
}

Section::Section(const Table& table, int line, std::string_view kind, std::string path,
                 FaultList& faults)
    : table_(table), line_(line), path_(std::move(path)), faults_(faults) {
  check_keys(kind);
}

void Section::check_keys(std::string_view kind) {
  const auto known = keys_of(kind);
  for (const auto& member : table_.members) {
    const auto name = printable(member.key);
    if (const auto* key = find_key(kind, member.key)) {
      check_coming(member, *key);
    } else if (member.key == "password") {
      fault(name,
            "secrets do not stand in the settings; put it into a file that only its owner may "
            "read and write password_file = \"FILE\"");
    } else {
      fault(member.key, "is no known key; " + suggest(name, known));
      misspelt_.push_back(nearest(name, known));
    }
  }
}

void Section::check_coming(const Member& member, const Key& key) const {
  if (key.built || (!key.off.empty() && as_toml(member.value) == key.off)) return;
  fault(member.key, "is not built yet; leave it out" +
                        (key.off.empty() ? "" : " or write " + std::string(key.off)));
}

void Section::fault(std::string_view key, std::string message) const {
  const auto* member = table_.find(key);
  fault_at(member ? member->line : line_, key, std::move(message));
}

void Section::fault_at(int line, std::string_view key, std::string message) const {
  faults_.add(line, where(key), std::move(message));
}

void Section::warn(std::string_view key, std::string message) const {
  const auto* member = table_.find(key);
  faults_.add(member ? member->line : line_, where(key), std::move(message), Severity::warning);
}

void Section::missing(std::string_view key, std::string_view example) const {
  if (std::find(misspelt_.begin(), misspelt_.end(), key) != misspelt_.end()) return;
  fault(key, "is missing; add for example: " + std::string(example));
}

void Section::wrong_type(const Value& value, std::string_view key, std::string_view wanted) const {
  fault_at(value.line, key, "is " + std::string(kind_of(value)) + "; write " + std::string(wanted));
}

std::optional<std::string> Section::text(std::string_view key) const {
  const auto* member = table_.find(key);
  if (!member) return {};
  if (const auto* text = std::get_if<std::string>(&member->value.content)) return *text;
  wrong_type(member->value, key, "a text between double quotes");
  return {};
}

void Section::read_number(std::string_view key, int& target, int least, int most) const {
  const auto* member = table_.find(key);
  if (!member) return;
  const auto range = "a whole number from " + with_thousands(least) + " to " + with_thousands(most);
  const auto* number = std::get_if<std::int64_t>(&member->value.content);
  if (!number) return wrong_type(member->value, key, range + ", without quotes");
  if (*number < least || *number > most)
    return fault(key, with_thousands(*number) + " is out of range; write " + range);
  target = static_cast<int>(*number);
}

void Section::read_flag(std::string_view key, bool& target) const {
  const auto* member = table_.find(key);
  if (!member) return;
  if (const auto* flag = std::get_if<bool>(&member->value.content))
    target = *flag;
  else
    wrong_type(member->value, key, "true or false, without quotes");
}

std::optional<std::vector<Section::Item>> Section::texts(std::string_view key) const {
  const auto* member = table_.find(key);
  if (!member) return {};
  const auto* array = std::get_if<Array>(&member->value.content);
  if (!array) {
    wrong_type(member->value, key, "a list of texts, such as [\"1m\", \"5m\"]");
    return {};
  }
  std::vector<Item> items;
  for (const auto& value : *array) {
    if (const auto* text = std::get_if<std::string>(&value.content))
      items.push_back({*text, value.line});
    else
      wrong_type(value, key, "each item as a text between double quotes");
  }
  if (items.empty() && !array->empty()) return {};
  return items;
}

std::optional<std::vector<Section::Item>> Section::days(std::string_view key) const {
  const auto* member = table_.find(key);
  if (!member) return {};
  const auto* array = std::get_if<Array>(&member->value.content);
  const std::span<const Value> values =
      array ? std::span<const Value>(*array) : std::span<const Value>(&member->value, 1);
  std::vector<Item> items;
  for (const auto& value : values) {
    const auto* const text = std::get_if<std::string>(&value.content);
    const auto* const date = std::get_if<Unusable>(&value.content);
    if (text)
      items.push_back({*text, value.line});
    else if (date && !date->day.empty())
      items.push_back({date->day, value.line});
    else
      wrong_type(value, key, "days such as \"2022-12-26\"");
  }
  if (items.empty() && !values.empty()) return {};
  return items;
}

const Array* Section::values(std::string_view key, std::string_view such_as) const {
  const auto* member = table_.find(key);
  if (!member) return nullptr;
  const auto* array = std::get_if<Array>(&member->value.content);
  if (!array) wrong_type(member->value, key, such_as);
  return array;
}

std::optional<std::vector<Section::Item>> Section::text_or_texts(std::string_view key,
                                                                 std::string_view such_as) const {
  const auto* member = table_.find(key);
  if (!member || std::holds_alternative<Array>(member->value.content)) return texts(key);
  if (const auto* one = std::get_if<std::string>(&member->value.content))
    return std::vector<Item>{{*one, member->line}};
  wrong_type(member->value, key,
             std::string(such_as) + ", or a list of such texts between [ and ]");
  return {};
}

std::optional<std::vector<std::string>> Section::command(std::string_view key) const {
  const auto* member = table_.find(key);
  if (!member) return {};
  std::vector<std::string> words;
  if (const auto* line = std::get_if<std::string>(&member->value.content)) {
    if (!trim(*line).empty()) words = {"/bin/sh", "-c", *line};
  } else if (!std::get_if<Array>(&member->value.content)) {
    wrong_type(member->value, key, "a list of texts, such as [\"program\", \"argument\"]");
    return {};
  } else if (const auto items = texts(key)) {
    for (const auto& item : *items) words.push_back(item.text);
  }
  return program(key, std::move(words));
}

std::optional<std::vector<std::string>> Section::plain_command(std::string_view key) const {
  const auto* member = table_.find(key);
  const auto* line = member ? std::get_if<std::string>(&member->value.content) : nullptr;
  if (!line) return command(key);
  std::vector<std::string> words;
  for (const auto word : split(*line, ' '))
    if (!word.empty()) words.emplace_back(word);
  if (words.empty()) return {};
  return program(key, std::move(words));
}

std::optional<std::vector<std::string>> Section::program(std::string_view key,
                                                         std::vector<std::string> words) const {
  const bool runs = !words.empty() && !words[0].empty();
  const bool has_nul = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.find('\0') != std::string::npos;
  });
  if (runs && !has_nul) return words;
  fault(key, "names no program; write a list such as [\"program\", \"argument\"]");
  return {};
}

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
  if (const auto near = nearest(word, known); !near.empty()) return "did you mean '" + near + "'?";
  return "known ones are: " + join(known, ", ");
}

}  // namespace postrider::config
