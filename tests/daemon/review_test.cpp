// From a draft that is ready to a reviewer's word on it: previews, links, and what makes an
// approval void.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "base/text.h"
#include "daemon/approval.h"
#include "daemon/guards/press.h"
#include "daemon/previewer.h"
#include "daemon/review_desk.h"
#include "daemon/signed_reviews.h"
#include "mail/message.h"
#include "store/previews.h"
#include "support/seeds.h"
#include "support/text.h"

using namespace postrider;
using namespace std::chrono_literals;
using daemon::http::Reviews;
using queue::IssueState;
using test::has;

namespace {

config::Settings with_reviewers(config::Settings settings) {
  auto& publication = settings.publication;
  publication.approval = config::Approval::required;
  publication.reviewers = {{"ann@report.example", ""}, {"bob@report.example", "r1@many.example"}};
  publication.timezone = "UTC";
  settings.http.listen = "127.0.0.1:8025";
  return settings;
}

/// A press whose issues need an approval, with its desk and its door.
struct Office {
  test::Press press;
  config::Settings& settings = press.settings;
  const std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{7, std::string(32, 'k')}});
  std::unique_ptr<store::Database> looking;
  std::unique_ptr<daemon::DoorReads> reads;
  std::unique_ptr<daemon::ReviewDesk> desk;
  std::unique_ptr<daemon::SignedReviews> door;
  std::unique_ptr<daemon::Previewer> previewer;

  Office() {
    settings = with_reviewers(settings);
    settings.storage.database = press.house.file();
    press.have_readers(10);
    looking = press.house.open();
    reads = std::make_unique<daemon::DoorReads>(*looking, [](auto) {});
    reload();
  }

  daemon::Errands errands() {
    return {*press.writing, press.writer,
            [this](auto task) { press.tasks.put([this, task] { reads->look_anew(), task(); }); }};
  }
  void reload() {
    desk = std::make_unique<daemon::ReviewDesk>(settings, *press.house.database, errands(),
                                                press.house.clock);
    door = std::make_unique<daemon::SignedReviews>(settings, *reads, errands(), press.house.clock,
                                                   [] {});
    auto made = daemon::Previewer::open(settings, keys, {}, press.house.clock);
    if (!made) FAIL(made.error().message);
    previewer = std::move(*made);
  }

  /// What has been asked of the writer is done, and heard of.
  void settle() {
    bool settled = false;
    press.writer.submit({[] {}, [&] { press.tasks.put([&] { settled = true; }); }, {}});
    press.tasks.run_until([&] { return settled; });
    reads->look_anew();
  }
  void look() {
    desk->tick();
    settle();
    desk->tick();
    settle();
  }

  void save(const std::string& body, const std::string& more = "") {
    write("weekly", body, more);
    press.publisher.draft_changed("weekly.md");
    settle();
    look();
  }
  /// To be sent an hour after the beginning.
  void write(const std::string& slug, const std::string& body, const std::string& more = "") {
    press.house.folder.write("drafts/" + slug + ".md",
                             "---\ntitle: Weekly\nstatus: ready\n" +
                                 (has(more, "send_at") ? "" : "send_at: " + time + "\n") + more +
                                 "---\n\n" + body + "\n");
  }
  queue::Issue issue() { return press.issue("weekly"); }
  std::optional<store::Approval> given() {
    return store::Approvals(*press.house.database).of(issue().id);
  }
  bool stands() { return given() && given()->stands(); }

  store::Covered covered() {
    const auto proof = daemon::prove(settings.storage.drafts / "weekly.md", settings,
                                     daemon::known_names(settings, press.house.database.get()));
    REQUIRE(proof.good());
    return daemon::covered_by(proof, settings, issue());
  }
  TokenClaims claims(std::size_t reviewer = 0) {
    return daemon::review_claims(issue(), covered(), settings.publication.reviewers.at(reviewer));
  }
  Reviews::Review look(const TokenClaims& claims) {
    reads->look_anew();
    return door->look(claims);
  }
  Reviews::Review approve(const TokenClaims& claims) {
    std::optional<Reviews::Review> answer;
    reads->look_anew();
    door->approve(claims, [&](bool written, const Reviews::Review& review) {
      CHECK(written);
      answer = review;
    });
    press.tasks.run_until([&] { return answer.has_value(); });
    settle();
    return *answer;
  }

  /// The previews that wait, taken off the queue.
  std::vector<queue::Parcel> previews() {
    std::vector<queue::Parcel> parcels;
    press.queue.transact([&] {
      for (auto& claimed : test::claim(press.queue, press.house.clock.now(), 100)) {
        if (!claimed.notice) continue;
        const auto now = press.house.clock.now();
        REQUIRE(press.queue.begin_sending(claimed.claim(), now));
        const queue::Outcome ok{
            queue::OutcomeKind::delivered, queue::Scope::recipient, {250, "", "ok"}};
        press.queue.record(claimed.claim(), {now, now, "primary", ok},
                           queue::after(claimed.delivery, ok, now, test::policy()));
        parcels.push_back({.claimed = std::move(claimed), .envelope = {}, .data = {}});
      }
    });
    return parcels;
  }

  std::string time = "2022-01-10T14:00:00Z";
};

