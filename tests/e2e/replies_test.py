#!/usr/bin/env python3
"""What people write to the bounce address: replies reach the publisher as they came, each once, over a
kill -9; a loop stops; who asks to leave leaves, or is asked."""
import os
import re
import unittest

import mails
import polling
from newsletter import StoryTest
from sink import Sink

PUBLISHER = "alex@report.example"

REPLY = """\
Return-Path: <{sender}>
Delivered-To: {to}
From: A Reader <{sender}>
To: {to}
Subject: {subject}
Message-ID: <{number}@readers.example>
DKIM-Signature: v=1; a=rsa-sha256; d=readers.example; s=x;
\tbh=abc; b=def
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}
"""

QUOTED = """
On Mon, 10 Jan 2022, Alex Writer wrote:
> Short.
>
> You get this e-mail because you subscribed to The Weekly Test.
> Unsubscribe
"""


class Replies(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(tls="none", on_rcpt=lambda address, nth: self.on_rcpt(address))
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.refusal = None  # of the publisher's server
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.paper.read_maildir()
        self.readers = self.paper.add_readers(4)
        self.number = 0

    def on_rcpt(self, address):
        return self.refusal if address == PUBLISHER else None

    def deliver(self, to, text="Well said — thank you!\n.dot\n", subject="Re: Issue weekly",
                sender="someone@readers.example"):
        message = REPLY.format(number=self.number + 1, to=to, text=text, subject=subject, sender=sender)
        return self.put(message.encode())

    def put(self, data):
        """The octets, once they are in the Maildir under a new name."""
        self.number += 1
        name = f"1.M{self.number}.host"
        self.paper.write(f"returned/tmp/{name}", data)
        os.rename(self.paper.at("returned/tmp", name), self.paper.at("returned/new", name))
        return data

    def send(self, slug="weekly"):
        self.paper.draft(slug, body="Short.\n")
        self.paper.wait_until_sent(slug)
        return {mail.recipient: mail for mail in self.sink.messages}

    def left_in_mailbox(self):
        return len(os.listdir(self.paper.at("returned/new")))

    def wait_for_mailbox(self, left):
        polling.wait_for(lambda: self.left_in_mailbox() == left,
                         lambda: f"{left}: {self.left_in_mailbox()}\n" + self.paper.log_tail(), 60)

    def to_publisher(self):
        return [mail for mail in self.sink.messages if mail.recipient == PUBLISHER]

    def wait_for_forwards(self, count):
        polling.wait_for(lambda: len(self.to_publisher()) >= count,
                         lambda: f"{len(self.to_publisher())}\n" + self.paper.log_tail(), 60)
        self.assertEqual(len(self.to_publisher()), count)
        return self.to_publisher()

    def effects(self):
        return [entry["effects"] for entry in self.paper.json("bounce", "list")]

    def state(self, email):
        shown = self.paper.json("subscriber", "show", email)
        return shown["subscriptions"][0]["state"]

    def without_trace(self, forward):
        """What is behind our field."""
        trace = re.match(rb"Received: by report\.example \(Postrider\)\r\n for <alex@report\.example>;"
                         rb" [^\r\n]*\r\n", forward.data)
        self.assertTrue(trace, forward.data[:200])
        return forward.data[trace.end():]

    def test_replies_reach_the_publisher_as_they_came_and_go_round_no_more(self):
        self.paper.start()
        sent = self.send()
        ann, bob = self.readers[:2]
        letters = [self.deliver(sent[ann].sender, sender=ann),
                   self.deliver(sent[bob].sender, "Thanks!\n" + QUOTED, sender="other@b.example")]
        stranger = self.deliver("bounces@report.example", sender=ann)
        self.wait_for_mailbox(1)  # what proves nothing stays
        forwards = self.wait_for_forwards(2)
        self.assertEqual({self.without_trace(forward) for forward in forwards},
                         {letter.replace(b"\n", b"\r\n") for letter in letters})
        self.assertEqual({forward.sender for forward in forwards}, {"bounces@report.example"})
        for reader in self.readers:
            self.assertEqual(self.state(reader), "confirmed")
        self.assertEqual(sorted(self.effects()), [[], ["forwarded"], ["forwarded"]])
        self.assertEqual(len(self.paper.json("bounce", "list", "--unrecognised")), 1)
        self.assertIn("mail.forwarded", self.paper.run("why", ann))

        # The publisher's mailbox sends all on to us: that is the end of it.
        self.put(forwards[0].data)
        self.put(forwards[1].data.replace(b"Message-ID: <", b"Message-ID: <again"))
        marker = self.deliver(sent[bob].sender, sender=bob)
        self.wait_for_forwards(3)
        self.wait_for_mailbox(3)
        self.assertEqual(self.without_trace(self.to_publisher()[2]), marker.replace(b"\n", b"\r\n"))
        self.assertNotIn(stranger.replace(b"\n", b"\r\n"),
                         [self.without_trace(forward) for forward in self.to_publisher()])
        self.paper.stop()

    def test_each_reaches_the_publisher_once_over_a_kill(self):
        self.paper.start()
        sent = self.send()
        self.refusal = "451 4.3.0 try later"
        letters = [self.deliver(sent[reader].sender, sender=reader) for reader in self.readers]
        self.wait_for_mailbox(0)
        self.paper.kill()
        self.assertEqual(self.to_publisher(), [])
        letters += [self.deliver(sent[reader].sender, sender=reader) for reader in self.readers]
        self.refusal = None
        self.paper.start()
        self.wait_for_mailbox(0)
        forwards = self.wait_for_forwards(8)
        self.assertEqual(sorted(self.without_trace(forward) for forward in forwards),
                         sorted(letter.replace(b"\n", b"\r\n") for letter in letters))
        polling.wait_for(lambda: self.effects() == [["forwarded"]] * 8, self.effects)
        self.assertEqual(self.paper.json("bounce", "replay"), {"read": 0, "understood": 0})
        self.paper.stop()

    def test_what_the_publishers_server_refuses_is_kept_and_can_be_sent_again(self):
        self.paper.start()
        sent = self.send()
        self.refusal = "550 5.1.1 user unknown"
        letter = self.deliver(sent[self.readers[0]].sender, sender=self.readers[0])
        polling.wait_for(lambda: self.effects() == [["forward_failed"]], self.effects, 60)
        self.wait_for_mailbox(0)
        self.assertIsNone(self.paper.json("subscriber", "show", self.readers[0])["suppressed"])
        self.refusal = None
        self.assertEqual(self.paper.json("bounce", "replay"), {"read": 1, "understood": 1})
        [forward] = self.wait_for_forwards(1)
        self.assertEqual(self.without_trace(forward), letter.replace(b"\n", b"\r\n"))
        self.paper.stop()

    def test_who_asks_to_leave_leaves_with_a_proof_and_is_asked_without(self):
        self.paper.start()
        sent = self.send()
        ann, bob, carl, dora = self.readers
        self.deliver(sent[ann].sender, "Unsubscribe\n" + QUOTED, sender="else@where.example")
        self.deliver(sent[bob].sender, "отписаться\n", sender=bob)
        self.deliver("bounces@report.example", "Please.\n", subject="Unsubscribe", sender=carl)
        self.deliver("bounces@report.example", "Please.\n", subject="Unsubscribe", sender=carl)
        self.deliver("bounces@report.example", "Please.\n", subject="unsubscribe",
                     sender="stranger@else.example")
        self.wait_for_mailbox(2)
        self.assertEqual([self.state(reader) for reader in self.readers],
                         ["unsubscribed", "unsubscribed", "confirmed", "confirmed"])
        polling.wait_for(lambda: len(self.sink.messages) > 4, "carl is asked", 60)
        polling.wait_for(lambda: ["asked"] in self.effects(), self.effects)
        [question] = self.sink.messages[4:]
        self.assertEqual(question.recipient, carl)
        mail = mails.parse(question.data)
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        link = re.search(r"http://\S+/unsubscribe/\S+", mails.text_of(mail, "plain"))[0]
        self.assertEqual(self.paper.get(link)[0], 200)
        self.assertEqual(self.state(carl), "confirmed")
        self.assertEqual(self.paper.post(link)[0], 200)
        self.assertEqual(self.state(carl), "unsubscribed")
        listed = self.paper.json("bounce", "list", "--reader", ann)
        self.assertEqual([(entry["reason"], entry["effects"]) for entry in listed],
                         [("asks_to_leave", ["unsubscribed"])])
        self.paper.run("bounce", "undo", str(listed[0]["report"]))
        self.assertEqual(self.state(ann), "confirmed")
        self.paper.stop()


if __name__ == "__main__":
    unittest.main()
