#include "daemon/works.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/check_keys.h"
#include "daemon/members.h"
#include "daemon/profiles.h"
#include "daemon/relays.h"
#include "daemon/signed_reviews.h"
#include "daemon/webhooks/fetch.h"
#include "daemon/webhooks/webhooks.h"
#include "queue/curl_library.h"
#include "store/erased.h"
#include "store/ledger.h"

namespace postrider::daemon {

namespace asio = boost::asio;

namespace {

ListNames list_names(const config::Settings& settings) {
  ListNames names;
  for (const auto& list : settings.lists) names[list.key] = list.name;
  return names;
}

/// "/news" of "https://host/news"; empty where there is none.
std::string path_of(std::string_view url) {
  const auto authority = url.find("://") + 3;
  return std::string(url.substr(std::min(url.find('/', authority), url.size())));
}

http::SubscribeTerms sign_up_terms(const config::Settings& settings) {
  const auto& limits = settings.sign_up;
  http::SubscribeTerms terms{{},
                             settings.publication.base_url + "/subscribe",
                             limits.plain_forms,
                             limits.least_form_age,
                             limits.greatest_form_age,
                             limits.disposable_domains};
  terms.per_network = limits.per_network;
  terms.plain_per_network = limits.plain_per_network;
  for (const auto& list : settings.lists)
    if (list.is_public) terms.offers.push_back({list.key, list.name});
  return terms;
}

http::DoorsOptions doors_options(const config::Settings& settings) {
  const auto& publication = settings.publication;
  return {publication.name,
          publication.language,
          settings.storage.theme,
          path_of(publication.base_url),
          {settings.http.trusted_proxies, settings.http.trusts_unix_peers},
          sign_up_terms(settings),
          list_names(settings)};
}

Publisher::Post post_to(asio::io_context& context) {
  return [&context](std::function<void()> task) { asio::post(context, std::move(task)); };
}

/// Whoever hears that something is written is to find it.
Errands::Post post_anew(const Works::Ground& ground) {
  return [post = post_to(ground.context), &reads = ground.door_reads](std::function<void()> task) {
    post([task = std::move(task), &reads] {
      reads.look_anew();
      task();
    });
  };
}

Publisher::After after_in(asio::io_context& context) {
  return [&context](std::chrono::milliseconds wait, std::function<void()> task) {
    auto timer = std::make_shared<asio::steady_timer>(context, wait);
    timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
      if (!error) task();
    });
  };
}

}  // namespace

