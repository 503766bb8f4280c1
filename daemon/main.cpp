#include "daemon/commands/command_line.h"

int main(int argc, char** argv) {
  return postrider::daemon::commands::run_command_line(argc, argv);
}
