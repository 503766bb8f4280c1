#!/usr/bin/env python3
"""`postrider maintain`: old issues folded, the ledger looked through, beside an issue that is being
sent; damage is told; the daemon does it once a week by itself."""
import contextlib
import os
import shutil
import sqlite3
import time
import unittest

from newsletter import StoryTest
from polling import wait_for
from sink import Sink

WEEK = 7 * 24 * 3600 * 1000


class Maintain(StoryTest):
    def paper_with(self, sink, fold_after="0s", **options):
        paper = self.newsletter(self.sink_relay(sink), **options)
        paper.write("postrider.toml", paper.read("postrider.toml").replace(
            'secrets = "secrets"\n', f'secrets = "secrets"\nfold_after = "{fold_after}"\n', 1))
        return paper

    def ledger(self, paper):
        return contextlib.closing(sqlite3.connect(paper.at("postrider.db"), isolation_level=None))

    def count(self, paper, what):
        with self.ledger(paper) as db:
            return db.execute("SELECT count(*) FROM " + what).fetchone()[0]

    def test_a_folded_issue_is_told_as_before_and_why_says_what_went(self):
        tries = {}

        def later(address, _):
            tries[address] = tries.get(address, 0) + 1
            wanted = 3 if address.startswith("reader1") else 1
            return "451 4.7.1 not yet" if tries[address] < wanted else None

        with Sink(tls="none", on_rcpt=later) as sink:
            paper = self.paper_with(sink, "1s", delays=("100ms",))
            paper.add_readers(20)
            paper.start()
            paper.draft("weekly")
            paper.wait_until_sent("weekly")
            time.sleep(1.1)

            def told():
                return [paper.json("issue", "show", "weekly"),
                        paper.json("issue", "recipients", "weekly"), paper.json("stats")]
            before = told()
            self.assertEqual(paper.json("maintain", "--dry-run")["issues_folded"], 1)
            self.assertEqual(self.count(paper, "attempts"), 20 + 2 * 11)
            done = paper.json("maintain")
            self.assertEqual((done["issues_folded"], done["attempts_gone"]), (1, 2 * 11), done)
            self.assertEqual(told(), before)
            self.assertEqual(self.count(paper, "attempts"), 20)
            story = paper.json("why", "reader1@readers.example")["issues"][0]
            self.assertEqual(story["folded"]["attempts"], 2)
            self.assertEqual([each["number"] for each in story["attempts"]], [3])
            self.assertIn("2 earlier attempts, folded on ", paper.run("why", "reader1@readers.example"))
            self.assertEqual(paper.json("maintain")["issues_folded"], 0)
            event = paper.json("events", "--kind", "maintenance.done")[0]
            self.assertIn("1 issue folded: 22 attempts", event["detail"])
            self.assertTrue(paper.json("status")["maintained_at"])

    def test_beside_an_issue_that_is_being_sent_nobody_is_lost_or_served_twice(self):
        with Sink(tls="none", delay=0.02) as sink:
            paper = self.paper_with(sink, "1s", connections=8)
            readers = paper.add_readers(600)
            paper.start()
            paper.draft("first")
            paper.wait_until_sent("first")
            time.sleep(1.1)
            paper.draft("second")
            paper.wait_for_state("second", "sending")
            times = 0
            while paper.state("second") == "sending":
                self.assertEqual(paper.json("maintain")["faults"], [])
                times += 1
            self.assertGreater(times, 0)
            self.assertEqual(paper.wait_until_sent("second")["accepted"], 600)
            self.assert_each_once([m.recipient for m in sink.messages[600:]], readers)

    def test_the_daemon_does_it_by_itself_when_a_week_has_passed(self):
        with Sink(tls="none") as sink:
            paper = self.paper_with(sink)
            paper.start()
            wait_for(lambda: self.count(paper, "meta WHERE key = 'maintain_from'"), "a first day", 30, 0.2)
            self.assertIsNone(paper.json("status")["maintained_at"])
            with self.ledger(paper) as db:
                db.execute("UPDATE meta SET value = value - ? WHERE key = 'maintain_from'", (WEEK + 1000,))
            event = wait_for(lambda: paper.json("events", "--kind", "maintenance.done"), paper.log_tail,
                             30, 0.2)[0]
            self.assertEqual(event["actor"], "daemon")
            wait_for(lambda: "the database was maintained: " in paper.log_text(), paper.log_tail)

    def test_damage_in_a_copy_is_told_with_its_table_and_changes_nothing(self):
        with Sink(tls="none") as sink:
            paper = self.paper_with(sink)
            paper.add_readers(300)
            paper.start()
            paper.draft("weekly")
            paper.wait_until_sent("weekly")
            paper.stop()
        with self.ledger(paper) as db:
            root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'attempts'").fetchone()[0]
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(paper.at("postrider.db"), self.at("whole.db"))
        with open(paper.at("postrider.db"), "r+b") as file:
            file.seek((root - 1) * 4096 + 8)
            file.write(os.urandom(2000))
        told = paper.refuse("maintain")
        self.assertIn("postrider.db is damaged: table 'attempts': ", told)
        self.assertIn("restore a backup", told)
        done = paper.attempt("maintain", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"table": "attempts"', done.stdout)
        self.assertEqual(paper.json("events", "--kind", "database.damaged")[0]["actor"], "operator")
        self.assertIsNone(paper.json("status")["maintained_at"])
        shutil.copy(self.at("whole.db"), paper.at("postrider.db"))


if __name__ == "__main__":
    unittest.main()
