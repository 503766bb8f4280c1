#!/usr/bin/env python3
"""An issue that is found to be wrong on its way: the rest gets it mended, the others an erratum."""
import csv
import io
import unittest

import certificates
import mails
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

READERS = 300
BODY = "Hello {{{{subscriber.email}}}}.\n\nThe price is {price} euros.\n"


def text(message):
    return mails.text_of(mails.parse(message.data), "plain")


class Amended(StoryTest):
    def setUp(self):
        super().setUp()
        self.authority = certificates.make(self.at("tls"))

    def versions(self, newsletter, slug):
        """{email: version}, as the ledger tells it."""
        rows = csv.DictReader(io.StringIO(newsletter.run("issue", "recipients", slug)))
        return {row["email"]: row["version"] for row in rows}

    def amend_on_its_way(self, newsletter, sink, served):
        """Meanwhile no final dot is answered any more."""
        self.is_amended = False
        sink.held = lambda: len(sink.messages) >= served and not self.is_amended
        newsletter.draft("weekly", BODY.format(price=10))
        wait_for(lambda: len(sink.messages) >= served, f"{served} mails", every=0.005)
        newsletter.draft("weekly", BODY.format(price=12), title="Issue weekly, mended")
        shown = newsletter.run("issue", "amend", "weekly", "--dry-run")
        for line in ("-The price is 10 euros.", "+The price is 12 euros.", "-Subject: Issue weekly",
                     "+Subject: Issue weekly, mended", "Nothing was changed."):
            self.assertIn(line, shown)
        self.assertEqual(newsletter.issue("weekly")["version"], 1)
        amended = newsletter.json("issue", "amend", "weekly")
        self.is_amended = True
        return amended

    def test_each_reader_has_the_version_that_the_ledger_says_through_kills(self):
        with Sink(self.authority, delay=0.02) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, self.authority), connections=4)
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            amended = self.amend_on_its_way(newsletter, sink, 60)
            self.assertEqual((amended["version"], amended["dry_run"]), (2, False))
            at_amendment = len(sink.messages)
            newsletter.kill()
            newsletter.start(ready=False)
            wait_for(lambda: len(sink.messages) >= at_amendment + 60, "more mails", every=0.005)
            newsletter.kill()
            newsletter.start()
            issue = newsletter.wait_until_sent("weekly")
            self.assertEqual(issue["accepted"], READERS, issue)

            # The last mail to a reader is of the version in the ledger; what a kill cut off may be
            # there twice.
            last = {message.recipient: message for message in sink.messages}
            self.assertEqual(sorted(last), sorted(readers))
            self.assertLessEqual(len(sink.messages) - READERS, 2 * 4)
            versions = self.versions(newsletter, "weekly")
            for reader, message in last.items():
                price = {"1": "10", "2": "12"}[versions[reader]]
                self.assertIn(f"The price is {price} euros.", text(message), reader)
            # No mail of the first version began after the amendment: but for those on the wire.
            late = [m for m in sink.messages[at_amendment + 4:] if "10 euros" in text(m)]
            self.assertFalse(late)
            one, two = issue["versions"]
            self.assertEqual(one["accepted"] + two["accepted"], READERS)
            self.assertGreaterEqual(one["accepted"], 56)
            self.assertEqual(two["title"], "Issue weekly, mended")

            reader = next(reader for reader in readers if versions[reader] == "2")
            self.assertIn("(version 2 of 2)", newsletter.run("why", reader))
            story, = newsletter.json("why", reader)["issues"]
            self.assertEqual((story["version"], story["versions"]), (2, 2))
            self.assertIn("nothing left to send", newsletter.refuse("issue", "amend", "weekly"))
            self.assertFalse(sink.faults)

    def test_an_erratum_goes_to_those_of_the_first_version_in_the_thread_of_their_mail(self):
        with Sink(self.authority, delay=0.02) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, self.authority), connections=2)
            newsletter.add_readers(60)
            newsletter.start()
            self.amend_on_its_way(newsletter, sink, 20)
            newsletter.wait_until_sent("weekly")
            first = {m.recipient: mails.parse(m.data) for m in sink.messages if "10 euros" in text(m)}
            versions = self.versions(newsletter, "weekly")
            faulty = {reader for reader, version in versions.items() if version == "1"}
            self.assertEqual(set(first), faulty)
            self.assertGreater(len(faulty), 3)

            leaver, erased, *others = sorted(faulty)
            newsletter.post(mails.unsubscribe_link(first[leaver]), b"List-Unsubscribe=One-Click")
            newsletter.run("subscriber", "erase", erased, "--yes")
            newsletter.run("token", "rotate")
            newsletter.stop()
            newsletter.start()
            sink.messages.clear()
            newsletter.write("note.md", "Dear {{subscriber.email}},\n\nIt is 12 euros, not 10.\n")
            counted = newsletter.json("issue", "erratum", "weekly", newsletter.at("note.md"),
                                      "--dry-run")
            self.assertEqual(counted["audience"], len(others))
            self.assertEqual(counted["excluded"], {"erased": 1, "unsubscribed": 1})
            self.assertIsNone(newsletter.issue("weekly-erratum-1"))

            sent = newsletter.json("issue", "erratum", "weekly", newsletter.at("note.md"))
            self.assertEqual(sent["slug"], "weekly-erratum-1")
            issue = newsletter.wait_until_sent("weekly-erratum-1")
            self.assertEqual((issue["audience"], issue["accepted"]), (len(others), len(others)))
            self.assertEqual(issue["corrects"], "weekly")
            self.assertEqual(sorted(m.recipient for m in sink.messages), others)
            for message in sink.messages:
                mail = mails.parse(message.data)
                before = first[message.recipient]["Message-ID"]
                self.assertEqual(mail["In-Reply-To"], before)
                self.assertEqual(mail["References"], before)
                self.assertNotEqual(mail["Message-ID"], before)
                self.assertEqual(mail["Subject"], "Correction: Issue weekly")
                self.assertIn("It is 12 euros, not 10.", text(message))
                self.assertTrue(mails.unsubscribe_link(mail))
            self.assertEqual(newsletter.issue("weekly")["accepted"], 60)
            self.assertIn("goes out already", newsletter.refuse(
                "issue", "erratum", "weekly", newsletter.at("note.md")))
            self.assertIn("sent (erratum)", newsletter.run("issue", "list"))
            self.assertIn("was not in the audience", newsletter.run(
                "why", next(reader for reader, version in versions.items() if version == "2"),
                "--issue", "weekly-erratum-1"))
            self.assertFalse(sink.faults)

    def test_what_cannot_be_amended_says_why_and_stays_as_it_was(self):
        with Sink(self.authority) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, self.authority), connections=1)
            newsletter.add_readers(5)
            newsletter.start()
            newsletter.draft("later", BODY.format(price=1), send_at="2100-01-01 08:00")
            newsletter.wait_for_state("later", "scheduled")
            self.assertIn("has not started", newsletter.refuse("issue", "amend", "later"))
            sink.held = lambda: True
            newsletter.draft("weekly", BODY.format(price=10))
            wait_for(lambda: sink.messages, "the first mail")
            newsletter.run("issue", "pause", "weekly")
            self.assertIn("edit that first", newsletter.refuse("issue", "amend", "weekly"))
            for front, body, why in (({}, "Hello {{subscriber.nmae}}.\n", "has errors"),
                                     ({"slug": "other", "send_at": "2100-01-01 08:00"}, "Hello.\n",
                                      "has the slug 'other'"),
                                     ({"status": "draft"}, "Hello.\n", "is not ready")):
                newsletter.draft("weekly", body, **front)
                self.assertIn(why, newsletter.refuse("issue", "amend", "weekly"))
            newsletter.draft("weekly", BODY.format(price=12), segment="\"country = 'KZ'\"")
            shown = newsletter.run("issue", "amend", "weekly", "--dry-run")
            self.assertIn("segment was none and is country = 'KZ' now", shown)
            self.assertEqual(newsletter.issue("weekly")["version"], 1)
            newsletter.write("note.md", "Sorry.\n")
            self.assertIn("still goes out with version 1", newsletter.refuse(
                "issue", "erratum", "weekly", newsletter.at("note.md")))
            newsletter.run("issue", "cancel", "weekly")
            sink.held = lambda: False
            self.assertIn("is cancelled", newsletter.refuse("issue", "amend", "weekly"))
            wait_for(lambda: newsletter.issue("weekly")["accepted"] == 1, "its answer")
            newsletter.draft("note", "Sorry.\n", status="draft")
            self.assertIn("lies in the drafts folder", newsletter.refuse(
                "issue", "erratum", "weekly", newsletter.at("drafts/note.md")))
            newsletter.run("issue", "erratum", "weekly", newsletter.at("note.md"))
            self.assertEqual(newsletter.wait_until_sent("weekly-erratum-1")["accepted"], 1)


if __name__ == "__main__":
    unittest.main()
