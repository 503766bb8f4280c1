#include "daemon/mailbox/server_mailbox.h"

#include <set>
#include <utility>

#include "daemon/mailbox/connection.h"

namespace postrider::daemon::mailbox {

namespace {

using Listed = Session::Listed;

class ServerMailbox final : public Mailbox {
 public:
  explicit ServerMailbox(std::function<std::unique_ptr<Session>()> log_in)
      : log_in_(std::move(log_in)) {}

  Result<std::vector<Arrived>> fetch(
      std::size_t most, const std::function<bool(const std::string& id)>& known) override {
    std::vector<Arrived> arrived;
    std::vector<Listed> wanted;
    try {
      const auto session = log_in_();
      wanted = choose(*session, most, known);
      read(*session, wanted, arrived);
      session->end();
    } catch (const Broken& broken) {
      put_off(wanted, arrived, 1);
      // What came whole is good; what is wrong shows again the next time.
      if (arrived.empty()) return fail(broken.what());
    }
    return arrived;
  }

  Result<void> remove(const std::vector<std::string>& ids) override {
    if (ids.empty()) return {};
    try {
      const auto session = log_in_();
      session->remove(ids);
      session->end();
    } catch (const Broken& broken) {
      return fail(broken.what());
    }
    return {};
  }

  std::int64_t waiting() const override { return waiting_; }

 private:
  std::vector<Listed> choose(Session& session, std::size_t most,
                             const std::function<bool(const std::string& id)>& known) {
    std::vector<Listed> wanted;
    std::vector<Listed> last;
    std::set<std::string> seen;  // POP3 may call two copies the same (RFC 1939 §7)
    waiting_ = session.list([&](Listed listed) {
      if (known(listed.id) || !seen.insert(listed.id).second) return true;
      (put_off_.contains(listed.id) ? last : wanted).push_back(std::move(listed));
      return wanted.size() < most;
    });
    if (!wanted.empty()) return wanted;
    put_off_.clear();
    if (last.size() > most) last.resize(most);
    return last;
  }

  void read(Session& session, const std::vector<Listed>& wanted, std::vector<Arrived>& arrived) {
    std::size_t octets = 0;
    session.fetch(wanted, [&](Arrived message) {
      octets += message.bytes.size();
      arrived.push_back(std::move(message));
      return octets < largest_round;
    });
    if (octets < largest_round) put_off(wanted, arrived, wanted.size());
  }

  /// A message that a server cannot give must not keep back all that come after it: the first
  /// `most` that did not come.
  void put_off(const std::vector<Listed>& wanted, const std::vector<Arrived>& arrived,
               std::size_t most) {
    std::set<std::string_view> came;
    for (const auto& message : arrived) came.insert(message.id);
    for (const auto& listed : wanted) {
      if (most == 0) return;
      if (came.contains(listed.id)) continue;
      put_off_.insert(listed.id);
      --most;
    }
  }

  const std::function<std::unique_ptr<Session>()> log_in_;
  std::set<std::string> put_off_;
  std::int64_t waiting_ = 0;
};

}  // namespace

std::unique_ptr<Mailbox> make_server_mailbox(std::function<std::unique_ptr<Session>()> log_in) {
  return std::make_unique<ServerMailbox>(std::move(log_in));
}

}  // namespace postrider::daemon::mailbox
