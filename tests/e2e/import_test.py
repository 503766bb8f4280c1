#!/usr/bin/env python3
"""A list moves in from another platform, is looked at first, gone on with after Ctrl-C, and taken back."""
import glob
import os
import signal
import subprocess
import unittest
import zipfile

from newsletter import POSTRIDER, StoryTest
from polling import wait_for

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data/imports")


class Import(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()

    def state(self, email):
        return self.paper.json("subscriber", "show", email)["subscriptions"][0]["state"]

    def everybody(self):
        return [(reader["email"], reader["name"], reader["attributes"], reader["suppressed"],
                 [(on["list"], on["state"]) for on in reader["subscriptions"]])
                for reader in self.paper.json("subscriber", "list")]

    def archive(self):
        path = self.paper.at("mailchimp.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in glob.glob(f"{DATA}/mailchimp/*.csv"):
                archive.write(name, os.path.basename(name))
        return path

    def test_a_mailchimp_archive_is_looked_at_imported_and_taken_back(self):
        self.paper.run("subscriber", "add", "old@a.example")
        before = self.everybody()
        archive = self.archive()
        dry = self.paper.json("subscriber", "import", archive, "--dry-run")
        self.assertEqual(dry["format"], "mailchimp")
        self.assertTrue(dry["columns"])
        self.assertEqual(self.everybody(), before)
        self.assertEqual(self.paper.json("subscriber", "imports"), [])
        real = self.paper.json("subscriber", "import", archive)
        for what in ("read", "added", "updated", "unchanged", "skipped", "carried"):
            self.assertEqual(real[what], dry[what], what)
        self.assertEqual(set(real["carried"]), {"unsubscribed", "bounced"})
        states = {state for *_, on in self.everybody() for _, state in on}
        self.assertEqual(states, {"confirmed", "unsubscribed"})
        again = self.paper.json("subscriber", "import", archive)
        self.assertEqual((again["added"], again["updated"]), (0, 0), again)
        # Whoever is gone by both stays gone as long as one of them stands.
        for taken_back in (again, real):
            undone = self.paper.json("subscriber", "undo", str(taken_back["import"]))
            self.assertEqual(undone["kept"], 0, undone)
        self.assertEqual(self.everybody(), before)
        self.assertEqual({row["import"]: row["state"]
                          for row in self.paper.json("subscriber", "imports")}[real["import"]],
                         "undone")
        self.assertRegex(self.paper.run("subscriber", "imports"),
                         rf"(?m)^ +{real['import']} .* undone +{real['read']:,} +{real['added']:,} ")
        self.assertIn("undone already",
                      self.paper.refuse("subscriber", "undo", str(real["import"])))

    def test_who_leaves_stays_away_whatever_is_imported_or_undone(self):
        self.paper.write("list.csv", "email,name\nann@a.example,Ann\nbob@a.example,Bob\n")
        listed = self.paper.at("list.csv")
        first = self.paper.json("subscriber", "import", listed)
        self.paper.run("subscriber", "unsubscribe", "ann@a.example")
        second = self.paper.json("subscriber", "import", listed)
        self.assertEqual(second["skipped"], {"unsubscribed": 1})
        undone = self.paper.json("subscriber", "undo", str(first["import"]))
        self.assertEqual((undone["removed"], undone["kept"]), (1, 1))
        self.paper.run("subscriber", "import", listed)
        self.assertEqual(self.state("ann@a.example"), "unsubscribed")
        self.assertEqual(self.state("bob@a.example"), "confirmed")

    def write_long_list(self):
        with open(self.paper.at("long.csv"), "w") as file:
            file.write("email\n")
            file.writelines(f"r{n}@d{n % 97}.example\n" for n in range(120_000))

    def cut_off(self, number, begun, *command):
        """What a command says that gets the signal once `imports` shows that it has begun."""
        process = subprocess.Popen(
            [POSTRIDER, "--config", self.paper.at("postrider.toml"), "subscriber", *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: [row for row in self.paper.json("subscriber", "imports") if begun(row)],
                 command[0], 60)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
        if process.returncode == 0:
            self.skipTest(f"{command[0]} was faster than the signal")
        self.assertEqual(process.returncode, 1, told)
        return told

    def test_ctrl_c_leaves_a_part_that_is_gone_on_with_or_taken_back(self):
        self.write_long_list()
        told = self.cut_off(signal.SIGINT, lambda row: row["added"], "import",
                            self.paper.at("long.csv"))
        part, = self.paper.json("subscriber", "imports")
        self.assertIn("stopped in the middle", told)
        self.assertIn("`postrider subscriber undo 1`", told)
        self.assertEqual(part["state"], "cut off")
        self.assertGreater(part["not_reached"], 0)
        self.assertEqual(part["read"], part["added"] + part["not_reached"])
        undone = self.paper.json("subscriber", "undo", "1")
        self.assertEqual((undone["removed"], undone["complete"]), (part["added"], True))
        self.assertEqual(self.paper.json("subscriber", "list"), [])

    def test_ctrl_c_and_sigterm_leave_an_import_undone_in_part(self):
        self.write_long_list()
        self.paper.json("subscriber", "import", self.paper.at("long.csv"))
        removed = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            told = self.cut_off(
                number, lambda row: row.get("undone", {"removed": 0})["removed"] > removed,
                "undo", "1")
            self.assertIn("`postrider subscriber undo 1` goes on", told)
            row, = self.paper.json("subscriber", "imports")
            self.assertEqual(row["state"], "undone in part")
            removed = row["undone"]["removed"]
            self.assertLess(removed, 120_000)
        undone = self.paper.json("subscriber", "undo", "1")
        self.assertEqual((undone["removed"], undone["forgotten"], undone["complete"]),
                         (120_000, 120_000, True))
        self.assertEqual(self.paper.json("subscriber", "list"), [])

    def test_sigterm_ends_an_import_and_an_import_tells_its_way_back(self):
        self.write_long_list()
        told = self.cut_off(signal.SIGTERM, lambda row: row["added"], "import",
                            self.paper.at("long.csv"))
        self.assertIn("stopped in the middle", told)
        way_back = "`postrider subscriber undo 2` takes it back"
        self.paper.write("list.csv", "email\nann@a.example\n")
        listed = self.paper.at("list.csv")
        self.assertNotIn(" takes it back",
                         self.paper.run("subscriber", "import", listed, "--dry-run"))
        self.assertIn(way_back, self.paper.run("subscriber", "import", listed))

    def test_columns_that_may_be_about_something_else_are_told_without_a_dry_run_too(self):
        self.paper.write("list.csv", "email,active,opted_in\nann@a.example,no,\n")
        listed = self.paper.at("list.csv")
        done = self.paper.attempt("subscriber", "import", listed)
        self.assertEqual(done.stderr, f"{listed}: column active: standing: no means unsubscribed; "
                                      "rename it if it is about something else\n")
        self.assertEqual(self.state("ann@a.example"), "unsubscribed")
        self.assertEqual(self.paper.attempt("subscriber", "import", listed, "--json").stderr, "")


if __name__ == "__main__":
    unittest.main()
