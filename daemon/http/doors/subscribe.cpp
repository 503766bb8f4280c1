#include "daemon/http/doors/subscribe.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "subscribers/registration.h"

namespace postrider::daemon::http {

namespace {

using templates::PageValues;

constexpr std::string_view trap =
    "website";  // nobody sees this field: whoever fills it is a program

/// What was typed, and what is wrong with it.
struct Typed {
  std::string email{}, name{};
  std::vector<std::string> lists{};
  std::optional<mail::Address> address{};
  std::vector<std::string> problems{};  // "email_bad": flags of the page

  bool has_problem(std::string_view field) const {
    return std::any_of(problems.begin(), problems.end(),
                       [&](const auto& each) { return each.starts_with(field); });
  }
};

class SubscribeDoor final : public Door {
 public:
  SubscribeDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Registrar> registrar,
                SubscribeTerms terms)
      : premises_(std::move(premises)),
        registrar_(std::move(registrar)),
        terms_(std::make_shared<const SubscribeTerms>(std::move(terms))) {}

  std::string_view path() const override { return "/subscribe"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto language = premises_->pages.choose({}, visit.request.accept_language);
    if (terms_->offers.empty()) return respond(premises_->not_found(visit.request));
    if (!visit.is_post()) return respond(show(200, language, asked_for(visit.request.query)));
    if (!Form::has_type(visit.request.content_type)) return respond(other_type());
    const auto form = Form::parse(visit.request.content_type, visit.request.body);
    if (!form) return respond(show(400, language, {.problems = {"email_missing"}}));
    if (form->has(trap) && !form->value(trap).empty()) return respond(sent(language));
    const bool own = is_own(*form);
    auto typed = read(*form);
    if (!own && !terms_->plain_forms) typed.problems.emplace_back("form_stale");
    if (!typed.problems.empty()) return respond(show(400, language, typed));
    if (!registrar_->trouble().empty()) return respond(premises_->try_later(language));
    take(visit, typed, own, form->has("form"), language, respond);
  }

 private:
  /// What a link to the page has filled in: ?list=report&email=joe@a.example
  Typed asked_for(const std::string& query) const {
    Typed typed;
    const auto form = Form::parse(Form::type, query);
    if (!form) return typed;
    typed.email = form->value("email");
    typed.lists = offered(*form);
    return typed;
  }

  std::vector<std::string> offered(const Form& form) const {
    std::vector<std::string> keys;
    for (const auto& offer : terms_->offers)
      for (const auto value : form.values("list"))
        if (value == offer.key && (keys.empty() || keys.back() != offer.key))
          keys.push_back(offer.key);
    return keys;
  }

  Typed read(const Form& form) const {
    Typed typed;
    typed.email = form.value("email");
    typed.name = form.value("name");
    typed.lists = offered(form);
    if (typed.lists.empty() && form.values("list").empty() && terms_->offers.size() == 1)
      typed.lists.push_back(terms_->offers.front().key);
    if (typed.lists.empty()) typed.problems.emplace_back("list_missing");
    read_address(typed);
    if (typed.name.size() > subscribers::longest_name) typed.problems.emplace_back("name_long");
    if (subscribers::reads_as_link(typed.name)) typed.problems.emplace_back("name_link");
    return typed;
  }

  void read_address(Typed& typed) const {
    const auto address = mail::parse_address(typed.email);
    if (typed.email.empty())
      typed.problems.emplace_back("email_missing");
    else if (!address || address->needs_smtputf8())
      typed.problems.emplace_back("email_bad");
    else if (is_disposable(address->domain))
      typed.problems.emplace_back("email_disposable");
    else
      typed.address = *address;
  }

  /// The domain, or one above it.
  bool is_disposable(std::string_view domain) const {
    for (;;) {
      if (std::binary_search(terms_->disposable.begin(), terms_->disposable.end(), domain))
        return true;
      const auto dot = domain.find('.');
      if (dot == std::string_view::npos) return false;
      domain.remove_prefix(dot + 1);
    }
  }

