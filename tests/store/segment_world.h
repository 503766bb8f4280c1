// Readers at random, expressions on them, and a plain reading of the expressions' trees.
#pragma once

#include <nlohmann/json.hpp>
#include <random>

#include "base/text.h"
#include "base/time_zone.h"
#include "store/house.h"
#include "store/segment_readers.h"
#include "subscribers/segment_parser.h"

namespace postrider::test {

using nlohmann::json;
namespace segment = subscribers::segment;
using segment::Comparison;
using segment::FieldKind;

inline const std::string zone = "Asia/Almaty";
inline const std::vector<std::string> lists{"report", "digest"};

struct Subscription {
  int state;
  Instant since;
};

/// What the database holds of a reader, as plain values.
struct Reader {
  std::int64_t id = 0;
  std::string email, domain, name, language, time_zone;
  json attributes;
  std::map<std::string, Subscription> subscriptions;
  std::map<std::string, int> deliveries;  // of issues, by slug: DeliveryState
};

inline std::map<std::string, Instant> started;  // issues by slug

constexpr int accepted = 3;

// The reading of a tree ---------------------------------------------------------------------------

inline std::optional<double> as_number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return {};
  const auto number = json::parse(value.get<std::string>(), nullptr, false);
  return number.is_number() ? std::optional(number.get<double>()) : std::nullopt;
}

inline std::optional<Instant> as_time(const json& value) {
  if (!value.is_string()) return {};
  const auto text = value.get<std::string>();
  for (const auto& local : {parse_local(text + "T00:00"), parse_local(text)})
    if (local) return *to_instant(*local, zone);
  if (const auto instant = parse_rfc3339(text)) return *instant;
  return {};
}

inline json attribute(const Reader& reader, const segment::Field& field) {
  json value = reader.attributes;
  for (const auto& name : field.path)
    value = value.is_object() && value.contains(name) ? json(value[name]) : json();
  return value == "" ? json() : value;
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}
inline int order(const std::optional<Instant>& at, const segment::DateSpan& date) {
  return *at < date.begin ? -1 : *at < date.end ? 0 : 1;
}

inline std::optional<Instant> joined(const Reader& reader) {
  std::optional<Instant> first;
  for (const auto& [list, subscription] : reader.subscriptions)
    if (subscription.state == 1 && (!first || subscription.since < *first))
      first = subscription.since;
  return first;
}

inline std::optional<Instant> last_got(const Reader& reader) {
  std::optional<Instant> last;
  for (const auto& [slug, state] : reader.deliveries)
    if (state == accepted && (!last || started[slug] > *last)) last = started[slug];
  return last;
}

inline json value_of(const Reader& reader, const segment::Field& field) {
  if (field.kind == FieldKind::email) return reader.email;
  if (field.kind == FieldKind::domain) return reader.domain;
  const auto text = [](const std::string& own) { return own.empty() ? json() : json(own); };
  if (field.kind == FieldKind::name) return text(reader.name);
  if (field.kind == FieldKind::language) return text(reader.language);
  if (field.kind == FieldKind::time_zone) return text(reader.time_zone);
  return attribute(reader, field);
}

inline std::optional<Instant> time_of(const Reader& reader, const segment::Field& field) {
  return field.kind == FieldKind::joined     ? joined(reader)
         : field.kind == FieldKind::last_got ? last_got(reader)
                                             : as_time(attribute(reader, field));
}

/// Nothing: the two cannot be compared.
inline std::optional<int> stands(const Reader& reader, const segment::Field& field,
                                 const segment::Value& wanted) {
  if (const auto* date = std::get_if<segment::DateSpan>(&wanted)) {
    const auto time = time_of(reader, field);
    return time ? std::optional(order(time, *date)) : std::nullopt;
  }
  const auto value = value_of(reader, field);
  if (const auto* number = std::get_if<double>(&wanted)) {
    const auto own = as_number(value);
    return own ? std::optional(order(*own, *number)) : std::nullopt;
  }
  if (const auto* flag = std::get_if<bool>(&wanted)) {
    const auto own = to_lower(value.is_string() ? value.get<std::string>() : value.dump());
    if (own != "true" && own != "false") return {};
    return own == (*flag ? "true" : "false") ? 0 : 1;
  }
  if (!value.is_string()) return {};
  return order(to_lower(value.get<std::string>()), to_lower(std::get<std::string>(wanted)));
}

