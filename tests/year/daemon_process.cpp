#include "year/daemon_process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"

extern char** environ;

namespace postrider::year {

using namespace std::chrono_literals;

namespace {

constexpr auto patience_with_start = 60s;
constexpr std::size_t most_words = 4000;

Descriptor connect_to(const std::filesystem::path& path) {
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return made;
  return Descriptor(-1);
}

}  // namespace

DaemonProcess::DaemonProcess(std::filesystem::path folder) : folder_(std::move(folder)) {}

DaemonProcess::~DaemonProcess() {
  if (runs()) kill();
}

void DaemonProcess::start() {
  const auto settings = (folder_ / "postrider.toml").string();
  const auto clock = (folder_ / "clock").string();
  const auto log = (folder_ / "daemon.log").string();
  std::string program = POSTRIDER_YEAR_DAEMON;
  char* const arguments[] = {program.data(), const_cast<char*>(settings.c_str()),
                             const_cast<char*>(clock.c_str()), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error(program + ": " + std::strerror(failed));
  const auto until = std::chrono::steady_clock::now() + patience_with_start;
  while (!connect_to(folder_ / "http.sock")) {
    look();
    if (std::chrono::steady_clock::now() > until) complain("the daemon does not get ready");
    std::this_thread::sleep_for(2ms);
  }
}

int DaemonProcess::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
  return status;
}

void DaemonProcess::kill() {
  ::kill(pid_, SIGKILL);
  wait();
}

void DaemonProcess::end() {
  ::kill(pid_, SIGTERM);
  if (wait() != 0) complain("the daemon has not ended well");
}

void DaemonProcess::look() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = 0;
  complain("the daemon has ended by itself");
}

std::string DaemonProcess::last_words() const {
  std::ifstream file(folder_ / "daemon.log");
  std::ostringstream all;
  all << file.rdbuf();
  const auto words = all.str();
  return words.size() <= most_words ? words : words.substr(words.size() - most_words);
}

void DaemonProcess::complain(const std::string& what) const {
  throw std::runtime_error(what + "; its log ends:\n" + last_words());
}

int DaemonProcess::post(const std::string& path, const std::string& body) const {
  const auto connection = connect_to(folder_ / "http.sock");
  if (!connection) return 0;
  const auto request = "POST " + path +
                       " HTTP/1.1\r\nHost: news.report.example\r\nConnection: close\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
  if (::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return 0;
  std::string answer;
  char buffer[4096];
  for (ssize_t count; (count = ::recv(connection.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(count));
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
}

}  // namespace postrider::year
