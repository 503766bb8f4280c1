#!/usr/bin/env python3
"""What a real Postfix sends back for an issue's mails, read from a real Dovecot by IMAPS and POP3S and
from a Maildir; over a restart and kill -9; and a forgery."""
import collections
import contextlib
import os
import smtplib
import sqlite3
import ssl
import unittest

import polling
from bounces_test import REPORT
from fates import DELAYED, FATES, GONE, MAILBOX, NEXT, TEAM, FatesTest
from mail_servers import MailServers


def postfix_lines(next_server, nobody):
    """Of main.cf: where readers' mail goes from there, and a queue that is given up within seconds."""
    ways = {name: f"smtp:[127.0.0.1]:{next_server}" for name in (*NEXT, ".gone.example", ".full.example")}
    ways |= {"off.example": f"smtp:[127.0.0.1]:{nobody}", "home.example": "virtual:"}
    ways = " ".join(f"{{ {name} = {way} }}" for name, way in ways.items())
    return [
        f"transport_maps = inline:{{ {ways} }}",
        f"virtual_alias_maps = inline:{{ {{ team@team.example = {TEAM} }} }}",
        "virtual_mailbox_base = /", "virtual_mailbox_limit = 0",
        "virtual_mailbox_maps = inline:{ { postmaster@home.example = nowhere/ } }",
        "smtpd_reject_unlisted_recipient = no",
        "recipient_delimiter = +",
        "queue_run_delay = 1s", "minimal_backoff_time = 1s", "maximal_backoff_time = 1s",
        "delay_warning_time = 1s", "maximal_queue_lifetime = 6s",
    ]


