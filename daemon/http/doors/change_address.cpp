#include "daemon/http/doors/change_address.h"

namespace postrider::daemon::http {

namespace {

class ChangeAddressDoor final : public Door {
 public:
  ChangeAddressDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Profiles> profiles)
      : premises_(std::move(premises)), profiles_(std::move(profiles)) {}

  std::string_view path() const override { return "/change-address/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::change_address, visit.rest);
    const auto profile = claims ? profiles_->find(claims->subject) : std::nullopt;
    if (!profile) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose(profile->language, visit.request.accept_language);
    const auto address = profiles_->asked_address(*claims);
    if (!address) return respond(premises_->page(410, PageId::link_over, language));
    const templates::PageValues values{{{"subscriber.email", *address}}};
    if (*address == profile->email)
      return respond(premises_->page(200, PageId::address_changed, language, values));
    if (!visit.is_post())
      return respond(premises_->page(200, PageId::change_address, language, values));
    if (!profiles_->trouble().empty()) return respond(premises_->try_later(language));
    profiles_->take_address(
        *claims, [door = *this, respond, language, values, claims = *claims](bool written) {
          respond_by(*door.premises_, language, respond, [&] {
            if (!written) return door.premises_->try_later(language);
            // Somebody else may have taken it in the meantime.
            const bool taken = door.profiles_->asked_address(claims).has_value();
            return taken ? door.premises_->page(200, PageId::address_changed, language, values)
                         : door.premises_->page(410, PageId::link_over, language);
          });
        });
  }

 private:
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Profiles> profiles_;
};

}  // namespace

std::unique_ptr<const Door> make_change_address_door(std::shared_ptr<const Premises> premises,
                                                     std::shared_ptr<Profiles> profiles) {
  return std::make_unique<ChangeAddressDoor>(std::move(premises), std::move(profiles));
}

}  // namespace postrider::daemon::http
