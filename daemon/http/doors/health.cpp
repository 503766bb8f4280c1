#include "daemon/http/doors/health.h"

#include <nlohmann/json.hpp>

namespace postrider::daemon::http {

namespace {

class HealthDoor final : public Door {
 public:
  explicit HealthDoor(std::shared_ptr<Members> members) : members_(std::move(members)) {}

  std::string_view path() const override { return "/healthz"; }
  std::string_view methods() const override { return "GET, HEAD"; }

  void answer(const Visit&, const Respond& respond) const override {
    const auto trouble = members_->trouble();
    const auto json = trouble.empty()
                          ? nlohmann::ordered_json{{"status", "ok"}}
                          : nlohmann::ordered_json{{"status", "trouble"}, {"reason", trouble}};
    respond({trouble.empty() ? 200 : 503, "application/json",
             json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"});
  }

 private:
  std::shared_ptr<Members> members_;
};

}  // namespace

std::unique_ptr<const Door> make_health_door(std::shared_ptr<Members> members) {
  return std::make_unique<HealthDoor>(std::move(members));
}

}  // namespace postrider::daemon::http
