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

    def test_generate_replaces_none(self):
        self.assertEqual(mails.dns_records(self.paper.run("dkim", "generate")), self.records)
        self.assertFalse(os.path.exists(self.paper.at("secrets", "dkim-postrider.pem")))

    def test_one_that_everybody_may_read_is_refused(self):
        os.chmod(os.path.join(self.handed_out, "dkim-postrider.pem"), 0o444)
        told = self.paper.refuse("check")
        self.assertIn(f"{self.handed_out}/dkim-postrider.pem: others may read", told)


if __name__ == "__main__":
    unittest.main()