inline bool fulfils(std::optional<int> stand, Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return stand && *stand == 0;
    case Comparison::unequal:
      return stand && *stand != 0;
    case Comparison::less:
      return stand && *stand < 0;
    case Comparison::at_most:
      return stand && *stand <= 0;
    case Comparison::more:
      return stand && *stand > 0;
    case Comparison::at_least:
      return stand && *stand >= 0;
  }
  return false;
}

inline bool has_element(const json& value, const std::string& text) {
  return value.is_array() && std::any_of(value.begin(), value.end(), [&](const json& element) {
           return element.is_string() && iequals(element.get<std::string>(), text);
         });
}

inline std::size_t find(const json& value, const std::string& text) {
  return value.is_string() ? to_lower(value.get<std::string>()).find(to_lower(text))
                           : std::string::npos;
}

inline bool has_tag(const json& tags, const std::string& tag) {
  if (!tags.is_string()) return has_element(tags, tag);
  const auto text = tags.get<std::string>();
  const auto parts = split(text, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return iequals(trim(part), tag); });
}

inline bool holds(const segment::Node& node, const Reader& reader) {
  const auto child = [&](const auto& each) { return holds(each, reader); };
  const auto& children = node.children;
  if (std::holds_alternative<segment::All>(node.what))
    return std::all_of(children.begin(), children.end(), child);
  if (std::holds_alternative<segment::Any>(node.what))
    return std::any_of(children.begin(), children.end(), child);
  if (std::holds_alternative<segment::Not>(node.what)) return !child(children.at(0));
  if (std::holds_alternative<segment::Saved>(node.what)) return child(children.at(0));
  if (const auto* is = std::get_if<segment::Compare>(&node.what))
    return fulfils(stands(reader, is->field, is->value), is->comparison);
  if (const auto* in = std::get_if<segment::OneOf>(&node.what))
    return std::any_of(in->values.begin(), in->values.end(), [&](const auto& value) {
      return fulfils(stands(reader, in->field, value), Comparison::equal);
    });
  if (const auto* has = std::get_if<segment::Contains>(&node.what))
    return has_element(value_of(reader, has->field), has->text) ||
           find(value_of(reader, has->field), has->text) != std::string::npos;
  if (const auto* starts = std::get_if<segment::StartsWith>(&node.what))
    return find(value_of(reader, starts->field), starts->text) == 0;
  if (const auto* is = std::get_if<segment::IsSet>(&node.what)) {
    const bool date = is->field.kind == FieldKind::joined || is->field.kind == FieldKind::last_got;
    return is->set ==
           (date ? time_of(reader, is->field).has_value() : !value_of(reader, is->field).is_null());
  }
  if (const auto* has = std::get_if<segment::HasTag>(&node.what))
    return has_tag(attribute(reader, {FieldKind::attribute, {"tags"}}), has->tag);
  if (const auto* on = std::get_if<segment::OnList>(&node.what))
    return reader.subscriptions.contains(on->list) && reader.subscriptions.at(on->list).state == 1;
  if (const auto* got = std::get_if<segment::Got>(&node.what))
    return reader.deliveries.contains(got->issue) && reader.deliveries.at(got->issue) == accepted;
  return last_got(reader).has_value();
}

// Readers and expressions at random ---------------------------------------------------------------

struct Dice {
  std::mt19937 engine;
  std::size_t below(std::size_t number) {
    return std::uniform_int_distribution<std::size_t>(0, number - 1)(engine);
  }
  template <class T>
  T of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
};

inline Instant time(const std::string& text) { return *parse_rfc3339(text); }

inline const std::vector<std::string> odd_names{"colour", "Best colour", "a\"b", "a.b", "имя"};

struct World : House {
  explicit World(unsigned seed) : dice{std::mt19937(seed)} {
    started.clear();
    for (const auto* slug : {"first", "second", "third"}) add_issue(slug);
    for (int i = 0; i < 40; ++i) add_reader(i);
    terms.lists = {lists.begin(), lists.end()};
    terms.saved = {{"kz", "country = 'KZ'"}, {"not-kz", "not segment('kz')"}};
    terms.zone = zone;
    terms.attributes = subscribers.attribute_names();
    terms.issues = store::known_issues(*database);
    for (const auto& name : odd_names) terms.attributes.insert(name);
    for (const auto* name : {"country", "age", "tags", "born", "active", "address"})
      terms.attributes.insert(name);
  }

