#!/usr/bin/env python3
"""Approvals: an issue goes out as it was approved, or not at all; reviewers are shown what is ready."""
import datetime
import email
import email.policy
import os
import re
import unittest

from newsletter import StoryTest
from polling import wait_for

READERS = 5
ANN = "ann@report.example"
BOB = "bob@report.example"
LINK = re.compile(r"http://\S+(/approve/[\w-]+)")


def soon(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) +
            datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_of(message):
    return message.get_body(("plain",)).get_content()


class Approval(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.readers = self.paper.add_readers(READERS)
        self.paper.write("postrider.toml", self.paper.read("postrider.toml").replace(
            "max_lateness", f'approval = "required"\nreviewers = ["{ANN}", '
            f'{{ email = "{BOB}", as = "{self.readers[2]}" }}]\npreview_pause = "1s"\nmax_lateness'))
        self.paper.start()

    def mails(self):
        folder = self.paper.at("outbox")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        return [email.message_from_string(self.paper.read(f"outbox/{name}"), policy=email.policy.default)
                for name in names if name.endswith(".eml")]

    def previews(self, to):
        return [mail for mail in self.mails() if mail["To"] == to]

    def served(self):
        return [mail for mail in self.mails() if not mail["Subject"].startswith("[PREVIEW]")]

    def wait_for_preview(self, to, words):
        def found():
            return [mail for mail in self.previews(to) if words in text_of(mail)]
        wait_for(found, lambda: f"a preview with {words!r}: {[text_of(m) for m in self.previews(to)]}")
        return found()[-1]

    def approval(self):
        return self.paper.issue("weekly")["approval"]

    def test_an_issue_goes_out_at_its_time_as_a_reviewer_approved_it_by_the_button(self):
        send_at = soon(12)
        self.paper.draft("weekly", send_at=send_at)
        preview = self.wait_for_preview(ANN, "Hello")
        self.assertEqual(preview["Subject"], "[PREVIEW] Issue weekly")
        self.assertEqual(preview["Auto-Submitted"], "auto-generated")
        self.assertIsNone(preview["List-Unsubscribe"])
        self.assertIn(f"{READERS} by now, of The Weekly Test", text_of(preview))
        link = LINK.search(text_of(preview))[1]
        status, page = self.paper.get(link)
        self.assertEqual(status, 200)
        self.assertIn("Approve this issue?", page)
        self.assertEqual(self.approval(), "waiting")
        self.assertIn("waits for an approval: `postrider approve weekly`",
                      self.paper.run("issue", "show", "weekly"))
        self.assertIn("scheduled, not approved", self.paper.run("issue", "list"))
        self.assertEqual(self.paper.post(link)[0], 200)
        self.assertIn("It is approved", self.paper.post(link)[1])
        issue = self.paper.issue("weekly")
        self.assertEqual((issue["approval"], issue["approved_by"], issue["state"], issue["note"]),
                         ("approved", ANN, "scheduled", ""))
        self.assertEqual(self.served(), [])
        issue = self.paper.wait_until_sent("weekly")
        self.assertEqual(issue["scheduled_at"][:19], send_at[:19])
        self.assertGreaterEqual(issue["started_at"][:19], send_at[:19])
        self.assertEqual(issue["accepted"], READERS)
        self.assertEqual(issue["approved_by"], ANN)
        self.assertEqual(len(self.served()), READERS)
        self.assertEqual(self.paper.get(link)[0], 200)  # still says by whom

    def test_an_edit_makes_it_void_and_one_command_lets_it_go(self):
        send_at = soon(15)
        self.paper.draft("weekly", send_at=send_at)
        old = LINK.search(text_of(self.wait_for_preview(BOB, f"Hello {self.readers[2]}")))[1]
        self.paper.run("approve", "weekly")
        self.assertEqual(self.approval(), "approved")
        self.paper.draft("weekly", "Good morning, {{subscriber.email}}.\n", send_at=send_at)
        wait_for(lambda: self.approval() == "void", lambda: self.approval())
        self.assertIn("what would be sent has changed since", self.paper.issue("weekly")["approval_void"])
        new = LINK.search(text_of(self.wait_for_preview(BOB, "Good morning")))[1]
        self.assertNotEqual(old, new)
        for ask in (self.paper.get, self.paper.post):
            status, page = ask(old)
            self.assertEqual(status, 410)
            self.assertIn("newer preview", page)
        issue = self.paper.wait_for_state("weekly", "held")
        self.assertIn("what would be sent has changed since; let it go by `postrider approve weekly`",
                      issue["note"])
        self.assertIn("`postrider approve weekly --now`", self.paper.refuse("issue", "send", "weekly"))
        self.assertEqual(self.served(), [])
        approved = self.paper.json("approve", "weekly")
        self.assertEqual((approved["title"], approved["readers"]), ("Issue weekly", READERS))
        self.paper.wait_until_sent("weekly")
        self.assertEqual(len(self.served()), READERS)
        for mail in self.served():
            self.assertIn("Good morning", text_of(mail))
        kinds = [event["kind"] for event in self.paper.json("events")
                 if event.get("issue") == "weekly"]
        self.assertEqual(kinds.count("issue.approved"), 2)
        self.assertEqual(kinds.count("issue.approval_void"), 1)

    def test_what_is_held_at_its_time_goes_at_once_by_a_link_after_a_kill(self):
        self.paper.draft("weekly")  # now
        self.paper.wait_for_state("weekly", "held")
        link = LINK.search(text_of(self.wait_for_preview(ANN, "Hello")))[1]
        self.paper.kill()
        self.paper.start()
        self.assertIn("at once, as soon as you approve it", self.paper.get(link)[1])
        self.assertIn("It is approved", self.paper.post(link)[1])
        self.paper.wait_until_sent("weekly")
        self.assertIn("It is approved", self.paper.get(link)[1])
        self.assertEqual(len(self.served()), READERS)

    def test_a_faulty_draft_or_one_without_a_time_is_not_approved(self):
        self.paper.draft("weekly", "Hello {{subscriber.nonsense}}.\n", send_at=soon(3600))
        self.paper.wait_for_state("weekly", "rejected")
        self.assertIn("is rejected", self.paper.refuse("approve", "weekly"))
        self.paper.draft("weekly", send_at=None)
        self.paper.wait_for_state("weekly", "draft")
        self.assertIn("postrider approve weekly --now", self.paper.refuse("approve", "weekly"))
        self.paper.run("approve", "weekly", "--now")
        self.paper.wait_until_sent("weekly")


if __name__ == "__main__":
    unittest.main()