Result<std::shared_ptr<Works>> Works::make(config::Settings settings, const Ground& ground) {
  auto made = std::make_shared<Works>();
  made->settings = std::move(settings);
  auto keys = TokenKeys::load_or_create(made->settings.storage.secrets);
  if (!keys) return tl::make_unexpected(keys.error());
  made->keys = std::make_shared<const TokenKeys>(std::move(*keys));
  for (const auto& warning : check_erased(made->settings, ground.reading))
    spdlog::warn("{}", to_string(warning));
  auto mailroom = Mailroom::open(made->settings, made->keys, ground.clock);
  if (!mailroom) return tl::make_unexpected(mailroom.error());
  made->mailroom = std::move(*mailroom);
  if (const auto& http = made->settings.http; !http.certificate.empty()) {
    auto tls = http::load_tls(http.certificate, http.key);
    if (!tls) return fail(to_string(tls.error()));
    made->tls = std::move(*tls);
  }
  const Errands errands(ground.writing, ground.writer, post_anew(ground));
  const auto erased_keys = std::make_shared<const Fingerprints>(*made->keys, store::erased_use);
  made->registrar = std::make_shared<ListRegistrar>(made->settings, erased_keys, ground.door_reads,
                                                    errands, ground.clock);
  made->operator_desk =
      std::make_unique<OperatorDesk>(made->settings, ground.reading, errands, ground.clock);
  made->review_desk =
      std::make_unique<ReviewDesk>(made->settings, ground.reading, errands, ground.clock);
  made->event_command = std::make_unique<EventCommand>(made->settings, ground.reading, errands,
                                                       post_to(ground.context));
  made->webhooks = std::make_shared<webhooks::Webhooks>(
      made->settings, made->keys, errands, ground.clock,
      webhooks::Web{webhooks::fetch, queue::system_certificates, post_to(ground.context)});
  made->timetable =
      std::make_unique<Timetable>(made->settings, ground.reading, errands, ground.clock);
  made->local_starts =
      std::make_unique<LocalStarts>(made->settings, ground.reading, errands, ground.clock);
  auto doors = http::make_doors(
      doors_options(made->settings), made->keys,
      {.members = std::make_shared<ListMembers>(list_names(made->settings), ground.door_reads,
                                                errands, ground.clock),
       .profiles = std::make_shared<ReaderProfiles>(made->settings, erased_keys, ground.door_reads,
                                                    errands, ground.clock, ground.poke),
       .registrar = made->registrar,
       .webhooks = made->webhooks,
       .reviews = std::make_shared<SignedReviews>(made->settings, ground.door_reads, errands,
                                                  ground.clock, ground.poke)});
  if (!doors) return fail(summary(doors.error()));
  made->doors = std::move(*doors);
  if (made->settings.bounces.mailbox) {
    auto postman = Postman::open(made->settings, made->keys, ground.clock);
    if (!postman) return tl::make_unexpected(postman.error());
    made->postman = std::move(*postman);
  }
  if (auto opened = made->open_lmtp(ground); !opened) return tl::make_unexpected(opened.error());
  try {
    made->drafts = made->watch_drafts(ground);
  } catch (const std::system_error& error) {
    return fail(std::string("the drafts folder cannot be watched: ") + error.what());
  }
  return made;
}

Result<void> Works::open_lmtp(const Ground& ground) {
  const auto& where = settings.bounces.lmtp;
  if (where.listen.empty()) return {};
  auto clerk = lmtp::Clerk::open(settings, keys, ground.clock);
  if (!clerk) return tl::make_unexpected(clerk.error());
  clerk_ = std::move(*clerk);
  if (ground.lmtp && ground.lmtp->listens_on(where)) {
    lmtp = ground.lmtp;
    return {};
  }
  auto server = lmtp::Server::listen(where);
  if (!server) return tl::make_unexpected(server.error());
  lmtp = std::move(*server);
  return {};
}

/// The watcher, and the publisher it tells.
std::unique_ptr<Drafts> Works::watch_drafts(const Ground& ground) {
  publisher = std::make_unique<Publisher>(
      settings, ground.reading, ground.writing, ground.writer, ground.clock,
      post_to(ground.context), after_in(ground.context), ground.poke, ground.built, keys->newest());
  auto& told = *publisher;
  return std::make_unique<Drafts>(
      ground.context, settings.storage.drafts,
      DraftsListener{[&told](const auto& path) { told.draft_changed(path); },
                     [&told](const auto& path) { told.draft_gone(path); },
                     [&told](const auto& names) { told.drafts_listed(names); },
                     [&told, scanned = ground.scanned](bool complete) {
                       told.scan_finished(complete, scanned);
                     }});
}

void Works::start_sending(store::SqliteQueue& queue, const Ground& ground) {
  auto plan = pacing_plan(settings);
  ground.writer.submit({[&queue, named = plan.named_domains(), bounces = bounce_policy(settings)] {
                          queue.pace(named);
                          queue.use(bounces);
                        },
                        {},
                        {}});
  store::Ledger ledger(ground.reading);
  auto pacing = std::make_unique<queue::Pacing>(std::move(plan), ledger.allowances(),
                                                ledger.pauses(), ground.clock);
  auto outlets = make_outlets(settings, *pacing, std::thread::hardware_concurrency(), ground.clock);
  dispatcher = std::make_shared<queue::Dispatcher>(queue, ground.writer, *mailroom, ground.clock,
                                                   retry_policy(settings.retry), std::move(pacing),
                                                   std::move(outlets));
  if (lmtp) lmtp->start(std::move(clerk_));
}

void Works::read_mailbox() {
  if (postman) postman->start();
}

}  // namespace postrider::daemon
