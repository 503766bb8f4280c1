#include "store/segment_sql.h"

#include <algorithm>

#include "mail/address.h"
#include "queue/delivery.h"
#include "subscribers/subscriber.h"

namespace postrider::store {

namespace {

namespace segment = subscribers::segment;
using segment::Comparison;
using segment::FieldKind;
using segment::Node;

constexpr auto accepted = static_cast<std::int64_t>(queue::DeliveryState::accepted);
constexpr auto confirmed = static_cast<std::int64_t>(subscribers::SubscriptionState::confirmed);

std::string_view sign(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return " = ";
    case Comparison::unequal:
      return " <> ";
    case Comparison::less:
      return " < ";
    case Comparison::at_most:
      return " <= ";
    case Comparison::more:
      return " > ";
    case Comparison::at_least:
      return " >= ";
  }
  return " = ";
}

bool is_plain(const std::string& name) {
  return std::none_of(name.begin(), name.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

/// Writes SQL from left to right; whatever a person wrote goes through `bind`.
class Writer {
 public:
  Writer(std::string_view row, const std::vector<std::string>& lists) : row_(row), lists_(lists) {}

  void write(const Node& node) {
    std::visit([&](const auto& what) { write(what, node.children); }, node.what);
  }

  void mailable(Instant now) {
    subscribed();
    put(" AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = ");
    put(row_, ".canonical) AND coalesce(", row_, ".paused_until, 0) <= ");
    bind(now);
  }

  Condition condition() && { return std::move(condition_); }

 private:
  using Children = std::vector<Node>;

  template <class... Parts>
  void put(const Parts&... parts) {
    ((condition_.sql += parts), ...);
  }
  template <class T>
  void bind(T value) {
    put("?");
    condition_.values.emplace_back(std::move(value));
  }
  void bind(Instant instant) { bind<std::int64_t>(instant.time_since_epoch().count()); }
  void bind(std::chrono::sys_seconds seconds) {
    bind<std::int64_t>(seconds.time_since_epoch().count());
  }
  void bind(std::chrono::local_seconds seconds) {
    bind<std::int64_t>(seconds.time_since_epoch().count());
  }

  // Connectives -----------------------------------------------------------------------------------

  void chain(const Children& children, std::string_view between) {
    put("(");
    for (const auto& child : children) {
      if (&child != &children.front()) put(between);
      write(child);
    }
    put(")");
  }
  void write(const segment::All&, const Children& children) { chain(children, " AND "); }
  void write(const segment::Any&, const Children& children) { chain(children, " OR "); }
  void write(const segment::Not&, const Children& children) {
    put("NOT ");
    write(children.front());
  }
  void write(const segment::Saved&, const Children& children) { write(children.front()); }

  // Attributes ------------------------------------------------------------------------------------

  /// JSON's type of the attribute; NULL: the reader has none.
  void type(const segment::Field& field) {
    if (is_plain(field.path.front())) return extract("json_type", field);
    element("type", field);
  }
  /// The attribute as an SQL value; of an array its JSON.
  void value(const segment::Field& field) {
    if (is_plain(field.path.front())) return extract("json_extract", field);
    element("value", field);
  }
  void extract(std::string_view function, const segment::Field& field) {
    std::string path = "$";
    for (const auto& name : field.path) path += ".\"" + name + "\"";
    put(function, "(", row_, ".attributes, ");
    bind(path);
    put(")");
  }
  /// A path cannot name it.
  void element(std::string_view column, const segment::Field& field) {
    put("(SELECT e.", column, " FROM json_each(", row_, ".attributes) e WHERE e.key = ");
    bind(field.path.front());
    put(" LIMIT 1)");
  }

  /// "(<it has that type> AND "; NULL becomes false at its end.
  void begin_attribute(const segment::Field& field, std::string_view json_type) {
    put("((");
    type(field);
    put(" = '", json_type, "'");
  }
  void end_attribute() { put(") IS TRUE)"); }

  void compare_attribute(const segment::Field& field, Comparison comparison,
                         const std::string& text) {
    begin_attribute(field, "text");
    put(" AND ");
    value(field);
    put(sign(comparison));
    bind(text);
    put(" COLLATE NOCASE");
    if (comparison == Comparison::unequal || comparison == Comparison::less ||
        comparison == Comparison::at_most) {
      put(" AND ");
      value(field);
      put(" <> ''");
    }
    end_attribute();
  }

  /// A number, or a text that is one in JSON.
  void compare_attribute(const segment::Field& field, Comparison comparison, double number) {
    put("((CASE ");
    type(field);
    put(" WHEN 'text' THEN CASE WHEN json_valid(");
    value(field);
    put(") THEN json_type(");
    value(field);
    put(") END ELSE ");
    type(field);
    put(" END IN ('integer', 'real') AND CAST(");
    value(field);
    put(" AS REAL)", sign(comparison));
    bind(number);
    end_attribute();
  }

  void compare_attribute(const segment::Field& field, Comparison comparison, bool flag) {
    put("((CASE ");
    type(field);
    put(" WHEN 'text' THEN lower(");
    value(field);
    put(") ELSE ");
    type(field);
    put(" END = ");
    bind(std::string(flag == (comparison == Comparison::equal) ? "true" : "false"));
    end_attribute();
  }

  /// A text that begins with a day of the calendar (SQLite takes the 31st of February for one,
  /// until it has to calculate) and is a time for SQLite. One without Z or an offset is of the
  /// publication's zone.
  void compare_attribute(const segment::Field& field, Comparison comparison,
                         const segment::DateSpan& date) {
    begin_attribute(field, "text");
    put(" AND date(substr(");
    value(field);
    put(", 1, 10), '+0 days') = substr(");
    value(field);
    put(", 1, 10) AND CASE WHEN ");
    value(field);
    put(" GLOB '*[Zz]' OR ");
    value(field);
    put(" GLOB '*[-+][0-9][0-9]:[0-9][0-9]' THEN ");
    const auto seconds = [&] {
      put("CAST(strftime('%s', ");
      value(field);
      put(") AS INTEGER)");
    };
    within(seconds, comparison, std::chrono::floor<std::chrono::seconds>(date.begin),
           std::chrono::floor<std::chrono::seconds>(date.end));
    put(" ELSE ");
    within(seconds, comparison, date.local_begin, date.local_end);
    put(" END");
    end_attribute();
  }

  // Values ----------------------------------------------------------------------------------------

  /// How `what` (writes an SQL expression) stands to a span of time.
  template <class Time>
  void within(const auto& what, Comparison comparison, Time begin, Time end) {
    const auto test = [&](std::string_view operation, Time time) {
      what();
      put(operation);
      bind(time);
    };
    put("(");
    switch (comparison) {
      case Comparison::equal:
        test(" >= ", begin);
        put(" AND ");
        test(" < ", end);
        break;
      case Comparison::unequal:
        test(" < ", begin);
        put(" OR ");
        test(" >= ", end);
        break;
      case Comparison::less:
        test(" < ", begin);
        break;
      case Comparison::at_most:
        test(" < ", end);
        break;
      case Comparison::more:
        test(" >= ", end);
        break;
      case Comparison::at_least:
        test(" >= ", begin);
        break;
    }
    put(")");
  }

  /// Of a whole address.
  static std::string canonical(const std::string& text) {
    const auto address = mail::parse_address(text);
    return address ? address->canonical() : text;
  }

  /// The readers of a domain are neighbours: ' ' is behind it, and '!' comes next.
  void of_domain(Comparison comparison, const std::string& name) {
    put(comparison == Comparison::unequal ? "NOT (" : "(", row_, ".canonical > ");
    bind(name + " ");
    put(" AND ", row_, ".canonical < ");
    bind(name + "!");
    put(")");
  }

  /// The domain is looked up once for all readers.
  void by_domain(const auto& test) {
    put(row_, ".domain_id IN (SELECT d.id FROM domains d WHERE ");
    test();
    put(")");
  }

  /// Of a text that may be missing; empty: it is another kind of field.
  static std::string_view own_column(const segment::Field& field) {
    if (field.kind == FieldKind::name) return ".name";
    if (field.kind == FieldKind::language) return ".language";
    if (field.kind == FieldKind::time_zone) return ".time_zone";
    return {};
  }

  void compare_own(const segment::Field& field, Comparison comparison, const std::string& text) {
    if (field.kind == FieldKind::email) {
      put(row_, is_exact(comparison) ? ".canonical" : ".email COLLATE NOCASE", sign(comparison));
      return bind(is_exact(comparison) ? canonical(text) : text);
    }
    if (field.kind == FieldKind::domain && is_exact(comparison)) return of_domain(comparison, text);
    if (field.kind == FieldKind::domain)
      return by_domain([&] {
        put("d.name", sign(comparison));
        bind(text);
      });
    const auto column = own_column(field);
    put("(", row_, column, " <> '' AND ", row_, column, sign(comparison));
    bind(text);
    put(" COLLATE NOCASE)");
  }

  void compare_joined(Comparison comparison, const segment::DateSpan& date) {
    put("(");
    within([&] { joined(); }, comparison, date.begin, date.end);
    put(" IS TRUE)");
  }

  void joined() {
    put("(SELECT min(n.since) FROM subscriptions n WHERE n.list_id IN ");
    list_ids();
    put(" AND n.subscriber_id = ", row_, ".id AND n.state = ");
    bind(confirmed);
    put(")");
  }

  void list_ids() {
    put("(SELECT l.id FROM lists l WHERE l.key IN (");
    for (const auto& list : lists_) {
      if (&list != &lists_.front()) put(", ");
      bind(list);
    }
    put("))");
  }

  void subscribed() {
    put("EXISTS (SELECT 1 FROM subscriptions n WHERE n.list_id IN ");
    list_ids();
    put(" AND n.subscriber_id = ", row_, ".id AND n.state = ");
    bind(confirmed);
    put(")");
  }

  /// Got one of the issues that `which` writes a condition on; they are looked up once for all
  /// readers. The newest first, since most readers got that one: EXISTS would forget the order.
  void got_one(const auto& which) {
    put("((SELECT d.issue_id FROM deliveries d WHERE d.issue_id IN (SELECT i.id FROM issues i "
        "WHERE ");
    which();
    put(") AND d.subscriber_id = ", row_, ".id AND d.state = ");
    bind(accepted);
    put(" ORDER BY d.issue_id DESC LIMIT 1) IS NOT NULL)");
  }
  void got_started(std::string_view operation, Instant instant) {
    got_one([&] {
      put("i.started_at", operation);
      bind(instant);
    });
  }
  void got_any() {
    got_one([&] { put("i.started_at IS NOT NULL"); });
  }

  void compare_last_got(Comparison comparison, const segment::DateSpan& date) {
    const auto from = [&](Instant instant) { got_started(" >= ", instant); };
    const auto none_from = [&](Instant instant) {
      put("NOT ");
      from(instant);
    };
    put("(");
    switch (comparison) {
      case Comparison::equal:
        from(date.begin);
        put(" AND ");
        none_from(date.end);
        break;
      case Comparison::unequal:
        from(date.end);
        put(" OR (");
        none_from(date.begin);
        put(" AND ");
        got_any();
        put(")");
        break;
      case Comparison::less:
        none_from(date.begin);
        put(" AND ");
        got_any();
        break;
      case Comparison::at_most:
        none_from(date.end);
        put(" AND ");
        got_any();
        break;
      case Comparison::more:
        from(date.end);
        break;
      case Comparison::at_least:
        from(date.begin);
        break;
    }
    put(")");
  }

  // Conditions ------------------------------------------------------------------------------------

  void compare(const segment::Field& field, Comparison comparison, const segment::Value& wanted) {
    if (field.kind == FieldKind::attribute)
      return std::visit([&](const auto& any) { compare_attribute(field, comparison, any); },
                        wanted);
    if (field.kind == FieldKind::joined)
      return compare_joined(comparison, std::get<segment::DateSpan>(wanted));
    if (field.kind == FieldKind::last_got)
      return compare_last_got(comparison, std::get<segment::DateSpan>(wanted));
    compare_own(field, comparison, std::get<std::string>(wanted));
  }

  void write(const segment::Compare& what, const Children&) {
    compare(what.field, what.comparison, what.value);
  }

  static std::string as_written(const std::string& text) { return text; }

  void texts(const std::vector<segment::Value>& values,
             std::string (*form)(const std::string&) = as_written) {
    put(" IN (");
    for (const auto& each : values) {
      if (&each != &values.front()) put(", ");
      bind(form(std::get<std::string>(each)));
    }
    put(")");
  }

  void write(const segment::OneOf& what, const Children&) {
    const bool all_texts =
        std::all_of(what.values.begin(), what.values.end(),
                    [](const auto& each) { return std::holds_alternative<std::string>(each); });
    if (!all_texts) return one_by_one(what);
    switch (what.field.kind) {
      case FieldKind::email:
        put(row_, ".canonical");
        return texts(what.values, canonical);
      case FieldKind::domain:
        return by_domain([&] {
          put("d.name");
          texts(what.values);
        });
      case FieldKind::name:
      case FieldKind::language:
      case FieldKind::time_zone:
        put(row_, own_column(what.field), " COLLATE NOCASE");
        return texts(what.values);
      default:
        begin_attribute(what.field, "text");
        put(" AND ");
        value(what.field);
        put(" COLLATE NOCASE");
        texts(what.values);
        end_attribute();
    }
  }

  void one_by_one(const segment::OneOf& what) {
    put("(");
    for (const auto& each : what.values) {
      if (&each != &what.values.front()) put(" OR ");
      compare(what.field, Comparison::equal, each);
    }
    put(")");
  }

  /// `place`: how instr's answer has to be.
  void find_part(const segment::Field& field, const std::string& part, std::string_view place) {
    const auto test = [&](const auto& text) {
      put("instr(lower(");
      text();
      put("), lower(");
      bind(part);
      put("))", place);
    };
    if (field.kind == FieldKind::email) return test([&] { put(row_, ".email"); });
    if (const auto column = own_column(field); !column.empty())
      return test([&] { put(row_, column); });
    if (field.kind == FieldKind::domain) return by_domain([&] { test([&] { put("d.name"); }); });
    begin_attribute(field, "text");
    put(" AND ");
    test([&] { value(field); });
    end_attribute();
  }

  /// An element of an array. Of nothing else: a text may be no JSON, which would be an error.
  void has_element(const segment::Field& field, const std::string& text) {
    put("EXISTS (SELECT 1 FROM json_each(CASE ");
    type(field);
    put(" WHEN 'array' THEN ");
    value(field);
    put(" END) e WHERE e.type = 'text' AND e.value = ");
    bind(text);
    put(" COLLATE NOCASE)");
  }

  void write(const segment::Contains& what, const Children&) {
    if (what.field.kind != FieldKind::attribute) return find_part(what.field, what.text, " > 0");
    put("(");
    find_part(what.field, what.text, " > 0");
    put(" OR ");
    has_element(what.field, what.text);
    put(")");
  }
  void write(const segment::StartsWith& what, const Children&) {
    find_part(what.field, what.text, " = 1");
  }

  void write(const segment::IsSet& what, const Children&) {
    if (!what.set) put("NOT ");
    switch (what.field.kind) {
      case FieldKind::email:
      case FieldKind::domain:
        return put("TRUE");
      case FieldKind::name:
      case FieldKind::language:
      case FieldKind::time_zone:
        return put("(", row_, own_column(what.field), " <> '')");
      case FieldKind::joined:
        return subscribed();
      case FieldKind::last_got:
        return got_any();
      case FieldKind::attribute:
        put("((");
        type(what.field);
        put(" <> 'null' AND ");
        value(what.field);
        put(" <> ''");
        end_attribute();
    }
  }

  /// An element of the list `tags`, or of a text with commas between.
  void write(const segment::HasTag& what, const Children&) {
    const segment::Field tags{FieldKind::attribute, {"tags"}};
    put("(");
    has_element(tags, what.tag);
    put(" OR ");
    begin_attribute(tags, "text");
    put(" AND instr(',' || replace(trim(lower(");
    value(tags);
    put(")), ', ', ',') || ',', ',' || lower(");
    bind(what.tag);
    put(") || ',') > 0");
    end_attribute();
    put(")");
  }

  void write(const segment::OnList& what, const Children&) {
    put("EXISTS (SELECT 1 FROM subscriptions n WHERE n.list_id = (SELECT l.id FROM lists l WHERE "
        "l.key = ");
    bind(what.list);
    put(") AND n.subscriber_id = ", row_, ".id AND n.state = ");
    bind(confirmed);
    put(")");
  }
  void write(const segment::Got& what, const Children&) {
    got_one([&] {
      put("i.slug = ");
      bind(what.issue);
    });
  }
  void write(const segment::GotAny&, const Children&) { got_any(); }

  const std::string row_;
  const std::vector<std::string>& lists_;
  Condition condition_;
};

}  // namespace

void Condition::bind(Statement& statement) const {
  for (const auto& value : values)
    if (const auto* text = std::get_if<std::string>(&value))
      statement.bind(std::string_view(*text));
    else if (const auto* number = std::get_if<double>(&value))
      statement.bind(*number);
    else
      statement.bind(std::get<std::int64_t>(value));
}

Condition segment_condition(const Node& tree, std::string_view row,
                            const std::vector<std::string>& lists) {
  Writer writer(row, lists);
  writer.write(tree);
  return std::move(writer).condition();
}

Condition mailable_condition(std::string_view row, const std::vector<std::string>& lists,
                             Instant now) {
  Writer writer(row, lists);
  writer.mailable(now);
  return std::move(writer).condition();
}

}  // namespace postrider::store
