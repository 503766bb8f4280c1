#!/usr/bin/env python3
"""Drafts that are renamed, rewritten and mended at awkward moments; settings that are reloaded."""
import datetime
import os
import shutil
import signal
import time
import unittest

from newsletter import StoryTest
from polling import wait_for


def utc(**ago):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ago)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def text_of(title, body="Hello.\n", **front):
    fields = {"title": title, "status": "ready", **front}
    return "---\n" + "".join(f"{k}: {v}\n" for k, v in fields.items()) + f"---\n\n{body}"


class DraftMoves(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.paper.add_readers(2)

    def started(self):
        self.paper.start()
        return self.paper

    def test_a_scheduled_draft_keeps_its_issue_under_another_name(self):
        paper = self.started()
        for old, new in (("z.md", "a.md"), ("b.md", "y.txt")):
            slug = f"moved-{old[0]}"
            paper.write(f"drafts/{old}", text_of("Moved", slug=slug, send_at=utc(hours=1)))
            paper.wait_for_state(slug, "scheduled")
            os.rename(paper.at("drafts", old), paper.at("drafts", new))
            wait_for(lambda s=slug, n=new: (paper.issue(s) or {}).get("path", n) == n
                     and not (paper.issue(s) or {}).get("missing"), f"{slug} at {new}")
            self.assertEqual(paper.state(slug), "scheduled")
            self.assertEqual([i["state"] for i in paper.json("issue", "list")
                              if i["state"] == "rejected"], [])

    def test_a_draft_that_becomes_a_folder_keeps_its_slug(self):
        paper = self.started()
        paper.write("drafts/w.md", text_of("W", send_at=utc(hours=1)))
        paper.wait_for_state("w", "scheduled")
        os.mkdir(paper.at("drafts/w"))
        shutil.copy(paper.at("drafts/w.md"), paper.at("drafts/w/index.md"))
        time.sleep(0.5)  # the folder is seen while the file is still there
        os.unlink(paper.at("drafts/w.md"))
        paper.write("drafts/w/index.md", text_of("Now a folder", send_at=utc(hours=1)))
        wait_for(lambda: paper.issue("w")["title"] == "Now a folder", "the folder's issue")
        self.assertEqual(paper.state("w"), "scheduled")

    def test_a_renamed_draft_is_known_after_a_restart(self):
        paper = self.started()
        paper.write("drafts/z.md", text_of("Z", slug="kept", send_at=utc(hours=1)))
        paper.wait_for_state("kept", "scheduled")
        paper.stop()
        os.rename(paper.at("drafts/z.md"), paper.at("drafts/a.md"))
        paper.start()
        self.assertEqual(paper.state("kept"), "scheduled")

    def test_a_refused_slug_leaves_a_third_draft_alone(self):
        paper = self.started()
        paper.write("drafts/a.md", text_of("A", slug="a", send_at=utc(hours=1)))
        paper.write("drafts/c.md", text_of("C", slug="b", send_at=utc(hours=1)))
        paper.wait_for_state("b", "scheduled")
        paper.write("drafts/b.md", text_of("B", slug="a", send_at=utc(hours=1)))
        wait_for(lambda: "b.md" in paper.log_text(), "a word about b.md")
        self.assertEqual((paper.state("a"), paper.state("b")), ("scheduled", "scheduled"))
        self.assertEqual(paper.issue("b")["title"], "C")

    def test_what_is_edited_while_paused_goes_out_as_edited(self):
        paper = self.started()
        paper.write("drafts/p.md", text_of("Old", send_at=utc(hours=1)))
        paper.wait_for_state("p", "scheduled")
        paper.run("issue", "pause", "p")
        paper.write("drafts/p.md", text_of("Newer", send_at=utc(seconds=1)))
        wait_for(lambda: paper.issue("p")["title"] == "Newer", "the first change")
        time.sleep(2)  # that time passes
        paper.write("drafts/p.md", text_of("New", send_at=utc(hours=1)))
        wait_for(lambda: paper.issue("p")["title"] == "New", "the new title")
        paper.run("issue", "resume", "p")
        time.sleep(1)
        self.assertEqual(paper.state("p"), "scheduled")

    def test_a_half_written_draft_does_not_go_out_at_its_time(self):
        paper = self.started()
        paper.write("drafts/h.md", text_of("Whole", body="The whole text.\n", send_at=utc(seconds=6)))
        paper.wait_for_state("h", "scheduled")
        with open(paper.at("drafts/h.md"), "w") as file:
            file.write(text_of("Whole", body="The who", send_at=utc(seconds=1)))
            file.flush()
            time.sleep(8)
            self.assertNotIn(paper.state("h"), ("sending", "sent"))
            file.write("le text, once more.\n")
        paper.wait_until_sent("h")
        for name in os.listdir(paper.at("outbox")):
            with open(paper.at("outbox", name)) as mail:
                self.assertIn("once more", mail.read())

    def test_a_draft_still_open_at_the_first_scan_is_held(self):
        with open(self.paper.at("drafts/last-year.md"), "w") as file:
            file.write(text_of("Last year", send_at="now"))
            file.flush()
            self.paper.start(ready=False)
            wait_for(lambda: "still being written" in self.paper.log_text(), "patience")
        self.paper.wait_until_ready()
        self.paper.wait_for_state("last-year", "held")

    def test_a_held_draft_stays_held_when_a_broken_theme_is_mended(self):
        self.paper.write("drafts/last-year.md", text_of("Last year", send_at="now"))
        os.makedirs(self.paper.at("theme"), exist_ok=True)
        self.paper.write("theme/issue.html.mustache", "{{#broken}}")
        self.paper.start()
        self.assertEqual(self.paper.state("last-year"), "held")
        os.unlink(self.paper.at("theme/issue.html.mustache"))
        self.paper.stop()
        self.paper.start()
        self.assertEqual(self.paper.state("last-year"), "held")

    def test_links_that_lead_nowhere_stop_nothing(self):
        os.symlink("round.md", self.paper.at("drafts/round.md"))
        self.paper.start()
        os.symlink("circle.md", self.paper.at("drafts/circle.md"))
        self.paper.draft("good")
        self.paper.wait_until_sent("good")
        self.assertIn("symlink", self.paper.refuse("check"))

    def test_a_reload_that_cannot_watch_its_drafts_changes_nothing(self):
        paper = self.started()
        with open(paper.at("postrider.toml")) as file:
            settings = file.read()
        paper.write("postrider.toml", settings.replace('drafts = "drafts"', 'drafts = "/proc/no"'))
        paper.daemon.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload refused" in paper.log_text() or "/proc/no" in paper.log_text(),
                 "a refusal")
        paper.write("postrider.toml", settings)
        paper.draft("after")
        paper.wait_until_sent("after")

    def test_reloads_that_come_together_are_all_heard(self):
        paper = self.started()
        for _ in range(20):
            paper.daemon.send_signal(signal.SIGHUP)
        with open(paper.at("postrider.toml")) as file:
            settings = file.read()
        paper.write("postrider.toml", settings.replace("The Weekly Test", "The Daily Test"))
        paper.daemon.send_signal(signal.SIGHUP)
        time.sleep(1)
        paper.draft("after")
        paper.wait_until_sent("after")
        name = os.listdir(paper.at("outbox"))[0]
        with open(paper.at("outbox", name)) as mail:
            self.assertIn("The Daily Test", mail.read())


if __name__ == "__main__":
    unittest.main()
