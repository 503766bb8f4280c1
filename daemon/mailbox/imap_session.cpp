#include "daemon/mailbox/imap_session.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "daemon/mailbox/imap_words.h"
#include "daemon/mailbox/lines.h"

namespace postrider::daemon::mailbox {

namespace {

constexpr std::uint32_t listed_at_once = 1000;
constexpr std::size_t longest_response = 65536;  // without its literals
constexpr std::uint64_t largest_literal = std::uint64_t{100} << 20;

/// An untagged response, or a tagged one.
struct Response {
  std::string text;  // its lines, without the literals between them
  std::vector<std::string> literals{};
};

class ImapSession final : public Session {
 public:
  ImapSession(std::unique_ptr<Connection> connection, std::string folder)
      : connection_(std::move(connection)), lines_(*connection_), folder_(std::move(folder)) {}

  /// By message numbers, which have no gaps as UIDs do. Who is missed because somebody deletes
  /// meanwhile is there the next time.
  std::int64_t list(const std::function<bool(Listed)>& take) override {
    open("EXAMINE");
    for (std::uint64_t first = 1; first <= exists_; first += listed_at_once) {
      const auto uids = list(first, std::min<std::uint64_t>(exists_, first + listed_at_once - 1));
      if (uids.empty()) break;
      for (const auto uid : uids)
        if (!take({validity_ + std::to_string(uid), uid})) return exists_;
    }
    return exists_;
  }

  void fetch(const std::vector<Listed>& wanted, const std::function<bool(Arrived)>& take) override {
    std::set<std::uint32_t> missing;
    for (const auto& listed : wanted) missing.insert(listed.number);
    std::string refusal;
    for (const auto& set : imap_sets(std::vector(missing.begin(), missing.end()))) {
      const auto done = command(
          "UID FETCH " + set + " (UID BODY.PEEK[]<0." + std::to_string(largest_message) + ">)",
          [&](Response& response) {
            auto message = read(response, missing);
            return !message || take(std::move(*message));
          });
      if (!done) return;
      // Some refuse the whole where one is gone (RFC 2180 §4.1.2).
      if (!is_ok(*done)) refusal = *done;
    }
    if (!refusal.empty() && missing.size() == wanted.size()) refuse("the fetching", refusal);
  }

  /// Without UIDPLUS (RFC 4315), what others have marked as deleted goes too.
  void remove(const std::vector<std::string>& ids) override {
    open("SELECT");
    const auto sets = imap_sets(uids_of(ids));
    if (sets.empty()) return;
    const bool has_uid_expunge = offers("UIDPLUS");
    for (const auto& set : sets) {
      demand("UID STORE " + set + " +FLAGS.SILENT (\\Deleted)", "the deletion");
      if (has_uid_expunge) demand("UID EXPUNGE " + set, "the deletion");
    }
    if (!has_uid_expunge) demand("EXPUNGE", "the deletion");
  }

  void end() override {
    if (!is_broken_off_) connection_->send("P LOGOUT\r\n");
  }

 private:
  using Take = std::function<bool(Response&)>;  // false: break off

  void open(const std::string& how) {
    std::string validity;
    bool lasting = true;
    const auto done = command(how + ' ' + imap_folder(folder_), [&](const Response& response) {
      const std::string_view text = response.text;
      if (const auto count = imap_count(text, "EXISTS")) exists_ = *count;
      if (const auto number = imap_number(text, "[UIDVALIDITY")) validity = std::to_string(*number);
      if (to_lower(text).find("[uidnotsticky]") != std::string::npos) lasting = false;
      return true;
    });
    if (!is_ok(*done)) refuse("to open the folder " + printable(folder_), *done);
    if (validity.empty() || !lasting)
      throw Broken(connection_->peer() + " does not number the mails of " + printable(folder_) +
                   " for good (UIDVALIDITY), so they cannot be told apart; read it by POP3");
    validity_ = validity + '/';
    if (how == "SELECT" && to_lower(*done).find("[read-only]") != std::string::npos)
      throw Broken(connection_->peer() + " lets us only read " + printable(folder_) +
                   "; give the user the right to delete in it");
  }

