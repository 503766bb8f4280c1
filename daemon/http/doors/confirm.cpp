#include "daemon/http/doors/confirm.h"

namespace postrider::daemon::http {

namespace {

using subscribers::Confirmation;
using Names = std::map<std::string, std::string>;

templates::PageValues values_of(const Confirmation& found, const Names& names) {
  std::string all;
  for (const auto& key : found.lists) {
    const auto name = names.find(key);
    all += (all.empty() ? "" : ", ") + (name == names.end() ? key : name->second);
  }
  return {{{"list.name", all}}};
}

class ConfirmDoor final : public Door {
 public:
  ConfirmDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Registrar> registrar,
              Names names)
      : premises_(std::move(premises)),
        registrar_(std::move(registrar)),
        names_(std::make_shared<const Names>(std::move(names))) {}

  std::string_view path() const override { return "/confirm/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::confirm, visit.rest);
    if (!claims) return respond(premises_->not_found(visit.request));
    const auto found = registrar_->look(*claims);
    const auto language = premises_->pages.choose(found.language, visit.request.accept_language);
    if (found.state == Confirmation::State::gone)
      return respond(premises_->gone(PageId::confirm_gone, language));
    if (found.state == Confirmation::State::done)
      return respond(premises_->page(200, PageId::confirmed, language, values_of(found, *names_)));
    if (!visit.is_post())
      return respond(premises_->page(200, PageId::confirm, language, values_of(found, *names_)));
    if (!registrar_->trouble().empty()) return respond(premises_->try_later(language));
    registrar_->confirm(*claims, visit.client,
                        [premises = premises_, names = names_, language,
                         respond](const std::optional<Confirmation>& confirmed) {
                          respond_by(*premises, language, respond, [&] {
                            if (!confirmed) return premises->try_later(language);
                            if (confirmed->state == Confirmation::State::gone)
                              return premises->gone(PageId::confirm_gone, language);
                            return premises->page(200, PageId::confirmed, language,
                                                  values_of(*confirmed, *names));
                          });
                        });
  }

 private:
  const std::shared_ptr<const Premises> premises_;
  const std::shared_ptr<Registrar> registrar_;
  const std::shared_ptr<const Names> names_;
};

}  // namespace

std::unique_ptr<const Door> make_confirm_door(std::shared_ptr<const Premises> premises,
                                              std::shared_ptr<Registrar> registrar,
                                              std::map<std::string, std::string> names) {
  return std::make_unique<ConfirmDoor>(std::move(premises), std::move(registrar), std::move(names));
}

}  // namespace postrider::daemon::http
