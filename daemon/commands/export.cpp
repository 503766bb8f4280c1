// postrider subscriber export: all that is known of who reads, to take along or to look at.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "store/exporting.h"

namespace postrider::daemon::commands {

namespace {

struct ExportArguments {
  std::string list, output;
  std::string format = "csv";
};

/// One line on stderr, written over and over; nothing where that is no terminal.
void tell_written(std::int64_t records, std::int64_t readers) {
  static const bool shown = ::isatty(STDERR_FILENO) == 1;
  if (!shown) return;
  std::cerr << "\rwriting " << bar(std::min(records, readers), readers, 30) << " "
            << with_thousands(records) << " records\033[K" << std::flush;
}

/// A file that is there as a whole, for its owner alone, or not at all.
class OutputFile {
 public:
  explicit OutputFile(std::string name) : name_(std::move(name)) {
    // A name that nobody could have prepared: no leftover's mode, no symlink to follow.
    auto draft = name_ + ".XXXXXX";
    const Descriptor made(::mkostemp(draft.data(), O_CLOEXEC));
    if (!made) refuse("cannot be made");
    draft_ = std::move(draft);
    stream_.open(draft_, std::ios::binary);
    if (!stream_) refuse("cannot be made");
  }
  ~OutputFile() {
    if (!draft_.empty()) ::unlink(draft_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return stream_; }

  void keep() {
    stream_.close();
    if (!stream_ || ::rename(draft_.c_str(), name_.c_str()) != 0) refuse("cannot be written");
    draft_.clear();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) {
    const auto error = errno;
    if (!draft_.empty()) ::unlink(draft_.c_str());
    throw Refusal(printable(name_) + ": " + what + ": " + std::strerror(error));
  }

  std::string name_, draft_;
  std::ofstream stream_;
};

int export_to(const Common& common, const ExportArguments& args) {
  const auto format = subscribers::parse_export_format(args.format);
  if (!format) throw Refusal("--format " + printable(args.format) + ": write csv, json or jsonl");
  Newsletter newsletter(common);
  const store::ExportOrder order{args.list.empty() ? "" : newsletter.list(args.list).key,
                                 tell_written};
  const auto write = [&](std::ostream& out) {
    subscribers::ExportWriter writer(out, *format);
    const auto records = store::export_readers(*newsletter.database, order, writer);
    end_line();
    return records;
  };
  if (args.output.empty()) {
    write(std::cout);
    return done;
  }
  OutputFile file(args.output);
  const auto records = write(file.stream());
  file.keep();
  std::cout << printable(args.output) << ": " << counted(records, "record") << ".\n";
  return done;
}

}  // namespace

void add_export(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<ExportArguments>();
  auto* added = subscriber.add_subcommand(
      "export", "Everything: all subscribers in all states with evidence, suppressions, hashes");
  added->add_option("--list", args->list, "Only who has to do with this list; no suppressions else")
      ->type_name("LIST");
  added->add_option("--format", args->format, "csv (the default), json or jsonl")
      ->type_name("FORMAT");
  added->add_option("--output", args->output, "A file; standard output otherwise")
      ->type_name("FILE");
  added->callback([&common, &command, args] {
    command = [&common, args] { return export_to(common, *args); };
  });
}

}  // namespace postrider::daemon::commands
