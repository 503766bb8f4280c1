#include <fcntl.h>
#include <unistd.h>

#include "daemon/commands/command_line.h"

namespace {

/// A descriptor of the standard streams that the caller has closed must not become a file of ours.
/// It is read-only, so that writing to it fails as it would have.
void fill_standard_streams() {
  int fd = -1;
  do fd = ::open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  return postrider::daemon::commands::run_command_line(argc, argv);
}
