#include "daemon/http/doors/preferences.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "base/time_zone.h"
#include "subscribers/registration.h"

namespace postrider::daemon::http {

using templates::PageValues;

namespace {

constexpr auto longest_pause = std::chrono::hours(24 * 366 * 2);
constexpr auto page_day = "%Y-%m-%d";  // as <input type="date"> wants it

/// A reader's form: what it chooses, and what is wrong with it, by the names of the page's values.
struct Filled {
  Profiles::Choices choices;
  PageValues problems;
};

using Keys = std::set<std::string>;

/// The lists' boxes. Only what differs is the reader's wish: a page may be older than what is.
struct Boxes {
  Keys shown, ticked;  // when the page was made, and when it came back
};

Boxes boxes_of(const Profiles::Profile& profile) {
  Boxes boxes;
  for (const auto& list : profile.lists)
    if (list.on) boxes.shown.insert(list.key);
  boxes.ticked = boxes.shown;
  return boxes;
}

Boxes boxes_of(const Form& form) {
  Boxes boxes;
  for (const auto key : split(form.value("shown"), ' '))
    if (!key.empty()) boxes.shown.emplace(key);
  for (const auto key : form.values("list")) boxes.ticked.emplace(key);
  return boxes;
}

Keys without(const Keys& all, const Keys& others) {
  Keys rest;
  std::ranges::set_difference(all, others, std::inserter(rest, rest.end()));
  return rest;
}

bool offers(const Profiles::Profile& profile, const Keys& keys) {
  Keys offered;
  for (const auto& list : profile.lists) offered.insert(list.key);
  return std::ranges::includes(offered, keys);
}

/// The profile as it was filled in, so that a faulty form shows what was typed.
Profiles::Profile applied(Profiles::Profile profile, const Profiles::Choices& choices) {
  profile.name = choices.name;
  profile.language = choices.language;
  profile.time_zone = choices.time_zone;
  profile.paused_until = choices.paused_until;
  return profile;
}

class PreferencesDoor final : public Door {
 public:
  PreferencesDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Profiles> profiles)
      : premises_(std::move(premises)), profiles_(std::move(profiles)) {}

  std::string_view path() const override { return "/preferences/"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    const auto claims = premises_->keys->verify(Purpose::preferences, visit.rest);
    const auto profile = claims ? profiles_->find(claims->subject) : std::nullopt;
    if (!profile) return respond(premises_->not_found(visit.request));
    const auto language = premises_->pages.choose(profile->language, visit.request.accept_language);
    if (!visit.is_post()) return respond(show(200, *profile, language));
    const auto form = Form::parse(visit.request.content_type, visit.request.body);
    const auto action = form ? form->value("action") : std::string_view();
    const auto& reader = claims->subject;
    if (action == "export") return respond(data(reader));
    if (!profiles_->trouble().empty()) return respond(premises_->try_later(language));
    if (action == "save") return save(*claims, *profile, *form, visit, language, respond);
    if (action == "address") return ask_at(reader, *profile, *form, language, respond);
    if (action == "erase")
      return profiles_->ask_to_erase(reader,
                                     then_show(reader, language, {{{"mailed", "1"}}}, respond));
    respond(not_understood(*profile, language));
  }

 private:
  void save(const TokenClaims& claims, const Profiles::Profile& profile, const Form& form,
            const Visit& visit, const std::string& language, const Respond& respond) const {
    auto filled = read(profile, form);
    if (!offers(profile, filled.choices.joins)) return respond(not_understood(profile, language));
    if (!filled.problems.texts.empty()) {
      auto typed = applied(profile, filled.choices);
      if (form.has("time_zone")) typed.time_zone = form.value("time_zone");
      if (form.has("paused_until"))
        filled.problems.texts["paused_until"] = form.value("paused_until");
      filled.problems.texts["problem"] = "1";
      return respond(show(422, typed, language, boxes_of(form), filled.problems));
    }
    filled.choices.issue = claims.context;
    if (visit.client) filled.choices.from = visit.client->str();
    // The page speaks the language that was just chosen.
    const auto chosen =
        premises_->pages.choose(filled.choices.language, visit.request.accept_language);
    profiles_->choose(claims.subject, filled.choices,
                      then_show(claims.subject, chosen, {{{"saved", "1"}}}, respond));
  }

