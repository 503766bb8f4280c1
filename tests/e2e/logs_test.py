#!/usr/bin/env python3
"""The log tells an issue's story in under thirty lines at info, whatever its size and its failures,
and has nobody's address, no password, no key and no token in it, even where a relay repeats them."""
import base64
import os
import re
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import DROP_AFTER_DOT, DROP_BEFORE_DOT, Session, Sink

READERS = 4000
PASSWORD = "correct-horse-battery-7"
TOKEN = "ya29.a0AfB_byC-secret-of-the-access"
SECRETS = {
    "password": PASSWORD,
    "password, AUTH LOGIN": base64.b64encode(PASSWORD.encode()).decode().rstrip("="),
    "password, AUTH PLAIN": base64.b64encode(f"\0joe\0{PASSWORD}".encode()).decode().rstrip("="),
    "token": TOKEN,
    "token, XOAUTH2": base64.b64encode(f"user=joe\1auth=Bearer {TOKEN}\1\1".encode()).decode().rstrip("="),
}


class Moods:
    """Fails in many ways, of which some repeat our log-in."""

    def __init__(self, secrets):
        self.secrets = list(secrets)
        self.seen = set()

    def first_time(self, key):
        return key not in self.seen and not self.seen.add(key)

    def said(self, number):
        return self.secrets[number % len(self.secrets)]

    def on_rcpt(self, address, nth):
        number = int(re.search(r"\d+", address)[0])
        if number % 100 == 1:
            return f"550 5.1.1 <{address}>: no such user; you said AUTH PLAIN {self.said(number // 100)}"
        if number % 40 == 2 and self.first_time(address):
            return f"451 4.7.1 <{address}> greylisted, {self.said(number // 40)}"
        if number % 500 == 3 and self.first_time(address):
            return f"421 4.3.2 closing on <{address}> {self.said(number // 500)}"
        if number % 700 == 4 and self.first_time(address):
            return DROP_BEFORE_DOT
        return None

    def on_message(self, address, nth):
        number = int(re.search(r"\d+", address)[0])
        if number % 200 == 5 and self.first_time(address):
            return f"452 4.2.2 <{address}> is full, {self.said(number // 200)}"
        if number % 900 == 6 and self.first_time(address):
            return DROP_AFTER_DOT
        if number % 11 == 7:
            return f"250 2.0.0 taken from {self.said(number)}"
        return None


class Logs(StoryTest):
    def send(self, sink, relay):
        paper = self.newsletter(relay, delays=("200ms",), connections=8)
        paper.write("postrider.toml", paper.read("postrider.toml").replace(
            'level = "debug"', 'level = "info"'))
        paper.add_readers(READERS)
        paper.start()
        paper.draft("weekly", body="Hello.\n\n[leave]({{unsubscribe_url}}) [settings]({{preferences_url}})\n")
        paper.wait_for_state("weekly", "sent", seconds=120)
        self.assertEqual(sink.faults, [])
        return paper

    def links(self, sink):
        """Tokens that readers' mails carry."""
        found = set()
        for message in sink.messages[::200]:
            text = message.data.decode("utf-8", "replace").replace("=\r\n", "")
            found |= set(re.findall(r"/(?:unsubscribe|preferences)/([\w-]{30,})", text))
        self.assertGreater(len(found), 10)
        return found

    def assert_silent(self, paper, sink):
        """Neither log nor ledger nor any answer has a secret in it."""
        log = paper.log_text()
        told = {"log": log, "status": paper.run("status", "--json"),
                "recipients": paper.run("issue", "recipients", "weekly"),
                "issue": paper.run("issue", "show", "weekly"),
                "why": paper.run("why", "reader1@readers.example"),
                "events": paper.run("events", "--json", "--last", "10000")}
        for file in ("postrider.db", "postrider.db-wal", "postrider.db.board"):
            if os.path.exists(paper.at(file)):
                with open(paper.at(file), "rb") as opened:
                    told[file] = opened.read().decode("latin-1")
        for where, text in told.items():
            for name, secret in SECRETS.items():
                self.assertNotIn(secret, text, f"the {name} is in {where}")
        self.assertIn("you said AUTH PLAIN ***", told["recipients"])
        for token in self.links(sink):
            self.assertNotIn(token, log)
        with open(paper.at("secrets/token.keys"), encoding="utf-8") as keys:
            for word in re.findall(r"[\w+/-]{20,}", keys.read()):
                self.assertNotIn(word, log)
        self.assertNotIn("@readers.example", log)

    def assert_short(self, paper):
        lines = paper.log_text().splitlines()
        self.assertLess(len(lines), 30, "\n".join(lines))
        story = [line for line in lines if "issue weekly" in line]
        self.assertTrue(any(f"sending to {READERS:,} readers" in line for line in story), lines)
        self.assertTrue(any("sent: " in line for line in story), lines)

    def test_with_a_password(self):
        moods = Moods([secret for name, secret in SECRETS.items() if "password" in name])
        with Sink(tls="none", user="joe", password=PASSWORD, on_rcpt=moods.on_rcpt,
                  on_message=moods.on_message) as sink:
            paper = self.send(sink, self.sink_relay(sink))
            self.assert_silent(paper, sink)
            self.assert_short(paper)

    def test_with_an_access_token(self):
        authority = certificates.make(self.at("tls"))
        moods = Moods([secret for name, secret in SECRETS.items() if "token" in name])
        with Sink(authority, user="joe", password="none", token=TOKEN, on_rcpt=moods.on_rcpt,
                  on_message=moods.on_message) as sink:
            relay = self.sink_relay(sink, authority)
            relay.pop("password")
            paper = self.send(sink, {**relay, "auth": "xoauth2",
                                     "token_command": ["/bin/echo", TOKEN]})
            self.assert_silent(paper, sink)
            self.assert_short(paper)

    def test_a_refused_log_in_that_is_repeated_is_told_without_it(self):
        plain = SECRETS["password, AUTH PLAIN"]
        with Sink(tls="none", user="joe", password="another") as sink:
            async def repeat(session, line):
                session.say("535 5.7.8 no: " + line)
            self.addCleanup(setattr, Session, "do_auth", Session.do_auth)
            Session.do_auth = repeat
            paper = self.newsletter({**self.sink_relay(sink), "password": PASSWORD})
            paper.add_readers(3)
            paper.start()
            paper.draft("weekly")
            paper.wait_for_state("weekly", "sending")
            error = wait_for(paper.relay_error, "an error of the relay")
            self.assertIn("535 5.7.8 no: AUTH PLAIN ***", error)
            for text in (error, paper.log_text()):
                self.assertNotIn(plain, text)
                self.assertNotIn(PASSWORD, text)


if __name__ == "__main__":
    unittest.main()
