#!/usr/bin/env python3
"""Issues by local time: each zone's readers get theirs at their hour, whatever dies in between."""
import datetime
import glob
import time
import unittest

from newsletter import StoryTest
from polling import wait_for

UTC = datetime.timezone.utc
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# None of these knows summer time.
OFFSETS = {"Asia/Bangkok": 420, "Asia/Kathmandu": 345, "Asia/Kolkata": 330, "Africa/Lagos": 60}


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class LocalTime(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()

    def add_readers(self, **zones):
        lines = "".join(f"{name}@readers.example,{zone}\n" for name, zone in zones.items())
        self.paper.write("readers.csv", "email,time_zone\n" + lines)
        added = self.paper.json("subscriber", "import", self.at("newsletter/readers.csv"))["added"]
        self.assertEqual(added, len(zones))

    def draft_for(self, target, zone):
        """Its hour comes to that zone at the target."""
        local = target + datetime.timedelta(minutes=OFFSETS[zone])
        self.paper.draft("weekly", send_at=local.strftime("%Y-%m-%d"),
                         local_time=local.strftime('"%H:%M:%S"'))

    def due(self, target, zone, reached, days=0):
        """When the hour that comes to `reached` at the target comes to that zone."""
        minutes = OFFSETS[reached] - OFFSETS.get(zone, 0)
        return stamp(target + datetime.timedelta(minutes=minutes, days=days))

    def received(self):
        """Names of readers, each as often as there is a mail."""
        names = []
        for path in glob.glob(self.paper.at("outbox", "*.eml")):
            with open(path, encoding="utf-8") as mail:
                to = next(line for line in mail if line.startswith("To: "))
            names.append(to[4:].strip().strip("<>").split("@")[0])
        return sorted(names)

    def wait_for_mails(self, *names, seconds=30):
        wait_for(lambda: self.received() == sorted(names),
                 lambda: f"{self.received()}\n{self.paper.log_tail()}", seconds, every=0.05)

    def test_each_zone_has_its_hour_though_the_daemon_is_killed_between(self):
        paper = self.paper
        self.add_readers(nepal="Asia/Kathmandu", india="Asia/Kolkata", nigeria="Africa/Lagos",
                         somewhere="")
        paper.start()
        target = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(seconds=15)
        self.draft_for(target, "Asia/Kolkata")
        # Nepal's hour came a quarter of an hour ago.
        self.wait_for_mails("nepal")
        issue = paper.issue("weekly")
        self.assertEqual((issue["state"], issue["accepted"], issue["pending"]), ("sending", 1, 3))
        self.assertEqual(issue["scheduled_at"], self.due(target, "Asia/Kathmandu", "Asia/Kolkata"))
        self.assertEqual(issue["local_until"], self.due(target, "UTC", "Asia/Kolkata"))
        zones = issue["zones"]
        self.assertEqual(sorted(zones), ["Africa/Lagos", "Asia/Kathmandu", "Asia/Kolkata", "UTC"])
        for zone, row in zones.items():
            self.assertEqual(row["due"], self.due(target, zone, "Asia/Kolkata"))
            self.assertEqual(row["readers"], 1)
            self.assertEqual(row["accepted"], int(zone == "Asia/Kathmandu"))
        self.assertRegex(paper.run("issue", "list"), r"weekly +sending +\d\d:\d\d.* local, from 2")
        status = next(row for row in paper.json("status")["issues"] if row["slug"] == "weekly")
        self.assertEqual(status["next_due"], stamp(target))
        self.assertIn("3 readers to be served at", status["reason"])

        paper.kill()
        self.assertEqual(paper.issue("weekly")["pending"], 3)
        paper.start()
        self.assertLess(datetime.datetime.now(UTC), target, "too slow to see it wait")
        self.assertEqual(self.received(), ["nepal"])
        self.wait_for_mails("india", "nepal")
        self.assertLess(time.time() - target.timestamp(), 2.5)
        self.assertGreaterEqual(time.time(), target.timestamp())
        issue = paper.issue("weekly")
        self.assertEqual((issue["state"], issue["accepted"], issue["pending"]), ("sending", 2, 2))

        # Who has their hour to come can still be spared it.
        paper.run("issue", "cancel", "weekly")
        issue = paper.issue("weekly")
        self.assertEqual((issue["accepted"], issue["cancelled"]), (2, 2))
        self.assertEqual(issue["zones"]["UTC"]["cancelled"], 1)
        self.assertEqual(self.received(), ["india", "nepal"])

    def test_whose_hour_has_passed_gets_it_the_next_day_where_the_settings_say_so(self):
        paper = self.paper
        paper.write("postrider.toml", paper.read("postrider.toml").replace(
            "max_lateness", 'local_time_missed = "next_day"\nmax_lateness'))
        self.add_readers(thailand="Asia/Bangkok", nepal="Asia/Kathmandu", nigeria="Africa/Lagos")
        paper.start()
        target = datetime.datetime.now(UTC).replace(microsecond=0)
        self.draft_for(target, "Asia/Kolkata")
        self.wait_for_mails("nepal")
        zones = paper.issue("weekly")["zones"]
        self.assertEqual({zone: row["due"] for zone, row in zones.items()},
                         {"Asia/Bangkok": self.due(target, "Asia/Bangkok", "Asia/Kolkata", 1),
                          "Asia/Kathmandu": self.due(target, "Asia/Kathmandu", "Asia/Kolkata"),
                          "Africa/Lagos": self.due(target, "Africa/Lagos", "Asia/Kolkata")})
        self.assertEqual(zones["Asia/Bangkok"]["pending"], 1)

    def test_a_slot_gives_the_day_and_an_operator_another_or_one_moment_for_all(self):
        paper = self.paper
        day = datetime.datetime.now(UTC) + datetime.timedelta(days=3)
        paper.write("postrider.toml", paper.read("postrider.toml").replace(
            "[lists.report]", f'[lists.report]\nschedule = "{DAYS[day.weekday()]} 08:00"'))
        self.add_readers(nepal="Asia/Kathmandu", nigeria="Africa/Lagos")
        paper.start()
        paper.draft("weekly", send_at=None, local_time='"07:30"')
        early = stamp(day.replace(hour=1, minute=45, second=0))
        wait_for(lambda: (paper.issue("weekly") or {}).get("scheduled_at") == early,
                 lambda: f"{paper.issue('weekly')}\n{paper.log_tail()}", 20)
        slot = paper.json("schedule", "show")[0]
        self.assertEqual((slot["issue"], slot["local_time"]), ("weekly", "07:30"))
        self.assertEqual(slot["utc"], stamp(day.replace(hour=8, minute=0, second=0)))
        self.assertIn("weekly (07:30 local)", paper.run("schedule", "show"))
        self.assertRegex(paper.run("issue", "list"), r"07:30 local, from .* 01:45 UTC to .* 07:30 UTC")

        later = (day + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
        self.assertIn(f"07:30 of each reader's clock on {later}",
                      paper.run("issue", "schedule", "weekly", later))
        issue = paper.issue("weekly")
        self.assertEqual((issue["local_day"], issue["by_slot"]), (later, False))
        self.assertIn("past for all", paper.refuse("issue", "schedule", "weekly", "2020-01-01"))

        paper.run("issue", "send", "weekly")
        paper.wait_until_sent("weekly")
        self.assertEqual(self.received(), ["nepal", "nigeria"])
        self.assertEqual(paper.issue("weekly")["zones"], {})

    def test_a_faulty_hour_is_told_with_its_line(self):
        self.paper.start()
        self.paper.draft("weekly", send_at="2040-01-01", local_time="8am")
        self.assertRegex(self.paper.refuse("check", "weekly"),
                         r"weekly\.md:5: local_time: is no time of day")
        self.paper.draft("weekly", send_at="2040-01-01")
        self.assertRegex(self.paper.refuse("check", "weekly"), r"weekly\.md:4: send_at: is a day")
        self.paper.draft("weekly", send_at="2040-01-01", local_time='"08:00"')
        self.paper.run("check", "weekly")
        self.paper.wait_for_state("weekly", "scheduled")
        self.paper.draft("other", send_at="2040-01-01 08:00")
        self.paper.wait_for_state("other", "scheduled")
        self.assertIn("a day without a time of day",
                      self.paper.refuse("issue", "schedule", "other", "2040-02-01"))


if __name__ == "__main__":
    unittest.main()
