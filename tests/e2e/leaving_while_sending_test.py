#!/usr/bin/env python3
"""Who leaves while an issue is being sent, and has not been served, gets no mail."""
import threading
import unittest

import certificates
import mails
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

READERS = 200


class LeavingWhileSending(StoryTest):
    def setUp(self):
        super().setUp()
        self.authority = certificates.make(self.at("tls"))

    def first_issue(self, newsletter, sink):
        """Each reader's link to leave, from an issue before."""
        newsletter.draft("first")
        newsletter.wait_until_sent("first")
        return {message.recipient: mails.unsubscribe_link(mails.parse(message.data))
                for message in sink.messages}

    def test_those_not_yet_served_are_cancelled(self):
        with Sink(self.authority) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, self.authority), connections=1)
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            links = self.first_issue(newsletter, sink)
            self.assertEqual(sorted(links), sorted(readers))

            sink.messages.clear()
            everybody_left = threading.Event()
            sink.held = lambda: len(sink.messages) >= 10 and not everybody_left.is_set()
            newsletter.draft("second")
            wait_for(lambda: len(sink.messages) >= 10, "ten mails of the second issue")
            served = {message.recipient for message in sink.messages}
            leavers = [reader for reader in readers if reader not in served][-30:]
            for reader in leavers[:15]:
                self.assertEqual(newsletter.post(links[reader], b"List-Unsubscribe=One-Click")[0], 200)
            for reader in leavers[15:]:
                newsletter.run("subscriber", "unsubscribe", reader)
            everybody_left.set()
            issue = newsletter.wait_until_sent("second")

            got = [message.recipient for message in sink.messages]
            self.assertEqual(len(got), len(set(got)))
            missing = set(readers) - set(got)
            self.assertEqual(missing, set(leavers))
            self.assertEqual(issue["cancelled"], len(missing), issue)
            self.assertEqual(issue["accepted"], READERS - len(missing), issue)
            self.assertFalse(sink.faults)

    def test_the_next_issue_leaves_them_out_and_says_why(self):
        with Sink(self.authority) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, self.authority))
            newsletter.add_readers(5)
            newsletter.start()
            links = self.first_issue(newsletter, sink)
            newsletter.post(links["reader3@readers.example"])
            sink.messages.clear()
            newsletter.draft("second")
            issue = newsletter.wait_until_sent("second")
            self.assertEqual(issue["audience"], 4)
            self.assertEqual(issue["excluded"], {"unsubscribed": 1})
            self.assertNotIn("reader3@readers.example", [m.recipient for m in sink.messages])
            for words in (["why"], ["subscriber", "show"]):
                self.assertIn("unsubscribe link: report, issue first",
                              newsletter.run(*words, "reader3@readers.example"))

            stats = newsletter.json("stats")
            self.assertEqual(stats["lists"], [{"list": "report", "confirmed": 4, "suppressed": 0,
                                               "pending": 0, "unsubscribed": 1}])
            issue, = stats["issues"]
            self.assertEqual((issue["issue"], issue["audience"], issue["left"]), ("first", 5, 1))
            week = stats["weeks"][-1]
            self.assertEqual((week["joined"], week["left"], week["growth"], week["confirmed"]),
                             ({"import": 5}, {"reader": 1}, 4, 4))
            shown = newsletter.run("stats", "--list", "report")
            for told in ("CONFIRMED", "+4", "5 by import", "1 by reader", "20.00 %"):
                self.assertIn(told, shown)


if __name__ == "__main__":
    unittest.main()
