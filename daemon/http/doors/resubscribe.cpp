#include "daemon/http/doors/resubscribe.h"

namespace postrider::daemon::http {

namespace {

class ResubscribeDoor final : public Door {
 public:
  ResubscribeDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Members> members)
      : premises_(std::move(premises)), members_(std::move(members)) {}

  std::string_view path() const override { return "/resubscribe/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::resubscribe, visit.rest);
    const auto returning = claims ? members_->find_return(*claims) : std::nullopt;
    if (!returning) return respond(premises_->not_found(visit.request));
    const auto language =
        premises_->pages.choose(returning->language, visit.request.accept_language);
    if (!visit.is_post() || returning->way != WayBack::open || is_over(*claims))
      return respond(show(*claims, *returning, language));
    if (!members_->trouble().empty()) return respond(premises_->try_later(language));
    members_->come_back(*claims, [door = *this, respond, language, claims = *claims](bool written) {
      respond_by(*door.premises_, language, respond, [&] {
        const auto now = written ? door.members_->find_return(claims) : std::nullopt;
        return now ? door.show(claims, *now, language) : door.premises_->try_later(language);
      });
    });
  }

 private:
  bool is_over(const TokenClaims& claims) const {
    const auto now = members_->now().time_since_epoch();
    return std::chrono::seconds(static_cast<std::int64_t>(claims.context)) <= now;
  }

  Response show(const TokenClaims& claims, const Members::Returning& returning,
                std::string_view language) const {
    if (returning.way == WayBack::taken)
      return premises_->page(200, PageId::resubscribed, language);
    if (returning.way == WayBack::closed || is_over(claims))
      return premises_->gone(PageId::resubscribe_over, language);
    return premises_->page(200, PageId::resubscribe, language);
  }

  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Members> members_;
};

}  // namespace

std::unique_ptr<const Door> make_resubscribe_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Members> members) {
  return std::make_unique<ResubscribeDoor>(std::move(premises), std::move(members));
}

}  // namespace postrider::daemon::http
