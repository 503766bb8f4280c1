#include "subscribers/staged_entry.h"

#include <cstring>

namespace postrider::subscribers {

namespace {

class Packer {
 public:
  void number(std::int64_t value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    const auto size = static_cast<std::uint32_t>(value.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size).append(value);
  }
  void text(const std::optional<std::string>& value) {
    out += value ? '\1' : '\0';
    if (value) text(std::string_view(*value));
  }
  void instant(const std::optional<Instant>& value) {
    out += value ? '\1' : '\0';
    if (value) number(value->time_since_epoch().count());
  }
  void fingerprint(const std::optional<Fingerprint>& value) {
    out += value ? '\1' : '\0';
    if (!value) return;
    number(static_cast<std::int64_t>(value->key));
    out.append(value->hash.begin(), value->hash.end());
  }

  std::string out;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view octets) : rest_(octets) {}

  std::int64_t number() {
    std::int64_t value = 0;
    take(&value, sizeof value);
    return value;
  }
  std::string text() {
    std::uint32_t size = 0;
    take(&size, sizeof size);
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  std::optional<std::string> optional_text() {
    if (!flag()) return {};
    return text();
  }
  std::optional<Instant> instant() {
    if (!flag()) return {};
    return Instant(Duration(number()));
  }
  std::optional<Fingerprint> fingerprint() {
    if (!flag()) return {};
    Fingerprint value{static_cast<std::uint64_t>(number()), {}};
    take(value.hash.data(), value.hash.size());
    return value;
  }

 private:
  bool flag() {
    char value = 0;
    take(&value, 1);
    return value != 0;
  }
  void take(void* to, std::size_t octets) {
    std::memcpy(to, rest_.data(), octets);
    rest_.remove_prefix(octets);
  }

  std::string_view rest_;
};

}  // namespace

std::string pack(const StagedEntry& staged) {
  const auto& entry = staged.entry;
  Packer packer;
  packer.number(staged.row);
  packer.number(staged.line);
  packer.number(entry.standing ? static_cast<std::int64_t>(*entry.standing) : -1);
  packer.text(std::string_view(entry.email));
  packer.text(entry.name);
  packer.text(entry.language);
  packer.text(entry.time_zone);
  packer.instant(entry.since);
  packer.number(entry.suppressed ? static_cast<std::int64_t>(*entry.suppressed) : -1);
  packer.number(entry.is_reader ? 1 : 0);
  packer.fingerprint(entry.erased);
  packer.text(std::string_view(entry.file));
  packer.instant(entry.consent.opted_in_at);
  packer.text(std::string_view(entry.consent.opted_in_from));
  packer.instant(entry.consent.confirmed_at);
  packer.text(std::string_view(entry.consent.confirmed_from));
  packer.text(std::string_view(entry.consent.how));
  packer.text(std::string_view(entry.consent.where));
  packer.number(static_cast<std::int64_t>(entry.attributes.size()));
  for (const auto& [key, value] : entry.attributes) {
    packer.text(std::string_view(key));
    packer.text(std::string_view(value));
  }
  return std::move(packer.out);
}

StagedEntry unpack(std::string_view octets) {
  Unpacker unpacker(octets);
  StagedEntry staged;
  auto& entry = staged.entry;
  staged.row = unpacker.number();
  staged.line = unpacker.number();
  if (const auto standing = unpacker.number(); standing >= 0)
    entry.standing = static_cast<Standing>(standing);
  entry.email = unpacker.text();
  entry.name = unpacker.optional_text();
  entry.language = unpacker.optional_text();
  entry.time_zone = unpacker.optional_text();
  entry.since = unpacker.instant();
  if (const auto reason = unpacker.number(); reason >= 0)
    entry.suppressed = static_cast<SuppressionReason>(reason);
  entry.is_reader = unpacker.number() != 0;
  entry.erased = unpacker.fingerprint();
  entry.file = unpacker.text();
  entry.consent.opted_in_at = unpacker.instant();
  entry.consent.opted_in_from = unpacker.text();
  entry.consent.confirmed_at = unpacker.instant();
  entry.consent.confirmed_from = unpacker.text();
  entry.consent.how = unpacker.text();
  entry.consent.where = unpacker.text();
  for (auto count = unpacker.number(); count > 0; --count) {
    auto key = unpacker.text();
    entry.attributes.emplace_back(std::move(key), unpacker.text());
  }
  return staged;
}

}  // namespace postrider::subscribers
