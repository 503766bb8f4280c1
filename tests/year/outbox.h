// What the file relay has written, mail by mail, read as a reader's program would: by nothing but
// the files. Each writing counts, also one that replaces a file. Files are read once and removed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::year {

/// A mail, as far as a year's books need it.
struct Mail {
  std::string file;         // its name in the outbox
  std::string to;           // the address alone
  std::string subject;      // as written; ours are short and plain
  std::string list;         // what List-Id has in front of its first dot; empty: no list's
  std::string unsubscribe;  // the path of the link by which one leaves; empty: none
  std::string key;          // what stands behind "Key: " in the text; empty: nothing
  bool is_again = false;    // it replaced a mail that was not read yet: nothing but `file` is known
};

class Outbox {
 public:
  explicit Outbox(std::filesystem::path folder);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// The mails that were written since, in their order. Waits at most so many ms for the first one.
  std::vector<Mail> collect(int most_wait = 0);

 private:
  Mail read(const std::string& name);

  const std::filesystem::path folder_;
  const int inotify_;
};

/// Pure. `bytes`: the whole file.
Mail parse(std::string_view bytes);

}  // namespace postrider::year
