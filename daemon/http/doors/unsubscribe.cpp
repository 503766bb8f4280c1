#include "daemon/http/doors/unsubscribe.h"

#include "base/text.h"

namespace postrider::daemon::http {

namespace {

constexpr std::size_t longest_reason = 1000;  // octets

/// In the reader's words, on one line.
std::string reason_in(const Form& form) {
  std::string reason(cut_utf8(form.value("reason"), longest_reason));
  for (auto& c : reason)
    if (c == '\r' || c == '\n' || c == '\t') c = ' ';
  return printable(trim(reason));
}

class UnsubscribeDoor final : public Door {
 public:
  UnsubscribeDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Members> members)
      : premises_(std::move(premises)), members_(std::move(members)) {}

  std::string_view path() const override { return "/unsubscribe/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::unsubscribe, visit.rest);
    if (!claims) return respond(premises_->not_found(visit.request));
    const Members::Leaving leaving = leaving_by(*claims, visit.request);
    if (visit.is_post() && members_->trouble().empty())
      return leave(leaving, visit.request.accept_language, respond);
    const auto member = members_->find(*claims);
    if (!member) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose(member->language, visit.request.accept_language);
    const bool is_done = !member->subscribed && !(leaving.all && member->on_others);
    if (visit.is_post() && !is_done) return respond(premises_->try_later(language));
    respond(show(*claims, *member, language));
  }

 private:
  static Members::Leaving leaving_by(const TokenClaims& claims, const Request& request) {
    const auto form = Form::parse(request.content_type, request.body);
    if (!form) return {claims};  // whatever it is, a POST leaves
    return {claims, form->value("scope") == "all", reason_in(*form)};
  }

  /// Leaving again changes nothing, but whoever asks once more may want to leave the other lists.
  void leave(const Members::Leaving& leaving, const std::string& accept_language,
             const Respond& respond) const {
    members_->leave(leaving, [door = *this, claims = leaving.claims, accept_language, respond](
                                 bool written, const std::optional<Members::Member>& member) {
      const auto& premises = *door.premises_;
      const auto language =
          premises.pages.choose(member ? member->language : std::string(), accept_language);
      respond_by(premises, language, respond, [&] {
        if (!written) return premises.try_later(language);
        if (!member) return premises.page(404, PageId::not_found, language);
        return door.show(claims, *member, language);
      });
    });
  }

  /// What the page says follows from what is: leaving twice shows the same as leaving once.
  Response show(const TokenClaims& claims, const Members::Member& member,
                std::string_view language) const {
    templates::PageValues values{{{"list.name", member.list}}};
    if (member.on_others) values.texts["on_others"] = "1";
    if (member.subscribed) return premises_->page(200, PageId::unsubscribe, language, values);
    if (member.left_several) values.texts["left_several"] = "1";
    if (member.left_at && members_->now() < *member.left_at + way_back_open)
      values.texts["undo_path"] = "../resubscribe/" + way_back(claims, member);
    return premises_->page(200, PageId::unsubscribed, language, values);
  }

  std::string way_back(const TokenClaims& claims, const Members::Member& member) const {
    const auto until = std::chrono::floor<std::chrono::seconds>(*member.left_at) + way_back_open;
    return premises_->keys->sign(Purpose::resubscribe,
                                 {claims.subject, member.left_several ? 0 : claims.list,
                                  static_cast<std::uint64_t>(until.time_since_epoch().count())});
  }

  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Members> members_;
};

}  // namespace

std::unique_ptr<const Door> make_unsubscribe_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Members> members) {
  return std::make_unique<UnsubscribeDoor>(std::move(premises), std::move(members));
}

}  // namespace postrider::daemon::http
