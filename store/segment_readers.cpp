#include "store/segment_readers.h"

#include "store/segment_sql.h"

namespace postrider::store {

using subscribers::segment::Node;

namespace {

constexpr std::int64_t readers_of_a_page = 5000;  // that are looked at

std::string counting(const Condition& segment, const Condition& mailable) {
  return "SELECT count(*) FROM subscribers s WHERE " + segment.sql + " AND " + mailable.sql;
}

std::int64_t number(Statement query) {
  query.step();
  return query.integer(0);
}

}  // namespace

std::int64_t SegmentReaders::count(const Node& tree) {
  const auto segment = segment_condition(tree, "s", lists_);
  const auto mailable = mailable_condition("s", lists_, now_);
  auto query = database_.prepare(counting(segment, mailable));
  segment.bind(query);
  mailable.bind(query);
  return number(std::move(query));
}

std::int64_t SegmentReaders::count() {
  const auto mailable = mailable_condition("s", lists_, now_);
  auto query = database_.prepare("SELECT count(*) FROM subscribers s WHERE " + mailable.sql);
  mailable.bind(query);
  return number(std::move(query));
}

void SegmentReaders::each(const Node& tree,
                          const std::function<void(const SegmentReader&)>& visit) {
  const auto segment = segment_condition(tree, "s", lists_);
  const auto mailable = mailable_condition("s", lists_, now_);
  const auto sql =
      "SELECT s.email, s.name, s.attributes FROM subscribers s WHERE s.id > ? AND s.id <= ? AND " +
      segment.sql + " AND " + mailable.sql + " ORDER BY s.id";
  for (std::int64_t from = 0;;) {
    std::int64_t to = 0;
    {
      auto end = database_.prepare(
          "SELECT max(id) FROM (SELECT id FROM subscribers WHERE id > ? ORDER BY id LIMIT ?)");
      end.bind(from).bind(readers_of_a_page).step();
      if (end.is_null(0)) return;
      to = end.integer(0);
    }
    std::vector<SegmentReader> page;
    {
      auto query = database_.prepare(sql);
      query.bind(from).bind(to);
      segment.bind(query);
      mailable.bind(query);
      while (query.step()) page.push_back({query.text(0), query.text(1), query.text(2)});
    }
    for (const auto& reader : page) visit(reader);
    from = to;
  }
}

std::string SegmentReaders::index_of(const Node& tree) {
  const auto segment = segment_condition(tree, "s", lists_);
  const auto mailable = mailable_condition("s", lists_, now_);
  auto plan = database_.prepare("EXPLAIN QUERY PLAN " + counting(segment, mailable));
  segment.bind(plan);
  mailable.bind(plan);
  while (plan.step()) {
    const auto detail = plan.text(3);
    if (!detail.starts_with("SEARCH s USING")) continue;
    return detail.find("canonical>") != std::string::npos ? "domain" : "email";
  }
  return {};
}

std::set<std::string> known_issues(Database& database) {
  std::set<std::string> slugs;
  auto query = database.prepare("SELECT slug FROM issues");
  while (query.step()) slugs.insert(query.text(0));
  return slugs;
}

}  // namespace postrider::store
