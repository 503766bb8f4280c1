#!/usr/bin/env python3
"""A copied or restored database sends nothing before `postrider claim`, and no kill looks like one;
nothing starts by a clock that cannot be right."""
import contextlib
import os
import shutil
import sqlite3
import time
import unittest

from newsletter import Newsletter, StoryTest
from polling import free_port, wait_for
from sink import Sink

READERS = 12


class Claim(StoryTest):
    def setUp(self):
        super().setUp()
        self.busy = set()  # readers who are to come again later
        self.sink = Sink(tls="none", on_rcpt=self.on_rcpt).__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink), delays=("100ms",))
        self.readers = self.paper.add_readers(READERS)
        self.paper.start()

    def on_rcpt(self, address, nth):
        return "451 4.7.1 later" if address in self.busy else None

    def got(self):
        return [message.recipient for message in self.sink.messages]

    def assert_silent(self, paper):
        """For longer than it takes to send what waits."""
        before = len(self.sink.messages)
        with self.assertRaises(AssertionError):
            wait_for(lambda: len(self.sink.messages) > before, "silence", seconds=1.5)
        self.assertEqual(paper.get("/healthz")[0], 200)

    def copy_of(self, paper):
        folder = self.at("copy")
        shutil.copytree(paper.folder, folder)
        copy = object.__new__(Newsletter)
        copy.__dict__.update(paper.__dict__, folder=folder, port=free_port(), daemon=None)
        settings = copy.read("postrider.toml")
        copy.write("postrider.toml", settings.replace(str(paper.port), str(copy.port)))
        self.addCleanup(copy.clean_up)
        return copy

    def test_a_copied_folder_is_silent_until_it_is_claimed_and_then_serves_each_reader_once(self):
        self.busy = set(self.readers[:5])
        self.paper.draft("half")
        wait_for(lambda: (self.paper.issue("half") or {}).get("deferred") == 5, "half of it")
        self.paper.draft("coming", send_at="2040-01-01 08:00")
        self.paper.wait_for_state("coming", "scheduled")
        self.paper.stop()

        copy = self.copy_of(self.paper)
        copy.start()
        self.busy = set()
        copy.draft("fresh")
        copy.wait_for_state("fresh", "scheduled")
        self.assert_silent(copy)
        self.assertEqual(len(self.got()), READERS - 5)
        told = f"was claimed as {self.paper.at('postrider.db')}, and is {copy.at('postrider.db')} now"
        self.assertEqual(copy.json("status")["unclaimed"], told)
        for command in (["status"], ["issue", "list"], ["issue", "send", "fresh"]):
            self.assertTrue(f"Nothing is sent: this database {told}" in copy.run(*command), command)
        self.assertIn("`postrider claim`", copy.issue("fresh")["note"])
        self.assertIn(f"nothing is sent: this database {told}", copy.log_text())

        plan = copy.run("claim", "--dry-run")
        for line in (told, "being sent: goes on, 5 readers left of 12", "starts at once", "starts 2040"):
            self.assertIn(line, plan)
        plan = copy.json("claim", "--dry-run")
        self.assertEqual((plan["claimed"], [each["slug"] for each in plan["waiting"]][:2]),
                         (False, ["half", "fresh"]))
        self.assert_silent(copy)
        self.assertIn("the daemon sends from now on", copy.run("claim"))
        for slug in ("half", "fresh"):
            self.assertEqual(copy.wait_until_sent(slug)["accepted"], READERS)
        self.assert_each_once(self.got(), 2 * self.readers)
        self.assertIsNone(copy.json("status")["unclaimed"])
        self.assertIn("Nothing to do", copy.run("claim"))
        copy.stop()
        copy.start()
        self.assertIsNone(copy.json("status")["unclaimed"])

    def test_ten_kills_do_not_look_like_a_copy(self):
        self.busy = {self.readers[0]}  # so that something is tried again and again
        self.paper.draft("weekly")
        for number in range(10):
            before = self.sink.rcpts
            wait_for(lambda: self.sink.rcpts > before, f"a try after {number} kills")
            self.paper.kill()
            self.paper.start()
            self.assertIsNone(self.paper.json("status")["unclaimed"])
        self.busy = set()
        self.paper.wait_until_sent("weekly")
        self.assertEqual(set(self.got()), set(self.readers))

    def test_an_older_database_in_its_own_place_is_silent(self):
        self.paper.draft("first")
        self.paper.wait_until_sent("first")
        self.paper.stop()
        with open(self.paper.at("postrider.db"), "rb") as database:
            old = database.read()
        self.paper.start()
        self.paper.draft("second")
        self.paper.wait_until_sent("second")
        self.paper.stop()
        with open(self.paper.at("postrider.db"), "r+b") as database:  # the same file
            database.write(old)
            database.truncate()
        self.paper.start()
        held = self.paper.wait_for_state("second", "held")  # it knows of no second one
        self.assertIn("it may have been sent since", held["note"])
        self.assert_silent(self.paper)
        self.assertIn("is older than what was sent", self.paper.json("status")["unclaimed"])
        self.paper.draft("fourth", send_at="2040-01-01 08:00")  # has come up since
        self.paper.wait_for_state("fourth", "scheduled")
        self.paper.run("claim")
        self.paper.draft("third")
        self.paper.wait_until_sent("third")
        self.assert_each_once(self.got(), 3 * self.readers)

    def test_without_its_count_it_is_silent_and_a_second_daemon_is_refused_by_any_path(self):
        os.symlink(self.paper.folder, self.at("link"))
        link = object.__new__(Newsletter)
        link.__dict__.update(self.paper.__dict__, folder=self.at("link"), daemon=None)
        self.assertIn("another `postrider run`", link.refuse("run"))
        self.paper.stop()
        os.unlink(self.paper.at("postrider.db.claim"))
        self.paper.start()
        self.assertIn("postrider.db.claim, is missing", self.paper.json("status")["unclaimed"])
        self.paper.run("claim")
        self.paper.draft("weekly")
        self.paper.wait_until_sent("weekly")
        self.assert_each_once(self.got(), self.readers)

    def test_a_clock_behind_the_ledger_holds_what_is_due_until_an_operator_believes_it(self):
        self.paper.stop()
        in_an_hour = int((time.time() + 3600) * 1000)
        with contextlib.closing(sqlite3.connect(self.paper.at("postrider.db"))) as database, database:
            database.execute("INSERT INTO events (at, kind, actor) VALUES (?, 'test.later', 'test')",
                             (in_an_hour,))
        self.paper.start()
        self.paper.draft("weekly")
        note = self.paper.wait_for_state("weekly", "held")["note"]
        self.assertIn("the ledger's last entry is of", note)
        self.assertIn("`postrider issue send weekly`", note)
        self.assertEqual(self.got(), [])
        self.paper.run("issue", "send", "weekly")
        self.paper.wait_until_sent("weekly")
        self.paper.draft("next")
        self.paper.wait_until_sent("next")
        self.assert_each_once(self.got(), 2 * self.readers)


if __name__ == "__main__":
    unittest.main()
