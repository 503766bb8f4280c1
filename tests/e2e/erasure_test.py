#!/usr/bin/env python3
"""A reader asks to be erased: no octet of them is left, no import brings them back, no sum changes."""
import csv
import glob
import io
import os
import pty
import subprocess
import unittest

from newsletter import POSTRIDER, StoryTest, environment
from polling import wait_for
from sink import Sink

READER = "Zq7.Somebody@readers.example"
TRACES = ("zq7", "qwertz", "yxcvb", "polyxena")


class Erasure(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enterContext(Sink(
            tls="none", on_rcpt=lambda address, nth: "550 5.1.1 zq7 somebody? Polyxena knows"
            if address == READER else None))
        self.paper = self.newsletter(self.sink_relay(self.sink))

    def traces(self, board=True):
        """What is left of the reader in the database's files, by file. The daemon's board tells what
        servers said lately, until its next look."""
        left = {}
        for path in glob.glob(self.paper.at("postrider.db*")):
            if path.endswith(".lock") and not board:
                continue
            with open(path, "rb") as file:
                octets = file.read().lower()
            found = [trace for trace in TRACES if trace.encode() in octets]
            if found:
                left[os.path.basename(path)] = found
        return left

    def publish(self):
        """An issue to 200 readers, and to one whom the server does not know."""
        self.paper.add_readers(200)
        self.paper.write("more.csv", f"email,name,shoe\n{READER},Qwertz Uiop,Yxcvb\n")
        self.paper.run("subscriber", "import", self.paper.at("more.csv"))
        self.paper.start()
        self.paper.draft("first")
        issue = self.paper.wait_until_sent("first")
        self.assertEqual(issue["bounced"], 1)
        self.assertTrue(self.traces())
        return issue

    def recipients(self):
        return list(csv.DictReader(io.StringIO(self.paper.run("issue", "recipients", "first"))))

    def test_no_octet_is_left_while_the_daemon_runs(self):
        before = self.publish()
        told = self.paper.run("subscriber", "erase", READER, "--yes")
        self.assertIn("is erased", told)
        self.assertEqual(self.traces(board=False), {})
        wait_for(lambda: not self.traces(), self.traces)
        after = self.paper.issue("first")
        before["reasons"][0]["reply"] = "(erased)"
        self.assertEqual(after, before)
        erased = [row for row in self.recipients() if row["email"] == "(erased)"]
        self.assertEqual([(row["state"], row["code"], row["reply"]) for row in erased],
                         [("bounced", "550", "5.1.1 (erased)")])
        self.assertIn("there is no subscriber", self.paper.refuse("why", READER))
        # Life goes on, and nothing of it comes back out of the daemon's memory.
        self.paper.draft("second")
        self.assertEqual(self.paper.wait_until_sent("second")["audience"], 200)
        self.assertEqual(self.traces(), {})
        self.paper.stop()
        self.assertEqual(self.traces(), {})

    def test_no_octet_is_left_with_the_daemon_stopped(self):
        self.publish()
        self.paper.stop()
        self.paper.run("subscriber", "erase", READER, "--yes")
        self.assertEqual(self.traces(), {})

    def test_an_erased_reader_stays_out_until_an_operator_or_the_reader_wants_otherwise(self):
        self.paper.run("suppression", "add", READER, "--reason", "complained")
        self.paper.run("subscriber", "erase", READER, "--yes")
        self.paper.write("again.csv", f"email\n{READER.upper()}\nnew@readers.example\n")
        again = self.paper.json("subscriber", "import", self.paper.at("again.csv"))
        self.assertEqual((again["added"], again["skipped"]), (1, {"erased": 1}))
        self.assertIn(f"suppression remove {READER}",
                      self.paper.refuse("subscriber", "add", READER))
        self.assertIn("was erased", self.paper.refuse("suppression", "add", READER))
        for words in (["why"], ["subscriber", "show"]):
            self.assertIn("the address was erased", self.paper.refuse(*words, READER))
        listed = self.paper.json("suppression", "list")
        self.assertEqual([(row["email"], row["reason"], row["usable"]) for row in listed],
                         [(None, "erased", True)])
        self.assertIn("may be added again", self.paper.run("suppression", "remove", READER))
        self.paper.run("subscriber", "add", READER)

    def test_hashes_whose_token_key_is_gone_are_told(self):
        self.paper.run("subscriber", "add", READER)
        self.paper.run("subscriber", "erase", READER, "--yes")
        self.paper.run("token", "rotate")
        self.assertNotIn("unusable", self.paper.attempt("suppression", "list").stderr)
        self.assertNotIn("erased", self.paper.attempt("check").stderr)
        keys = self.paper.at("secrets", "token.keys")
        with open(keys, encoding="utf-8") as file:
            newest = file.readline()
        with open(keys, "w", encoding="utf-8") as file:
            file.write(newest)
        self.assertIn("of them 1 unusable: their token key is missing",
                      self.paper.attempt("suppression", "list").stderr)
        self.assertEqual([row["usable"] for row in self.paper.json("suppression", "list")], [False])
        told = self.paper.attempt("check")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stderr, r"storage\.secrets: warning: 1 of the erased .*token keys")

    def test_erasing_asks_first(self):
        self.paper.run("subscriber", "add", READER)
        self.assertIn("--yes", self.paper.refuse("subscriber", "erase", READER))
        self.assertIn("no e-mail address", self.paper.refuse("subscriber", "erase", "zq7", "--yes"))
        for answer, left in (("n", 1), ("y", 0)):
            ours, theirs = pty.openpty()
            process = subprocess.Popen(
                [POSTRIDER, "--config", self.paper.at("postrider.toml"), "subscriber", "erase",
                 READER], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment())
            os.write(ours, f"{answer}\n".encode())
            _, told = process.communicate(timeout=60)
            os.close(ours)
            os.close(theirs)
            self.assertIn(b"cannot be taken back. [y/N]", told)
            self.assertEqual(process.returncode, left, told)
            self.assertEqual(len(self.paper.json("subscriber", "list")), left)


if __name__ == "__main__":
    unittest.main()
