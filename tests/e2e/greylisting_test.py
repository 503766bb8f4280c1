#!/usr/bin/env python3
"""451 to every tenth RCPT: each costs one retry, and nobody else anything."""
import unittest

from newsletter import StoryTest
from sink import Sink

READERS = 3000


class Greylisting(StoryTest):
    def test_every_tenth_is_sent_away_once(self):
        for pipelining in (True, False):
            with self.subTest(pipelining=pipelining):
                self.publish(pipelining)

    def publish(self, pipelining):
        away = set()

        def greylist(address, nth):
            if nth % 10 or address in away:
                return None
            away.add(address)
            return "451 4.7.1 greylisted, come back later"

        with Sink(tls="none", on_rcpt=greylist, pipelining=pipelining) as sink:
            newsletter = self.newsletter(self.sink_relay(sink), name=f"pipelining-{pipelining}",
                                         connections=8, delays=("2s",))
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            issue = newsletter.wait_until_sent("weekly")
            self.assertEqual(issue["accepted"], READERS, issue)
            self.assert_each_once([message.recipient for message in sink.messages], readers)
            self.assertGreater(len(away), READERS // 15)
            self.assertEqual(sink.rcpts, READERS + len(away), "one retry for each, and no other")
            for recipient in newsletter.json("issue", "recipients", "weekly"):
                self.assertEqual(recipient["attempts"], 1 + (recipient["email"] in away), recipient)
            newsletter.stop()


if __name__ == "__main__":
    unittest.main()