std::string composed(Office& office, queue::Parcel& parcel) {
  const auto done = office.previewer->compose(parcel);
  if (!done) FAIL(done.error().message);
  return parcel.data.str();
}

/// All the text of a mail's parts of that type.
std::string part_of(const mail::Part& part, const std::string& type) {
  if (part.type == type) return part.content;
  std::string all;
  for (const auto& child : part.parts) all += part_of(child, type);
  return all;
}

}  // namespace

TEST_CASE("an issue that nobody has approved is held at its time, and an approval lets it go") {
  Office office;
  office.save("Hello.");
  CHECK(office.issue().state == IssueState::scheduled);
  CHECK(office.issue().note == "waits for an approval: `postrider approve weekly`");
  office.press.house.clock.advance(1h);
  const auto held = office.press.come("weekly");
  CHECK(held.state == IssueState::held);
  CHECK(held.note ==
        "nobody has approved it (approval = \"required\"); let it go by `postrider approve "
        "weekly`");
  CHECK(held.held_by == "approval");
  CHECK(office.approve(office.claims()).state == Reviews::State::approved);
  CHECK(office.press.come("weekly").state == IssueState::sending);
}

TEST_CASE("no operator's word on the time takes the place of an approval") {
  Office office;
  office.save("Hello.");
  office.press.house.clock.advance(1h);
  CHECK(office.press.come("weekly").state == IssueState::held);
  CHECK(office.press.let_go("weekly").state == IssueState::held);
}

TEST_CASE("what was approved goes out at its time") {
  Office office;
  office.save("Hello.");
  CHECK(office.approve(office.claims(1)).by == "bob@report.example");
  CHECK(office.issue().note == "");
  office.look();
  CHECK(office.stands());
  office.press.house.clock.advance(1h);
  CHECK(office.press.come("weekly").state == IssueState::sending);
  CHECK(office.given()->by == "bob@report.example");
}

TEST_CASE("an edit makes the approval void, at once, and the issue is held at its time") {
  Office office;
  office.save("Hello.");
  office.approve(office.claims());
  office.save("Hello!");
  CHECK_FALSE(office.stands());
  CHECK(office.issue().note ==
        "waits for an approval: `postrider approve weekly`; the last one is void: "
        "what would be sent has changed since");
  office.save("Hello.");  // as it was: void all the same
  CHECK_FALSE(office.stands());
  office.press.house.clock.advance(1h);
  const auto held = office.press.come("weekly");
  CHECK(held.state == IssueState::held);
  CHECK(has(held.note, "its approval is void: what would be sent"));
}

TEST_CASE("any change of content, lists, segment, theme, image or time makes an approval void") {
  const std::map<std::string, std::function<void(Office&)>> changes{
      {"text", [](Office& o) { o.save("Other words."); }},
      {"segment", [](Office& o) { o.save("Hello.", "segment: domain = 'many.example'\n"); }},
      {"subtitle", [](Office& o) { o.save("Hello.", "subtitle: Spring\n"); }},
      {"time", [](Office& o) { o.save("Hello.", "send_at: 2022-01-10T14:00:01Z\n"); }},
      {"operator's time",
       [](Office& o) {
         const auto now = o.press.house.clock.now();
         const auto command = o.press.house.open();
         REQUIRE(store::Ledger(*command).schedule("weekly", now + 2h, "operator", now));
         o.settle();
       }},
      {"list",
       [](Office& o) {
         o.settings.lists.push_back({.key = "digest", .name = "Digest"});
         o.reload();
         o.save("Hello.", "lists: [report, digest]\n");
       }},
      {"theme",
       [](Office& o) {
         o.press.house.folder.write("theme/issue.text.mustache",
                                    "{{{issue.title_lines}}}\n\nNew!\n\n{{{body}}}\n-- \n"
                                    "{{{publication.postal_address}}}\n{{unsubscribe_url}}\n");
         o.press.house.clock.advance(30s);
       }},
      {"sender",
       [](Office& o) {
         o.settings.publication.from = "Jane <jane@report.example>";
         o.reload();
       }},
      {"saved segment's meaning", [](Office& o) {
         o.settings.segments = {{"all", "domain = 'other.example'", 1}};
         o.reload();
       }}};
  for (const auto& [name, change] : changes) {
    CAPTURE(name);
    Office office;
    office.settings.segments = {{"all", "domain = 'many.example'", 1}};
    office.reload();
    office.save("Hello.", name == "saved segment's meaning" ? "segment: all\n" : "");
    const auto claims = office.claims();
    REQUIRE(office.approve(claims).state == Reviews::State::approved);
    office.look();
    REQUIRE(office.stands());
    change(office);
    office.look();
    CHECK_FALSE(office.stands());
    CHECK(office.look(claims).state == Reviews::State::over);
    CHECK(office.approve(claims).state == Reviews::State::over);
    CHECK_FALSE(office.stands());
  }
}

