#include "year/outbox.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"

namespace postrider::year {

namespace {

/// A field's body, unfolded; empty: there is none.
std::string field(std::string_view head, std::string_view name) {
  const auto start = head.starts_with(name) ? 0 : head.find("\n" + std::string(name) + ": ") + 1;
  if (start == 0 && !head.starts_with(name)) return {};
  std::string body;
  for (auto i = start + name.size() + 1; i < head.size(); ++i) {
    if (head[i] != '\r') {
      body += head[i];
      continue;
    }
    if (i + 2 >= head.size() || (head[i + 2] != ' ' && head[i + 2] != '\t')) break;
    ++i;  // the fold's blank stays
  }
  const auto first = body.find_first_not_of(' ');
  return first == std::string::npos ? "" : body.substr(first);
}

/// Between the last `open` and the `close` behind it; all of it where there is none.
std::string between(const std::string& text, char open, char close) {
  const auto from = text.rfind(open);
  if (from == std::string::npos) return text;
  return text.substr(from + 1, text.find(close, from) - from - 1);
}

std::string path_of_link(const std::string& list_unsubscribe) {
  const auto from = list_unsubscribe.find("/unsubscribe/");
  if (from == std::string::npos) return {};
  return list_unsubscribe.substr(from, list_unsubscribe.find('>', from) - from);
}

/// What stands behind "Key:" and before the next dot, in quoted-printable.
std::string key_in(std::string_view body) {
  constexpr std::string_view mark = "\nKey:";
  const auto start = body.find(mark);
  if (start == std::string_view::npos) return {};
  std::string key;
  for (auto i = start + mark.size(); i < body.size() && body[i] != '.'; ++i) {
    if (body[i] != '=') {
      if (body[i] != ' ') key += body[i];
      continue;
    }
    // A soft end of a line, a blank before one, or the dot behind one.
    if (body.substr(i + 1, 2) == "2E") break;
    i += 2;
  }
  return key;
}

}  // namespace

Mail parse(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    throw std::runtime_error("a mail without an end of its header");
  Mail mail;
  const auto head = bytes.substr(0, end + 2);
  mail.to = between(field(head, "To"), '<', '>');
  mail.subject = field(head, "Subject");
  const auto list = between(field(head, "List-Id"), '<', '>');
  mail.list = list.substr(0, list.find('.'));
  mail.unsubscribe = path_of_link(field(head, "List-Unsubscribe"));
  mail.key = key_in(bytes.substr(end));
  return mail;
}

Outbox::Outbox(std::filesystem::path folder)
    : folder_(std::move(folder)), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  std::filesystem::create_directories(folder_);
  if (inotify_ < 0 || ::inotify_add_watch(inotify_, folder_.c_str(), IN_MOVED_TO) < 0)
    throw std::runtime_error(folder_.string() + " cannot be watched");
}

Outbox::~Outbox() { ::close(inotify_); }

std::vector<Mail> Outbox::collect(int most_wait) {
  if (most_wait > 0) {
    pollfd wake{inotify_, POLLIN, 0};
    ::poll(&wake, 1, most_wait);
  }
  std::vector<Mail> mails;
  alignas(inotify_event) char buffer[65536];
  for (ssize_t count; (count = ::read(inotify_, buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; at < buffer + count;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      if (event.mask & IN_Q_OVERFLOW) throw std::runtime_error("mails were written unseen");
      mails.push_back(read(at + sizeof event));
      at += sizeof event + event.len;
    }
  }
  return mails;
}

Mail Outbox::read(const std::string& name) {
  const auto path = folder_ / name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Mail mail;
  if (!file) {
    if (errno != ENOENT) throw std::runtime_error(path.string() + ": cannot be read");
    mail.is_again = true;
  } else {
    char bytes[65536];
    const auto count = ::read(file.get(), bytes, sizeof bytes);
    mail = parse({bytes, count < 0 ? 0 : static_cast<std::size_t>(count)});
    ::unlink(path.c_str());
  }
  mail.file = name;
  return mail;
}

}  // namespace postrider::year
