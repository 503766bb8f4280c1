// The keys by which SNS signs: certificates fetched from where its messages say, proven and kept.
// The web is looked at on a thread of its own; all else belongs to the main thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/signature.h"

namespace postrider::daemon::webhooks {

constexpr auto complains_every = std::chrono::minutes(10);  // the log hears no more of one trouble

/// What is looked at, and whom to believe.
struct Web {
  /// The body of an address, on the thread that looks at the web.
  std::function<Result<std::string>(const std::string& url, const std::stop_token&)> fetch;
  std::string trusted;  // certificates, a PEM file
  /// Must run functions on the main thread, later; may be called from any.
  std::function<void(std::function<void()>)> post;
};

class Certificates {
 public:
  Certificates(Web web, const Clock& clock);
  /// Waits for the page that is being fetched; what was asked for is not answered any more.
  ~Certificates();

  /// The key of the certificate at that address, which has one of these names; at once where it is
  /// known. Nothing: it could not be fetched or proven, or too many wait already.
  using Found = std::function<void(std::optional<PublicKey>)>;
  void find(const std::string& url, const std::vector<std::string>& names, Found found);

  /// Whether the address could be looked at.
  void visit(const std::string& url, std::function<void(bool)> done);

 private:
  /// On that thread; what it returns is to be done on the main one.
  using Errand = std::function<std::function<void()>(const std::stop_token&)>;
  struct Known {
    PublicKey key;
    Instant until;
  };
  using Cache = std::map<std::string, Known>;

  bool submit(Errand errand);
  /// On that thread: in the log, now and then.
  void complain(const std::string& url, const std::string& why);
  void run(const std::stop_token& stop);
  Result<PublicKey> prove(const std::string& url, const std::vector<std::string>& names,
                          const std::stop_token& stop) const;

  const Web web_;
  const Clock& clock_;
  Instant complained_{};                                            // that thread's
  const std::shared_ptr<Cache> cache_ = std::make_shared<Cache>();  // the main thread's
  std::mutex mutex_;                                                // guards errands_
  std::condition_variable_any wake_;
  std::deque<Errand> errands_;
  std::jthread thread_;  // last: its loop uses all of the above
};

}  // namespace postrider::daemon::webhooks
