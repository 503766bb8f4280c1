// A draft: what the writer wrote, before anything is rendered. Front matter by yaml-cpp, strict.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/time_zone.h"

namespace postrider::templates {

enum class BodyKind { markdown, html, text };

/// An image beside a folder draft's index.md, sent inside the mail.
struct Image {
  std::string name;  // as the draft refers to it: "chart.png"
  std::string type;  // "image/png"
  std::string bytes;
};

/// `send_at: now`
struct SendNow {
  bool operator==(const SendNow&) const = default;
};
/// What `send_at` said: a wall-clock time in the publication's zone, an instant, now, or (beside
/// `local_time`) a day.
using SendAt = std::variant<LocalTime, Instant, SendNow, std::chrono::local_days>;

struct Draft {
  std::string file;  // as the user would name it, for faults: "drafts/2022-01-10.md"
  std::string title;
  std::string subtitle;
  std::string slug;
  std::string author;
  std::string date;  // as written: "2022-01-10"
  std::string theme = "default";
  std::vector<std::string> lists;  // empty: the only one
  std::vector<std::string> tags;
  std::string segment;  // which readers get it, as written; empty: all
  std::optional<SendAt> send_at;
  // Of each reader's own day, by their clock; nothing: all get it at one moment.
  std::optional<std::chrono::seconds> local_time;
  bool ready = false;  // status: ready
  bool toc = false;
  BodyKind kind = BodyKind::markdown;
  std::string body;                      // after the front matter, UTF-8, LF line ends
  int body_line = 1;                     // the file's line on which the body begins
  std::map<std::string, int> key_lines;  // of the front matter's keys: "lists" → 4
  std::vector<Image> images;             // those the body refers to
  std::string hash;  // SHA-256 in hex of all that was read: changes with any edit
};

/// The line of a key of its front matter; where it has none, the first.
int line_of_key(const Draft& draft, const std::string& key);

/// What a draft can be called: NAME.md, NAME.html, NAME.txt, or a folder's NAME without an ending;
/// no dotfile, no editor's backup or swap file. Whether a NAME is a folder is for the caller to
/// see.
bool is_draft_name(std::string_view name);

/// Whether there is a draft of that name: a file with one of the endings, or a folder with an
/// index.md.
bool is_draft(const std::filesystem::path& path);

/// What its writer may take for a draft, though it is none by its name: NAME.MD, NAME.markdown, a
/// folder N.AME with an index.md. Empty: it is no such thing; else what to do, for a person.
std::string passed_over(const std::filesystem::path& path);

/// The slug a file without one gets: its name without the ending.
std::string default_slug(const std::filesystem::path& path);

constexpr std::size_t largest_draft = 2 * 1024 * 1024;    // octets of text
constexpr std::size_t largest_images = 10 * 1024 * 1024;  // octets of all images of an issue

/// Whether a draft with faults may be meant to be sent: its front matter says a status other than
/// `draft`, or there is no telling.
bool may_be_ready(std::string_view bytes);

/// Parses the bytes of one draft. `file` names it in faults; its name gives kind and default slug.
/// `title`: of an erratum that says none; it may do without front matter, and has no default slug.
/// Empty: it is a draft.
tl::expected<Draft, Faults> parse_draft(std::string_view bytes, const std::filesystem::path& file,
                                        const std::string& title = {});

/// Reads a draft from the disk: a file, or a folder with index.md and the images that it refers to.
/// Refused: what is no regular file, lies outside `root`, has a symlink on its way below it, is too
/// large, or changes while it is read (read again, a few times). `root`: the drafts folder.
/// `title`: as of parse_draft.
tl::expected<Draft, Faults> read_draft(const std::filesystem::path& path,
                                       const std::filesystem::path& root,
                                       const std::string& title = {});

}  // namespace postrider::templates
