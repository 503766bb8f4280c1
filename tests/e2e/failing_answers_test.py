#!/usr/bin/env python3
"""Servers that say later, say no, or hang up: each reader gets exactly what the ledger says."""
import signal
import unittest

import certificates
import mails
import polling
from newsletter import StoryTest
from sink import DROP_AFTER_DOT, DROP_BEFORE_DOT, Sink


class FailingAnswers(StoryTest):
    READERS = 200

    def publish(self, name="newsletter", **behaviour):
        """An issue by a sink of that behaviour: (issue, recipients of what it took, newsletter)."""
        authority = certificates.make(self.at("tls"))
        with Sink(authority, **behaviour) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), name=name)
            self.readers = newsletter.add_readers(self.READERS)
            newsletter.start()
            newsletter.draft("weekly")
            issue = newsletter.wait_until_sent("weekly")
            self.assertFalse(sink.faults)
            for message in sink.messages:
                named = mails.parse(message.data)["To"].addresses[0].addr_spec
                self.assertEqual(named, message.recipient, "a body under another's envelope")
            return issue, [message.recipient for message in sink.messages], newsletter

    def test_greylisting_of_every_tenth_costs_a_retry_and_nobody(self):
        seen = set()

        def greylist(address, nth):
            if int(address[6:].partition("@")[0]) % 10 or address in seen:
                return None
            seen.add(address)
            return "451 4.7.1 greylisted, come back later"

        for pipelining in (True, False):
            with self.subTest(pipelining=pipelining):
                seen.clear()
                issue, got, newsletter = self.publish(f"pipelining-{pipelining}", on_rcpt=greylist,
                                                      pipelining=pipelining)
                self.assert_each_once(got, self.readers)
                self.assertEqual(issue["accepted"], self.READERS)
                told = newsletter.json("why", "reader10@readers.example")
                attempts = told["issues"][0]["attempts"]
                self.assertEqual([each["code"] for each in attempts], [451, 250])
                newsletter.stop()

    def test_unknown_mailboxes_are_bounced_with_code_and_text(self):
        issue, got, newsletter = self.publish(
            on_rcpt=lambda address, nth: "550 5.1.1 nobody here" if address.startswith("reader7@")
            else None)
        self.assert_each_once(got, [each for each in self.readers if not each.startswith("reader7@")])
        self.assertEqual((issue["accepted"], issue["bounced"]), (self.READERS - 1, 1))
        row = next(each for each in newsletter.json("issue", "recipients", "weekly")
                   if each["email"] == "reader7@readers.example")
        self.assertEqual((row["state"], row["code"]), ("bounced", 550))
        self.assertIn("nobody here", row["reply"])

    def test_a_connection_lost_before_the_dot_is_no_delivery(self):
        issue, got, _ = self.publish(
            on_message=lambda address, nth: DROP_BEFORE_DOT if nth % 25 == 0 else None)
        self.assert_each_once(got, self.readers)
        self.assertEqual(issue["accepted"], self.READERS)

    def test_a_reader_whose_mail_breaks_every_session_holds_up_nobody(self):
        faults = {"dropped": {"on_rcpt": lambda address, nth:
                              DROP_BEFORE_DOT if address.startswith("bad@") else None},
                  "told 421": {"on_rcpt": lambda address, nth:
                               "421 4.3.2 not you" if address.startswith("bad@") else None}}
        for name, behaviour in faults.items():
            with self.subTest(name), Sink(tls="none", **behaviour) as sink:
                newsletter = self.newsletter({"url": f"smtp://127.0.0.1:{sink.port}", "tls": "none"},
                                             name=name.replace(" ", "-"), delays=("10m",))
                newsletter.run("subscriber", "add", "bad@readers.example")
                newsletter.start()
                newsletter.draft("first")
                self.wait_for_sums(newsletter, "first", deferred=1)
                self.assertLessEqual(sink.connections, 4)
                attempt, = newsletter.json("why", "bad@readers.example")["issues"][0]["attempts"]
                self.assertIn("broke each time", attempt["reply"])
                readers = newsletter.add_readers(20)
                newsletter.draft("second")
                self.wait_for_sums(newsletter, "second", deferred=1, accepted=20)
                self.assert_each_once([message.recipient for message in sink.messages], readers)
                newsletter.stop()

    def test_a_relay_that_refuses_every_message_pauses_the_issue_and_a_retry_serves_all(self):
        bad_day = [True]
        with Sink(tls="none", on_message=lambda address, nth:
                  "554 5.7.1 not this" if bad_day[0] else None) as sink:
            newsletter = self.newsletter({"url": f"smtp://127.0.0.1:{sink.port}", "tls": "none"})
            readers = newsletter.add_readers(self.READERS)
            newsletter.start()
            newsletter.draft("weekly")
            issue = newsletter.wait_for_state("weekly", "paused")
            self.assertIn("554 5.7.1 not this", issue["note"])
            self.assertLess(issue["failed"], 20, "it burned readers")
            bad_day[0] = False
            newsletter.run("issue", "retry", "weekly")
            newsletter.run("issue", "resume", "weekly")
            issue = newsletter.wait_until_sent("weekly")
            self.assertEqual(issue["accepted"], self.READERS, issue)
            self.assert_each_once([message.recipient for message in sink.messages], readers)
            self.assertIn("nobody to try again", newsletter.refuse("issue", "retry", "weekly"))
            newsletter.stop()

    def test_dead_addresses_do_not_slow_a_healthy_relay(self):
        # As Postfix does: after five errors it closes the connection.
        def refuse(address, nth):
            return "421 4.7.0 Error: too many errors" if nth % 6 == 0 else "550 5.1.1 unknown user"

        with Sink(tls="none", on_rcpt=refuse) as sink:
            newsletter = self.newsletter({"url": f"smtp://127.0.0.1:{sink.port}", "tls": "none"},
                                         connections=1)
            newsletter.add_readers(30)
            newsletter.start()
            newsletter.draft("weekly")
            issue = newsletter.wait_until_sent("weekly", seconds=10)
            self.assertEqual(issue["bounced"], 30)
            self.assertFalse(newsletter.relay_error())

    def test_a_test_mail_tells_every_answer_or_why_there_is_none(self):
        refused = {"on_rcpt": lambda address, nth: "550 5.1.1 nobody here"}
        dropped = {"on_rcpt": lambda address, nth: DROP_BEFORE_DOT}
        closing = {"on_rcpt": lambda address, nth: "421 4.3.2 not now"}
        for name, behaviour, status, words in (
                ("taken", {}, 0, ["MAIL FROM: 250 2.1.0", "RCPT TO: 250 2.1.5", "DATA: 354",
                                  "message: 250 2.0.0 taken", "The relay says: 250"]),
                ("refused", refused, 1, ["MAIL FROM: 250", "RCPT TO: 550 5.1.1 nobody here"]),
                ("dropped", dropped, 1, ["Not carried: the server closed"]),
                ("closing", closing, 1, ["RCPT TO: 421 4.3.2", "Not carried: 421 4.3.2"])):
            with self.subTest(name), Sink(tls="none", **behaviour) as sink:
                newsletter = self.newsletter({"url": f"smtp://127.0.0.1:{sink.port}", "tls": "none"},
                                             name="test-" + name)
                newsletter.draft("weekly", status="draft")
                done = newsletter.attempt("test", "weekly", "--to", "alex@report.example")
                self.assertEqual(done.returncode, status, done.stderr)
                for part in words:
                    self.assertIn(part, done.stdout)

    def test_a_reload_waits_for_the_answers_that_are_owed(self):
        with Sink(tls="none", delay=12) as sink:
            relay = {"url": f"smtp://127.0.0.1:{sink.port}", "tls": "none"}
            newsletter = self.newsletter(relay, connections=2)
            newsletter.run("subscriber", "add", "slow@readers.example")
            newsletter.start()
            newsletter.draft("weekly")
            polling.wait_for(lambda: sink.bodies, "the first mail")
            with Sink(tls="none") as other:
                newsletter.use_relay({**relay, "url": f"smtp://127.0.0.1:{other.port}"})
                newsletter.daemon.send_signal(signal.SIGHUP)
                newsletter.run("subscriber", "add", "quick@readers.example")
                newsletter.draft("second")
                polling.wait_for(lambda: len(other.messages) == 2, "the second issue", 8)
            self.assertEqual(newsletter.issue("weekly")["pending"], 1)
            self.assertEqual(newsletter.wait_until_sent("weekly", seconds=30)["accepted"], 1)
            self.assertEqual(len(sink.messages), 1)
            told = newsletter.json("why", "slow@readers.example")
            attempts = next(each["attempts"] for each in told["issues"] if each["issue"] == "weekly")
            self.assertEqual([each["outcome"] for each in attempts], ["delivered"])

    def wait_for_sums(self, newsletter, slug, **sums):
        def there():
            issue = newsletter.issue(slug)
            return issue and all(issue[name] == count for name, count in sums.items())
        polling.wait_for(there, lambda: f"{sums} ({newsletter.issue(slug)})", 20)

    def test_a_connection_lost_after_the_dot_is_in_doubt_and_sent_again(self):
        drops = []

        def drop(address, nth):
            if nth % 40:
                return None
            drops.append(address)
            return DROP_AFTER_DOT

        issue, got, _ = self.publish(on_message=drop)
        self.assertEqual(set(got), set(self.readers))
        self.assertEqual(len(got) - len(set(got)), len(drops), "one extra copy for each in doubt")
        self.assertEqual((issue["accepted"], issue["in_doubt"]), (self.READERS, 0))

    def test_content_refused_for_now_is_tried_again(self):
        tried = set()

        def later(address, nth):
            if address not in ("reader3@readers.example", "reader4@readers.example"):
                return None
            if address in tried:
                return None
            tried.add(address)
            return "452 4.3.1 no space left"

        issue, got, _ = self.publish(on_message=later)
        self.assert_each_once(got, self.readers)
        self.assertEqual(issue["accepted"], self.READERS)


if __name__ == "__main__":
    unittest.main()
