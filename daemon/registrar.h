// Lets readers in: sign-ups and confirmations go through the writer, and what nobody confirms is
// forgotten in time. Belongs to the main thread.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/http/registrar.h"
#include "queue/writer.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class ListRegistrar final : public http::Registrar {
 public:
  using Post = std::function<void(std::function<void()>)>;

  /// `reading` is the main thread's connection, `writing` the writer thread's. All references must
  /// outlive it and what it has submitted; `post` runs functions on the main thread.
  ListRegistrar(const config::Settings& settings, store::Database& reading,
                store::Database& writing, queue::Writer& writer, const Clock& clock, Post post);

  void sign_up(subscribers::SignUp sign_up, const std::optional<IpAddress>& client, bool own_form,
               std::function<void(std::optional<store::SignUpAnswer>)> done) override;
  store::Confirmation look(const TokenClaims& claims) override;
  void confirm(const TokenClaims& claims, const std::optional<IpAddress>& client,
               std::function<void(std::optional<store::Confirmation>)> done) override;
  Instant now() const override { return clock_.now(); }
  std::string trouble() override { return writer_.trouble(); }

  /// Forgets some of what has expired; cheap where it is not time for that yet.
  void tick();

 private:
  template <class Answer>
  void submit(std::function<Answer(store::SignUps&)> work,
              std::function<void(std::optional<Answer>)> done);

  const std::shared_ptr<const store::SignUpTerms> terms_;
  const Rate plain_per_network_;
  const Duration expires_;
  store::Database& reading_;
  store::Database& writing_;
  queue::Writer& writer_;
  const Clock& clock_;
  const Post post_;
  Instant tidy_at_{};
  std::shared_ptr<bool> more_ = std::make_shared<bool>(false);  // the main thread's
};

}  // namespace postrider::daemon