  std::vector<std::uint32_t> list(std::uint64_t first, std::uint64_t last) {
    std::set<std::uint32_t> uids;
    const auto range = std::to_string(first) + ':' + std::to_string(last);
    demand("FETCH " + range + " (UID)", "the listing", [&](Response& response) {
      const auto uid = uid_of(response);
      if (uid) uids.insert(*uid);
      if (uids.size() > std::size_t{4} * listed_at_once)
        throw Broken(connection_->peer() + " lists more than it was asked for");
      return true;
    });
    return {uids.begin(), uids.end()};
  }

  static std::optional<std::uint32_t> uid_of(Response& response) {
    if (!imap_count(response.text, "FETCH")) return {};
    return parse_imap_fetch(response.text, std::move(response.literals)).uid;
  }

  std::optional<Arrived> read(Response& response, std::set<std::uint32_t>& missing) const {
    if (!imap_count(response.text, "FETCH")) return {};
    auto fetched = parse_imap_fetch(response.text, std::move(response.literals));
    if (!fetched.uid || !fetched.body || missing.erase(*fetched.uid) == 0) return {};
    return Arrived{validity_ + std::to_string(*fetched.uid), std::move(*fetched.body)};
  }

  /// Of those that were named under today's UIDVALIDITY; others are gone.
  std::vector<std::uint32_t> uids_of(const std::vector<std::string>& ids) const {
    std::set<std::uint32_t> uids;
    for (const auto& id : ids) {
      if (!id.starts_with(validity_)) continue;
      std::uint32_t uid = 0;
      const auto* const end = id.data() + id.size();
      const auto parsed = std::from_chars(id.data() + validity_.size(), end, uid);
      if (parsed.ec == std::errc{} && parsed.ptr == end) uids.insert(uid);
    }
    return {uids.begin(), uids.end()};
  }

  bool offers(std::string_view capability) {
    bool found = false;
    demand("CAPABILITY", "to say what it can do", [&](const Response& response) {
      for (const auto word : split(response.text, ' ')) found |= iequals(word, capability);
      return true;
    });
    return found;
  }

  void demand(
      const std::string& text, const std::string& what,
      const Take& take = [](const Response&) { return true; }) {
    const auto done = command(text, take);
    if (!is_ok(*done)) refuse(what, *done);
  }

  /// The completion's words, without the tag; nothing: broken off.
  std::optional<std::string> command(const std::string& text, const Take& take) {
    const auto tag = 'P' + std::to_string(++commands_) + ' ';
    connection_->send(tag + text + "\r\n");
    for (;;) {
      auto next = response();
      if (next.text.starts_with(tag)) return next.text.substr(tag.size());
      if (!next.text.starts_with("* "))
        throw Broken(connection_->peer() + " does not speak IMAP: " + said(next.text));
      if (iequals(std::string_view(next.text).substr(0, 6), "* BYE "))
        throw Broken(connection_->peer() + " ends the session: " + said(next.text));
      if (!take(next)) {
        is_broken_off_ = true;
        return {};
      }
    }
  }

  Response response() {
    Response response{lines_.line()};
    if (!imap_count(response.text, "FETCH")) return response;
    std::size_t kept = 0;
    while (const auto size = imap_literal(response.text)) {
      if (*size > largest_literal)
        throw Broken(connection_->peer() + " sends a mail of " + std::to_string(*size) +
                     " octets though it was asked for the beginning");
      response.literals.push_back(lines_.octets(*size, largest_message - kept));
      kept += response.literals.back().size();
      // The blank keeps the literal's size from being the line's end again.
      response.text += ' ' + lines_.line();
      if (response.text.size() > longest_response)
        throw Broken(connection_->peer() + " sends a response without end");
    }
    return response;
  }

  static bool is_ok(std::string_view done) { return iequals(done.substr(0, 2), "OK"); }

  static std::string said(std::string_view text) { return printable(cut_utf8(text, longest_said)); }

  [[noreturn]] void refuse(const std::string& what, std::string_view done) const {
    throw Broken(connection_->peer() + " refuses " + what + ": " + said(done));
  }

  const std::unique_ptr<Connection> connection_;
  Lines lines_;
  const std::string folder_;
  std::string validity_;  // with the slash behind it
  std::uint32_t exists_ = 0;
  int commands_ = 0;
  bool is_broken_off_ = false;
};

}  // namespace

std::unique_ptr<Session> make_imap_session(std::unique_ptr<Connection> connection,
                                           std::string folder) {
  return std::make_unique<ImapSession>(std::move(connection), std::move(folder));
}

}  // namespace postrider::daemon::mailbox
