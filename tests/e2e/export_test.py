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
        # What lies beside it is neither followed nor taken over.
        os.symlink(self.paper.at("elsewhere"), target + ".part")
        self.paper.run("subscriber", "export", "--output", target)
        self.assertFalse(os.path.exists(self.paper.at("elsewhere")))
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
        self.assertEqual([name for name in sorted(os.listdir(self.paper.folder))
                          if name.startswith("out.jsonl")], ["out.jsonl", "out.jsonl.part"])
        self.assertIn("cannot be made", self.paper.refuse(
            "subscriber", "export", "--output", self.paper.at("nowhere/out.csv")))
        self.assertIn("write csv, json or jsonl",
                      self.paper.refuse("subscriber", "export", "--format", "xml"))

    def test_an_export_moves_into_a_new_newsletter(self):
        for form in ("csv", "json", "jsonl"):
            target = self.paper.at(f"out.{form}")
            self.paper.run("subscriber", "export", "--format", form, "--output", target)
            other = self.newsletter(name=f"other-{form}")
            shutil.copy(self.paper.at("secrets/token.keys"), other.at("secrets/token.keys"))
            dry = other.json("subscriber", "import", target, "--dry-run")
            self.assertEqual(other.json("subscriber", "list"), [])
            back = other.json("subscriber", "import", target)
            self.assertEqual(back, dry)
            self.assertEqual((back["added"], back["suppressions"], back["erased"],
                              back["unusable_hashes"]), (2, 2, 1, 0))
            self.assertEqual(other.run("subscriber", "export", "--format", form),
                             self.paper.run("subscriber", "export", "--format", form))
        stranger = self.newsletter(name="without-the-key")
        stranger.start()
        for words in ([], ["--dry-run"]):
            self.assertIn("systemctl stop postrider",
                          stranger.refuse("subscriber", "import", target, *words))
        stranger.stop()
        self.assertEqual(stranger.json("subscriber", "import", target)["unusable_hashes"], 1)

    def test_an_export_is_edited_imported_again_and_taken_back(self):
        self.paper.run("subscriber", "add", "dan@d.example", "--name", "Dan")
        before = self.paper.run("subscriber", "export")
        for form in ("csv", "json", "jsonl"):
            target = self.paper.at(f"same.{form}")
            self.paper.run("subscriber", "export", "--format", form, "--output", target)
            same = self.paper.json("subscriber", "import", target)
            self.assertEqual((same["format"], same["read"], same["added"], same["updated"]),
                             ("postrider", 5, 0, 0), same)
        rows = list(csv.DictReader(io.StringIO(before, newline="")))
        next(row for row in rows if row["email"] == "dan@d.example")["name"] = "=Daniel"
        next(row for row in rows if row["email"] == "bob@a.example")["state"] = "confirmed"
        out = io.StringIO()
        sheet = csv.DictWriter(out, ["city", *reversed(rows[0])], delimiter=";", restval="Almaty")
        sheet.writeheader()
        sheet.writerows(rows)
        edited = self.paper.at("edited.csv")
        self.paper.write("edited.csv", "\ufeff" + out.getvalue())
        dry = self.paper.json("subscriber", "import", edited, "--dry-run")
        self.assertEqual([(each["email"], each["what"]) for each in dry["changes"]],
                         [("dan@d.example", 'name Dan → =Daniel; city "Almaty"')])
        self.assertEqual(self.paper.run("subscriber", "export"), before)
        done = self.paper.json("subscriber", "import", edited)
        self.assertEqual((done["added"], done["updated"]), (0, 1), done)
        self.assertEqual(done["skipped"], {"suppressed": 2, "unsubscribed": 1})
        self.assertEqual(self.paper.json("subscriber", "show", "dan@d.example")["name"], "=Daniel")
        self.assertEqual(self.paper.json("subscriber", "imports")[0]["format"], "postrider")
        self.paper.run("subscriber", "undo", str(done["import"]))
        self.assertEqual(self.paper.run("subscriber", "export"), before)

    def test_an_export_is_merged_into_a_newsletter_with_readers(self):
        target = self.paper.at("out.jsonl")
        self.paper.run("subscriber", "export", "--format", "jsonl", "--output", target)
        other = self.newsletter(name="other")
        shutil.copy(self.paper.at("secrets/token.keys"), other.at("secrets/token.keys"))
        other.run("subscriber", "add", "me@o.example")
        before = other.run("subscriber", "export")
        told = other.run("subscriber", "import", target)
        self.assertIn("What it says of report is imported", told)
        self.assertEqual({each["email"]: each["reason"] for each in
                          other.json("suppression", "list") if each["email"]},
                         {"ann@a.example": "bounced", "cid@c.example": "asked"})
        other.write("list.csv", "email\nann@a.example\nbob@a.example\ncid@c.example\n"
                                "gone@g.example\n")
        self.assertEqual(other.json("subscriber", "import", other.at("list.csv"))["skipped"],
                         {"erased": 1, "suppressed": 2, "unsubscribed": 1})
        first = other.json("subscriber", "imports")[-1]
        other.run("subscriber", "undo", str(first["import"]))
        self.assertEqual(other.run("subscriber", "export"), before)


if __name__ == "__main__":
    unittest.main()
