#include "base/command.h"

#include <doctest/doctest.h>
#include <thread>

using namespace postrider;
using namespace std::chrono_literals;

namespace {

Result<std::string> shell(const std::string& line, const CommandLimits& limits = {}) {
  return run_command({"sh", "-c", line}, {}, limits);
}

}  // namespace

TEST_CASE("a command's output comes whole, and its words reach it as they are") {
  CHECK(run_command({"printf", "%s|", "a b", "$HOME", ""}, {}) == "a b|$HOME||");
  CHECK(shell("head -c 50000 /dev/zero")->size() == 50'000);
  CHECK(shell("cat; echo loud >&2; exec >&-; sleep 0.01") == "");
}

TEST_CASE("a command reads what it is given, and need not") {
  const std::string long_one(1'000'000, 'x');
  CHECK(run_command({"cat"}, {}, {}, "one\ntwo") == "one\ntwo");
  CHECK(run_command({"wc", "-c"}, {}, {}, long_one) == "1000000\n");
  CHECK(run_command({"true"}, {}, {}, long_one) == "");
}

TEST_CASE("what goes wrong with a command is told without its output") {
  CHECK(run_command({"/nowhere/at-all"}, {}).error().message.find("No such file") !=
        std::string::npos);
  CHECK(shell("echo secret; exit 3").error().message ==
        "sh failed with exit status 3; run it by hand to see why");
  CHECK(shell("kill -TERM $$").error().message == "sh was ended by signal 15");
  CHECK(shell("yes", {.octets = 1000}).error().message == "sh writes more than 1000 octets");
}

TEST_CASE("a program is sought in PATH by its name, and at its path") {
  CHECK(is_program("sh"));
  CHECK(is_program("/bin/sh"));
  for (const auto* name : {"", "no-such-program", "/bin", "/etc/passwd", "/no/sh"})
    CHECK_FALSE(is_program(name));
}

TEST_CASE("a command that does not end is killed with its children, and so is one called off") {
  const auto began = std::chrono::steady_clock::now();
  CHECK(shell("sleep 60 & sleep 60", {.time = 100ms}).error().message ==
        "sh did not end within 1 s");
  std::stop_source stop;
  stop.request_stop();
  CHECK(run_command({"sleep", "60"}, stop.get_token()).error().message == "sleep was called off");
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}
