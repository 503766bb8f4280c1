#include "daemon/http/doors/erase.h"

namespace postrider::daemon::http {

namespace {

class EraseDoor final : public Door {
 public:
  EraseDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Profiles> profiles)
      : premises_(std::move(premises)), profiles_(std::move(profiles)) {}

  std::string_view path() const override { return "/erase/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::erase, visit.rest);
    const auto profile = claims ? profiles_->find(claims->subject) : std::nullopt;
    if (!profile) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose(profile->language, visit.request.accept_language);
    if (!profiles_->asked_to_erase(*claims))
      return respond(premises_->page(410, PageId::link_over, language));
    if (!visit.is_post()) return respond(premises_->page(200, PageId::erase, language));
    if (!profiles_->trouble().empty()) return respond(premises_->try_later(language));
    profiles_->erase(claims->subject, [premises = premises_, respond, language](bool written) {
      respond_by(*premises, language, respond, [&] {
        return written ? premises->page(200, PageId::erased, language)
                       : premises->try_later(language);
      });
    });
  }

 private:
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Profiles> profiles_;
};

}  // namespace

std::unique_ptr<const Door> make_erase_door(std::shared_ptr<const Premises> premises,
                                            std::shared_ptr<Profiles> profiles) {
  return std::make_unique<EraseDoor>(std::move(premises), std::move(profiles));
}

}  // namespace postrider::daemon::http
