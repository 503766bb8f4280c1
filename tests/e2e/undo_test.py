#!/usr/bin/env python3
"""The undo window: nothing leaves before its end, over a kill, too; until then an issue can be undone."""
import datetime
import os
import unittest

from newsletter import StoryTest
from polling import wait_for

READERS = 20
WINDOW = 6  # seconds


class Undo(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.paper.write("postrider.toml", self.paper.read("postrider.toml").replace(
            "max_lateness", f'undo_window = "{WINDOW}s"\nmax_lateness'))
        self.paper.add_readers(READERS)
        self.paper.start()

    def sent(self):
        folder = self.paper.at("outbox")
        return [name for name in os.listdir(folder) if name.endswith(".eml")] if os.path.isdir(folder) else []

    def ends(self, issue):
        started = datetime.datetime.fromisoformat(issue["started_at"])
        ends = datetime.datetime.fromisoformat(issue["undo_until"])
        self.assertEqual((ends - started).total_seconds(), WINDOW)
        return ends

    def test_a_kill_in_the_window_changes_nothing_and_all_are_served_after_it(self):
        self.paper.draft("weekly")
        issue = self.paper.wait_for_state("weekly", "sending")
        ends = self.ends(issue)
        told = self.paper.run("issue", "show", "weekly")
        self.assertIn("by `postrider issue cancel weekly`", told)
        row, = self.paper.json("status")["issues"]
        self.assertEqual(row["undo_until"], issue["undo_until"])
        self.assertIn("goes out at", self.paper.refuse("issue", "send", "weekly"))
        self.paper.kill()
        self.paper.start()
        self.assertEqual(self.ends(self.paper.issue("weekly")), ends)
        issue = self.paper.wait_until_sent("weekly")
        self.assertEqual((issue["accepted"], issue["undo_until"]), (READERS, None))
        self.assertEqual(len(self.sent()), READERS)
        first = min(os.stat(self.paper.at("outbox", name)).st_mtime for name in self.sent())
        self.assertGreaterEqual(first, ends.timestamp())

    def test_an_issue_that_is_undone_leaves_no_trace_with_readers(self):
        self.paper.draft("weekly")
        ends = self.ends(self.paper.wait_for_state("weekly", "sending"))
        self.paper.run("issue", "cancel", "weekly")
        issue = self.paper.issue("weekly")
        self.assertEqual((issue["state"], issue["cancelled"], issue["undo_until"]),
                         ("cancelled", READERS, None))
        wait_for(lambda: datetime.datetime.now(datetime.timezone.utc) > ends, "the window's end")
        # What is sent later is all that there is.
        self.paper.draft("mended")
        self.paper.wait_until_sent("mended")
        self.assertEqual(self.paper.issue("weekly")["cancelled"], READERS)
        self.assertEqual(len(self.sent()), READERS)
        self.assertNotIn("Issue weekly", "".join(self.paper.read(f"outbox/{name}") for name in self.sent()))


if __name__ == "__main__":
    unittest.main()