  /// Since 1970, in milliseconds.
  std::uint64_t moment() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(registrar_->now().time_since_epoch())
            .count());
  }

  /// It is our own form, and as old as one that a person has filled in.
  bool is_own(const Form& form) const {
    const auto claims = premises_->keys->verify(Purpose::sign_up_form, form.value("form"));
    const auto now = moment();
    if (!claims || claims->context > now) return false;
    const auto age = std::chrono::milliseconds(now - claims->context);
    return age >= terms_->least_age && age <= terms_->greatest_age;
  }

  Response show(int status, const std::string& language, const Typed& typed) const {
    PageValues values;
    values.texts["form"] = premises_->keys->sign(Purpose::sign_up_form, {{}, 0, moment()});
    values.texts["email"] = typed.email;
    values.texts["name"] = typed.name;
    for (const auto& problem : typed.problems) values.texts[problem] = "1";
    for (const auto* field : {"email", "name", "list"})
      if (typed.has_problem(field)) values.texts[std::string(field) + "_problem"] = "1";
    if (!typed.problems.empty()) values.texts["problem"] = "1";
    values.texts[terms_->offers.size() == 1 ? "one_list" : "several_lists"] = "1";
    auto& lists = values.lists["lists"];
    for (const auto& [key, name] : terms_->offers) {
      const bool chosen =
          std::find(typed.lists.begin(), typed.lists.end(), key) != typed.lists.end();
      lists.push_back({{{"key", key}, {"list.name", name}, {"chosen", chosen ? "1" : ""}}});
    }
    return premises_->page(status, PageId::subscribe, language, values);
  }

  /// No browser sends that by our page: a line for who writes the script that did.
  static Response other_type() {
    return {415, "text/plain; charset=utf-8",
            "A sign-up is a form of the type " + std::string(Form::type) + ".\n"};
  }

  Response sent(const std::string& language) const {
    return premises_->page(200, PageId::subscribe_sent, language);
  }

  void take(const Visit& visit, const Typed& typed, bool own, bool on_our_page,
            const std::string& language, const Respond& respond) const {
    subscribers::SignUp sign_up{
        *typed.address, subscribers::clean_name(typed.name), typed.lists, language, {}};
    sign_up.consent.opted_in_at = registrar_->now();
    if (visit.client) sign_up.consent.opted_in_from = visit.client->str();
    const auto consent = terms_->consent.find(language);
    sign_up.consent.how = own && consent != terms_->consent.end() ? consent->second
                          : on_our_page                           ? "a form of the sign-up page"
                                                                  : "a form on another site";
    sign_up.consent.where = terms_->url;
    registrar_->sign_up(std::move(sign_up), visit.client, own,
                        [door = *this, typed, own, language,
                         respond](std::optional<subscribers::SignUpAnswer> answer) {
                          respond_by(*door.premises_, language, respond, [&] {
                            if (!answer) return door.premises_->try_later(language);
                            if (*answer == subscribers::SignUpAnswer::limited)
                              return door.limited(typed, own, language);
                            return door.sent(language);
                          });
                        });
  }

  /// Too many from that network: what was typed can be sent again when there is room for one more.
  Response limited(Typed typed, bool own, const std::string& language) const {
    typed.problems = {"limited"};
    auto response = show(429, language, typed);
    const auto& rate = own ? terms_->per_network : terms_->plain_per_network;
    response.retry_after = std::chrono::ceil<std::chrono::seconds>(rate.period / rate.count);
    return response;
  }

  const std::shared_ptr<const Premises> premises_;
  const std::shared_ptr<Registrar> registrar_;
  const std::shared_ptr<const SubscribeTerms> terms_;
};

}  // namespace

std::unique_ptr<const Door> make_subscribe_door(std::shared_ptr<const Premises> premises,
                                                std::shared_ptr<Registrar> registrar,
                                                SubscribeTerms terms) {
  return std::make_unique<SubscribeDoor>(std::move(premises), std::move(registrar),
                                         std::move(terms));
}

}  // namespace postrider::daemon::http
