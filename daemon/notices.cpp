#include "daemon/notices.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "daemon/http/languages.h"
#include "daemon/proof.h"

namespace postrider::daemon {

using queue::NoticeKind;

namespace {

/// A token that a notice's link carries, and the door that it opens.
struct Door {
  Purpose purpose;
  std::string_view path;
};

/// Nothing: its mail has no link.
std::optional<Door> door_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::confirm:
      return Door{Purpose::confirm, "/confirm/"};
    case NoticeKind::change_address:
      return Door{Purpose::change_address, "/change-address/"};
    case NoticeKind::erase:
      return Door{Purpose::erase, "/erase/"};
    case NoticeKind::ask_leave:
      return Door{Purpose::unsubscribe, "/unsubscribe/"};
    case NoticeKind::resend:
    case NoticeKind::already_subscribed:
    case NoticeKind::welcome:
    case NoticeKind::address_changed:
    case NoticeKind::operator_mail:
    case NoticeKind::forward:
    case NoticeKind::preview:
      break;
  }
  return {};
}

/// Whether its words name the lists that its detail names.
bool names_lists(NoticeKind kind) {
  return kind == NoticeKind::confirm || kind == NoticeKind::already_subscribed;
}

/// The names for readers of the lists in the detail's "lists", a comma between; empty: none of them
/// is in the settings any more.
std::string names_in(const std::string& detail, const std::vector<config::List>& lists) {
  const auto json = nlohmann::json::parse(detail, nullptr, false);
  const auto keys =
      json.is_object() ? json.value("lists", std::set<std::string>()) : std::set<std::string>();
  std::vector<std::string> names;
  for (const auto& list : lists)
    if (keys.contains(list.key)) names.push_back(list.name);
  return join(names, ", ");
}

}  // namespace

NoticeComposer::NoticeComposer(const config::Settings& settings,
                               std::shared_ptr<const TokenKeys> keys,
                               std::vector<mail::DkimSigner> signers)
    : publication_(settings.publication),
      lists_(settings.lists),
      keys_(std::move(keys)),
      signers_(std::move(signers)),
      return_path_(settings, keys_) {}

Result<std::unique_ptr<NoticeComposer>> NoticeComposer::make(
    const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
    std::vector<mail::DkimSigner> signers) {
  std::unique_ptr<NoticeComposer> made(
      new NoticeComposer(settings, std::move(keys), std::move(signers)));
  const auto& folder = settings.storage.theme;
  auto languages = templates::look_into_themes(folder).languages;
  const auto& built_in = templates::built_in_languages();
  languages.insert(built_in.begin(), built_in.end());
  languages.insert(settings.publication.language);
  for (const auto& language : languages) {
    auto theme = templates::load_theme("default", folder, language);
    if (!theme) return fail(summary(theme.error()));
    const auto sample = templates::render_notice({"confirm", "List", "https://x.example/confirm"},
                                                 *theme, text_of(settings.publication));
    if (!sample) return fail(summary(sample.error()));
    made->themes_.emplace(language, std::move(*theme));
    made->languages_.push_back(language);
  }
  if (const auto read = made->read_welcomes(settings); !read)
    return tl::make_unexpected(read.error());
  return made;
}

/// A welcome is a draft, rendered as an issue is.
Result<void> NoticeComposer::read_welcomes(const config::Settings& settings) {
  for (const auto& list : settings.lists) {
    if (list.welcome.empty()) continue;
    const auto draft = templates::read_draft(list.welcome, root_of(list.welcome, settings));
    if (!draft) return fail(summary(draft.error()));
    const auto theme =
        templates::load_theme(draft->theme, settings.storage.theme, settings.publication.language);
    if (!theme) return fail(summary(theme.error()));
    auto rendered = templates::render_issue(*draft, *theme, text_of(settings.publication));
    if (!rendered) return fail(summary(rendered.error()));
    welcomes_.emplace(list.key, std::move(*rendered));
  }
  return {};
}

Result<void> NoticeComposer::compose_welcome(queue::Parcel& parcel, const mail::Mailbox& from,
                                             const std::optional<mail::Mailbox>& reply_to,
                                             const std::optional<templates::ListHead>& list,
                                             Instant now) const {
  const auto& claimed = parcel.claimed;
  const auto welcome = list ? welcomes_.find(list->key) : welcomes_.end();
  if (welcome == welcomes_.end()) return fail("its list has no welcome any more");
  const auto composer =
      templates::MessageComposer::make(welcome->second,
                                       {from, reply_to, now, "welcome", claimed.notice->uid,
                                        publication_.base_url, true, return_path_.base()},
                                       keys_, signers_);
  if (!composer) return tl::make_unexpected(composer.error());
  auto message =
      (*composer)->compose({claimed.uid, claimed.email, claimed.name, claimed.attributes}, *list);
  if (!message) return tl::make_unexpected(message.error());
  parcel.envelope = {return_path_.sender(claimed.notice->uid, claimed.uid, from.address),
                     claimed.email, std::move(message->id)};
  parcel.data = std::move(message->text);
  return {};
}

const templates::Theme& NoticeComposer::theme_for(const std::string& language) const {
  const auto found = http::find_language(language, languages_);
  return themes_.at(found.value_or(publication_.language));
}

std::optional<templates::ListHead> NoticeComposer::head_of(
    ListId list, const std::vector<store::Ledger::ListRow>& rows) const {
  for (const auto& row : rows)
    for (const auto& known : lists_)
      if (row.id == list && known.key == row.key)
        return templates::ListHead{row.key, known.name, row.uid};
  return {};
}

Result<void> NoticeComposer::compose(queue::Parcel& parcel,
                                     const std::vector<store::Ledger::ListRow>& lists,
                                     Instant now) const {
  const auto& claimed = parcel.claimed;
  const auto& notice = *claimed.notice;
  const auto from = mail::parse_mailbox(publication_.from);
  const auto to = mail::parse_address(claimed.email);
  if (!from || !to) return fail("its sender or recipient is no address");
  const auto reply_address = mail::parse_mailbox(publication_.reply_to);
  const auto reply_to = reply_address ? std::optional(*reply_address) : std::nullopt;
  const auto list = head_of(claimed.list, lists);
  if (notice.kind == NoticeKind::welcome)
    return compose_welcome(parcel, *from, reply_to, list, now);
  templates::NoticeText text{std::string(to_string(notice.kind)), "", ""};
  if (names_lists(notice.kind)) text.list = names_in(notice.detail, lists_);
  const bool leads_to_list = notice.kind == NoticeKind::ask_leave;
  if ((names_lists(notice.kind) && text.list.empty()) || (leads_to_list && !list))
    return fail("the list that it speaks of is not in the settings any more");
  const TokenClaims claims{claimed.uid, list ? list->uid : 0, notice.uid};
  if (const auto door = door_of(notice.kind))
    text.url = publication_.base_url + std::string(door->path) + keys_->sign(door->purpose, claims);
  const auto rendered =
      templates::render_notice(text, theme_for(notice.language), text_of(publication_));
  if (!rendered) return fail(summary(rendered.error()));
  const auto id = keys_->sign(Purpose::message_id, claims);
  parcel.envelope = {return_path_.sender(notice.uid, claimed.uid, from->address), claimed.email,
                     id};
  parcel.data =
      templates::notice_message(*rendered, {*from, reply_to, *to, now, id, list}, signers_);
  return {};
}

}  // namespace postrider::daemon
