// A publisher with its ledger and its writer, whose main thread is the test's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "daemon/approval.h"
#include "daemon/publisher.h"
#include "store/house.h"

namespace postrider::test {

/// What is to run on the main thread.
class Tasks {
 public:
  void put(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!wake_.wait_until(lock, deadline, [this] { return !tasks_.empty(); }))
        FAIL("the publisher has stopped");
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
};

struct Press {
  Tasks tasks;
  House house;  // its database is the main thread's
  config::Settings settings = settings_in(house.folder.path());
  std::unique_ptr<store::Database> writing = house.open();
  store::SqliteQueue queue{*writing, policy(), house.clock.now()};
  queue::Writer writer{queue};
  daemon::Publisher publisher{settings,
                              *house.database,
                              *writing,
                              writer,
                              house.clock,
                              [this](auto task) { tasks.put(std::move(task)); },
                              [this](auto, auto task) { tasks.put(std::move(task)); },
                              [] {},
                              house.clock.now()};

  Press() {
    std::filesystem::create_directory(settings.storage.drafts);
    bool scanned = false;
    publisher.scan_finished(true, [&] { scanned = true; });
    tasks.run_until([&] { return scanned; });
  }

  static config::Settings settings_in(const std::filesystem::path& folder) {
    config::Settings settings;
    settings.publication.name = "The Report";
    settings.publication.from = "Joe <joe@report.example>";
    settings.publication.base_url = "https://n.example";
    settings.publication.postal_address = "PO Box 1";
    settings.lists.push_back({.key = "report", .name = "The Report"});
    settings.storage.drafts = folder / "drafts";
    settings.storage.theme = folder / "theme";
    return settings;
  }

  /// Readers of the list report, by SQL, all confirmed; there are so many then.
  void have_readers(std::int64_t count) {
    auto& database = *house.database;
    database.transact([&] {
      database.execute("INSERT INTO domains VALUES (1, 'many.example') ON CONFLICT DO NOTHING");
      database
          .prepare(
              "WITH RECURSIVE n (i) AS (SELECT coalesce(max(id), 0) + 1 FROM subscribers UNION ALL "
              "SELECT i + 1 FROM n WHERE i < ?1) INSERT INTO subscribers (id, uid, email, "
              "canonical, "
              "domain_id, created_at) SELECT i, randomblob(16), 'r' || i || '@many.example', "
              "'many.example r' || i, 1, 0 FROM n WHERE i <= ?1")
          .bind(count)
          .run();
      database.execute(
          "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at) "
          "SELECT 1, id, 1, 0, 0 FROM subscribers WHERE true ON CONFLICT DO NOTHING");
    });
  }

  queue::Issue issue(const std::string& slug) { return house.ledger.find_issue(slug).value(); }

  /// Saves a draft that is to be sent now, and waits until the ledger has it.
  void save(const std::string& slug, const std::string& title, const std::string& body,
            const std::string& more = "") {
    const auto before = house.ledger.find_issue(slug);
    house.folder.write("drafts/" + slug + ".md", "---\ntitle: \"" + title +
                                                     "\"\nstatus: ready\nsend_at: now\n" + more +
                                                     "---\n\n" + body + "\n");
    publisher.draft_changed(slug + ".md");
    tasks.run_until([&] {
      const auto now = house.ledger.find_issue(slug);
      return now && (!before || now->source_hash != before->source_hash);
    });
  }

  /// Lets an issue's time come, and waits until something has become of it.
  queue::Issue come(const std::string& slug) {
    tasks.run_until([&] {
      if (issue(slug).state != queue::IssueState::scheduled) return true;
      publisher.tick();
      return false;
    });
    return issue(slug);
  }

  /// `postrider approve SLUG`.
  void approve(const std::string& slug) {
    const auto proof = daemon::prove(settings.storage.drafts / (slug + ".md"), settings,
                                     daemon::known_names(settings, house.database.get()));
    REQUIRE(proof.good());
    const auto row = issue(slug);
    const auto approved = store::Approvals(*house.database)
                              .approve({.slug = slug,
                                        .source_hash = row.source_hash,
                                        .shown = daemon::covered_by(proof, settings, row),
                                        .by = "joe",
                                        .by_operator = true},
                                       house.clock.now());
    if (!approved) FAIL(approved.error().message);
  }

  queue::Issue publish(const std::string& slug, const std::string& title, const std::string& body,
                       const std::string& more = "") {
    save(slug, title, body, more);
    if (settings.publication.approval == config::Approval::required) approve(slug);
    return come(slug);
  }

  /// `issue send SLUG`.
  queue::Issue let_go(const std::string& slug) {
    const auto now = house.clock.now();
    if (const auto sent = house.ledger.schedule(slug, now, "operator", now); !sent)
      FAIL(sent.error().message);
    return come(slug);
  }
};

}  // namespace postrider::test
