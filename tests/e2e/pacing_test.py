#!/usr/bin/env python3
"""Limits hold back what they are for and nothing else; relays stand in for each other."""
import json
import time
import unittest

import certificates
import polling
from newsletter import StoryTest
from sink import Sink


class Pacing(StoryTest):
    def paper(self, relays, more=""):
        """A newsletter with these relays, and more settings."""
        newsletter = self.newsletter(relays[0])
        for number, relay in enumerate(relays[1:], 2):
            keys = {"name": f"relay{number}", **relay}
            more += "\n[[relay]]\n" + "".join(f"{key} = {json.dumps(value)}\n"
                                              for key, value in keys.items())
        newsletter.write("postrider.toml", newsletter.read("postrider.toml") + more)
        return newsletter

    @staticmethod
    def relay(sink, **keys):
        return {"url": f"smtp://localhost:{sink.port}", "tls": "none", **keys}

    def send(self, newsletter, readers, others=0, seconds=60):
        if others:
            newsletter.add_readers(others, email="other{n}@slow.example")
        newsletter.add_readers(readers)
        newsletter.start()
        newsletter.draft("weekly")
        return newsletter.wait_until_sent("weekly", seconds)

    def wait_for_relay(self, newsletter, state, error):
        """The first relay, as `status` has it; while a reload replaces them there is none."""
        def told():
            return any(relay["state"] == state and error in relay["last_error"]
                       for relay in newsletter.json("status")["daemon"]["relays"][:1])
        polling.wait_for(told, lambda: f"relay {state}: {newsletter.run('status')}")

    def test_a_domains_rate_holds_back_its_own_mail_only(self):
        with Sink(tls="none", keep_data=False) as sink:
            newsletter = self.paper([self.relay(sink)], '[domains."slow.example"]\nrate = "10/s"\n')
            issue = self.send(newsletter, 100, others=40)
            self.assertEqual(issue["accepted"], 140)
            slow = [m.time for m in sink.messages if m.recipient.endswith("slow.example")]
            fast = [m.time for m in sink.messages if not m.recipient.endswith("slow.example")]
            self.assertGreater(slow[-1] - slow[0], 3.5)
            self.assertLess(fast[-1], slow[20], "the others waited for the slow domain")

    def test_a_domain_has_so_many_connections_at_a_time(self):
        with Sink(tls="none", keep_data=False, delay=0.05) as sink:
            newsletter = self.paper([self.relay(sink, connections=10)],
                                    '[domains."slow.example"]\nconnections = 2\n')
            self.send(newsletter, 100, others=40)
            slow = sorted(m.time for m in sink.messages if m.recipient.endswith("slow.example"))
            together = max(sum(1 for other in slow if 0 <= other - time < 0.045) for time in slow)
            self.assertLessEqual(together, 2)

    def test_a_relays_rate_survives_a_restart(self):
        with Sink(tls="none", keep_data=False) as sink:
            newsletter = self.paper([self.relay(sink, rate="60/h")])
            newsletter.add_readers(50)
            newsletter.start()
            newsletter.draft("weekly")
            polling.wait_for(lambda: len(sink.messages) == 30, "half of the hour's mails")
            newsletter.kill()
            newsletter.start()
            polling.wait_for(lambda: newsletter.json("status")["issues"][0]["reason"]
                             == "limited by relay primary 60/h", "the reason")
            self.assertLessEqual(len(sink.messages), 32)
            self.assertEqual(newsletter.issue("weekly")["state"], "sending")

    def test_a_pause_that_a_relay_asks_for_survives_restart_and_reload_but_no_change_of_relay(self):
        later = "450 4.7.1 rate limit: try again in 1 hour"
        with Sink(tls="none", keep_data=False, on_rcpt=lambda address, nth: later) as strict, \
                Sink(tls="none", keep_data=False) as other:
            newsletter = self.newsletter(self.relay(strict), connections=1)
            newsletter.add_readers(20)
            newsletter.start()
            newsletter.draft("weekly")
            self.wait_for_relay(newsletter, "waiting", later)
            asked = strict.rcpts
            newsletter.kill()
            newsletter.start()
            self.wait_for_relay(newsletter, "waiting", later)
            newsletter.daemon.send_signal(1)
            polling.wait_for(lambda: "reloaded" in newsletter.log_text(), "the reload")
            self.wait_for_relay(newsletter, "waiting", later)
            self.assertEqual(strict.rcpts, asked)
            self.assertGreaterEqual(newsletter.issue("weekly")["pending"], 20 - asked)
            newsletter.use_relay(self.relay(other))
            newsletter.daemon.send_signal(1)
            polling.wait_for(lambda: len(other.messages) == 20 - asked, "the other relay")

    def test_a_slow_server_beside_a_fast_one(self):
        with Sink(tls="none", keep_data=False) as fast, \
                Sink(tls="none", keep_data=False, delay=3) as slow:
            newsletter = self.paper([
                self.relay(fast, connections=4),
                self.relay(slow, connections=10, domains=["slow.example"])])
            self.send(newsletter, 1950, others=50)
            self.assertEqual((len(fast.messages), len(slow.messages)), (1950, 50))
            self.assertTrue(all(m.recipient.endswith("slow.example") for m in slow.messages))
            took = fast.messages[-1].time - fast.messages[0].time
            self.assertLess(took, slow.messages[-1].time - slow.messages[0].time)

    def test_the_next_relay_takes_over_while_the_first_is_down_and_gives_it_back(self):
        with Sink(tls="none", keep_data=False) as second:
            port = polling.free_port()
            newsletter = self.paper([
                {"url": f"smtp://localhost:{port}", "tls": "none"},
                self.relay(second, priority=1)])
            self.assertEqual(self.send(newsletter, 100)["accepted"], 100)
            self.assertEqual(len(second.messages), 100)
            self.wait_for_relay(newsletter, "waiting", "refuses the connection")
            with Sink(tls="none", keep_data=False, port=port) as first:
                polling.wait_for(lambda: first.connections > 0, "a try of the first relay", 20)
                newsletter.draft("next")
                newsletter.wait_until_sent("next")
                self.assertEqual(len(first.messages), 100)

    def test_a_test_mail_goes_the_way_of_an_issue_and_status_shows_the_ways(self):
        with Sink(tls="none") as second, Sink(tls="none") as third:
            newsletter = self.paper([
                {"url": f"smtp://localhost:{polling.free_port()}", "tls": "none"},
                self.relay(second, priority=1),
                self.relay(third, domains=["slow.example"])])
            newsletter.draft("weekly", status="draft")
            told = newsletter.run("test", "weekly", "--to", "ann@a.example")
            self.assertIn("refuses the connection", told)
            self.assertIn("Through relay relay2", told)
            newsletter.run("test", "weekly", "--to", "bea@slow.example")
            newsletter.run("test", "weekly", "--to", "cid@a.example", "--relay", "relay3")
            self.assertEqual([m.recipient for m in second.messages], ["ann@a.example"])
            self.assertEqual([m.recipient for m in third.messages],
                             ["bea@slow.example", "cid@a.example"])
            told = newsletter.refuse("test", "weekly", "--to", "ann@a.example", "--relay", "relay9")
            self.assertIn("there are: primary, relay2, relay3", told)
            newsletter.start()
            polling.wait_for(lambda: newsletter.json("status")["daemon"].get("relays"), "relays")
            relays = newsletter.json("status")["daemon"]["relays"]
            self.assertEqual([(relay["priority"], relay["domains"]) for relay in relays],
                             [(0, []), (1, []), (0, ["slow.example"])])
            self.assertRegex(newsletter.run("status"), r"RELAY +PRIORITY +DOMAINS +STATE")
            self.assertRegex(newsletter.run("status"), r"relay3 +0 +slow\.example +idle")

    def test_a_refused_login_is_not_tried_in_a_loop(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority, user="alex", password="right") as sink:
            relay = self.sink_relay(sink, authority)
            newsletter = self.newsletter({**relay, "password": "wrong"})
            newsletter.add_readers(5)
            newsletter.start()
            newsletter.draft("weekly")
            self.wait_for_relay(newsletter, "out", "535")
            tries = sink.connections
            time.sleep(2.5)
            self.assertEqual(sink.connections, tries)
            newsletter.use_relay({**relay, "password": "right"})
            newsletter.daemon.send_signal(1)
            self.assertEqual(newsletter.wait_until_sent("weekly")["accepted"], 5)

    def test_a_relay_that_does_not_want_our_sender_is_left_to_another(self):
        with Sink(tls="none", keep_data=False, on_mail=lambda sender: "550 5.7.1 not here") as first, \
                Sink(tls="none", keep_data=False) as second:
            newsletter = self.paper([self.relay(first), self.relay(second, priority=1)])
            issue = self.send(newsletter, 50)
            self.assertEqual((issue["accepted"], issue["failed"]), (50, 0), issue)
            self.wait_for_relay(newsletter, "out", "refuses the sender")

    def test_a_relay_that_allows_few_connections_gets_few(self):
        with Sink(tls="none", keep_data=False, delay=0.02, most_connections=3) as sink:
            newsletter = self.paper([self.relay(sink, connections=12)])
            issue = self.send(newsletter, 300)
            self.assertEqual(issue["accepted"], 300)
            self.assertLess(sink.connections, 60, "it kept knocking")


if __name__ == "__main__":
    unittest.main()