TEST_CASE(
    "an approval stands whatever zones readers come from, and not where their hour is moved") {
  Office office;
  office.save("Hello.", "send_at: 2022-01-12\nlocal_time: \"08:00\"\n");
  REQUIRE(office.approve(office.claims()).state == Reviews::State::approved);
  const auto command = office.press.house.open();
  store::Ledger(*command).move_start(office.issue().id, *office.issue().scheduled_at - 9h,
                                     office.press.house.clock.now());
  office.look();
  CHECK(office.stands());
  office.save("Hello.", "send_at: 2022-01-12\nlocal_time: \"09:00\"\n");
  CHECK_FALSE(office.stands());
}

TEST_CASE("each octet of what is covered counts, and no part runs into the next") {
  Office office;
  office.save("Hello.");
  const auto proof = daemon::prove(office.settings.storage.drafts / "weekly.md", office.settings,
                                   daemon::known_names(office.settings, nullptr));
  const auto& settings = office.settings;
  auto with_image = proof;
  with_image.issue->images = {{"a@n.example", "image/png", "png"}};
  const auto base = daemon::covered_by(with_image, settings).digest();
  std::mt19937 random(7);
  for (unsigned seed = 0; seed < test::seeds(300); ++seed) {
    auto changed = with_image;
    auto& issue = *changed.issue;
    auto& image = issue.images[0];
    std::string* const parts[] = {&issue.subject, &issue.html, &issue.text,
                                  &image.name,    &image.type, &image.bytes};
    auto& part = *parts[random() % std::size(parts)];
    part[random() % part.size()] ^= static_cast<char>(1 << (random() % 7));
    CHECK(daemon::covered_by(changed, settings).digest() != base);
  }
  auto moved = with_image;
  moved.issue->text = moved.issue->html.back() + moved.issue->text;
  moved.issue->html.pop_back();
  CHECK(daemon::covered_by(moved, settings).digest() != base);
}

TEST_CASE("a link is of one version, one issue and one reviewer; looking approves nothing") {
  Office office;
  office.save("Hello.");
  const auto old = office.claims();
  for (int i = 0; i < 3; ++i) {
    const auto review = office.look(old);
    CHECK(review.state == Reviews::State::open);
    CHECK(review.title == "Weekly");
    CHECK(review.readers == "The Report");
    CHECK(review.time == "2022-01-10 14:00 UTC");
  }
  CHECK_FALSE(office.given());
  auto other = old;
  other.list ^= 1;
  CHECK(office.look(other).state == Reviews::State::unknown);
  other = old;
  other.subject[3] ^= 1;
  CHECK(office.look(other).state == Reviews::State::over);
  office.save("Hello, newly.");
  CHECK(office.approve(old).state == Reviews::State::over);
  CHECK_FALSE(office.given());
  const auto claims = office.claims();
  CHECK(office.approve(claims).state == Reviews::State::approved);
  CHECK(office.approve(claims).state == Reviews::State::approved);
  CHECK(office.look(office.claims(1)).by == "ann@report.example");
  std::int64_t events = 0;
  for (const auto& event : office.press.house.ledger.events_of(office.issue().id))
    events += event.kind == "issue.approved";
  CHECK(events == 1);
}

TEST_CASE("who is no reviewer any more approves nothing, and where none is required nobody does") {
  Office office;
  office.save("Hello.");
  const auto claims = office.claims();
  SUBCASE("no reviewer") {
    office.settings.publication.reviewers.erase(office.settings.publication.reviewers.begin());
  }
  SUBCASE("not required") { office.settings.publication.approval = config::Approval::front_matter; }
  office.reload();
  CHECK(office.approve(claims).state == Reviews::State::over);
  CHECK_FALSE(office.given());
}

TEST_CASE("a link that came too late approves, and the late guard holds what it approved") {
  Office office;
  office.save("Hello.");
  office.press.house.clock.advance(1h);
  CHECK(office.press.come("weekly").state == IssueState::held);
  office.press.house.clock.advance(48h);
  CHECK(office.approve(office.claims()).state == Reviews::State::approved);
  CHECK(office.issue().state == IssueState::held);
  CHECK(has(office.issue().note, "max_lateness"));
  CHECK(has(office.issue().note, "let it go by `postrider approve weekly`"));
}

