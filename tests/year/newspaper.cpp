#include "year/newspaper.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include "base/token.h"
#include "daemon/proof.h"
#include "daemon/returns.h"
#include "daemon/timetable.h"
#include "store/corrections.h"
#include "store/reports.h"
#include "subscribers/formats/source.h"
#include "templates/likeness.h"
#include "year/calendar.h"
#include "year/texts.h"

namespace postrider::year {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_with_rest = 120s;

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

config::Settings make_settings(const fs::path& folder) {
  fs::create_directories(folder / "drafts");
  fs::create_directories(folder / "secrets");
  fs::permissions(folder / "secrets", fs::perms::owner_all);
  write_text(folder / "postrider.toml", settings_text(relays));
  auto settings = config::load_settings(folder / "postrider.toml");
  if (settings) return std::move(*settings);
  throw std::runtime_error(to_string(settings.error().front()));
}

std::unique_ptr<store::Database> open_database(const config::Settings& settings) {
  auto opened = store::Database::open(settings.storage.database, store::OpenMode::read_write);
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

YearFolder::YearFolder() {
  const fs::path in_memory = "/dev/shm";
  const bool is_there = ::access(in_memory.c_str(), W_OK) == 0;
  auto name =
      ((is_there ? in_memory : fs::temp_directory_path()) / "postrider-year-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for a year");
  path_ = name;
}

YearFolder::~YearFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Newspaper::Newspaper(std::function<void(const Mail&)> told)
    : settings_(make_settings(folder_.path())),
      told_(std::move(told)),
      clock_(folder_.path() / "clock"),
      database_(open_database(settings_)),
      ledger_(*database_),
      subscribers_(*database_),
      outbox_(folder_.path() / "outbox"),
      daemon_(folder_.path()) {
  std::vector<std::string> keys;
  for (const auto& list : lists()) keys.push_back(list.key);
  ledger_.know_lists(keys);
}

void Newspaper::write_draft(const std::string& slug, const std::string& text) {
  const auto name = slug + ".md";
  const auto known = ledger_.find_issue(slug);
  unread_[slug] = known ? known->source_hash : "";
  write_text(settings_.storage.drafts / name, text);
}

void Newspaper::remove_draft(const std::string& slug) {
  fs::remove(settings_.storage.drafts / (slug + ".md"));
}

std::optional<int> Newspaper::amend(const std::string& slug, const std::string& text) {
  store::Corrections corrections(*database_);
  const auto issue = ledger_.find_issue(slug);
  if (!issue || !corrections.can_be_amended(*issue)) return {};
  const auto file = settings_.storage.drafts / (slug + ".md");
  write_text(file, text);
  const auto proof =
      daemon::prove(file, settings_, daemon::known_names(settings_, database_.get()));
  const store::FrozenIssue content{proof.issue.value(), ledger_.frozen(issue->id)->masthead,
                                   templates::likeness_of(*proof.draft)};
  const auto version =
      corrections.amend(slug, {issue->version, content, proof.draft->hash}, "operator", now());
  return version ? std::optional(*version) : std::nullopt;
}

bool Newspaper::are_drafts_read() {
  std::erase_if(unread_, [this](const auto& draft) {
    const auto issue = ledger_.find_issue(draft.first);
    return issue && issue->source_hash != draft.second;
  });
  return unread_.empty();
}

subscribers::ImportSummary Newspaper::import(const std::string& list, const std::string& csv) {
  const auto file = folder_.path() / ("readers-" + std::to_string(++files_) + ".csv");
  write_text(file, csv);
  auto source = value_of(subscribers::Source::open(file, subscribers::Format::csv));
  const auto reading = [&](const subscribers::RowVisitor& row,
                           const subscribers::SkipVisitor& skip) {
    return source.read(row, skip, [](const subscribers::Remark&) {});
  };
  subscribers::ImportOrder order;
  order.list = list;
  order.source = file.filename().string();
  return value_of(subscribers_.import(reading, order, now()));
}

void Newspaper::add(const std::string& email, const std::string& key, const std::string& list) {
  value_of(subscribers_.add({email, std::nullopt, {{"key", "\"" + key + "\""}}}, list, {"operator"},
                            now()));
}

ListId Newspaper::list(const std::string& key) {
  for (const auto& row : ledger_.lists())
    if (row.key == key) return row.id;
  throw std::runtime_error("no list " + key);
}

SubscriberId Newspaper::subscriber(const std::string& email) {
  return subscribers_.find(email).value().id;
}

store::Filed Newspaper::report(const std::string& email, const std::string& way_out) {
  const auto keys = std::make_shared<const TokenKeys>(
      value_of(TokenKeys::load_or_create(settings_.storage.secrets)));
  const auto message = report_text(email, way_out);
  const daemon::Returns returns(settings_, keys, *database_);
  return store::Reports(*database_, daemon::bounce_policy(settings_))
      .take(returns.read(message, "import"), now());
}

bool Newspaper::collect(int most_wait) {
  const auto mails = outbox_.collect(most_wait);
  for (const auto& mail : mails) told_(mail);
  return !mails.empty();
}

void Newspaper::await(const std::function<bool()>& enough, const std::function<bool()>& at_rest) {
  const auto until = std::chrono::steady_clock::now() + patience_with_rest;
  for (int rounds = 1;; ++rounds) {
    const bool came = collect(3);
    if (enough()) return;
    if (!came && at_rest()) break;
    if (rounds % 100 == 0) daemon_.look();
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the daemon does not come to rest at " + rfc3339(now()) +
                               "; its log ends:\n" + daemon_.last_words());
  }
  collect();
}

void Newspaper::settle() {
  settle_or([] { return false; });
}

void Newspaper::settle_or(const std::function<bool()>& enough) {
  await(enough, [this] { return is_quiet(); });
}

void Newspaper::await_drafts() {
  await([] { return false; },
        [this] {
          return are_drafts_read() && daemon::is_timetable_kept(*database_, settings_.lists, now());
        });
}

/// As of one moment of the database.
bool Newspaper::is_quiet() {
  database_->begin_reading();
  const bool quiet = is_quiet_now();
  database_->end_reading();
  return quiet;
}

bool Newspaper::is_quiet_now() {
  const auto time = now();
  if (has_row("SELECT 1 FROM deliveries WHERE state = 2") ||
      has_row("SELECT 1 FROM notices WHERE state = 2"))
    return false;
  if (!ledger_.due_issues(time).empty() || ledger_.cancelled_in_part()) return false;
  for (const auto& issue : ledger_.issues_under_way())
    if (const auto due = ledger_.next_due(issue.id);
        issue.state == queue::IssueState::sending && due && *due <= time)
      return false;
  auto notices =
      database_->prepare("SELECT 1 FROM notices WHERE rank < 2 AND state IN (0, 7) AND due <= ?");
  return !notices.bind(time).step() && are_drafts_read() &&
         daemon::is_timetable_kept(*database_, settings_.lists, time);
}

bool Newspaper::has_row(const char* sql) { return database_->prepare(sql).step(); }

}  // namespace postrider::year
