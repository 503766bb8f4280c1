#!/usr/bin/env python3
"""What comes back, from a Maildir, while the daemon runs: reports, complaints, mails that ask to leave,
forgeries; over a kill -9."""
import json
import os
import re
import unittest

import polling
from newsletter import StoryTest
from sink import Sink

REPORT = """\
Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.readers.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}@mx.readers.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.readers.example.

<{reader}>: {text}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.readers.example

Final-Recipient: rfc822; {reader}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {text}

--b--
"""

COMPLAINT = """\
Delivered-To: {to}
From: <feedback@readers.example>
To: {to}
Subject: FW: Weekly
Message-ID: <{number}@feedback.readers.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Example/1.0
Version: 1

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: Weekly

--b--
"""

LEAVE = """\
Delivered-To: {to}
From: A Reader <another@elsewhere.example>
To: {to}
Subject: unsubscribe
Message-ID: <{number}@elsewhere.example>

"""


class WhatComesBack(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(tls="none")
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.paper.read_maildir()
        self.readers = self.paper.add_readers(6)
        self.number = 0

    def deliver(self, form, **values):
        self.number += 1
        text = form.format(number=self.number, **values)
        name = f"1.M{self.number}.host"
        self.paper.write(f"returned/tmp/{name}", text)
        os.rename(self.paper.at("returned/tmp", name), self.paper.at("returned/new", name))

    def report(self, mail, status="5.1.1", text="550 5.1.1 <x>: user unknown", to=None):
        self.deliver(REPORT, to=to or mail.sender, reader=mail.recipient, status=status, text=text)

    def send(self, slug):
        self.paper.draft(slug, body="Short.\n")
        self.paper.wait_until_sent(slug)
        return {mail.recipient: mail for mail in self.sink.messages}

    def subscriber(self, email):
        return self.paper.json("subscriber", "show", email)

    def wait_for_mailbox(self, left):
        polling.wait_for(
            lambda: sorted(os.listdir(self.paper.at("returned/new"))) == sorted(left),
            lambda: f"{left}: {os.listdir(self.paper.at('returned/new'))}\n" + self.paper.log_tail(), 60)

    def test_each_is_heard_as_what_it_is(self):
        self.paper.start()
        mails = self.send("weekly")
        self.assertEqual(len({mail.sender for mail in mails.values()}), 6)
        gone, full, cross, leaver, forged, well = (mails[reader] for reader in self.readers)
        self.report(gone)
        self.report(full, "5.2.2", "552 5.2.2 mailbox full")
        self.deliver(COMPLAINT, to="bounces@report.example",
                     message_id=re.search(rb"(?im)^message-id: *(\S+)", cross.data)[1].decode())
        address = re.search(rb"<mailto:([^?>]+)\?subject=unsubscribe>", leaver.data)[1].decode()
        self.deliver(LEAVE, to=address)
        token = forged.sender.split("+")[1].split("@")[0]
        guessed = ("b" if token[-5] == "a" else "a").join((token[:-5], token[-4:]))
        self.report(forged, to=f"bounces+{guessed}@report.example")
        self.wait_for_mailbox(["1.M5.host"])  # what is of no mail of ours stays

        self.assertEqual(self.subscriber(gone.recipient)["suppressed"], "bounced")
        self.assertIsNone(self.subscriber(full.recipient)["suppressed"])
        self.assertEqual(self.subscriber(cross.recipient)["suppressed"], "complained")
        for mail, state in ((leaver, "unsubscribed"), (cross, "unsubscribed"), (gone, "confirmed"),
                            (forged, "confirmed"), (well, "confirmed")):
            states = [entry["state"] for entry in self.subscriber(mail.recipient)["subscriptions"]]
            self.assertEqual(states, [state], mail.recipient)
        self.assertIsNone(self.subscriber(forged.recipient)["suppressed"])
        issue = self.paper.issue("weekly")
        self.assertEqual((issue["accepted"], issue["bounced"]), (4, 2), issue)
        listed = self.paper.json("bounce", "list")
        self.assertEqual({(entry["email"], entry["kind"]) for entry in listed},
                         {(gone.recipient, "hard"), (full.recipient, "soft"),
                          (cross.recipient, "complaint"), (leaver.recipient, "unrecognised"),
                          (None, "hard")})
        both = self.paper.attempt("bounce", "list", "--unrecognised", "--kind", "hard")
        self.assertIn("--kind excludes --unrecognised", both.stderr)
        story = self.paper.run("why", gone.recipient)
        self.assertIn("unknown_mailbox", story)
        self.assertEqual({(row["state"], row["code"], row["enhanced"])
                          for row in self.paper.json("issue", "recipients", "weekly")
                          if row["email"] in (gone.recipient, full.recipient)},
                         {("bounced", 550, "5.1.1"), ("bounced", 552, "5.2.2")})
        self.assertEqual({(row["state"], row["code"]) for row in issue["reasons"]},
                         {("bounced", 550), ("bounced", 552)})

        self.sink.messages.clear()
        self.assertEqual(set(self.send("next")),
                         {mail.recipient for mail in (full, forged, well)})
        report = next(entry["report"] for entry in listed if entry["email"] == gone.recipient)
        self.paper.run("bounce", "undo", str(report))
        self.assertIsNone(self.subscriber(gone.recipient)["suppressed"])
        self.assertEqual(self.paper.issue("weekly")["bounced"], 1)
        stray = next(entry["report"] for entry in listed if not entry["email"])
        self.assertEqual(self.paper.json("status")["kept_reports"], 1)
        self.assertIn("Kept of what came back: 1 message;", self.paper.run("status"))
        self.assertEqual([entry["report"] for entry in self.paper.json("bounce", "list", "--kept")],
                         [stray])
        listing = self.paper.run("bounce", "list")
        self.assertIn("550 5.1.1", listing)
        self.assertIn(f"by mailbox, of {forged.recipient}: ", listing)
        shown = self.paper.json("bounce", "show", str(stray))
        self.assertIn(f"Delivered-To: bounces+{guessed}@report.example", shown["message"])
        self.assertEqual([entry["kind"] for entry in shown["bounces"]], ["hard"])
        self.assertEqual(self.paper.run("bounce", "show", str(stray), "--raw"), shown["message"])
        self.assertIn(guessed, self.paper.run("bounce", "show", str(stray)))
        self.assertIn("Its message is not kept", self.paper.run("bounce", "show", str(report)))
        self.assertIn("is not kept", self.paper.refuse("bounce", "show", str(report), "--raw"))
        self.assertIn("there is no report 99", self.paper.refuse("bounce", "show", "99"))
        self.assertIn("say which", self.paper.refuse("bounce", "forget"))
        self.assertIn("nothing is kept", self.paper.refuse("bounce", "forget", str(stray), str(report)))
        self.assertEqual(self.paper.run("bounce", "forget", str(stray)), "1 kept message forgotten.\n")
        self.assertEqual(self.paper.json("bounce", "forget", "--older-than", "0s"), {"forgotten": 0})
        status = self.paper.json("status")["daemon"]["mailbox"]
        self.assertEqual((status["trouble"], status["waiting"]), ("", 0), status)
        self.paper.stop()

    def test_a_kill_loses_nothing_and_counts_nothing_twice(self):
        self.paper.start()
        mails = self.send("weekly")
        for reader in self.readers:
            self.report(mails[reader], "5.2.1", "550 5.2.1 account disabled")
        self.paper.kill()
        self.paper.start()
        self.wait_for_mailbox([])
        listed = self.paper.json("bounce", "list")
        self.assertEqual(sorted(entry["email"] for entry in listed), sorted(self.readers))
        self.assertEqual(self.paper.issue("weekly")["bounced"], 6)
        self.paper.stop()

    def test_reports_are_read_by_hand_once(self):
        self.paper.start()
        mails = self.send("weekly")
        self.paper.stop()
        text = REPORT.format(number=1, to=mails[self.readers[0]].sender, reader=self.readers[0],
                             status="5.1.1", text="550 5.1.1 user unknown")
        self.paper.write("box", "".join(f"From MAILER-DAEMON Mon Jan 10 08:00:00 2022\n{text}\n"
                                        for _ in range(2)))
        counts = self.paper.json("bounce", "import", self.paper.at("box"))
        self.assertEqual((counts["read"], counts["matched"], counts["known"]), (2, 1, 1), counts)
        self.paper.write("unknown", "From: ann@elsewhere.example\nSubject: hm\n\nNo line end")
        for kept, known in ((1, 0), (0, 1)):
            counts = self.paper.json("bounce", "import", self.paper.at("unknown"))
            self.assertEqual((counts["kept"], counts["known"]), (kept, known), counts)
        self.refuse_no_messages()
        told = json.loads(self.paper.run("bounce", "classify", self.paper.at("box"), "--json",
                                         configured=False))
        self.assertEqual([(entry["recipient"], entry["kind"], entry["status"]) for entry in told],
                         [(self.readers[0], "hard", "5.1.1")] * 2)
        self.assertEqual([os.path.basename(entry["file"]) for entry in told], ["box:1", "box:2"])

    def test_what_is_not_there_is_told_and_not_listed(self):
        self.paper.start()
        mails = self.send("weekly")
        for reader in self.readers[:3]:
            self.report(mails[reader])
        self.wait_for_mailbox([])
        self.paper.stop()
        newest, *_ = listed = self.paper.json("bounce", "list")
        self.assertEqual(self.paper.json("bounce", "list", "--limit", "1"), [newest])
        self.assertEqual(self.paper.json("bounce", "list", "--issue", "weekly"), listed)
        for option, value, told in (("--issue", "weakly", "did you mean 'weekly'?"),
                                    ("--reader", "nobody@x.example", "there is no subscriber nobody@x.example"),
                                    ("--domain", "nope.example", "there is no reader at nope.example")):
            self.assertIn(told, self.paper.refuse("bounce", "list", option, value))
        told = self.paper.attempt("bounce", "list", "--reader", self.readers[-1]).stderr
        self.assertIn("0 bounces\n`postrider bounce list --unmatched` shows", told)
        report = newest["report"]
        self.assertEqual(self.paper.json("bounce", "undo", str(report)),
                         {"report": report, "readers": 1, "standing": []})
        for number in ("99999999999999999999", "one"):
            self.assertIn(f"there is no report {number};", self.paper.refuse("bounce", "undo", number))

    def refuse_no_messages(self):
        self.assertIn("NUL octets", self.paper.refuse("bounce", "import", self.paper.at("postrider.db")))
        os.makedirs(self.paper.at("folder/inner"))
        self.paper.write("folder/users", "root:x:0:0\njoe:x:1:1\n")
        self.assertIn("none of the fields",
                      self.paper.refuse("bounce", "import", self.paper.at("folder/users")))
        for name in ("a.eml", ".hidden", "inner/b.eml"):
            self.paper.write(f"folder/{name}", "Subject: hello\n\nWell.\n")
        self.paper.write("folder/empty", "")
        done = self.paper.attempt("bounce", "import", self.paper.at("folder"))
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("users: it has none", "empty: it is empty", ".hidden: it is hidden",
                      "inner: it is a folder"):
            self.assertIn(words, done.stderr)
        self.assertEqual([entry["source"] for entry in self.paper.json("bounce", "list", "--kept")],
                         ["import"] * 2)


class ManyAtOnce(StoryTest):
    """An issue to 400 readers of whom many are refused as unknown, at many domains."""

    def setUp(self):
        super().setUp()
        self.sink = Sink(tls="none", on_rcpt=self.answer)
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.paper.write("readers.csv", "email\n" + "".join(
            f"reader{n}@readers{n % 37}.example\n" for n in range(400)))
        self.paper.run("subscriber", "import", self.paper.at("readers.csv"))
        self.unknown = False

    def answer(self, address, nth):
        number = int(re.match(r"reader(\d+)@", address)[1])
        return "550 5.1.1 no such user here" if self.unknown and number % 20 < 3 else None

    def suppressed(self):
        return self.paper.run("suppression", "list").count("@")

    def send(self, slug):
        self.paper.draft(slug, body="Short.\n")
        return self.paper.wait_for_state(slug, "sent", "paused")

    def test_they_are_not_believed_before_somebody_asks(self):
        self.paper.start()
        self.assertEqual(self.send("before")["state"], "sent")
        self.unknown = True
        issue = self.send("weekly")
        self.assertEqual(issue["state"], "paused", issue)
        self.assertIn("held: ", issue["note"])
        self.assertIn("are reported gone", issue["note"])
        self.assertGreater(issue["pending"], 0)
        self.assertEqual(self.suppressed(), 0)
        gone = issue["rates"]["hard"]["readers"]
        self.assertGreaterEqual(gone, 20)
        self.assertEqual(issue["breaker"]["withheld"], gone)
        self.assertEqual(len(issue["rates"]["domains"]), 10)
        status = self.paper.json("status")
        self.assertEqual([held["issue"] for held in status["breakers"]], ["weekly"])
        self.assertEqual([row["slug"] for row in status["rates"]["issues"]], ["weekly"])
        self.assertIn("`postrider bounce release weekly`", self.paper.run("status"))
        self.assertIn("Suppressions for issue weekly are held back",
                      self.paper.run("issue", "show", "weekly"))
        self.assertIn("Suppressions for issue weekly are held back",
                      self.paper.attempt("bounce", "list").stderr)
        self.assertIsNone(issue["released"])
        self.assertIn("nothing is held back at before; held back are: weekly",
                      self.paper.refuse("bounce", "release", "before"))
        self.assertIn("there is no issue nope, nor a reader at that domain; held back are: weekly",
                      self.paper.refuse("bounce", "release", "nope"))

        gone = self.paper.issue("weekly")["rates"]["hard"]["readers"]  # with those that were on the wire
        told = self.paper.run("bounce", "release", "weekly", "--suppress")
        self.assertIn(f"suppressed: {gone} readers", told)
        self.assertIn("`postrider issue resume weekly`", told)
        self.assertEqual(self.suppressed(), gone)
        self.paper.run("issue", "resume", "weekly")
        issue = self.paper.wait_until_sent("weekly")
        self.assertEqual((issue["accepted"], issue["bounced"], issue["breaker"]), (340, 60, None))
        self.assertTrue(issue["released"]["suppressed"])
        self.assertIn("until you released them", self.paper.run("issue", "show", "weekly"))
        self.assertEqual(issue["rates"]["hard"], {"readers": 60, "share": 0.15})
        self.assertEqual(self.suppressed(), 60)
        self.paper.stop()

    def test_they_are_mailed_on_when_it_was_the_servers_fault(self):
        self.paper.start()
        self.assertEqual(self.send("before")["state"], "sent")
        self.unknown = True
        self.assertEqual(self.send("weekly")["state"], "paused")
        self.unknown = False
        released = self.paper.json("bounce", "release", "weekly")
        self.assertEqual((released["issue"], released["suppressed"], released["paused"]), ("weekly", False, True))
        self.paper.run("issue", "resume", "weekly")
        self.paper.wait_until_sent("weekly")
        self.assertEqual(self.suppressed(), 0)
        self.assertEqual(self.paper.issue("weekly")["breaker"], None)
        self.sink.messages.clear()
        self.assertEqual(self.send("next")["accepted"], 400)
        self.paper.stop()


if __name__ == "__main__":
    unittest.main()
