#include "daemon/http/doors/approve.h"

namespace postrider::daemon::http {

namespace {

using State = Reviews::State;

Response show_review(const Premises& premises, const Reviews::Review& review,
                     std::string_view language) {
  if (review.state == State::unknown) return premises.page(404, PageId::not_found, language);
  if (review.state == State::over) return premises.gone(PageId::approve_over, language);
  templates::PageValues values{{{"issue.title", review.title}, {"version", review.version}}};
  if (review.state == State::approved) {
    values.texts["by"] = review.by;
    return premises.page(200, PageId::approved, language, values);
  }
  values.texts["readers"] = review.readers;
  values.texts["segment"] = review.segment;
  values.texts[review.time.empty() ? "at_once" : "time"] = review.time.empty() ? "1" : review.time;
  return premises.page(200, PageId::approve, language, values);
}

class ApproveDoor final : public Door {
 public:
  ApproveDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Reviews> reviews)
      : premises_(std::move(premises)), reviews_(std::move(reviews)) {}

  std::string_view path() const override { return "/approve/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims =
        reviews_ ? premises_->keys->verify(Purpose::approve, visit.rest) : std::nullopt;
    if (!claims) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose({}, visit.request.accept_language);
    const auto review = reviews_->look(*claims);
    if (!visit.is_post() || review.state != State::open)
      return respond(show_review(*premises_, review, language));
    reviews_->approve(*claims, [premises = premises_, language, respond](
                                   bool written, const Reviews::Review& now) {
      respond_by(*premises, language, respond, [&] {
        return written ? show_review(*premises, now, language) : premises->try_later(language);
      });
    });
  }

 private:
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Reviews> reviews_;
};

}  // namespace

std::unique_ptr<const Door> make_approve_door(std::shared_ptr<const Premises> premises,
                                              std::shared_ptr<Reviews> reviews) {
  return std::make_unique<ApproveDoor>(std::move(premises), std::move(reviews));
}

}  // namespace postrider::daemon::http
