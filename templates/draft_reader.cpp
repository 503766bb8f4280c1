// Reading a draft from the disk: whole, settled, and nothing outside the folder.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "mail/dkim.h"
#include "templates/draft.h"

namespace postrider::templates {

namespace fs = std::filesystem;

namespace {

constexpr int most_tries = 5;  // for a file that changes while it is read

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

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

/// The file's bytes, without following a symlink at its end.
Result<std::string> read_settled(const fs::path& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (file.fd < 0)
    return fail(errno == ELOOP ? "is a symlink; put the file itself into the drafts folder"
                               : std::string("cannot be read: ") + std::strerror(errno));
  for (int i = 0; i < most_tries; ++i) {
    struct stat before, after;
    if (::fstat(file.fd, &before) != 0 || !S_ISREG(before.st_mode))
      return fail("is no regular file");
    if (static_cast<std::size_t>(before.st_size) > limit)
      return fail("is " + with_thousands(before.st_size) + " octets long; at most " +
                  with_thousands(static_cast<std::int64_t>(limit)) + " are read");
    auto bytes = read_once(file.fd, static_cast<std::size_t>(before.st_size));
    if (!bytes) return bytes;
    if (::fstat(file.fd, &after) == 0 && same(before, after) &&
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

/// All images beside index.md, in the order of their names.
Faults read_images(const fs::path& folder, Draft& draft) {
  Faults faults;
  std::size_t total = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name == "index.md" || name.starts_with('.') || name.ends_with('~')) continue;
    const auto fault = [&](const std::string& message) {
      faults.push_back({draft.file, 0, name, message});
    };
    auto bytes = read_settled(entry->path(), largest_images);
    if (!bytes) {
      fault(bytes.error().message);
      continue;
    }
    auto type = image_type(*bytes);
    if (type.empty()) continue;  // notes and the like are the writer's own
    total += bytes->size();
    if (total > largest_images) {
      fault("the images are larger than 10 MB together; make them smaller");
      break;
    }
    draft.images.push_back({name, std::move(type), std::move(*bytes)});
  }
  std::sort(draft.images.begin(), draft.images.end(),
            [](const Image& a, const Image& b) { return a.name < b.name; });
  return faults;
}

std::string hash_of(std::string_view bytes, const std::vector<Image>& images) {
  mail::Sha256Stream stream;
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

tl::expected<Draft, Faults> read_draft(const fs::path& path, const fs::path& root) {
  const auto name = shown(path, root);
  const auto refuse = [&](const fs::path& file, const std::string& why) {
    return tl::make_unexpected(Faults{{file.string(), 0, "", why}});
  };
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (fs::is_symlink(status))
    return refuse(name, "is a symlink; put the file itself into the drafts folder");
  const bool is_folder = fs::is_directory(status);
  const auto file = is_folder ? path / "index.md" : path;
  const auto shown_file = is_folder ? name / "index.md" : name;
  const auto bytes = read_settled(file, largest_draft);
  if (!bytes) return refuse(shown_file, bytes.error().message);
  auto draft = parse_draft(*bytes, shown_file);
  if (!draft) return draft;
  if (is_folder) {
    if (auto faults = read_images(path, *draft); !faults.empty())
      return tl::make_unexpected(std::move(faults));
  }
  draft->hash = hash_of(*bytes, draft->images);
  return draft;
}

}  // namespace postrider::templates