class RealReports(FatesTest):
    def start_servers(self, *more):
        lines = postfix_lines(self.sink.port, polling.free_port())
        self.servers = self.enterContext(MailServers(self.at("servers"), *lines, *more))

    def paper(self, scheme):
        """A newsletter that sends by this Postfix, and reads what comes back by that scheme."""
        settings = self.servers.settings
        paper = self.newsletter(self.servers.relay("smtps"))
        if scheme == "maildir":
            self.reads(paper, f'mailbox = "maildir:{settings["MAIL_ROOT"]}/{MAILBOX}"')
            return paper
        paper.write("secrets/mailbox-password", settings["MAIL_PASSWORD"] + "\n")
        os.chmod(paper.at("secrets/mailbox-password"), 0o600)
        port = settings[f"MAIL_{scheme.upper()}_PORT"]
        self.reads(paper, f'mailbox = "{scheme}://localhost:{port}"\n'
                   f'ca_file = "{settings["MAIL_CA_FILE"]}"\nusername = "{MAILBOX}"\n'
                   'password_file = "secrets/mailbox-password"')
        return paper

    def left(self):
        return sum(os.path.dirname(file).endswith((f"{MAILBOX}/new", f"{MAILBOX}/cur"))
                   for file in self.servers.files())

    def wait_for_box(self, paper, count):
        polling.wait_for(lambda: self.left() == count,
                         lambda: f"{count} in the mailbox: {self.left()}\n" + paper.log_tail(), 60)

    def forge(self, reader):
        """A report on a mail that arrived, by the same Postfix; one letter of its token is guessed."""
        mail = next(data for address, data in self.servers.messages() if address == reader)
        token = mail.split(b"Return-Path: <bounces+", 1)[1].split(b"@", 1)[0].decode()
        to = f"bounces+{token[:-5]}{'b' if token[-5] == 'a' else 'a'}{token[-4:]}@report.example"
        text = REPORT.format(number=1, to=to, reader=reader, status="5.1.1",
                             text="550 5.1.1 user unknown")
        settings = self.servers.settings
        context = ssl.create_default_context(cafile=settings["MAIL_CA_FILE"])
        with smtplib.SMTP_SSL("localhost", int(settings["MAIL_SMTPS_PORT"]), context=context) as client:
            client.login(settings["MAIL_USER"], settings["MAIL_PASSWORD"])
            client.sendmail("", [to], text.encode())

    def test_each_is_what_postfix_says_over_a_restart(self):
        # Where DSN is offered, we ask to be told of failures alone, and hear of no delay.
        self.start_servers("smtpd_discard_ehlo_keywords = dsn")
        paper = self.paper("imaps")
        self.add(paper, FATES)
        paper.start()
        self.send(paper, "weekly")
        delayed = lambda: [entry["email"]
                           for entry in paper.json("bounce", "list", "--kind", "delayed")]
        polling.wait_for(lambda: sorted(delayed()) == DELAYED, delayed)
        states = self.states(paper, "weekly")
        self.assertEqual([states[reader] for reader in DELAYED], ["accepted"] * 2)
        paper.stop()
        self.forge("ivy@readers.example")
        paper.start()
        self.check_all_agree(paper, "weekly", FATES)
        self.wait_for_box(paper, 1)  # what is of no mail of ours stays
        times = collections.Counter(entry["email"] for entry in paper.json("bounce", "list"))
        self.assertEqual(sorted(reader for reader in times if times[reader] > 1), DELAYED)
        self.assertEqual(self.suppressed(paper), GONE)
        forged, = paper.json("bounce", "list", "--unmatched")
        self.assertEqual((forged["recipient"], forged["email"], forged["effects"]),
                         ("ivy@readers.example", None, []))
        self.send(paper, "next")
        self.assertEqual(set(self.states(paper, "next")), set(FATES) - set(GONE))
        paper.stop()

    def test_by_pop3s_a_kill_in_the_middle_loses_nothing_and_counts_nothing_twice(self):
        self.kill_while_reading("pop3s")

    def test_by_imaps_a_kill_in_the_middle_loses_nothing_and_counts_nothing_twice(self):
        self.kill_while_reading("imaps")

    def test_from_a_maildir_a_kill_in_the_middle_loses_nothing_and_counts_nothing_twice(self):
        self.kill_while_reading("maildir")

    def kill_while_reading(self, scheme, count=120):
        self.start_servers()
        # Few of them are gone, and all at domains of their own: many would be a fault of the issue or
        # of the domain, and suppress nobody.
        gone = [f"r{n}@d{n}.gone.example" for n in range(count // 20)]
        full = [f"r{n}@d{n}.full.example" for n in range(count // 20, count)]
        paper = self.paper(scheme)
        self.add(paper, gone + full)
        settings = paper.read("postrider.toml")
        paper.write("postrider.toml", settings.partition("\nmailbox = ")[0] + "\n")
        paper.start()
        self.send(paper, "weekly")
        paper.stop()
        self.wait_for_box(paper, count)
        paper.write("postrider.toml", settings)
        kills = [0]
        while kills[-1] < count:
            paper.start(ready=False)
            polling.wait_for(lambda: self.heard(paper) > kills[-1],
                             lambda: f"more than {kills[-1]} reports\n" + paper.log_tail(),
                             every=0.001)
            paper.kill()
            kills.append(self.heard(paper))
        paper.start()
        self.wait_for_box(paper, 0)
        print(f"{scheme}: killed after {', '.join(map(str, kills[1:]))} of {count} reports")
        self.check_all_agree(paper, "weekly", {
            **dict.fromkeys(gone, ("hard", "unknown_mailbox", "bounced")),
            **dict.fromkeys(full, ("soft", "full", "bounced"))})
        self.assertEqual(len(paper.json("bounce", "list")), count)
        self.assertEqual(self.suppressed(paper), sorted(gone))
        paper.stop()

    def heard(self, paper):
        """How many reports are settled; to be asked in the middle, where a command would be too slow."""
        with contextlib.closing(sqlite3.connect(f"file:{paper.at('postrider.db')}?mode=ro",
                                                uri=True)) as database:
            return database.execute("SELECT count(*) FROM reports").fetchone()[0]


if __name__ == "__main__":
    unittest.main()