TEST_CASE("reviewers are shown each change, not too often, and the last one in the end") {
  Office office;
  office.save("One.");
  CHECK(office.previews().size() == 2);
  office.press.house.clock.advance(1min);
  office.save("Two.");
  office.save("Three.");
  CHECK(office.previews().empty());
  office.reload();  // a restart forgets nothing
  office.press.house.clock.advance(4min);
  office.look();
  auto shown = office.previews();
  REQUIRE(shown.size() == 2);
  CHECK(has(part_of(mail::read_message(composed(office, shown[0])).root, "text/plain"), "Three."));
  office.press.house.clock.advance(10min);
  office.look();
  CHECK(office.previews().empty());
}

TEST_CASE("what is not ready is shown to nobody, nor what a new database found there") {
  Office office;
  office.write("weekly", "Hello.", "send_at: 2021-01-10T14:00:00Z\n");  // found late
  office.press.publisher.draft_changed("weekly.md");
  office.settle();
  office.look();
  CHECK(office.issue().state == IssueState::held);
  CHECK(office.previews().empty());
}

TEST_CASE(
    "a preview is the reader's mail below what there is to know, and opens no reader's door") {
  Office office;
  office.save(
      "Dear {{subscriber.email}},\n\nread example.com <b>now</b>: [there](https://example.com).");
  auto shown = office.previews();
  REQUIRE(shown.size() == 2);
  std::ranges::sort(shown, {}, [](const auto& parcel) { return parcel.claimed.email; });
  const auto root = mail::read_message(composed(office, shown[1])).root;
  CHECK(root.field("subject") == "[PREVIEW] Weekly");
  CHECK(root.field("to") == "bob@report.example");
  CHECK(root.field("auto-submitted") == "auto-generated");
  for (const auto* name : {"list-unsubscribe", "list-unsubscribe-post", "list-id", "precedence"})
    CHECK(root.field(name) == "");
  const auto text = part_of(root, "text/plain");
  CHECK(text.starts_with("Preview of: issue weekly, version " + office.covered().version()));
  CHECK(has(text, "Goes out: 2022-01-10 14:00 UTC"));
  CHECK(has(text, "Readers: 10 by now, of The Report"));
  CHECK(has(text, "Shown as: r1@many.example would get it"));
  CHECK(has(text, "Dear r1@many.example"));
  CHECK(has(text, "weekly.md:"));
  const auto link =
      "https://n.example/approve/" + office.keys->sign(Purpose::approve, office.claims(1));
  CHECK(has(text, link));
  const auto html = part_of(root, "text/html");
  CHECK(html.find("<body") < html.find("Preview of:"));
  CHECK(html.find("Preview of:") < html.find("Dear r1@many.example"));
  CHECK(has(html, "href=\"" + link + "\""));
  const auto at = text.find("/unsubscribe/");
  REQUIRE(at != std::string::npos);
  CHECK_FALSE(office.keys->verify(Purpose::unsubscribe, text.substr(at + 13, 68)));
}

TEST_CASE("the images of a preview are inside its mail, beside the HTML that shows them") {
  templates::NoticeHead head{*mail::parse_mailbox("joe@report.example"),
                             {},
                             *mail::parse_address("ann@report.example"),
                             {},
                             std::string(68, 'a'),
                             {}};
  const auto text = templates::notice_message({"Hello",
                                               "<img src=\"cid:a@n.example\">",
                                               "Hello",
                                               {{"a@n.example", "image/png", "\x89PNG"}}},
                                              head, {});
  const auto root = mail::read_message(text.str()).root;
  CHECK(root.type == "multipart/alternative");
  REQUIRE(root.parts.size() == 2);
  CHECK(root.parts[0].type == "text/plain");
  const auto& related = root.parts[1];
  CHECK(related.type == "multipart/related");
  REQUIRE(related.parts.size() == 2);
  CHECK(has(related.parts[0].content, "cid:a@n.example"));
  CHECK(related.parts[1].type == "image/png");
  CHECK(related.parts[1].field("content-id") == "<a@n.example>");
  CHECK(related.parts[1].content == "\x89PNG");
}

TEST_CASE("a preview that is sent once its draft has changed again shows what it is then") {
  Office office;
  office.save("One.");
  auto shown = office.previews();
  office.save("Two.");
  const auto root = mail::read_message(composed(office, shown[0])).root;
  CHECK(has(part_of(root, "text/plain"), "Two."));
  CHECK(has(part_of(root, "text/plain"), "/approve/"));
}