  Filled read(const Profiles::Profile& profile, const Form& form) const {
    const auto boxes = boxes_of(form);
    Filled filled{{profile.name,
                   profile.language,
                   profile.time_zone,
                   profile.paused_until,
                   without(boxes.ticked, boxes.shown),
                   without(boxes.shown, boxes.ticked),
                   {}},
                  {}};
    auto& [choices, problems] = filled;
    // What a form does not name stays.
    if (form.has("name")) choices.name = subscribers::clean_name(form.value("name"));
    if (form.has("time_zone")) choices.time_zone = form.value("time_zone");
    const auto language = std::string(form.value("language"));
    if (form.has("language") && (language.empty() || is_known(language)))
      choices.language = language;
    if (!choices.time_zone.empty() && !is_time_zone(choices.time_zone)) {
      problems.texts["time_zone_problem"] = "1";
      choices.time_zone = profile.time_zone;
    }
    if (form.has("paused_until"))
      read_pause(form.value("paused_until"),
                 choices.time_zone.empty() ? profile.home_zone : choices.time_zone, choices,
                 problems);
    return filled;
  }

  bool is_known(const std::string& language) const {
    const auto& known = premises_->pages.languages();
    return std::ranges::find(known, language) != known.end();
  }

  void read_pause(std::string_view day, const std::string& zone, Profiles::Choices& choices,
                  PageValues& problems) const {
    // One that somebody set to the hour stays as it is, unless another day is chosen.
    if (day == shown_day(choices.paused_until, zone)) return;
    choices.paused_until.reset();
    if (day.empty()) return;
    const auto local = parse_local(std::string(day) + " 00:00");
    const auto begin = local ? to_instant(*local, zone) : fail("no day");
    if (begin && *begin > profiles_->now() && *begin < profiles_->now() + longest_pause)
      choices.paused_until = *begin;
    else
      problems.texts["pause_problem"] = "1";
  }

  /// Empty: no pause, or one that is over.
  std::string shown_day(const std::optional<Instant>& until, const std::string& zone) const {
    if (!until || *until <= profiles_->now()) return {};
    return format_in_zone(*until, zone, page_day);
  }

  void ask_at(const Uid& reader, const Profiles::Profile& profile, const Form& form,
              const std::string& language, const Respond& respond) const {
    const auto typed = form.value("email");
    const auto address = mail::parse_address(typed);
    if (!address || address->needs_smtputf8())
      return respond(
          show(422, profile, language,
               {{{"new_email", std::string(typed)}, {"problem", "1"}, {"address_problem", "1"}}}));
    profiles_->ask_at(reader, *address, then_show(reader, language, {{{"mailed", "1"}}}, respond));
  }

  Profiles::Done then_show(const Uid& reader, const std::string& language, PageValues values,
                           const Respond& respond) const {
    return [door = *this, reader, language, values = std::move(values), respond](bool written) {
      respond_by(*door.premises_, language, respond, [&] {
        const auto now = written ? door.profiles_->find(reader) : std::nullopt;
        return now ? door.show(200, *now, language, values) : door.premises_->try_later(language);
      });
    };
  }

  /// No form of ours: nothing is done by guess.
  Response not_understood(const Profiles::Profile& profile, std::string_view language) const {
    return show(400, profile, language, {{{"problem", "1"}, {"form_stale", "1"}}});
  }

  Response data(const Uid& reader) const {
    Response response{200, "application/json", profiles_->data_of(reader)};
    response.file_name = "my-data.json";
    return response;
  }

  Response show(int status, const Profiles::Profile& profile, std::string_view language,
                const PageValues& values = {}) const {
    return show(status, profile, language, boxes_of(profile), values);
  }

  Response show(int status, const Profiles::Profile& profile, std::string_view language,
                const Boxes& boxes, PageValues values) const {
    auto& texts = values.texts;
    texts["subscriber.email"] = profile.email;
    texts["subscriber.name"] = profile.name;
    texts["subscriber.time_zone"] = profile.time_zone;
    texts.try_emplace("paused_until",
                      shown_day(profile.paused_until,
                                profile.time_zone.empty() ? profile.home_zone : profile.time_zone));
    for (const auto& [key, name, on] : profile.lists) {
      const bool ticked = boxes.ticked.contains(key);
      values.lists["lists"].push_back(
          {{{"key", key}, {"list.name", name}, {"chosen", ticked ? "1" : ""}}});
    }
    texts["shown"] = join(boxes.shown, " ");
    auto& languages = values.lists["languages"];
    for (const auto& [tag, name] : premises_->pages.language_names())
      languages.push_back(
          {{{"key", tag}, {"name", name}, {"chosen", tag == profile.language ? "1" : ""}}});
    if (!profile.language.empty() && !is_known(profile.language))
      languages.push_back(
          {{{"key", profile.language}, {"name", profile.language}, {"chosen", "1"}}});
    return premises_->page(status, PageId::preferences, language, values);
  }

  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Profiles> profiles_;
};

}  // namespace

std::unique_ptr<const Door> make_preferences_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Profiles> profiles) {
  return std::make_unique<PreferencesDoor>(std::move(premises), std::move(profiles));
}

}  // namespace postrider::daemon::http
