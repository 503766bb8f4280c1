#include "year/texts.h"

#include "year/calendar.h"

namespace postrider::year {

std::string settings_text(int relays) {
  std::string text = R"([publication]
name = "The Yearly Report"
from = "Joe Webster <joe@report.example>"
base_url = "https://news.report.example"
postal_address = "PO Box 1, Example Town"
timezone = "America/New_York"

[storage]
database = "postrider.db"
drafts = "drafts"
theme = "theme"
secrets = "secrets"

[bounces]
address = "bounces@report.example"

[http]
listen = "unix:http.sock"

[operator]
email = "joe@report.example"
)";
  for (const auto& list : lists())
    text += "\n[lists." + list.key + "]\nname = \"The " + list.key + "\"\nschedule = \"" +
            list.schedule + "\"\ntimezone = \"" + list.zone + "\"\n" +
            (list.skip.empty() ? "" : "skip = \"" + list.skip + "\"\n");
  for (int i = 0; i < relays; ++i)
    text += "\n[[relay]]\nname = \"outbox" + std::to_string(i) + "\"\nurl = \"file:outbox\"\n";
  return text;
}

std::string report_text(const std::string& email, const std::string& way_out) {
  return "From: MAILER-DAEMON@relay.example\r\nTo: bounces@report.example\r\n"
         "Subject: Undelivered mail\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
         "--b\r\nContent-Type: text/plain\r\n\r\nNo such mailbox.\r\n"
         "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
         "Reporting-MTA: dns; relay.example\r\n\r\n"
         "Final-Recipient: rfc822; " +
         email +
         "\r\nAction: failed\r\nStatus: 5.1.1\r\n"
         "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
         "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
         "List-Unsubscribe: <https://news.report.example" +
         way_out + ">\r\n\r\n--b--\r\n";
}

}  // namespace postrider::year
