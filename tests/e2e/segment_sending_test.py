#!/usr/bin/env python3
"""An issue to a segment, by a real Postfix: its readers get it, and the sums tell of all others."""
import re
import unittest

from mail_servers import MailServers
from newsletter import StoryTest

READERS = """email,name,country
a@readers.example,Aigerim,KZ
b@readers.example,Bolat,KZ
c@readers.example,Chingiz,RU
d@readers.example,Dana,
e@readers.example,Erlan,KZ
f@readers.example,Fay,RU
"""
SAVED = "\n[segments]\nkazakhstan = \"country = 'KZ'\"\n"


class SegmentSending(StoryTest):
    def start(self, relay=None):
        paper = self.newsletter(relay)
        paper.write("readers.csv", READERS)
        paper.run("subscriber", "import", paper.at("readers.csv"))
        paper.run("subscriber", "unsubscribe", "e@readers.example")
        paper.run("subscriber", "unsubscribe", "f@readers.example")
        paper.write("postrider.toml", paper.read("postrider.toml") + SAVED)
        paper.start()
        return paper

    def test_exactly_its_readers_get_it(self):
        with MailServers(self.at("mail")) as servers:
            paper = self.start(servers.relay("smtps"))
            paper.draft("for-kz", segment="kazakhstan")
            issue = paper.wait_until_sent("for-kz")
            self.assertEqual((issue["accepted"], issue["audience"]), (2, 2), issue)
            self.assertEqual(issue["excluded"], {"segment": 2, "unsubscribed": 2})
            self.assertEqual(issue["segment"], "country = 'KZ'")
            self.assertIn("excluded: segment", paper.run("issue", "show", "for-kz"))
            self.assertIn("was not in the audience: outside of its segment: country = 'KZ'",
                          paper.run("why", "c@readers.example"))
            told, = paper.json("why", "e@readers.example")["issues"]
            self.assertEqual(told["excluded"], "unsubscribed")
            self.assertRegex(told["verdict"], "was not in the audience: had left report on .*Z$")
            self.assertRegex(paper.run("why", "e@readers.example"), "had left report on .* UTC")

            # Those who got it are known by then, and the two together reach everybody once.
            paper.draft("for-others", segment="not got('for-kz')")
            issue = paper.wait_until_sent("for-others")
            self.assertEqual(issue["excluded"], {"segment": 2, "unsubscribed": 2})
            servers.wait_for_mails(4)
            self.assert_each_once(
                [(address, re.search(rb"Issue (for-\w+)", data)[1].decode())
                 for address, data in servers.messages()],
                [("a@readers.example", "for-kz"), ("b@readers.example", "for-kz"),
                 ("c@readers.example", "for-others"), ("d@readers.example", "for-others")])

    def test_a_saved_segment_that_vanishes_before_the_start_holds_the_issue(self):
        paper = self.start()
        paper.draft("for-kz", segment="kazakhstan", send_at="2040-01-01 08:00")
        paper.wait_for_state("for-kz", "scheduled")
        settings = paper.read("postrider.toml")
        paper.write("postrider.toml", settings.replace(SAVED, ""))
        paper.stop()
        paper.start()
        issue = paper.wait_for_state("for-kz", "held")
        for told in ("its segment cannot be read any more", "kazakhstan"):
            self.assertIn(told, issue["note"])
        paper.run("issue", "send", "for-kz")
        paper.wait_for_state("for-kz", "held")
        self.assertIsNone(paper.issue("for-kz")["started_at"])

        paper.write("postrider.toml", settings)
        paper.stop()
        paper.start()
        paper.run("issue", "send", "for-kz")
        self.assertEqual(paper.wait_until_sent("for-kz")["accepted"], 2)


if __name__ == "__main__":
    unittest.main()
