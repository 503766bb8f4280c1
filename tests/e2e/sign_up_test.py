#!/usr/bin/env python3
"""A stranger signs up on the page, confirms by the mail, is welcomed and gets the next issue."""
import json
import re
import unittest
import urllib.parse

import mails
import polling
from mail_servers import MailServers
from newsletter import StoryTest

WELCOME = "---\ntitle: Welcome aboard\n---\n\nDear {{subscriber.name}}, good to have you.\n"


class SigningUp(StoryTest):
    def paper(self, relay=None, lists="", sign_up=""):
        paper = self.newsletter(relay)
        settings = paper.read("postrider.toml")
        settings = settings.replace("[storage]", f"{lists}\n[storage]", 1)
        paper.write("postrider.toml", settings + f"\n[sign_up]\n{sign_up}\n")
        return paper

    def sign_up(self, paper, email, **fields):
        """By the page, as a browser does it: all that its form holds."""
        status, page = paper.get("/subscribe")
        self.assertEqual(status, 200)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
        body = urllib.parse.urlencode({**hidden, "website": "", "email": email, **fields})
        return paper.post("/subscribe", body.encode())

    def state(self, paper, email):
        shown = paper.attempt("subscriber", "show", email, "--json")
        if shown.returncode != 0:
            return None
        return json.loads(shown.stdout)["subscriptions"][0]["state"]

    def test_a_stranger_joins_and_gets_the_next_issue(self):
        with MailServers(self.at("mail")) as servers:
            paper = self.paper(servers.relay("smtps"), 'welcome = "welcome.md"')
            paper.write("welcome.md", WELCOME)
            paper.start()
            status, answer = self.sign_up(paper, "ada@readers.example", name="Ada Müller")
            self.assertEqual(status, 200)
            [(address, data)] = servers.wait_for_mails(1)
            records = mails.dns_records(paper.run("dkim", "show"))
            question = self.check_question(address, data, records)

            link = re.search(r"http://\S+/confirm/\S+", mails.text_of(question, "plain"))[0]
            status, page = paper.get(link)
            self.assertEqual((status, "<button" in page), (200, True))
            self.assertEqual(self.state(paper, "ada@readers.example"), "pending",
                             "a GET confirms nobody")
            self.assertEqual(paper.post(link[:-1] + ("A" if link[-1] != "A" else "B"))[0], 404)
            self.assertEqual(paper.post(link)[0], 200)
            self.assertEqual(self.state(paper, "ada@readers.example"), "confirmed")
            self.assertEqual(paper.post(link)[0], 200, "once more does no harm")

            welcome = self.new_mail(servers, 2, "Welcome aboard")
            self.assertIn("Dear Ada Müller, good", mails.text_of(welcome, "plain"))
            self.assertEqual(welcome["Auto-Submitted"], "auto-generated")
            self.assertTrue(mails.unsubscribe_link(welcome))

            self.assertEqual(self.sign_up(paper, "ada@readers.example"), (200, answer),
                             "the answer does not tell that the address is known")
            paper.draft("weekly")
            self.assertEqual(paper.wait_until_sent("weekly")["accepted"], 1)
            self.new_mail(servers, 3, "Issue weekly")
            told = paper.run("why", "ada@readers.example")
            for words in ("by sign-up", "signed up 20", "from 127.0.0.1",
                          "subscriber.signed_up", "subscriber.confirmed", "notice 'confirm'",
                          "notice 'welcome'"):
                self.assertIn(words, told)

    def new_mail(self, servers, count, subject):
        found = [mails.parse(data) for _, data in servers.wait_for_mails(count)]
        [one] = [mail for mail in found if mail["Subject"] == subject]
        return one

    def check_question(self, address, data, records):
        self.assertEqual(address, "ada@readers.example")
        self.assertEqual(mails.signatures(data, records), 1)
        question = mails.parse(data)
        self.assertEqual(question["Auto-Submitted"], "auto-generated")
        self.assertIn("<report.report.example>", question["List-Id"])
        self.assertIsNone(question["List-Unsubscribe"])
        whole = question.as_string() + mails.text_of(question, "html")
        self.assertNotIn("Ada", whole, "nothing that a stranger typed")
        return question

    def test_who_is_on_the_list_gets_a_friendly_mail(self):
        paper = self.paper()
        paper.run("subscriber", "add", "ada@readers.example")
        paper.start()
        self.assertEqual(self.sign_up(paper, "ADA@readers.example")[0], 200)
        polling.wait_for(lambda: "already subscribed' to ada@readers.example: accepted"
                         in paper.run("why", "ada@readers.example"), "the friendly mail is sent")

    def test_a_bomber_meets_the_limits_and_an_operator_lets_the_list_go_on(self):
        paper = self.paper(sign_up='plain_per_network = "40/h"\nper_list = "10/h"')
        paper.start()
        answers = [paper.post("/subscribe", f"email=victim{n}%40readers.example".encode())[0]
                   for n in range(40)]
        self.assertEqual(set(answers), {200, 429})
        waiting = paper.json("sign-up", "list")
        self.assertEqual([stop["list"] for stop in waiting["stopped"]], ["report"])
        self.assertGreater(len(waiting["held"]), 0)
        self.assertIn("Sign-ups to report are stopped", paper.run("status"))
        self.assertIn("asks nobody any more", paper.attempt("check").stderr)
        polling.wait_for(lambda: "sign-ups stopped" in paper.log_text(), "the log tells of it")
        for _ in range(3):
            paper.post("/subscribe", b"email=victim0%40readers.example")
        told = paper.json("why", "victim0@readers.example")
        self.assertEqual(len(told["notices"]), 1, "one mail a day")
        paper.run("sign-up", "drop", waiting["held"][0]["email"])
        paper.run("sign-up", "resume", "report")
        self.assertEqual(paper.json("sign-up", "list"), {"held": [], "stopped": []})

    def test_what_nobody_confirms_is_forgotten(self):
        paper = self.paper(sign_up='expires = "1s"')
        paper.start()
        self.sign_up(paper, "ada@readers.example")
        polling.wait_for(lambda: "confirm' to ada@readers.example: accepted"
                         in paper.attempt("why", "ada@readers.example").stdout,
                         "the question is sent")
        paper.stop()
        paper.start()
        polling.wait_for(lambda: self.state(paper, "ada@readers.example") is None,
                         "the sign-up is forgotten")


if __name__ == "__main__":
    unittest.main()
