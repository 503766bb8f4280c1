#include "store/operator_mail.h"

namespace postrider::store {

void OperatorMails::tell(OperatorEvent kind, std::string_view about, std::string_view line,
                         Instant now) {
  database_.prepare("INSERT INTO operator_mails (kind, about, line, at) VALUES (?, ?, ?, ?)")
      .bind(static_cast<std::int64_t>(kind))
      .bind(about)
      .bind(line)
      .bind(now)
      .run();
}

}  // namespace postrider::store
