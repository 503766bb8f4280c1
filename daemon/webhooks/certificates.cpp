#include "daemon/webhooks/certificates.h"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace postrider::daemon::webhooks {

namespace {

constexpr auto kept_for = std::chrono::hours(24);
constexpr std::size_t most_kept = 32;
constexpr std::size_t most_waiting = 8;
constexpr int most_issuers = 3;

/// Intermediate certificates, which SNS leaves out. They are fetched in clear, and prove
/// themselves.
bool is_of_amazons_ca(std::string_view url) {
  constexpr std::string_view begin = "http://";
  const auto host = url.substr(std::min(begin.size(), url.size()));
  return url.starts_with(begin) && host.substr(0, host.find('/')).ends_with(".amazontrust.com") &&
         url.size() < 256;
}

}  // namespace

Certificates::Certificates(Web web, const Clock& clock)
    : web_(std::move(web)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Certificates::~Certificates() = default;

void Certificates::find(const std::string& url, const std::vector<std::string>& names,
                        Found found) {
  const auto known = cache_->find(url);
  if (known != cache_->end() && clock_.now() < known->second.until) return found(known->second.key);
  const bool taken = submit([this, url, names, found](const std::stop_token& stop) {
    auto key = prove(url, names, stop);
    if (!key) complain(url, key.error().message);
    return [cache = cache_, url, found, key = std::move(key), until = clock_.now() + kept_for] {
      if (!key) return found({});
      if (cache->size() >= most_kept) cache->clear();
      cache->insert_or_assign(url, Known{*key, until});
      found(*key);
    };
  });
  if (!taken) found({});
}

void Certificates::visit(const std::string& url, std::function<void(bool)> done) {
  const bool taken = submit([this, url, done](const std::stop_token& stop) {
    const auto page = web_.fetch(url, stop);
    if (!page) complain(url, page.error().message);
    return [done, visited = page.has_value()] { done(visited); };
  });
  if (!taken) done(false);
}

void Certificates::complain(const std::string& url, const std::string& why) {
  const auto now = clock_.now();
  if (now < complained_ + complains_every) return;
  complained_ = now;
  spdlog::warn("webhooks: {} is no help: {}", url.substr(0, url.find('?')), why);
}

bool Certificates::submit(Errand errand) {
  {
    const std::lock_guard lock(mutex_);
    if (errands_.size() >= most_waiting) return false;
    errands_.push_back(std::move(errand));
  }
  wake_.notify_one();
  return true;
}

void Certificates::run(const std::stop_token& stop) {
  for (;;) {
    Errand errand;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !errands_.empty(); })) return;
      if (stop.stop_requested()) return;
      errand = std::move(errands_.front());
      errands_.pop_front();
    }
    try {
      auto done = errand(stop);
      if (!stop.stop_requested()) web_.post(std::move(done));
    } catch (const std::exception& error) {
      spdlog::error("webhooks: {}", error.what());
    }
  }
}

Result<PublicKey> Certificates::prove(const std::string& url, const std::vector<std::string>& names,
                                      const std::stop_token& stop) const {
  const auto pem = web_.fetch(url, stop);
  if (!pem) return tl::make_unexpected(pem.error());
  auto chain = CertificateChain::parse(*pem);
  if (!chain) return tl::make_unexpected(chain.error());
  auto key = chain->prove(web_.trusted, names, clock_.now());
  for (int more = 0; !key && more < most_issuers; ++more) {
    const auto issuer = chain->issuer_url();
    if (!is_of_amazons_ca(issuer)) break;
    const auto der = web_.fetch(issuer, stop);
    if (!der || !chain->add(*der)) break;
    key = chain->prove(web_.trusted, names, clock_.now());
  }
  return key;
}

}  // namespace postrider::daemon::webhooks
