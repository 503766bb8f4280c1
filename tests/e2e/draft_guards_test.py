#!/usr/bin/env python3
"""What must not go out by accident, and files that are no drafts."""
import datetime
import os
import time
import unittest

from newsletter import StoryTest
from polling import wait_for


def utc(**ago):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ago)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


class DraftGuards(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.paper.add_readers(3)

    def outbox(self):
        try:
            return [name for name in os.listdir(self.paper.at("outbox")) if name.endswith(".eml")]
        except FileNotFoundError:
            return []

    def settle(self):
        """Has the daemon look at all that is there: a draft dropped now is sent."""
        slug = f"marker-{time.monotonic_ns()}"
        self.paper.draft(slug)
        self.paper.wait_until_sent(slug)

    def slugs(self):
        return {issue["slug"] for issue in self.paper.json("issue", "list")
                if not issue["slug"].startswith("marker-")}

    def test_the_first_scan_holds_ready_drafts(self):
        self.paper.draft("last-year")
        self.paper.draft("notes", status="draft")
        self.paper.start()
        self.assertEqual(self.paper.state("last-year"), "held")
        self.assertEqual(self.paper.state("notes"), "draft")
        self.settle()
        self.assertEqual(self.paper.state("last-year"), "held")
        self.assertEqual(len(self.outbox()), 3)
        self.paper.run("issue", "send", "last-year")
        self.assertEqual(self.paper.wait_until_sent("last-year")["accepted"], 3)

    def test_a_late_issue_is_held_until_somebody_says_so(self):
        self.paper.start()
        self.paper.draft("late", send_at=utc(hours=-25))
        issue = self.paper.wait_for_state("late", "held")
        self.assertIn("max_lateness", issue["note"])
        self.paper.draft("in-time", send_at=utc(hours=-23))
        self.paper.wait_until_sent("in-time")
        self.assertEqual(self.paper.state("late"), "held")
        self.paper.run("issue", "schedule", "late", utc(seconds=2))
        self.paper.wait_until_sent("late")

    def test_a_time_to_come_is_waited_for(self):
        self.paper.start()
        self.paper.draft("later", send_at=utc(seconds=6))
        self.paper.wait_for_state("later", "scheduled", seconds=5.5)
        self.assertFalse(self.outbox())
        issue = self.paper.wait_until_sent("later")
        started = datetime.datetime.fromisoformat(issue["started_at"])
        planned = datetime.datetime.fromisoformat(issue["scheduled_at"])
        self.assertLess((started - planned).total_seconds(), 2)

    def test_a_slug_is_sent_once(self):
        self.paper.start()
        self.paper.draft("weekly")
        self.paper.wait_until_sent("weekly")
        self.paper.draft("weekly", body="Edited afterwards.\n")
        self.paper.draft("again", slug="weekly")
        self.settle()
        self.assertEqual(self.paper.issue("again")["state"], "rejected")
        self.assertIn("sent", self.paper.issue("again")["note"])
        self.assertEqual(len(self.outbox()), 6)  # the issue and the marker
        os.unlink(self.paper.at("drafts/weekly.md"))
        self.paper.draft("weekly", body="Dropped anew.\n")
        self.settle()
        self.assertEqual(len(self.outbox()), 9)

    def test_a_rejected_draft_is_mended_by_its_writer(self):
        self.paper.start()
        self.paper.draft("typo", body="Hello {{subscriber.nmae}}\n")
        issue = self.paper.wait_for_state("typo", "rejected")
        self.assertIn("nmae", issue["note"])
        self.assertIn("typo.md:7", issue["note"])
        self.paper.draft("typo", body="Hello {{subscriber.email}}\n")
        self.paper.wait_until_sent("typo")

    def test_files_that_are_no_text_are_rejected_in_words(self):
        self.paper.start()
        head = b"---\ntitle: X\nstatus: ready\nsend_at: now\n---\n"
        bad = {
            "binary": os.urandom(2000),
            "latin": head + "caf\xe9\n".encode("latin-1"),
            "nul": head + b"a\0b\n",
            "endless": b"---\ntitle: X\nstatus: ready\nsend_at: now\n",
            "bomb": b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                    b"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\ntitle: X\nstatus: ready\n---\nx\n",
            "huge": head + b"x" * 79 + b"\n" + (b"x" * 79 + b"\n") * (50 * 2**20 // 80),
            "twice": b"---\ntitle: X\ntitle: Y\nstatus: ready\nsend_at: now\n---\nx\n",
            "unknown": b"---\ntitle: X\ncolour: red\nstatus: ready\nsend_at: now\n---\nx\n",
            "untitled": b"---\nstatus: ready\nsend_at: now\n---\nx\n",
            "state": b"---\ntitle: X\nstatus: redy\nsend_at: now\n---\nx\n",
            "elsewhere": b"---\ntitle: X\nstatus: ready\nlists: [moon]\nsend_at: now\n---\nx\n",
        }
        for slug, content in bad.items():
            self.paper.write(f"drafts/{slug}.md", content)
        self.settle()
        for slug in bad:
            with self.subTest(slug):
                issue = self.paper.wait_for_state(slug, "rejected", seconds=10)
                self.assertIn(f"{slug}.md", issue["note"])
        self.assertEqual(len(self.outbox()), 3, "only the marker went out")
        self.assertTrue(self.paper.healthy())

    def test_half_written_files_are_never_taken(self):
        self.paper.start()
        with open(self.paper.at("drafts/slow.md"), "w") as file:
            file.write("---\ntitle: Slow\nstatus: ready\nsend_at: now\n---\nFirst half, ")
            file.flush()
            self.settle()
            self.settle()
            self.assertIsNone(self.paper.issue("slow"))
            file.write("second half.\n")
        self.paper.wait_until_sent("slow")
        texts = [self.paper.read(f"outbox/{name}") for name in self.outbox()]
        self.assertEqual(sum("second half" in text for text in texts), 3)

    def test_what_editors_leave_behind_and_links_that_lead_out_are_no_drafts(self):
        self.paper.start()
        text = "---\ntitle: Secret\nstatus: ready\nsend_at: now\n---\nx\n"
        for name in (".weekly.md.swp", ".#weekly.md", "weekly.md~", "#weekly.md#", ".weekly.md",
                     "weekly.md.bak", "weekly.swp", "4913", "weekly.md.tmp"):
            with open(self.paper.at("drafts", name), "w") as file:
                file.write(text)
        with open(self.at("outside.md"), "w") as file:
            file.write(text)
        os.symlink(self.at("outside.md"), self.paper.at("drafts/link.md"))
        os.mkdir(self.paper.at("drafts/folder"))
        os.symlink(self.at("outside.md"), self.paper.at("drafts/folder/index.md"))
        os.mkfifo(self.paper.at("drafts/pipe.md"))
        self.settle()
        self.assertEqual([each for each in self.paper.json("issue", "list")
                          if each["state"] not in ("rejected", "held", "draft")
                          and not each["slug"].startswith("marker-")], [])
        self.assertEqual(len(self.outbox()), 3, "only the marker went out")
        self.assertTrue(self.paper.healthy())

    def test_a_removed_draft_is_not_sent(self):
        self.paper.start()
        self.paper.draft("withdrawn", send_at=utc(seconds=5))
        self.paper.wait_for_state("withdrawn", "scheduled", seconds=4.9)
        os.unlink(self.paper.at("drafts/withdrawn.md"))
        time_is_up = time.monotonic() + 6
        wait_for(lambda: time.monotonic() > time_is_up, "its time")
        self.settle()
        self.assertNotIn(self.paper.state("withdrawn"), ("sending", "sent"))
        self.assertEqual(len(self.outbox()), 3)


if __name__ == "__main__":
    unittest.main()
