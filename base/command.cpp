#include "base/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

extern char** environ;

namespace postrider {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds tick{50};  // how late an end or a stop may be noticed

/// A child in a process group of its own; killed and reaped where it has not ended.
class Child {
 public:
  ~Child() {
    for (const int open : {input, output})
      if (open >= 0) ::close(open);
    if (pid <= 0 || status) return;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  /// 0, or what errno would say.
  int start(const std::vector<std::string>& words, std::string_view text) {
    if (const int failure = offer(text); failure != 0) return failure;
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return errno;
    output = pipe[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failure =
        ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (failure != 0) pid = -1;
    return failure;
  }

  /// In memory, so that nobody waits for a program that does not read it.
  int offer(std::string_view text) {
    input = ::memfd_create("input", MFD_CLOEXEC);
    if (input < 0) return errno;
    while (!text.empty()) {
      const auto written = ::write(input, text.data(), text.size());
      if (written < 0 && errno != EINTR) return errno;
      text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return ::lseek(input, 0, SEEK_SET) < 0 ? errno : 0;
  }

  bool ended() {
    int code = 0;
    if (!status && ::waitpid(pid, &code, WNOHANG) == pid) status = code;
    return status.has_value();
  }

  pid_t pid = -1;
  int input = -1;
  int output = -1;
  std::optional<int> status;
};

}  // namespace

bool is_program(const std::string& name) {
  const auto can_be_run = [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return can_be_run(name);
  const char* path = std::getenv("PATH");
  const auto folders = split(path ? path : "/usr/bin:/bin", ':');
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
    return can_be_run(std::string(folder) + "/" + name);
  });
}

Result<std::string> run_command(const std::vector<std::string>& words, const std::stop_token& stop,
                                const CommandLimits& limits, std::string_view input) {
  const auto name = words.empty() ? "" : printable(words[0]);
  Child child;
  if (const int failure = child.start(words, input); failure != 0)
    return fail(name + " cannot be run: " + std::strerror(failure));
  const auto until = Steady::now() + limits.time;
  std::string output;
  for (bool open = true; open || !child.ended();) {
    if (stop.stop_requested()) return fail(name + " was called off");
    if (Steady::now() >= until)
      return fail(name + " did not end within " +
                  std::to_string(std::chrono::ceil<std::chrono::seconds>(limits.time).count()) +
                  " s");
    pollfd waiting{open ? child.output : -1, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(tick.count())) <= 0) continue;
    std::array<char, 4096> buffer;
    const auto got = ::read(child.output, buffer.data(), buffer.size());
    if (got <= 0) open = got < 0 && errno == EINTR;
    output.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (output.size() > limits.octets)
      return fail(name + " writes more than " + std::to_string(limits.octets) + " octets");
  }
  if (WIFSIGNALED(*child.status))
    return fail(name + " was ended by signal " + std::to_string(WTERMSIG(*child.status)));
  if (WEXITSTATUS(*child.status) != 0)
    return fail(name + " failed with exit status " + std::to_string(WEXITSTATUS(*child.status)) +
                "; run it by hand to see why");
  return output;
}

}  // namespace postrider
