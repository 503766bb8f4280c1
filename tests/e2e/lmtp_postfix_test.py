#!/usr/bin/env python3
"""A real Postfix delivers what comes back to our LMTP socket, over kill -9: nothing is lost, and
nothing counted twice."""
import os
import smtplib
import ssl
import threading
import unittest

import polling
from bounces_test import REPORT
from mail_servers import MailServers
from newsletter import StoryTest
from sink import Sink

POSTFIX_GROUP = 64801  # of scripts/mail-servers
READERS = 60


class PostfixDelivers(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enterContext(Sink(tls="none"))
        self.paper = self.newsletter(self.sink_relay(self.sink))
        lmtp = self.socket_for_postfix() if os.geteuid() == 0 else \
            f"127.0.0.1:{polling.free_port()}"
        with open(self.paper.at("postrider.toml"), "a") as file:
            file.write(f'\n[bounces]\naddress = "bounces@report.example"\nlmtp = "{lmtp}"\n')
        next_hop = "lmtp:" + (lmtp if lmtp.startswith("unix:") else "inet:" + lmtp)
        self.servers = self.enterContext(MailServers(
            self.at("servers"), f"transport_maps = inline:{{ {{report.example = {next_hop}}} }}",
            "minimal_backoff_time = 1s", "maximal_backoff_time = 1s", "queue_run_delay = 1s",
            "transport_retry_time = 1s"))

    def socket_for_postfix(self):
        """Postfix is in the group of its folder, and thereby of the socket."""
        os.chmod(self.folder, 0o755)
        os.mkdir(self.at("run"))
        os.chown(self.at("run"), -1, POSTFIX_GROUP)
        os.chmod(self.at("run"), 0o2750)
        return "unix:" + self.at("run/lmtp.sock")

    def return_to_sender(self, mails):
        """As the servers of all these readers do, one mail each."""
        settings = self.servers.settings
        context = ssl.create_default_context(cafile=settings["MAIL_CA_FILE"])
        with smtplib.SMTP_SSL("localhost", int(settings["MAIL_SMTPS_PORT"]),
                              context=context) as smtp:
            smtp.login(settings["MAIL_USER"], settings["MAIL_PASSWORD"])
            for reader, mail in mails.items():
                smtp.sendmail("", [mail.sender], REPORT.format(
                    number=reader, to="bounces@report.example", reader=reader, status="5.2.1",
                    text="550 5.2.1 account disabled"))

    def log(self):
        with open(f"{self.servers.settings['MAIL_LOG']}/postfix.log", encoding="utf-8") as log:
            return log.read()

    def counted(self):
        return sorted(entry["email"] or "" for entry in self.paper.json("bounce", "list"))

    def wait_for_postfix(self, mails):
        polling.wait_for(lambda: self.log().count("status=sent") >= mails,
                         lambda: self.log()[-3000:] + self.paper.log_tail(), 60)

    def test_over_kills(self):
        readers = sorted(self.paper.add_readers(READERS))
        self.paper.start()
        self.paper.draft("weekly", body="Short.\n")
        self.paper.wait_until_sent("weekly")
        mails = {mail.recipient: mail for mail in self.sink.messages}
        some, others = (dict(list(mails.items())[part::2]) for part in (0, 1))
        returning = threading.Thread(target=self.return_to_sender, args=(some,))
        returning.start()
        polling.wait_for(self.counted, "the first reports")
        self.paper.kill()
        self.return_to_sender(others)
        returning.join()
        polling.wait_for(lambda: "status=deferred" in self.log(), self.log)
        self.paper.start()
        polling.wait_for(lambda: len(self.counted()) > len(some), "more reports")
        self.paper.kill()
        self.paper.start()
        # A mail that is due while its last try still ends is left until Postfix starts anew.
        self.servers.stop_postfix()
        self.servers.start_postfix()
        self.wait_for_postfix(READERS)
        self.assertEqual(self.counted(), readers)
        self.assertEqual(self.paper.issue("weekly")["bounced"], READERS)

        self.return_to_sender(mails)  # once more, as by another way
        self.wait_for_postfix(2 * READERS)
        self.assertEqual(self.counted(), readers)
        self.assertEqual(self.paper.issue("weekly")["bounced"], READERS)
        self.assertNotIn("status=bounced", self.log())
        taken = lambda: self.paper.json("status")["daemon"]["lmtp"]["taken"]
        polling.wait_for(lambda: taken() >= READERS, taken)
        self.paper.stop()


if __name__ == "__main__":
    unittest.main()
