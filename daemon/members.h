// The list behind the readers' doors: looks up on the main thread's connection, leaves through the
// writer.
#pragma once

#include <functional>

#include "daemon/http/members.h"
#include "queue/writer.h"
#include "store/ledger.h"

namespace postrider::daemon {

class ListMembers final : public http::Members {
 public:
  using Post = std::function<void(std::function<void()>)>;

  /// `names`: the lists' names for readers by key. All references must outlive it, and `post` must
  /// run functions on the thread that calls `leave`.
  ListMembers(std::map<std::string, std::string> names, store::Database& reading,
              store::Database& writing, queue::Writer& writer, const Clock& clock, Post post);

  std::optional<Member> find(const TokenClaims& claims) override;
  void leave(const TokenClaims& claims, std::function<void(bool)> done) override;
  std::string trouble() override;

 private:
  const std::map<std::string, std::string> names_;
  store::Database& reading_;
  store::Database& writing_;
  queue::Writer& writer_;
  const Clock& clock_;
  const Post post_;
};

}  // namespace postrider::daemon
