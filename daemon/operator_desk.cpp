#include "daemon/operator_desk.h"

#include "store/operator_mail.h"

namespace postrider::daemon {

OperatorDesk::OperatorDesk(const config::Settings& settings, store::Database& reading,
                           Errands errands, const Clock& clock)
    : reading_(reading), errands_(std::move(errands)), clock_(clock) {
  if (const auto address = mail::parse_address(settings.the_operator.email)) email_ = *address;
}

void OperatorDesk::tick() {
  const auto now = clock_.now();
  if (*busy_ || !store::OperatorMails(reading_).is_due(email_.has_value(), now)) return;
  *busy_ = true;
  errands_.run(
      "a mail to the operator",
      [email = email_, now](store::Database& writing) {
        store::OperatorMails(writing).make_notices(email, now);
      },
      [busy = busy_](bool) { *busy = false; });
}

}  // namespace postrider::daemon
