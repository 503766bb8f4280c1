#!/usr/bin/env python3
"""What the operator hears by mail: a held issue, its start and its end; over kill -9; or nothing."""
import unittest

import mails
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

READERS = 12
OPERATOR = "chief@report.example"
LONG_AGO = "2020-01-06 08:00"


class OperatorMail(StoryTest):
    def setUp(self):
        super().setUp()
        self.answer = None  # to the operator's address; None: 250
        self.asked = 0
        self.sink = Sink(tls="none", on_rcpt=self.on_rcpt).__enter__()
        self.addCleanup(self.sink.__exit__)

    def on_rcpt(self, address, nth):
        if address != OPERATOR:
            return None
        self.asked += 1
        return self.answer

    def paper_of(self, operator=OPERATOR):
        paper = self.newsletter(self.sink_relay(self.sink))
        with open(paper.at("postrider.toml"), "a", encoding="utf-8") as settings:
            settings.write(f'\n[operator]\nemail = "{operator}"\n')
        self.readers = paper.add_readers(READERS)
        paper.start()
        return paper

    def told(self):
        return [message for message in self.sink.messages if message.recipient == OPERATOR]

    def subjects(self):
        return [mails.parse(message.data)["Subject"] for message in self.told()]

    def wait_until_told(self, subject):
        subject = f"[Postrider] The Weekly Test: {subject}"
        wait_for(lambda: subject in self.subjects(), lambda: f"{subject!r} in {self.subjects()}")
        return next(mails.parse(message.data) for message in self.told()
                    if mails.parse(message.data)["Subject"] == subject)

    def served(self):
        return [message.recipient for message in self.sink.messages if message.recipient != OPERATOR]

    def test_a_held_issue_its_start_and_its_end_are_told_and_no_second_one_within_the_hour(self):
        paper = self.paper_of()
        paper.draft("late", send_at=LONG_AGO)
        held = self.wait_until_told("issue late is held")
        self.assertEqual(held["Auto-Submitted"], "auto-generated")
        self.assertEqual(held["To"], OPERATOR)
        self.assertIsNone(held["List-Unsubscribe"])
        self.assertEqual(held.get_content_type(), "text/plain")
        self.assertIn("`postrider issue send late`", held.get_content())
        self.assertEqual(self.served(), [])
        paper.run("subscriber", "unsubscribe", self.readers[0])
        paper.run("issue", "send", "late")
        self.assertIn(f"to {READERS - 1} readers",
                      self.wait_until_told("issue late is being sent").get_content())
        sent = self.wait_until_told("issue late is sent").get_content()
        self.assertIn(f"of {READERS - 1} readers: {READERS - 1} accepted; excluded: unsubscribed 1",
                      mails.squeeze(sent))
        self.assert_each_once(self.served(), self.readers[1:])
        issue = paper.issue("late")
        self.assertEqual((issue["audience"], issue["accepted"]), (READERS - 1, READERS - 1))
        paper.draft("second", send_at=LONG_AGO)
        paper.wait_for_state("second", "held")
        paper.run("issue", "send", "second")
        paper.wait_until_sent("second")
        paper.stop()
        self.assertEqual(len(self.told()), 3, self.subjects())
        status = paper.json("status")
        self.assertEqual(status["operator"], {"email": OPERATOR, "last_failure": None})
        self.assertEqual(status["notices"], {"waiting": 0, "later": 0, "failed": 0})

    def test_kills_lose_no_mail_and_double_none(self):
        self.answer = "451 4.7.1 later"
        paper = self.paper_of()
        paper.draft("late", send_at=LONG_AGO)
        for _ in range(3):
            before = self.asked
            wait_for(lambda: self.asked > before, "a try")
            paper.kill()
            paper.start()
        self.answer = None
        self.wait_until_told("issue late is held")
        for _ in range(2):
            paper.stop()
            paper.start()
        paper.stop()
        self.assertEqual(len(self.told()), 1, self.subjects())
        self.assertEqual(self.served(), [])

    def test_a_refused_one_is_told_by_status_alone_and_changes_no_list(self):
        self.answer = "550 5.1.1 no such user"
        paper = self.paper_of()
        paper.run("subscriber", "add", OPERATOR)
        paper.draft("late", send_at=LONG_AGO)
        told = "The last mail to the operator was not taken"
        wait_for(lambda: told in paper.run("status"), lambda: paper.run("status"))
        self.assertEqual(paper.json("status")["operator"]["last_failure"]["reply"], self.answer)
        self.assertIsNone(paper.json("subscriber", "show", OPERATOR)["suppressed"])
        self.assertEqual(paper.json("bounce", "list"), [])
        self.assertEqual(self.asked, 1)

    def test_where_there_is_no_operator_nobody_is_told(self):
        paper = self.paper_of(operator="")
        paper.draft("late", send_at=LONG_AGO)
        paper.wait_for_state("late", "held")
        paper.run("issue", "send", "late")
        paper.wait_until_sent("late")
        self.assertIn("[operator] email is not set", paper.run("status"))
        self.assertIsNone(paper.json("status")["operator"]["email"])
        paper.stop()
        self.assert_each_once([message.recipient for message in self.sink.messages], self.readers)


if __name__ == "__main__":
    unittest.main()
