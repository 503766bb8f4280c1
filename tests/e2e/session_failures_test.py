#!/usr/bin/env python3
"""A relay that cannot be trusted or reached is nobody's attempt; `status` names the reason."""
import unittest

import certificates
import polling
from newsletter import StoryTest
from sink import Sink


class SessionFailures(StoryTest):
    def setUp(self):
        super().setUp()
        self.authority = certificates.make(self.at("tls"))

    def expect(self, relay, *words, good_relay=None):
        """The relay's fault is told with these words, nobody is charged; mended, all is sent."""
        newsletter = self.newsletter(relay)
        newsletter.add_readers(10)
        newsletter.start()
        newsletter.draft("weekly")
        newsletter.wait_for_state("weekly", "sending")
        error = polling.wait_for(newsletter.relay_error, "an error of the relay")
        self.assertTrue(any(word in error.lower() for word in words), error)
        self.assertNotIn("hunter2", error)
        issue = newsletter.issue("weekly")
        self.assertEqual((issue["pending"], issue["accepted"]), (10, 0), issue)
        if good_relay:
            newsletter.use_relay(good_relay)
            newsletter.daemon.send_signal(1)
            self.assertEqual(newsletter.wait_until_sent("weekly")["accepted"], 10)
            for row in newsletter.json("issue", "recipients", "weekly"):
                self.assertEqual(row["tls"], "TLSv1.3", row)

    def test_a_certificate_of_another_name(self):
        wrong = certificates.make(self.at("wrong"), "DNS:elsewhere.example")
        with Sink(wrong) as sink, Sink(self.authority) as good:
            self.expect(self.sink_relay(sink, wrong), "localhost", "name", "match",
                        good_relay=self.sink_relay(good, self.authority))
            self.assertFalse(sink.messages)
            self.assertEqual(len(good.messages), 10)

    def test_a_certificate_of_an_unknown_authority(self):
        other = certificates.make(self.at("other"))
        with Sink(other) as sink:
            self.expect(self.sink_relay(sink, self.authority), "certificate", "issuer")
            self.assertFalse(sink.messages)

    def test_starttls_with_an_unknown_authority(self):
        other = certificates.make(self.at("other"))
        with Sink(other, tls="starttls") as sink, Sink(self.authority, tls="starttls") as good:
            self.expect(self.sink_relay(sink, self.authority), "certificate", "issuer",
                        good_relay=self.sink_relay(good, self.authority))
            self.assertFalse(sink.messages)
            self.assertEqual(len(good.messages), 10)

    def test_no_starttls_where_it_is_required(self):
        with Sink(tls="none") as sink:
            self.expect({"url": f"smtp://localhost:{sink.port}"}, "starttls", "tls")
            self.assertFalse(sink.messages)

    def test_a_wrong_password(self):
        with Sink(self.authority, user="alex", password="right") as sink:
            relay = {**self.sink_relay(sink, self.authority), "password": "hunter2"}
            self.expect(relay, "535", "password", "log",
                        good_relay=self.sink_relay(sink, self.authority))
            self.assertEqual(len(sink.messages), 10)

    def test_a_token_that_is_refused(self):
        with Sink(self.authority, user="alex", token="right") as sink:
            relay = {"url": f"smtps://localhost:{sink.port}", "ca_file": f"{self.authority}/ca.pem",
                     "username": "alex", "auth": "xoauth2"}
            self.expect({**relay, "token_command": ["echo", "hunter2"]}, "no such token",
                        good_relay={**relay, "token_command": "echo right"})
            self.assertEqual(len(sink.messages), 10)

    def test_a_token_command_that_fails(self):
        with Sink(self.authority, user="alex", token="right") as sink:
            self.expect({"url": f"smtps://localhost:{sink.port}", "username": "alex",
                         "ca_file": f"{self.authority}/ca.pem", "auth": "xoauth2",
                         "token_command": ["sh", "-c", "echo hunter2; exit 3"]}, "exit status 3")
            self.assertFalse(sink.messages)

    def test_nobody_there(self):
        relay = {"url": f"smtps://localhost:{polling.free_port()}",
                 "ca_file": f"{self.authority}/ca.pem"}
        self.expect(relay, "refused", "connect")


if __name__ == "__main__":
    unittest.main()
