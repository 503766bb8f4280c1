// Reading a draft from the disk: whole, settled, and nothing outside the folder.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"
#include "base/hash.h"
#include "base/text.h"
#include "templates/body.h"
#include "templates/draft.h"

namespace postrider::templates {

namespace fs = std::filesystem;

namespace {

constexpr int most_tries = 5;  // for a file that changes while it is read

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ino == b.st_ino;
}

Result<std::string> read_once(int fd, std::size_t size) {
  std::string bytes(size + 1, '\0');
  std::size_t count = 0;
  while (count < bytes.size()) {
    const auto got =
        ::pread(fd, bytes.data() + count, bytes.size() - count, static_cast<off_t>(count));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  bytes.resize(count);
  return bytes;
}

constexpr int as_file = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
constexpr int as_folder = O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC;

/// Goes down from `folder` name by name, so that no symlink leads elsewhere at any moment.
Result<Descriptor> open_below(int folder, const fs::path& path, int flags) {
  Descriptor at(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
  for (auto name = path.begin(); name != path.end();) {
    const auto step = *name++;
    if (step.empty()) continue;  // a slash at the end
    if (step == "..") return fail("is outside the draft's folder");
    Descriptor next(::openat(at.get(), step.c_str(), name == path.end() ? flags : as_folder));
    if (!next) {
      struct stat status;
      const bool is_link = ::fstatat(at.get(), step.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                           S_ISLNK(status.st_mode);
      if (is_link) return fail("is a symlink; put the file itself into the drafts folder");
      return fail(std::string("cannot be read: ") + std::strerror(errno));
    }
    at = std::move(next);
  }
  return at;
}

/// The file's bytes, without following a symlink.
Result<std::string> read_settled(int folder, const fs::path& path, std::size_t limit) {
  const auto file = open_below(folder, path, as_file);
  if (!file) return tl::make_unexpected(file.error());
  for (int i = 0; i < most_tries; ++i) {
    struct stat before, after;
    if (::fstat(file->get(), &before) != 0 || !S_ISREG(before.st_mode))
      return fail("is no regular file");
    if (static_cast<std::size_t>(before.st_size) > limit)
      return fail("is " + with_thousands(before.st_size) + " octets long; at most " +
                  with_thousands(static_cast<std::int64_t>(limit)) + " are read");
    auto bytes = read_once(file->get(), static_cast<std::size_t>(before.st_size));
    if (!bytes) return bytes;
    if (::fstat(file->get(), &after) == 0 && same(before, after) &&
        bytes->size() == static_cast<std::size_t>(after.st_size))
      return bytes;
  }
  return fail("keeps changing while it is read");
}

/// By what the file is, not by its name.
std::string image_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "image/webp";
  return {};
}

/// The name of a file beside index.md; empty: an address elsewhere, or nothing that can be one.
std::string file_name_of(std::string target) {
  if (target.starts_with("./")) target.erase(0, 2);
  const bool elsewhere = target.find(':') != std::string::npos || target.starts_with('/') ||
                         target.find("{{") != std::string::npos ||
                         target.find('\0') != std::string::npos;
  return elsewhere ? std::string() : target;
}

/// It becomes a Content-ID and an address.
bool is_plain_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  });
}

/// The images in the draft's folder that its body refers to, in the order of their names.
Faults read_images(int folder, Draft& draft) {
  const auto body = make_body(draft);
  if (!body) return {};  // told by whoever renders it
  std::map<std::string, int> wanted;
  for (const auto& reference : body->references)
    if (const auto name = file_name_of(reference.target); reference.image && !name.empty())
      wanted.try_emplace(name, reference.line);
  Faults faults;
  std::size_t total = 0;
  for (const auto& [name, line] : wanted) {
    const auto fault = [&, at = line](const std::string& message) {
      faults.push_back({draft.file, at, printable(name), message});
    };
    struct stat status;
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
      continue;  // the lint tells of what is missing
    if (!is_plain_name(name)) {
      fault("is a name that cannot stand in a mail; rename it: letters, digits, - _ and .");
      continue;
    }
    auto bytes = read_settled(folder, name, largest_images);
    if (!bytes) {
      fault("this image " + bytes.error().message);
      continue;
    }
    auto type = image_type(*bytes);
    if (type.empty()) fault("is no image that mails can show; make it a PNG, JPEG, GIF or WebP");
    total += bytes->size();
    if (total > largest_images) {
      fault("the images are larger than 10 MB together; make them smaller");
      break;
    }
    draft.images.push_back({name, std::move(type), std::move(*bytes)});
  }
  return faults;
}

