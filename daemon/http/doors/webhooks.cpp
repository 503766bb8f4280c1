#include "daemon/http/doors/webhooks.h"

namespace postrider::daemon::http {

namespace {

class WebhooksDoor final : public Door {
 public:
  WebhooksDoor(std::shared_ptr<const Premises> premises, std::shared_ptr<Webhooks> webhooks)
      : premises_(std::move(premises)), webhooks_(std::move(webhooks)) {}

  std::string_view path() const override { return "/webhooks/"; }
  std::string_view methods() const override { return "POST"; }

  void answer(const Visit& visit, const Respond& respond) const override {
    if (!webhooks_ || !webhooks_->has(visit.rest))
      return respond(premises_->not_found(visit.request));
    webhooks_->tell(visit.rest, visit.request,
                    [respond](int status) { respond({status, "text/plain; charset=utf-8", ""}); });
  }

 private:
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<Webhooks> webhooks_;
};

}  // namespace

std::unique_ptr<const Door> make_webhooks_door(std::shared_ptr<const Premises> premises,
                                               std::shared_ptr<Webhooks> webhooks) {
  return std::make_unique<WebhooksDoor>(std::move(premises), std::move(webhooks));
}

}  // namespace postrider::daemon::http