  void add_issue(const std::string& slug) {
    const auto at = time("2022-0" + std::to_string(1 + started.size() * 2) + "-01T03:00:00Z");
    started[slug] = at;
    const auto id = scheduled(slug);
    database->prepare("UPDATE issues SET started_at = ? WHERE id = ?")
        .bind(at)
        .bind(id.value)
        .run();
  }

  std::string json_text() {
    return dice.of<std::string>({R"("KZ")",
                                 R"("kz")",
                                 R"("RU")",
                                 R"("")",
                                 "null",
                                 "true",
                                 "false",
                                 R"("True")",
                                 "5",
                                 "17.5",
                                 R"("18")",
                                 R"("18 ")",
                                 R"("-3e1")",
                                 R"("007")",
                                 R"("x5")",
                                 R"("2022-01-01")",
                                 R"("2022-01-01T08:00")",
                                 R"("2022-01-01 23:59:59")",
                                 R"("2021-12-31T20:00:00Z")",
                                 R"("2022-01-02T00:30:00+06:00")",
                                 R"("2022-02-31")",
                                 R"("now")",
                                 R"("12:00")",
                                 R"("2459580.5")",
                                 R"(["KZ","vip",5])",
                                 R"([])",
                                 R"({"city":"KZ"})",
                                 R"("vip, kz")",
                                 R"("VIP")",
                                 R"("it's")",
                                 R"("Алматы")"});
  }

  void add_reader(int number) {
    Reader reader;
    reader.domain = dice.of<std::string>({"gmail.com", "xn--e1aybc.example", "kz.example"});
    reader.email = "reader" + std::to_string(number) + "@" + reader.domain;
    reader.name = dice.of<std::string>({"", "Aigerim", "Joe Webster", "aigerim"});
    subscribers::Entry entry{reader.email, reader.name, {}};
    reader.attributes = json::object();
    for (const auto* name : {"country", "age", "tags", "born", "active", "address"})
      if (dice.below(4) > 0) {
        entry.attributes.emplace_back(name, json_text());
        reader.attributes[name] = json::parse(entry.attributes.back().second);
      }
    for (const auto& name : odd_names)
      if (dice.below(2) > 0) {
        entry.attributes.emplace_back(name, json_text());
        reader.attributes[name] = json::parse(entry.attributes.back().second);
      }
    for (const auto& list : lists) {
      if (dice.below(4) == 0) continue;
      REQUIRE(subscribers.add(entry, list, {"operator"}, clock.now()));
      const Subscription subscription{static_cast<int>(dice.below(3)), random_time()};
      reader.subscriptions[list] = subscription;
    }
    if (reader.subscriptions.empty()) return;
    reader.id = subscribers.find(reader.email)->id.value;
    for (const auto& [list, subscription] : reader.subscriptions)
      database
          ->prepare(
              "UPDATE subscriptions SET state = ?, since = ? WHERE subscriber_id = ? AND list_id = "
              "(SELECT id FROM lists WHERE key = ?)")
          .bind(std::int64_t{subscription.state})
          .bind(subscription.since)
          .bind(reader.id)
          .bind(list)
          .run();
    reader.language = dice.of<std::string>({"", "de", "pt-BR"});
    reader.time_zone = dice.of<std::string>({"", "Europe/Berlin", "Asia/Almaty"});
    write(*database, reader);
    for (const auto& [slug, at] : started) {
      if (dice.below(2) == 0) continue;
      reader.deliveries[slug] = dice.below(2) == 0 ? accepted : static_cast<int>(dice.below(8));
      database
          ->prepare(
              "INSERT INTO deliveries (issue_id, subscriber_id, list_id, state) "
              "SELECT id, ?, 1, ? FROM issues WHERE slug = ?")
          .bind(reader.id)
          .bind(std::int64_t{reader.deliveries[slug]})
          .bind(slug)
          .run();
    }
    readers.push_back(std::move(reader));
  }

