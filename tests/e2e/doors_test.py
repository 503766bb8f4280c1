#!/usr/bin/env python3
"""The links of real mails, through the whole program: out, back in, and the preference centre."""
import json
import os
import re
import unittest
import urllib.parse

import mails
from newsletter import StoryTest
from polling import wait_for

READER = "reader0@readers.example"
OTHER = "other@new.example"


def form(**fields):
    return urllib.parse.urlencode(fields, doseq=True).encode()


class Doors(StoryTest):
    def setUp(self):
        super().setUp()
        self.newsletter = self.newsletter()
        self.newsletter.add_readers(2)
        self.newsletter.start()
        self.newsletter.draft("first")
        self.newsletter.wait_until_sent("first")
        self.mail = self.mail_to(READER)

    def mail_to(self, address, subject=""):
        """The one mail in the outbox to that address; waits for it."""
        def found():
            for folder, _, files in os.walk(self.newsletter.at("outbox")):
                for name in files:
                    if not name.endswith(".eml"):
                        continue
                    with open(os.path.join(folder, name), "rb") as file:
                        mail = mails.parse(file.read())
                    if address in mail["To"] and subject in str(mail["Subject"]):
                        return mail
            return None
        return wait_for(found, f"a mail to {address} about {subject}")

    def link(self, mail, door):
        text = mail.get_body(("plain",)).get_content()
        return re.search(rf"https?://\S+/{door}/[\w-]+", text)[0]

    def state(self):
        return self.newsletter.json("subscriber", "show", READER)["subscriptions"][0]["state"]

    def last_event(self):
        return self.newsletter.json("subscriber", "show", READER)["events"][-1]

    def test_who_leaves_may_come_back_as_if_nothing_had_been(self):
        before = self.newsletter.json("subscriber", "show", READER)["subscriptions"]
        status, page = self.newsletter.post(self.link(self.mail, "unsubscribe"),
                                            form(reason="too <b>many</b>"))
        self.assertEqual((status, self.state()), (200, "unsubscribed"))
        self.assertEqual(self.last_event()["detail"],
                         "unsubscribe link: report; reason: too <b>many</b>")
        undo = re.search(r'action="\.\.(/resubscribe/[\w-]+)"', page)[1]
        self.assertEqual(self.newsletter.get(undo)[0], 200)
        self.assertEqual(self.state(), "unsubscribed")
        self.assertEqual(self.newsletter.post(undo)[0], 200)
        self.assertEqual(self.newsletter.json("subscriber", "show", READER)["subscriptions"], before)
        self.assertEqual(self.last_event()["kind"], "subscriber.resubscribed")

    def test_the_preference_centre_keeps_what_a_reader_chooses(self):
        link = self.link(self.mail, "preferences")
        self.assertIn(READER, self.newsletter.get(link)[1])
        status, page = self.newsletter.post(link, form(
            action="save", name="Anna", language="de", time_zone="Europe/Berlin", list="report",
            paused_until="2037-01-01"))
        self.assertEqual(status, 422)
        status, page = self.newsletter.post(link, form(
            action="save", name="Anna", language="de", time_zone="Europe/Berlin", list="report"))
        self.assertEqual(status, 200)
        self.assertIn('lang="de"', page)
        reader = self.newsletter.json("subscriber", "show", READER)
        self.assertEqual((reader["name"], reader["language"], reader["time_zone"]),
                         ("Anna", "de", "Europe/Berlin"))
        self.newsletter.post(link, form(action="save", shown="report"))
        self.assertEqual(self.state(), "unsubscribed")
        self.assertEqual(self.last_event()["issue"], "first")
        self.assertIn("preferences page: report, issue first",
                      self.newsletter.run("subscriber", "show", READER))
        self.assertRegex(self.newsletter.run("stats"), r"(?m)^first .* 1 +50\.00 %")
        self.newsletter.post(link, form(action="save", shown="report", list="report"))
        self.assertEqual(self.state(), "unsubscribed")
        data = json.loads(self.newsletter.post(link, form(action="export"))[1])
        self.assertEqual((data["email"], data["name"]), (READER, "Anna"))
        self.assertEqual(data["mails"][0]["issue"], "first")

    def test_a_new_address_confirms_and_the_old_one_is_told(self):
        link = self.link(self.mail, "preferences")
        self.assertEqual(self.newsletter.post(link, form(action="address", email=OTHER))[0], 200)
        confirm = self.link(self.mail_to(OTHER), "change-address")
        self.assertEqual(self.newsletter.get(confirm)[0], 200)
        self.assertEqual(self.newsletter.attempt("subscriber", "show", OTHER).returncode, 1)
        self.assertEqual(self.newsletter.post(confirm)[0], 200)
        self.assertEqual(self.newsletter.json("subscriber", "show", OTHER)["email"], OTHER)
        self.mail_to(READER, "new address")
        self.assertIn(OTHER, self.newsletter.get(link)[1])

    def test_who_asks_for_it_by_the_mail_is_erased(self):
        link = self.link(self.mail, "preferences")
        self.assertEqual(self.newsletter.post(link, form(action="erase"))[0], 200)
        confirm = self.link(self.mail_to(READER, "erase"), "erase")
        self.assertEqual(self.newsletter.get(confirm)[0], 200)
        self.assertEqual(self.state(), "confirmed")
        self.assertEqual(self.newsletter.post(confirm)[0], 200)
        self.assertEqual(self.newsletter.attempt("subscriber", "show", READER).returncode, 1)
        self.assertEqual(self.newsletter.attempt("subscriber", "add", READER).returncode, 1)
        self.assertEqual(self.newsletter.get(link)[0], 404)
        self.assertEqual(self.newsletter.post(confirm)[0], 404)


if __name__ == "__main__":
    unittest.main()
