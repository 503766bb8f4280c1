#!/usr/bin/env python3
"""What comes back, read from a real Dovecot by IMAPS and POP3S; over a kill -9, and with a log-in
that it refuses."""
import os
import unittest

import polling
from bounces_test import REPORT
from mail_servers import MailServers
from newsletter import StoryTest
from sink import Sink


class Mailboxes(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enterContext(Sink(tls="none"))
        self.servers = self.enterContext(MailServers(os.path.join(self.folder, "servers")))

    def paper_that_reads(self, scheme, password=None):
        """Each scheme has a mailbox of its own."""
        paper = self.newsletter(self.sink_relay(self.sink), name=scheme)
        settings = self.servers.settings
        self.user = f"{scheme}@report.example"
        with open(paper.at("postrider.toml"), "a") as file:
            file.write(f"""
[bounces]
address = "bounces@report.example"
mailbox = "{scheme}://localhost:{settings['MAIL_' + scheme.upper() + '_PORT']}"
ca_file = "{settings['MAIL_CA_FILE']}"
username = "{self.user}"
password_file = "secrets/imap-password"
every = "5s"
""")
        paper.write("secrets/imap-password", (password or settings["MAIL_PASSWORD"]) + "\n")
        os.chmod(paper.at("secrets/imap-password"), 0o600)
        self.readers = paper.add_readers(6)
        self.sink.messages.clear()
        paper.start()
        paper.draft("weekly", body="Short.\n")
        paper.wait_until_sent("weekly")
        self.mails = {mail.recipient: mail for mail in self.sink.messages}
        return paper

    def box(self, *parts):
        return os.path.join(self.servers.settings["MAIL_ROOT"], self.user, *parts)

    def deliver(self, name, to, reader):
        """As an MTA does, with the owner that Dovecot has."""
        owner = os.stat(self.servers.settings["MAIL_ROOT"])
        for part in ("", "tmp", "new", "cur"):
            os.makedirs(self.box(part), exist_ok=True)
            os.chown(self.box(part), owner.st_uid, owner.st_gid)
        with open(self.box("tmp", name), "w") as file:
            file.write(REPORT.format(number=name, to=to, reader=reader, status="5.1.1",
                                     text="550 5.1.1 user unknown"))
        os.chown(file.name, owner.st_uid, owner.st_gid)
        os.rename(file.name, self.box("new", name))

    def left(self):
        return sorted(name.partition(":")[0] for part in ("new", "cur")
                      for name in os.listdir(self.box(part)) if name[0].isdigit())

    def wait_for_box(self, paper, left):
        polling.wait_for(lambda: self.left() == left,
                         lambda: f"{left}: {self.left()}\n" + paper.log_tail(), 60)

    def suppressed(self, paper):
        return [reader for reader in self.readers
                if paper.json("subscriber", "show", reader)["suppressed"]]

    def test_reports_are_read_and_taken_out_once_they_are_settled(self):
        for scheme in ("imaps", "pop3s"):
            with self.subTest(scheme):
                paper = self.paper_that_reads(scheme)
                for number, reader in enumerate(self.readers[:2]):
                    self.deliver(f"{number}.host", self.mails[reader].sender, reader)
                self.deliver("2.host", "bounces+abc@report.example", self.readers[2])
                self.wait_for_box(paper, ["2.host"])  # what is of no mail of ours stays
                self.assertEqual(self.suppressed(paper), self.readers[:2])
                # Some are being read while it dies.
                for number, reader in enumerate(self.readers[3:], start=3):
                    self.deliver(f"{number}.host", self.mails[reader].sender, reader)
                paper.kill()
                paper.start()
                self.wait_for_box(paper, ["2.host"])
                self.assertEqual(self.suppressed(paper), self.readers[:2] + self.readers[3:])
                self.assertEqual(paper.issue("weekly")["bounced"], 5)
                listed = paper.json("bounce", "list")
                self.assertEqual(sorted(entry["email"] or "" for entry in listed),
                                 ["", *self.readers[:2], *self.readers[3:]])
                paper.stop()

    def test_a_log_in_that_is_refused_is_told_and_holds_nothing_up(self):
        paper = self.paper_that_reads("imaps", password="wrong")
        mailbox = lambda: paper.json("status")["daemon"]["mailbox"]
        polling.wait_for(lambda: "refuses the log-in" in mailbox()["trouble"], mailbox, 60)
        self.assertIn("Authentication failed", mailbox()["trouble"])
        self.assertEqual(paper.issue("weekly")["accepted"], 6)
        paper.stop()


if __name__ == "__main__":
    unittest.main()
