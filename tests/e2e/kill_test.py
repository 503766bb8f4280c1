#!/usr/bin/env python3
"""kill -9 at any moment: every reader is served, and extra copies stay within one a connection.

    kill_test.py [--kills N] [--readers N] [test…]    20 kills in 2,000 readers, where not said
"""
import argparse
import os
import random
import sys
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

CONNECTIONS = 8

options = argparse.ArgumentParser()
options.add_argument("--kills", type=int, default=20)
options.add_argument("--readers", type=int, default=2000)
CHOSEN, OTHERS = options.parse_known_args()


class Killed(StoryTest):
    def test_nobody_is_lost_by_kill_after_kill(self):
        self.kill_after_kill(CHOSEN.kills, CHOSEN.readers)

    def test_nobody_is_lost_by_few_kills_in_many_readers(self):
        self.kill_after_kill(12, 6000)

    def kill_after_kill(self, kills, readers):
        seed = int.from_bytes(os.urandom(4), "big")
        dice = random.Random(seed)
        authority = certificates.make(self.at("tls"))
        with Sink(authority, delay=0.01, keep_data=False) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), connections=CONNECTIONS)
            expected = set(newsletter.add_readers(readers))
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            wait_for(lambda: sink.messages, "the first mail")
            share = readers // (kills + 2)
            for number in range(kills):
                target = len(sink.messages) + dice.randint(1, share)
                wait_for(lambda: len(sink.messages) >= target or newsletter.state("weekly") == "sent",
                         lambda: f"{target} mails ({len(sink.messages)})\n" + newsletter.log_tail(),
                         every=0.001)
                newsletter.kill()
                newsletter.start(ready=False)
            newsletter.wait_until_ready()
            issue = newsletter.wait_until_sent("weekly", seconds=120 + readers / 50)

            got = [message.recipient for message in sink.messages]
            lost = expected - set(got)
            extra = len(got) - len(set(got))
            print(f"seed {seed}: {kills} kills, {len(lost)} lost, {extra} extra copies")
            self.assertFalse(lost)
            self.assertFalse(set(got) - expected)
            self.assertLessEqual(extra, kills * CONNECTIONS)
            self.assertEqual(issue["accepted"], readers, issue)
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
    unittest.main(argv=sys.argv[:1] + OTHERS)
