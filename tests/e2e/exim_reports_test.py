#!/usr/bin/env python3
"""What a real Exim sends back for an issue's mails, read from the Maildir that it delivers to."""
import os
import unittest

import polling
from exim import OWNER, Exim
from fates import DELAYED, FATES, GONE, NEXT, TEAM, FatesTest

MAIN = """\
delay_warning = 1s:1h
# Of mailing lists it tells no delay, where nobody says otherwise.
delay_warning_condition = yes
"""

# Nothing takes home.example. Of the list Exim tells once of those that have failed at once, and once of
# the mailbox that is full, when it gives up.
ROUTERS = f"""\
team:
  driver = redirect
  domains = team.example
  data = {TEAM}, dan@strict.example
mailboxes:
  driver = accept
  domains = report.example : readers.example : full.example
  transport = mailbox
next:
  driver = manualroute
  domains = {" : ".join(NEXT)}
  transport = next
  route_list = * 127.0.0.1
  self = send
off:
  driver = manualroute
  domains = off.example
  transport = off
  route_list = * 127.0.0.1
  self = send
"""

TRANSPORTS = f"""\
mailbox:
  driver = appendfile
  directory = /srv/mail/$domain_data
  maildir_format
  envelope_to_add
  return_path_add
  quota = ${{if eq {{$domain_data}}{{full.example}}{{1K}}{{0}}}}
  user = {OWNER}
  group = {OWNER}
next:
  driver = smtp
  port = %d
  allow_localhost
off:
  driver = smtp
  port = %d
  allow_localhost
"""

RETRY = """\
*@full.example quota F,2s,1s
* * F,5s,1s
"""

# Exim does not tell that the connection failed, but that the time is over.
ITS_FATES = {**FATES, "gus@off.example": ("soft", "expired", "bounced")}


class EximReports(FatesTest):
    def test_each_is_what_exim_says(self):
        transports = TRANSPORTS % (self.sink.port, polling.free_port())
        exim = self.enterContext(Exim(self.at("exim"), MAIN, ROUTERS, transports, RETRY))
        paper = self.newsletter({"url": f"smtp://localhost:{exim.port}", "tls": "none"})
        returned = os.path.join(exim.folder, "mail/report.example")
        self.reads(paper, f'mailbox = "maildir:{returned}"')
        self.add(paper, FATES)
        paper.start()
        self.send(paper, "weekly")
        self.check_all_agree(paper, "weekly", ITS_FATES)
        delayed = {entry["email"] for entry in paper.json("bounce", "list", "--kind", "delayed")}
        self.assertLessEqual(set(DELAYED), delayed)
        self.assertEqual(self.suppressed(paper), GONE)
        self.assertEqual(paper.json("bounce", "list", "--unmatched"), [])
        paper.stop()


if __name__ == "__main__":
    unittest.main()
