#include "daemon/http/doors/unsubscribe.h"

namespace postrider::daemon::http {

namespace {

class UnsubscribeDoor final : public Door {
 public:
  UnsubscribeDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Members> members)
      : premises_(std::move(premises)), members_(std::move(members)) {}

  std::string_view path() const override { return "/unsubscribe/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::unsubscribe, visit.rest);
    const auto member = claims ? members_->find(*claims) : std::nullopt;
    if (!member) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose(member->language, visit.request.accept_language);
    const templates::PageValues values{{{"list.name", member->list}}};
    if (!member->subscribed)
      return respond(premises_->page(200, PageId::unsubscribed, language, values));
    if (!visit.is_post())
      return respond(premises_->page(200, PageId::unsubscribe, language, values));
    if (!members_->trouble().empty()) return respond(premises_->try_later(language));
    members_->leave(*claims, [premises = premises_, respond, language, values](bool left) {
      respond(left ? premises->page(200, PageId::unsubscribed, language, values)
                   : premises->try_later(language));
    });
  }

 private:
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Members> members_;
};

}  // namespace

std::unique_ptr<const Door> make_unsubscribe_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Members> members) {
  return std::make_unique<UnsubscribeDoor>(std::move(premises), std::move(members));
}

}  // namespace postrider::daemon::http
