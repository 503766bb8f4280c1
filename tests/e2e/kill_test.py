#!/usr/bin/env python3
"""kill -9 at any moment: every reader is served, and extra copies stay within one a connection.

POSTRIDER_KILLS and POSTRIDER_READERS make it longer.
"""
import os
import random
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

KILLS = int(os.environ.get("POSTRIDER_KILLS", "20"))
READERS = int(os.environ.get("POSTRIDER_READERS", "2000"))
CONNECTIONS = 8


class Killed(StoryTest):
    def test_nobody_is_lost_by_kill_after_kill(self):
        seed = int.from_bytes(os.urandom(4), "big")
        dice = random.Random(seed)
        authority = certificates.make(self.at("tls"))
        with Sink(authority, delay=0.01, keep_data=False) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), connections=CONNECTIONS)
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            wait_for(lambda: sink.messages, "the first mail")
            share = READERS // (KILLS + 2)
            for number in range(KILLS):
                target = len(sink.messages) + dice.randint(1, share)
                wait_for(lambda: len(sink.messages) >= target or newsletter.state("weekly") == "sent",
                         lambda: f"{target} mails ({len(sink.messages)})\n" + newsletter.log_tail(),
                         every=0.001)
                newsletter.kill()
                newsletter.start(ready=False)
            newsletter.wait_until_ready()
            issue = newsletter.wait_until_sent("weekly")

            got = [message.recipient for message in sink.messages]
            lost = set(readers) - set(got)
            extra = len(got) - len(set(got))
            print(f"seed {seed}: {KILLS} kills, {len(lost)} lost, {extra} extra copies")
            self.assertFalse(lost)
            self.assertFalse(set(got) - set(readers))
            self.assertLessEqual(extra, KILLS * CONNECTIONS)
            self.assertEqual(issue["accepted"], READERS, issue)
            self.assertFalse(sink.faults)
            newsletter.stop()

    def test_a_polite_end_repeats_nothing(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority, delay=0.01, keep_data=False) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), connections=CONNECTIONS)
            readers = newsletter.add_readers(500)
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            for target in (50, 200, 350):
                wait_for(lambda: len(sink.messages) >= target, f"{target} mails", every=0.002)
                newsletter.stop()
                newsletter.start()
            newsletter.wait_until_sent("weekly")
            self.assert_each_once([message.recipient for message in sink.messages], readers)


if __name__ == "__main__":
    unittest.main()