  /// As others may write them: the tests' own writing changes nothing about the values.
  static void write(store::Database& by, const Reader& reader) {
    const auto attributes = reader.attributes.dump();
    by.prepare(
          "UPDATE subscribers SET name = ?, attributes = ?, language = ?, time_zone = ? WHERE id = "
          "?")
        .bind(reader.name)
        .bind(attributes)
        .bind(reader.language)
        .bind(reader.time_zone)
        .bind(reader.id)
        .run();
  }

  Instant random_time() {
    return time(dice.of<std::string>({"2021-12-31T17:59:59Z", "2021-12-31T18:00:00Z",
                                      "2022-01-01T02:00:00Z", "2022-01-01T17:59:59.999Z",
                                      "2022-01-01T18:00:00Z", "2022-03-01T03:00:00Z"}));
  }

  std::string literal() {
    return dice.of<std::string>({"'KZ'", "'ru'", "'it''s'", "'алматы'", "'Алматы'", "'18'", "18",
                                 "17.5", "-30", "0", "2022-01-01", "2022-01-01T08:00",
                                 "2022-01-01T08:00:00", "2021-12-31T20:00Z", "2022-03-01"});
  }
  std::string date() {
    return dice.of<std::string>(
        {"2022-01-01", "2022-01-01T08:00", "2022-03-01", "2021-12-31T18:00:00Z", "2022-05-01"});
  }
  std::string comparison() { return dice.of<std::string>({"=", "!=", "<", "<=", ">", ">="}); }
  std::string field() {
    return dice.of<std::string>({"country", "age", "born", "active", "address.city", "colour",
                                 "\"Best colour\"", "\"a\"\"b\"", "a.b", "имя",
                                 "attributes.country", "tags"});
  }

  std::string condition() {
    switch (dice.below(16)) {
      case 0:
        return "tag('" + dice.of<std::string>({"VIP", "kz", "vip, kz", "5"}) + "')";
      case 1:
        return "on('" + dice.of(lists) + "')";
      case 2:
        return "got('" + dice.of<std::string>({"first", "second", "third"}) + "')";
      case 3:
        return "got_any()";
      case 4:
        return "last_got " + comparison() + " " + date();
      case 5:
        return "joined " + comparison() + " " + date();
      case 6:
        return "segment('" + dice.of<std::string>({"kz", "not-kz"}) + "')";
      case 7:
        return field() + " contains '" + dice.of<std::string>({"vip", "kz", "т", "1"}) + "'";
      case 8:
        return field() + " starts with '" + dice.of<std::string>({"K", "20", "алм"}) + "'";
      case 9:
        return (dice.below(2) ? field() : dice.of<std::string>({"name", "joined", "last_got"})) +
               (dice.below(2) ? " is set" : " is missing");
      case 10:
        return field() + " in (" + literal() + ", " + literal() + ")";
      case 11:
        return dice.of<std::string>({"email = 'READER1@gmail.com'", "domain != 'gmail.com'",
                                     "domain in ('тест.example', 'kz.example')",
                                     "domain contains 'KZ'", "email starts with 'reader1'",
                                     "domain < 'h'", "name " + comparison() + " 'JOE webster'",
                                     "name in ('AIGERIM')", "name contains 'web'",
                                     "language = 'DE'", "time_zone is missing",
                                     "time_zone starts with 'europe'"});
      case 12:
        return field() + (dice.below(2) ? " = " : " != ") + (dice.below(2) ? "true" : "false");
      default:
        return field() + " " + comparison() + " " + literal();
    }
  }

  std::string expression(int depth) {
    if (depth == 0 || dice.below(4) == 0) return condition();
    switch (dice.below(3)) {
      case 0:
        return "not (" + expression(depth - 1) + ")";
      case 1:
        return "(" + expression(depth - 1) + " AND " + expression(depth - 1) + ")";
      default:
        return "(" + expression(depth - 1) + " or " + expression(depth - 1) + " or " +
               expression(depth - 1) + ")";
    }
  }

  segment::Node tree(const std::string& text) {
    auto read = segment::read_segment(text, terms);
    if (!read) FAIL(text << ": " << to_string(read.error()));
    return std::move(*read);
  }

  Dice dice;
  segment::Terms terms;
  std::vector<Reader> readers;
};

}  // namespace postrider::test
