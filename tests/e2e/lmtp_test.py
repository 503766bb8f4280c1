#!/usr/bin/env python3
"""What comes back, delivered by LMTP: over a unix socket and TCP, a reload, and sockets that others
have."""
import os
import re
import signal
import smtplib
import socket
import unittest

import polling
from bounces_test import LEAVE, REPORT
from newsletter import StoryTest
from sink import Sink

BASE = "bounces@report.example"


class Delivered(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enterContext(Sink(tls="none"))
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.settings = self.paper.read("postrider.toml")
        self.readers = self.paper.add_readers(4)

    def listen(self, where):
        """In the settings."""
        self.paper.write("postrider.toml", self.settings +
                         f'\n[bounces]\naddress = "{BASE}"\nlmtp = "{where}"\n')

    def send(self, slug="weekly"):
        self.paper.draft(slug, body="Short.\n")
        self.paper.wait_until_sent(slug)
        return {mail.recipient: mail for mail in self.sink.messages}

    def connect(self, where):
        path = where.removeprefix("unix:")
        if path != where:
            return smtplib.LMTP(self.paper.at(path))
        return smtplib.LMTP("127.0.0.1", int(where.rpartition(":")[2]))

    def report(self, reader):
        """Its header does not say whose mail it is about."""
        text = REPORT.format(number=reader, to=BASE, reader=reader, status="5.1.1",
                             text="550 5.1.1 user unknown")
        return text.partition("\n")[2].partition("\n")[2]

    def suppressed(self):
        return [reader for reader in self.readers
                if self.paper.json("subscriber", "show", reader)["suppressed"]]

    def status(self):
        return (self.paper.json("status")["daemon"] or {}).get("lmtp")

    def test_reports_forgeries_and_mails_that_ask_to_leave(self):
        for where in ("unix:lmtp.sock", f"127.0.0.1:{polling.free_port()}"):
            with self.subTest(where):
                self.listen(where)
                self.paper.start()
                self.assertNotIn("nobody reads", self.paper.log_text())
                if not self.sink.messages:
                    mails = self.send()
                gone, leaver = self.readers[:2] if where.startswith("unix") else self.readers[2:]
                leave = re.search(rb"<mailto:([^?>]+)\?subject=unsubscribe>",
                                  mails[leaver].data)[1].decode()
                with self.connect(where) as lmtp:
                    for _ in range(2):  # the second time it is known
                        lmtp.sendmail("", [mails[gone].sender], self.report(gone))
                        lmtp.sendmail("", ["bounces+abc@report.example"], self.report(leaver))
                    lmtp.sendmail("another@elsewhere.example", [leave],
                                  LEAVE.format(to="undisclosed", number=where))
                    with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                        lmtp.sendmail("", ["joe@a.example"], "Hello")
                    self.assertEqual(refused.exception.recipients["joe@a.example"][0], 550)
                    lmtp.rset()
                    self.assertEqual(lmtp.docmd("EHLO", "x")[0], 500)
                self.assertIsNotNone(self.paper.json("subscriber", "show", gone)["suppressed"])
                states = [entry["state"] for entry
                          in self.paper.json("subscriber", "show", leaver)["subscriptions"]]
                self.assertEqual(states, ["unsubscribed"])
                polling.wait_for(lambda: self.status()["taken"] == 5, self.status)
                self.assertEqual((self.status()["listen"], self.status()["trouble"]), (where, ""))
                self.assertIn(f"5 messages delivered by LMTP on {where}, the last one",
                              self.paper.run("status"))
                self.paper.stop()
                self.assertFalse(os.path.exists(self.paper.at("lmtp.sock")))
        self.assertEqual(self.suppressed(), [self.readers[0], self.readers[2]])
        listed = self.paper.json("bounce", "list")
        self.assertEqual(sorted((entry["email"] or "") for entry in listed),
                         ["", "", *self.readers])
        self.assertEqual(self.paper.issue("weekly")["bounced"], 2)

    def reload(self, where, told):
        self.listen(where)
        before = self.paper.log_text().count(told)
        self.paper.daemon.send_signal(signal.SIGHUP)
        polling.wait_for(lambda: self.paper.log_text().count(told) > before,
                         lambda: told + "\n" + self.paper.log_tail())

    def test_a_reload_moves_it_and_what_cannot_be_bound_changes_nothing(self):
        first, second = "unix:lmtp.sock", f"127.0.0.1:{polling.free_port()}"
        self.listen(first)
        self.paper.start()
        self.paper.kill()  # leaves its socket behind
        self.assertTrue(os.path.exists(self.paper.at("lmtp.sock")))
        self.paper.start()
        with self.connect(first) as session:
            self.reload(first, "reloaded ")  # as it was: sessions go on
            session.sendmail("", [BASE], "Subject: kept\n\nWords.\n")
        mails = self.send()
        waiting = self.connect(first)
        self.reload(second, "reloaded ")
        polling.wait_for(lambda: not os.path.exists(self.paper.at("lmtp.sock")), "the old socket's end")
        self.assertEqual(waiting.getreply()[0], 421)
        waiting.close()
        with self.connect(second) as session:
            session.sendmail("", [mails[self.readers[0]].sender], self.report(self.readers[0]))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.reload(f"127.0.0.1:{taken.getsockname()[1]}", "bounces.lmtp: 127.0.0.1:")
            self.assertIn("another program listens there", self.paper.log_tail())
            self.assertEqual(len(self.send("next")), 4)
            with self.connect(second) as session:
                session.sendmail("", [mails[self.readers[1]].sender], self.report(self.readers[1]))
            self.assertEqual(self.suppressed(), self.readers[:2])
            self.paper.stop()
            self.assertIn("bounces.lmtp: 127.0.0.1:", self.paper.refuse("run"))
        self.paper.start()
        self.paper.stop()


if __name__ == "__main__":
    unittest.main()
