#!/usr/bin/env python3
"""Keys that systemd hands out as credentials serve like those in secrets/."""
import os
import shutil
import unittest
from unittest import mock

import mails
import newsletter
from newsletter import StoryTest

KEYS = ("token.keys", "dkim-postrider.pem")


class Credentials(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.records = mails.dns_records(self.paper.run("dkim", "show"))
        self.handed_out = self.at("credentials")
        os.mkdir(self.handed_out, 0o750)
        for name in KEYS:
            shutil.move(self.paper.at("secrets", name), self.handed_out)
            os.chmod(os.path.join(self.handed_out, name), 0o440)
        environment = {**newsletter.environment(), "CREDENTIALS_DIRECTORY": self.handed_out}
        self.by_hand = newsletter.environment
        patch = mock.patch.object(newsletter, "environment", lambda: environment)
        patch.start()
        self.addCleanup(patch.stop)

    def test_mails_are_signed_and_links_open_with_the_keys_of_systemd(self):
        self.assertEqual(mails.dns_records(self.paper.run("dkim", "show")), self.records)
        self.paper.run("check")
        self.paper.add_readers(1)
        self.paper.start()
        self.paper.draft("weekly")
        self.paper.wait_until_sent("weekly")
        [name] = os.listdir(self.paper.at("outbox"))
        with open(self.paper.at("outbox", name), "rb") as file:
            data = file.read()
        self.assertEqual(mails.signatures(data, self.records), 1)
        self.assertEqual(self.paper.get(mails.unsubscribe_link(mails.parse(data)))[0], 200)
        self.assertEqual([key for key in os.listdir(self.paper.at("secrets")) if key in KEYS], [],
                         "no second key is made")

    def test_a_command_without_the_credential_makes_no_key_of_its_own(self):
        self.paper.add_readers(1)
        self.paper.run("subscriber", "erase", "ann@erased.example", "--yes")
        self.paper.write("more.csv", "email\nann@erased.example\n")
        self.paper.run("subscriber", "export", "--output", self.paper.at("export.csv"))
        empty = self.newsletter(name="empty")
        with mock.patch.object(newsletter, "environment", self.by_hand):
            for paper, words in (
                    (self.paper, ("subscriber", "erase", "reader0@readers.example", "--yes")),
                    (self.paper, ("subscriber", "add", "ann@erased.example")),
                    (self.paper, ("subscriber", "import", self.paper.at("more.csv"))),
                    (self.paper, ("suppression", "remove", "ann@erased.example")),
                    (self.paper, ("token", "rotate")),
                    (empty, ("subscriber", "import", self.paper.at("export.csv"))),
                    (empty, ("subscriber", "import", "--format", "postrider",
                             self.paper.at("export.csv")))):
                with self.subTest(words=words):
                    told = paper.refuse(*words)
                    self.assertIn(f"{paper.at('secrets/token.keys')} is missing; if the service", told)
                    self.assertIn("LoadCredential=token.keys:postrider.token.keys", told)
                    self.assertFalse(os.path.exists(paper.at("secrets/token.keys")))
            # What keeps mails away needs no key.
            self.assertIn("is suppressed", self.paper.run("suppression", "add", "eve@a.example"))
            self.assertIn("there is no subscriber nobody@",
                          self.paper.refuse("subscriber", "show", "nobody@a.example"))
            self.assertEqual(len(self.paper.json("subscriber", "imports")), 1)
            self.assertEqual(empty.json("subscriber", "list"), [])
        told = self.paper.json("subscriber", "import", self.paper.at("more.csv"))
        self.assertEqual(told["skipped"], {"erased": 1})

    def test_generate_replaces_none(self):
        self.assertEqual(mails.dns_records(self.paper.run("dkim", "generate")), self.records)
        self.assertFalse(os.path.exists(self.paper.at("secrets", "dkim-postrider.pem")))

    def test_one_that_everybody_may_read_is_refused(self):
        os.chmod(os.path.join(self.handed_out, "dkim-postrider.pem"), 0o444)
        told = self.paper.refuse("check")
        self.assertIn(f"{self.handed_out}/dkim-postrider.pem: others may read", told)


if __name__ == "__main__":
    unittest.main()