std::string hash_of(std::string_view bytes, const std::vector<Image>& images) {
  Sha256Stream stream;
  stream.update(bytes);
  for (const auto& image : images) {
    stream.update(image.name);
    stream.update(image.bytes);
  }
  return hex(stream.finish());
}

/// As the user would name it: the drafts folder's own name and what is below it.
fs::path shown(const fs::path& path, const fs::path& root) {
  const auto below = path.lexically_normal().lexically_relative(root.lexically_normal());
  const auto folder = root.lexically_normal();
  const auto name = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
  return below.empty() || *below.begin() == ".." ? path : name / below;
}

}  // namespace

bool is_draft(const fs::path& path) {
  if (!is_draft_name(path.filename().string())) return false;
  if (path.has_extension()) return true;
  std::error_code error;
  // A symlink is looked at, to be refused aloud.
  const auto status = fs::symlink_status(path, error);
  return fs::is_symlink(status) ||
         (fs::is_directory(status) && fs::exists(path / "index.md", error));
}

std::string passed_over(const fs::path& path) {
  const auto name = path.filename().string();
  if (name.empty() || is_draft_name(name) ||
      std::string_view("._#").find(name[0]) != std::string_view::npos || name.back() == '~')
    return {};
  std::error_code error;
  if (fs::is_directory(path, error))
    return fs::exists(path / "index.md", error)
               ? "is not taken for a draft; take the dot out of the folder's name"
               : "";
  const auto ending = to_lower(path.extension().string());
  for (const std::string_view known : {".md", ".html", ".txt"})
    if (ending == known)
      return "is not taken for a draft; write its ending in small letters: " + std::string(known);
  for (const std::string_view other : {".markdown", ".mdown", ".mkd", ".htm", ".text"})
    if (ending == other) return "is not taken for a draft; name it .md, .html or .txt";
  return {};
}

tl::expected<Draft, Faults> read_draft(const fs::path& path, const fs::path& root,
                                       const std::string& title) {
  const auto name = shown(path, root);
  const auto refuse = [](const fs::path& file, const std::string& why) {
    return tl::make_unexpected(Faults{{file.string(), 0, "", why}});
  };
  const auto below = fs::absolute(path).lexically_normal().lexically_relative(
      fs::absolute(root).lexically_normal());
  if (below.empty() || *below.begin() == "..") return refuse(name, "is outside the drafts folder");
  const Descriptor top(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) return refuse(root, std::string("cannot be read: ") + std::strerror(errno));
  const auto folder = open_below(top.get(), below, as_folder);
  const bool is_folder = folder.has_value();
  const auto shown_file = is_folder ? name / "index.md" : name;
  const auto bytes = is_folder ? read_settled(folder->get(), "index.md", largest_draft)
                               : read_settled(top.get(), below, largest_draft);
  if (!bytes) return refuse(shown_file, bytes.error().message);
  auto draft = parse_draft(*bytes, shown_file, title);
  if (!draft) return draft;
  if (is_folder) {
    if (auto faults = read_images(folder->get(), *draft); !faults.empty())
      return tl::make_unexpected(std::move(faults));
  }
  draft->hash = hash_of(*bytes, draft->images);
  return draft;
}

}  // namespace postrider::templates
