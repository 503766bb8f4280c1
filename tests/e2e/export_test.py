#!/usr/bin/env python3
"""The list goes out with everything: all states, evidence, suppressions; to a file, a pipe or a program."""
import csv
import io
import json
import os
import shutil
import stat
import unittest

from newsletter import StoryTest


class Export(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.paper.write("list.csv", "email,name,country\nann@a.example,=Ann,KZ\nbob@a.example,,\n")
        self.paper.run("subscriber", "import", self.paper.at("list.csv"))
        self.paper.run("subscriber", "unsubscribe", "bob@a.example")
        self.paper.run("suppression", "add", "ann@a.example", "--reason", "bounced")
        self.paper.run("suppression", "add", "cid@c.example")
        self.paper.run("subscriber", "erase", "gone@g.example", "--yes")

    def test_every_format_tells_the_same(self):
        document = json.loads(self.paper.run("subscriber", "export", "--format", "json"))
        self.assertEqual([(each["record"], each.get("email")) for each in document],
                         [("subscriber", "ann@a.example"), ("subscriber", "bob@a.example"),
                          ("suppression", "cid@c.example"), ("erased", None)])
        ann, bob = document[:2]
        self.assertEqual((ann["name"], ann["attributes"], ann["suppressed"]["reason"]),
                         ("=Ann", {"country": "KZ"}, "bounced"))
        self.assertEqual([on["state"] for on in bob["subscriptions"]], ["unsubscribed"])
        self.assertEqual(bob["subscriptions"][0]["evidence"]["detail"]["source"], "list.csv")
        lines = self.paper.run("subscriber", "export", "--format", "jsonl").splitlines()
        self.assertEqual([json.loads(line) for line in lines], document)
        rows = list(csv.DictReader(io.StringIO(self.paper.run("subscriber", "export"), newline="")))
        self.assertEqual([row["record"] for row in rows], [each["record"] for each in document])
        self.assertEqual((rows[0]["name"], rows[0]["list"], rows[0]["state"], rows[0]["suppressed"]),
                         ("'=Ann", "report", "confirmed", "bounced"))
        self.assertEqual(rows[3]["erased_hash"], document[3]["hash"])

    def test_a_file_is_whole_and_the_operators_alone(self):
        target = self.paper.at("out.jsonl")
        told = self.paper.run("subscriber", "export", "--format", "jsonl", "--output", target)
        self.assertIn("4 records", told)
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
        self.assertEqual(self.paper.read("out.jsonl"),
                         self.paper.run("subscriber", "export", "--format", "jsonl"))
        self.assertIn("cannot be made", self.paper.refuse(
            "subscriber", "export", "--output", self.paper.at("nowhere/out.csv")))
        self.assertIn("write csv, json or jsonl",
                      self.paper.refuse("subscriber", "export", "--format", "xml"))

    def test_an_export_moves_into_a_new_newsletter_and_into_no_other(self):
        for form in ("csv", "json", "jsonl"):
            target = self.paper.at(f"out.{form}")
            self.paper.run("subscriber", "export", "--format", form, "--output", target)
            self.assertIn("nothing was imported", self.paper.refuse("subscriber", "import", target))
            other = self.newsletter(name=f"other-{form}")
            shutil.copy(self.paper.at("secrets/token.keys"), other.at("secrets/token.keys"))
            self.assertIn("leave --list", other.refuse("subscriber", "import", target, "--list",
                                                       "report"))
            dry = other.json("subscriber", "import", target, "--dry-run")
            self.assertEqual(other.json("subscriber", "list"), [])
            back = other.json("subscriber", "import", target)
            self.assertEqual(back, dry)
            self.assertEqual((back["added"], back["suppressions"], back["erased"],
                              back["unusable_hashes"]), (2, 2, 1, 0))
            self.assertEqual(other.run("subscriber", "export", "--format", form),
                             self.paper.run("subscriber", "export", "--format", form))
        stranger = self.newsletter(name="without-the-key")
        self.assertEqual(stranger.json("subscriber", "import", target)["unusable_hashes"], 1)


if __name__ == "__main__":
    unittest.main()
