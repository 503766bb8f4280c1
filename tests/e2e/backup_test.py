#!/usr/bin/env python3
"""A backup that is made while an issue is sent, restored elsewhere: silent, then claimed."""
import os
import stat
import unittest
import zipfile

from newsletter import Newsletter, StoryTest
from polling import free_port, wait_for
from sink import Sink

READERS = 300


class Backup(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(tls="none", delay=0.01).__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.readers = self.paper.add_readers(READERS)
        self.paper.start()

    def got(self):
        return [message.recipient for message in self.sink.messages]

    def restored(self, archive):
        self.told = self.paper.run("restore", archive, self.at("restored"))
        made = object.__new__(Newsletter)
        made.__dict__.update(self.paper.__dict__, folder=self.at("restored"), port=free_port(),
                             daemon=None)
        made.write("postrider.toml", made.read("postrider.toml").replace(str(self.paper.port),
                                                                         str(made.port)))
        self.addCleanup(made.clean_up)
        return made

    def test_a_backup_of_an_issue_under_way_is_whole_and_silent_until_it_is_claimed(self):
        self.paper.draft("weekly")
        wait_for(lambda: len(self.sink.messages) > READERS // 4, "a part of it")
        archive = self.at("news.zip")
        backup = self.paper.json("backup", archive)
        self.assertEqual(backup["counts"], {"subscribers": READERS, "issues": 1, "deliveries": READERS})
        self.assertEqual(backup["missing"], [])
        self.assertEqual(stat.S_IMODE(os.stat(archive).st_mode), 0o600)
        self.paper.wait_until_sent("weekly")
        self.paper.stop()
        self.assert_each_once(self.got(), self.readers)
        with zipfile.ZipFile(archive) as opened:  # as anybody could read it
            self.assertIsNone(opened.testzip())
            self.assertIn("secrets/token.keys", opened.namelist())

        self.assertIn("--force", self.paper.refuse("backup", archive))
        self.assertIn("not encrypted", self.paper.run("backup", "--force", self.at("second.zip")))
        copy = self.restored(archive)
        self.assertIn("postrider claim", self.told)
        self.assertEqual(os.listdir(self.folder).count("restored"), 1)
        copy.start()
        issue = copy.issue("weekly")
        self.assertEqual((issue["state"], issue["audience"]), ("sending", READERS))
        left = issue["pending"] + issue["deferred"] + issue["in_doubt"]
        self.assertGreater(left, 0)
        self.assertEqual(copy.json("status")["unclaimed"], "was restored from a backup")
        self.assertEqual(len(self.got()), READERS)
        self.assertIn("Nothing is sent", copy.run("issue", "list"))
        copy.run("claim")
        copy.wait_until_sent("weekly")
        self.assertEqual(len(self.got()), READERS + left)

    def test_a_folder_with_something_in_it_is_left_alone(self):
        self.paper.run("backup", self.at("news.zip"))
        self.assertIn("is not empty", self.paper.refuse("restore", self.at("news.zip"), self.paper.folder))
        with open(self.at("news.zip"), "rb") as archive:
            self.paper.write("broken.zip", archive.read()[:3000])
        self.paper.refuse("restore", self.paper.at("broken.zip"), self.at("restored"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["news.zip", "newsletter"])


if __name__ == "__main__":
    unittest.main()
