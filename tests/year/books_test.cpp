// The books see what goes wrong: each case breaks one thing that they are there for.
#include "year/books.h"

#include "store/house.h"

using namespace postrider;

namespace {

/// A weekly issue on its way to four readers.
struct Bookkeeping : test::House {
  static constexpr std::size_t count = 4;
  year::Readers readers;
  year::Books books{*database, readers};
  store::SqliteQueue queue{*database, test::policy(), clock.now()};
  IssueId issue;

  Bookkeeping() {
    for (std::size_t i = 0; i < count; ++i) {
      add(readers.at(readers.make()).email);
      readers.join(i, 0);
    }
    year::Draft draft;
    draft.slug = "weekly";
    draft.title = "Weekly";
    books.announce(draft);
    issue = sending();
    books.open(draft, clock.now());
  }

  /// By the ledger: the mail of each who waits for it is accepted.
  void accept_all() {
    queue.transact([&] {
      for (const auto& one : test::claim(queue, clock.now(), count))
        if (queue.begin_sending(one.claim(), clock.now())) {
          const queue::Outcome outcome{queue::OutcomeKind::delivered, queue::Scope::recipient, {}};
          queue.record(one.claim(), {clock.now(), clock.now(), "relay", outcome},
                       queue::after(one.delivery, outcome, clock.now(), test::policy()));
        }
    });
  }

  void mail_to(std::size_t reader, int text = 1) {
    year::Mail mail;
    mail.to = readers.at(reader).email;
    mail.subject = "Weekly (text " + std::to_string(text) + ")";
    mail.list = "report";
    mail.key = readers.at(reader).key;
    books.enter(mail);
  }

  void leave(std::size_t reader) {
    const auto known = subscribers.find(readers.at(reader).email);
    ledger.unsubscribe(known->id, {}, "reader", "link", clock.now());
    books.note_leaving(reader, 0);
  }

  /// What they say at last, in one line.
  std::string faults() {
    books.check(clock.now());
    std::string all;
    for (const auto& fault : books.faults()) all += fault + "\n";
    return all;
  }
};

bool says(const std::string& faults, const char* words) {
  return faults.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("the books say nothing of an issue that each reader got once") {
  Bookkeeping desk;
  for (std::size_t reader = 0; reader < desk.count; ++reader) desk.mail_to(reader);
  desk.accept_all();
  CHECK(desk.faults() == "");
}

TEST_CASE("the books see a mail that came out for nobody, though the ledger has it as accepted") {
  Bookkeeping desk;
  for (std::size_t reader = 1; reader < desk.count; ++reader) desk.mail_to(reader);
  desk.accept_all();
  CHECK(says(desk.faults(), "r0@d0.example: got nothing"));
}

TEST_CASE("the books see a second copy that no doubt explains") {
  Bookkeeping desk;
  for (std::size_t reader = 0; reader < desk.count; ++reader) desk.mail_to(reader);
  desk.mail_to(2);
  desk.accept_all();
  CHECK(says(desk.faults(), "r2@d2.example: got too many"));
}

TEST_CASE("the books see a mail to a reader who had left, and one that the ledger does not know") {
  Bookkeeping desk;
  desk.leave(1);
  for (std::size_t reader = 0; reader < desk.count; ++reader) desk.mail_to(reader);
  desk.accept_all();
  const auto faults = desk.faults();
  CHECK(says(faults, "r1@d1.example: got it after leaving"));
  CHECK(says(faults, "r1@d1.example: got one unknown to the ledger"));
}

TEST_CASE("the books see a reader who was forgotten, one who was not meant, and a wrong start") {
  Bookkeeping desk;
  desk.readers.join(desk.readers.make(), 0);
  year::Draft draft;
  draft.slug = "weekly";
  draft.title = "Weekly";
  desk.books.open(draft, desk.clock.now() + std::chrono::minutes(1));
  desk.accept_all();
  const auto faults = desk.faults();
  CHECK(says(faults, "started at"));
  CHECK(says(faults, "has an audience of 4, not 5"));
  CHECK(says(faults, "lacks readers"));
}

TEST_CASE("the books see a version that is not the ledger's, and one that nobody wrote") {
  Bookkeeping desk;
  year::Draft draft;
  draft.slug = "weekly";
  draft.title = "Weekly";
  draft.version = 2;
  desk.books.amend(draft);
  desk.mail_to(0, 1);
  desk.mail_to(1, 2);
  desk.mail_to(2, 3);
  desk.mail_to(3, 1);
  desk.accept_all();  // by the ledger, all of version 1
  const auto faults = desk.faults();
  CHECK_FALSE(says(faults, "r0@d0.example"));
  CHECK(says(faults, "r1@d1.example: got version 2, by the ledger 1"));
  CHECK(says(faults, "r2@d2.example: got another text: Weekly (text 3)"));
}

TEST_CASE("the books see a mail that comes before its time") {
  test::House house;
  year::Readers readers;
  readers.make();
  year::Books books(*house.database, readers);
  year::Draft draft;
  draft.slug = "weekly";
  draft.title = "Weekly";
  books.announce(draft);
  year::Mail mail;
  mail.to = readers.at(0).email;
  mail.subject = "Weekly (text 1)";
  books.enter(mail);
  REQUIRE(books.faults().size() == 1);
  CHECK(says(books.faults()[0], "got it before its time"));
}
