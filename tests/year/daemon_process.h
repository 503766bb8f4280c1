// The daemon as a process of its own, so that it can be killed as the machine would do it.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace postrider::year {

class DaemonProcess {
 public:
  /// Of that newsletter's folder, which has its settings, its clock and its log.
  explicit DaemonProcess(std::filesystem::path folder);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Returns when it serves its pages: it has looked at the drafts, and sends.
  void start();
  /// kill -9
  void kill();
  /// SIGTERM
  void end();
  bool runs() const { return pid_ > 0; }

  /// Throws where it has ended by itself.
  void look();
  /// The last lines of its log.
  std::string last_words() const;

  /// What a reader's click does. The answer's status; 0: there is none.
  int post(const std::string& path, const std::string& body) const;

 private:
  int wait();
  [[noreturn]] void complain(const std::string& what) const;

  const std::filesystem::path folder_;
  pid_t pid_ = 0;
};

}  // namespace postrider::year
