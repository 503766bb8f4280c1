#!/usr/bin/env python3
"""A real Postfix as the relay, on its bad days: whatever it does, everybody gets one mail."""
import collections
import os
import re
import socketserver
import threading
import unittest

from mail_servers import MailServers
from newsletter import StoryTest
from polling import wait_for

CONNECTIONS = 4


class Policy(socketserver.ThreadingTCPServer):
    """A policy service (SMTPD_POLICY_README) that sends each recipient away the first time."""
    allow_reuse_address = daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            request = {}
            for line in self.rfile:
                key, _, value = line.decode().strip().partition("=")
                if key:
                    request[key] = value
                    continue
                self.wfile.write(f"action={self.server.judge(request['recipient'])}\n\n".encode())
                request = {}

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.seen = collections.Counter()
        self.lock = threading.Lock()

    def judge(self, recipient):
        with self.lock:
            self.seen[recipient] += 1
            return "450 4.7.1 greylisted" if self.seen[recipient] == 1 else "dunno"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class PostfixRelay(StoryTest):
    def start(self, servers, readers, **relay):
        """A newsletter whose issue is under way by this Postfix."""
        newsletter = self.newsletter({**servers.relay("smtps"), **relay}, connections=CONNECTIONS)
        self.readers = newsletter.add_readers(readers)
        newsletter.start()
        newsletter.draft("weekly", body="Short.\n")
        return newsletter

    def arrive(self, newsletter, servers):
        """Until it is sent, each poll of the sums closing; then the addresses of what Postfix took."""
        issue = newsletter.wait_until_sent("weekly", seconds=60)
        self.assertEqual(issue["accepted"], len(self.readers), issue)
        wait_for(lambda: len(set(self.boxes(servers))) == len(self.readers), "a mail for each", 60)
        # What Postfix delivers twice of its own accord, having been stopped, has one queue id.
        taken = {(address, re.search(rb"with ESMTPSA id (\w+)", data)[1])
                 for address, data in servers.messages()}
        return [address for address, _ in taken]

    def boxes(self, servers):
        return (os.path.dirname(os.path.dirname(file)) for file in servers.files())

    def outcomes(self, newsletter, address):
        issue, = newsletter.json("why", address)["issues"]
        return [attempt["outcome"] for attempt in issue["attempts"]]

    def test_stopped_and_started_in_mid_issue(self):
        with MailServers(self.at("mail")) as servers:
            newsletter = self.start(servers, 1000)
            wait_for(lambda: (newsletter.issue("weekly") or {}).get("accepted", 0) >= 50,
                     "the first mails", every=0.01)
            servers.stop_postfix()
            wait_for(newsletter.relay_error, "a relay that is told to be down")
            self.assertEqual(newsletter.state("weekly"), "sending")
            servers.start_postfix()
            got = collections.Counter(self.arrive(newsletter, servers))
            self.assertEqual(set(got), set(self.readers))
            twice = [address for address, copies in got.items() if copies > 1]
            self.assertLessEqual(len(twice), CONNECTIONS)
            for address in twice:  # cut off after the final dot
                self.assertEqual(self.outcomes(newsletter, address), ["in_doubt", "delivered"])

    def test_a_full_queue(self):
        with MailServers(self.at("mail"), "queue_minfree = 1000000000000") as servers:
            newsletter = self.start(servers, 100)
            wait_for(lambda: (newsletter.issue("weekly") or {}).get("deferred"), "refusals")
            self.assertIn("452,4.3.1", newsletter.run("issue", "recipients", "weekly"))
            servers.stop_postfix()
            servers.start_postfix("queue_minfree = 0")
            self.assert_each_once(self.arrive(newsletter, servers), self.readers)

    def test_a_limit_on_new_connections(self):
        with MailServers(self.at("mail"), "smtpd_client_connection_rate_limit = 5",
                         "anvil_rate_time_unit = 2s") as servers:
            newsletter = self.start(servers, 60, messages_per_connection=5)
            got = self.arrive(newsletter, servers)
            self.assert_each_once(got, self.readers)
            self.assertIn("rate limit exceeded", self.log(servers))

    def test_a_policy_that_greylists_everybody_once(self):
        # Postfix grows slow towards clients with many errors, and closes after twenty.
        with Policy() as policy, MailServers(
                self.at("mail"), "smtpd_recipient_restrictions = check_policy_service "
                f"inet:127.0.0.1:{policy.server_address[1]}, permit_sasl_authenticated, reject",
                ) as servers:
            newsletter = self.start(servers, 60)
            self.assert_each_once(self.arrive(newsletter, servers), self.readers)
            self.assertEqual(set(policy.seen.values()), {2}, "one retry each")
            for address in self.readers[:5]:
                self.assertEqual(self.outcomes(newsletter, address), ["deferred", "delivered"])

    def log(self, servers):
        with open(f"{servers.settings['MAIL_LOG']}/postfix.log", encoding="utf-8") as log:
            return log.read()


if __name__ == "__main__":
    unittest.main()
