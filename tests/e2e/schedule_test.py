#!/usr/bin/env python3
"""Drafts without a time take the slots of their lists, as the commands tell; settings that change
deal them anew."""
import datetime
import signal
import unittest

from newsletter import StoryTest
from polling import wait_for

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Schedule(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        # Two days from now, so that no slot comes while the story lasts.
        self.day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
        self.schedule(f"{DAYS[self.day.weekday()]} 08:00")

    def schedule(self, slot, more=""):
        self.paper.use_relay({"url": "file:outbox"})
        self.paper.write("postrider.toml", self.paper.read("postrider.toml").replace(
            "[lists.report]", f'[lists.report]\nschedule = "{slot}"') + more)

    def slots(self):
        return self.paper.json("schedule", "show")

    def wait_for_slots(self, **slots):
        """Each issue at the time of the slot of that number."""
        times = [slot["utc"] for slot in self.slots()]

        def dealt():
            found = {slug: self.paper.issue(slug) or {} for slug in slots}
            return all(found[slug].get("scheduled_at") == times[place] and found[slug]["by_slot"]
                       for slug, place in slots.items())

        wait_for(dealt, lambda: f"{slots}\n{self.paper.log_tail()}", 20)

    def test_drafts_take_slots_and_keep_them_until_others_are_dealt(self):
        paper = self.paper
        shown = self.slots()
        self.assertEqual(len(shown), 8)
        self.assertEqual(shown[0]["utc"], self.day.strftime("%Y-%m-%dT08:00:00Z"))
        self.assertEqual(shown[0]["local"], self.day.strftime("%Y-%m-%dT08:00:00+00:00"))
        self.assertEqual([slot["issue"] for slot in shown], [None] * 8)
        paper.start()
        paper.draft("newer", send_at=None, date="2026-02-02")
        self.wait_for_slots(newer=0)
        paper.draft("older", send_at=None, date="2026-01-01")
        self.wait_for_slots(older=0, newer=1)
        self.assertEqual([slot["issue"] for slot in self.slots()[:3]], ["older", "newer", None])
        self.assertRegex(paper.run("issue", "list"), r"older .* 08:00 UTC \(slot\)")
        self.assertRegex(paper.run("check"), r"newer\.md takes the slot of report on \w+ .* 08:00")
        paper.draft("next", send_at=None, status="draft")
        self.assertRegex(paper.run("preview", "next", "--output", self.at("preview")),
                         r"Slot +\w+ .* 08:00 UTC of report, were it ready")

        paper.run("issue", "schedule", "older", "2040-01-01 08:00")
        self.wait_for_slots(newer=0)
        self.assertFalse(paper.issue("older")["by_slot"])
        told = paper.run("issue", "schedule", "older", "slot")
        self.assertIn(f"it takes the next free slot, {DAYS[self.day.weekday()]} ", told)
        self.wait_for_slots(older=0, newer=1)
        paper.run("issue", "schedule", "older", "2040-01-01 08:00:30")
        self.assertIn("2040-01-01 08:00:30 UTC", paper.run("issue", "show", "older"))
        self.wait_for_slots(newer=0)

        self.schedule(f"{DAYS[self.day.weekday()]} 09:30")
        paper.daemon.send_signal(signal.SIGHUP)
        self.wait_for_slots(newer=0)
        self.assertEqual(paper.issue("newer")["scheduled_at"], self.day.strftime("%Y-%m-%dT09:30:00Z"))

        paper.draft("newer", send_at=None, status="draft")
        paper.wait_for_state("newer", "draft")
        self.assertEqual(self.slots()[0]["issue"], None)

    def test_lists_with_different_slots_need_a_time(self):
        self.schedule("Mon 08:00", '[lists.digest]\nschedule = "Tue 08:00"\n')
        self.paper.start()
        self.paper.draft("both", send_at=None, lists="[report, digest]")
        note = self.paper.wait_for_state("both", "rejected")["note"]
        self.assertIn("different slots (report: Mon 08:00 in UTC; digest: Tue 08:00", note)
        self.assertIn("send_at", self.paper.refuse("check", "both"))
        self.paper.draft("both", send_at="2040-01-01 08:00", lists="[report, digest]")
        self.paper.wait_for_state("both", "scheduled")
        self.paper.run("check", "both")


if __name__ == "__main__":
    unittest.main()
