#!/usr/bin/env python3
"""issue pause, resume, cancel and resend while mails are going out."""
import time
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

READERS = 200


class OperatorMoves(StoryTest):
    def setUp(self):
        super().setUp()
        authority = certificates.make(self.at("tls"))
        self.sink = Sink(authority, delay=0.02).__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink, authority), connections=2)
        self.readers = self.paper.add_readers(READERS)
        self.paper.start()
        self.paper.draft("weekly")
        self.sent(20)

    def sent(self, count):
        wait_for(lambda: len(self.sink.messages) >= count, f"{count} mails")

    def quiet(self):
        """Sending has stopped: the number of mails after two looks with nothing between."""
        seen = [-1, time.monotonic()]

        def calm():
            if len(self.sink.messages) != seen[0]:
                seen[:] = [len(self.sink.messages), time.monotonic()]
            return time.monotonic() - seen[1] > 1.0

        wait_for(calm, "no more mails", seconds=10)
        return seen[0]

    def test_pause_stops_within_a_second_and_resume_serves_the_rest_once(self):
        asked = time.monotonic()
        self.paper.run("issue", "pause", "weekly")
        count = self.quiet()
        self.assertLess(max(message.time for message in self.sink.messages) - asked, 2)
        self.assertLess(count, READERS)
        self.assertEqual(self.paper.state("weekly"), "paused")
        self.paper.stop()
        self.paper.start()
        self.assertEqual(self.paper.state("weekly"), "paused")
        self.assertEqual(self.quiet(), count, "a restart resumes nothing")
        self.paper.run("issue", "resume", "weekly")
        self.paper.wait_until_sent("weekly")
        self.assert_each_once([message.recipient for message in self.sink.messages], self.readers)

    def test_cancel_ends_it_for_those_who_wait(self):
        self.paper.run("issue", "cancel", "weekly")
        count = self.quiet()
        issue = self.paper.wait_for_state("weekly", "cancelled")
        self.assertEqual((issue["accepted"], issue["cancelled"]), (count, READERS - count), issue)
        self.assertIn("cancelled", self.paper.refuse("issue", "resume", "weekly"))
        rows = self.paper.json("issue", "recipients", "weekly")
        self.assertEqual(len(rows), READERS)

    def test_resend_gives_one_reader_the_issue_again_outside_the_sums(self):
        self.paper.wait_until_sent("weekly")
        self.paper.run("issue", "resend", "weekly", self.readers[5])
        self.sent(READERS + 1)
        again = [m for m in self.sink.messages if m.recipient == self.readers[5]]
        self.assertEqual(len(again), 2)
        issue = self.paper.issue("weekly")
        self.assertEqual((issue["audience"], issue["accepted"]), (READERS, READERS))
        self.paper.run("subscriber", "unsubscribe", self.readers[6])
        self.paper.refuse("issue", "resend", "weekly", self.readers[6])
        self.paper.refuse("issue", "resend", "weekly", "stranger@elsewhere.example")

    def test_moves_that_make_no_sense_are_refused_in_words(self):
        self.paper.wait_until_sent("weekly")
        for move in ("pause", "resume", "cancel", "send"):
            self.assertIn("sent", self.paper.refuse("issue", move, "weekly"))
        self.assertIn("weekly", self.paper.refuse("issue", "show", "weekyl"))


if __name__ == "__main__":
    unittest.main()
