#include "daemon/commands/restore.h"

#include <fstream>
#include <iostream>
#include <unistd.h>

#include "base/text.h"
#include "daemon/commands/output.h"
#include "store/restoring.h"
#include "subscribers/formats/own_export.h"

namespace postrider::daemon::commands {

namespace {

/// One line on stderr, written over and over; nothing where that is no terminal.
void tell_read(std::int64_t records) {
  if (::isatty(STDERR_FILENO) == 1)
    std::cerr << "\rreading " << with_thousands(records) << " records\033[K" << std::flush;
}

void print(const store::RestoreSummary& summary) {
  Table table({{"RECORDS"}, {"", Align::right}});
  table.add({"subscribers", with_thousands(summary.readers)});
  table.add({"subscriptions", with_thousands(summary.subscriptions)});
  table.add({"suppressions", with_thousands(summary.suppressions)});
  table.add({"erased", with_thousands(summary.erased)});
  if (summary.unusable > 0) table.add({"  of them unusable", with_thousands(summary.unusable)});
  table.print();
}

}  // namespace

bool is_own_export(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  return in && subscribers::is_export(in);
}

int restore(Newsletter& newsletter, const RestoreArguments& args) {
  // It is one transaction, however long the file: nobody else could write meanwhile.
  if (newsletter.daemon_runs())
    throw Refusal(
        "an export is read back as a whole, and the daemon could write nothing meanwhile; stop it "
        "first: systemctl stop postrider");
  std::ifstream in(args.file, std::ios::binary);
  const store::RestoreOrder order{std::filesystem::path(args.file).filename().string(),
                                  args.dry_run, tell_read};
  const auto keys = [&]() -> const Fingerprints& {
    end_line();  // they may be missing, which is told
    return newsletter.erased_keys();
  };
  const auto restored =
      store::restore(*newsletter.database, in, keys, order, newsletter.clock.now());
  end_line();
  if (!restored)
    throw Refusal(printable(args.file) + ": " + restored.error().message +
                  "; nothing was imported");
  if (args.json) {
    print_json({{"format", "postrider"},
                {"import", 0},
                {"read", restored->readers},
                {"added", restored->readers},
                {"updated", 0},
                {"unchanged", 0},
                {"skipped", Json::object()},
                {"subscriptions", restored->subscriptions},
                {"suppressions", restored->suppressions},
                {"erased", restored->erased},
                {"unusable_hashes", restored->unusable}});
    return done;
  }
  std::cout << printable(args.file) << ": export of Postrider, "
            << (args.dry_run ? "which would be read back:\n" : "read back:\n");
  print(*restored);
  if (restored->unusable > 0)
    std::cerr << with_thousands(restored->unusable)
              << " hashes of erased addresses were made with token keys that are missing here: "
                 "imports cannot tell those addresses; bring secrets/token.keys along\n";
  return done;
}

}  // namespace postrider::daemon::commands
