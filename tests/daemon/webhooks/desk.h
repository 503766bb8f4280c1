// Webhooks on a ledger, with a mail to ann in it, and providers that sign as the real ones do.
#pragma once

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "daemon/webhooks/webhooks.h"
#include "queue/writer.h"
#include "store/house.h"
#include "support/main_thread.h"
#include "support/signer.h"

namespace postrider::test {

using nlohmann::json;

struct Desk : House {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  Signer sendgrid = Signer::p256();
  SubscriberId ann = add("ann@a.example");
  IssueId issue = sending();
  std::string message_id;  // of ann's mail
  // The writer thread's; the test has a connection of its own.
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue queue{*writing, policy(), clock.now()};
  MainThread main_thread;  // the writer's thread posts to it until it ends
  queue::Writer writer{queue};
  daemon::webhooks::Web web;
  std::shared_ptr<daemon::webhooks::Webhooks> webhooks;

  Desk() {
    web.fetch = [](const std::string&, const std::stop_token&) -> Result<std::string> {
      return fail("there is no web");
    };
    web.post = [this](std::function<void()> task) { main_thread.post(std::move(task)); };
    const auto uid = subscribers.find("ann@a.example")->uid;
    message_id = keys->sign(Purpose::message_id, {uid, 0, ledger.find_issue(issue)->uid}) +
                 "@report.example";
    // It was taken, with the relay's own name for it.
    database->execute("UPDATE deliveries SET state = 3, due = NULL, attempts = 1");
    database->execute("UPDATE issue_sums SET accepted = 1, pending = 0");
    database->execute(
        "INSERT INTO attempts SELECT issue_id, subscriber_id, 0, 1, 0, 0, 0, 0, 250, '', "
        "'250 Ok 0100018aaaaaaaaa-11111111-2222-3333-4444-555555555555-000000', 'primary', '', '', "
        "1 "
        "FROM deliveries");
    open_desk(settings());
  }

  config::Settings settings() const {
    config::Settings made;
    made.publication.base_url = "https://n.example";
    made.bounces.address = "bounces@report.example";
    made.webhooks.sendgrid_key = sendgrid.public_key();
    made.webhooks.postmark_username = "postmark";
    made.webhooks.postmark_password = "secret";
    made.webhooks.mailgun_key = "signing key";
    return made;
  }

  void open_desk(const config::Settings& settings) {
    webhooks = std::make_shared<daemon::webhooks::Webhooks>(
        settings, keys,
        daemon::Errands(*writing, writer, [this](auto task) { main_thread.post(std::move(task)); }),
        clock, web);
  }

  int tell(const std::string& provider, const daemon::http::Request& request) {
    std::optional<int> status;
    webhooks->tell(provider, request, [&](int answered) { status = answered; });
    main_thread.work_until([&] { return status.has_value(); });
    return *status;
  }

  std::string now_in_seconds() const {
    return std::to_string(
        std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count());
  }

  /// As SendGrid does.
  daemon::http::Request signed_by_sendgrid(const json& events) const {
    daemon::http::Request request;
    request.body = events.dump();
    request.signed_at = now_in_seconds();
    request.signature = base64(sendgrid.sign(request.signed_at + request.body));
    return request;
  }
  static daemon::http::Request by_postmark(const json& event,
                                           const std::string& login = "postmark:secret") {
    daemon::http::Request request;
    request.body = event.dump();
    request.authorization = "Basic " + base64(login);
    return request;
  }
  daemon::http::Request by_mailgun(const json& event, const std::string& token,
                                   const std::string& key = "signing key") const {
    const auto time = now_in_seconds();
    daemon::http::Request request;
    request.body = json{
        {"signature",
         {{"timestamp", time}, {"token", token}, {"signature", hex(HmacSha256(key)(time, token))}}},
        {"event-data",
         event}}.dump();
    return request;
  }

  std::string suppressed() { return suppressed("ann@a.example"); }
  std::string suppressed(const std::string& email) {
    const auto reason = subscribers.find(email)->suppressed;
    return reason ? std::string(to_string(*reason)) : "";
  }
  std::int64_t reports(const std::string& condition = "1") {
    auto query = database->prepare_once("SELECT count(*) FROM reports WHERE " + condition);
    query.step();
    return query.integer(0);
  }
};

}  // namespace postrider::test
