#!/usr/bin/env python3
"""Providers that tell by webhooks what came back: SendGrid, Postmark and Mailgun as they sign, and forgers."""
import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import unittest

import polling
from newsletter import StoryTest
from sink import Sink

POSTMARK_ID = "883953f4-6105-42a2-a16a-77a8eac79483"
SETTINGS = """
[webhooks]
sendgrid_key = "{sendgrid}"
postmark_username = "postmark"
postmark_password_file = "secrets/postmark-password"
mailgun_key_file = "secrets/mailgun-key"
"""


class Webhooks(StoryTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(tls="none", on_message=self.answer)
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.paper = self.newsletter(self.sink_relay(self.sink))
        self.readers = self.paper.add_readers(4)
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.at("key.pem"))
        public = self.openssl("ec", "-in", self.at("key.pem"), "-pubout", "-outform", "DER")
        for name in ("postmark-password", "mailgun-key"):
            with open(os.open(self.paper.at("secrets", name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(f"the {name}\n")
        with open(self.paper.at("postrider.toml"), "a") as file:
            file.write(SETTINGS.format(sendgrid=base64.b64encode(public).decode()))

    def openssl(self, *arguments, given=None):
        return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout

    def answer(self, address, nth):
        """Postmark's name for the mail to the second reader stands in the answer to it."""
        if address == self.readers[1]:
            return f"250 2.0.0 Ok: queued as {POSTMARK_ID}"
        return None

    def send(self, slug):
        self.paper.draft(slug, body="Short.\n")
        self.paper.wait_until_sent(slug)
        return {mail.recipient: re.search(rb"(?im)^message-id: *(\S+)", mail.data)[1].decode()
                for mail in self.sink.messages}

    # As the providers do --------------------------------------------------------------------------

    def sendgrid(self, events, at=None):
        body = json.dumps(events).encode()
        stamp = str(int(at or time.time()))
        signature = self.openssl("dgst", "-sha256", "-sign", self.at("key.pem"), given=stamp.encode() + body)
        return body, {"Content-Type": "application/json",
                      "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
                      "X-Twilio-Email-Event-Webhook-Timestamp": stamp}

    def postmark(self, event, password="the postmark-password"):
        login = base64.b64encode(f"postmark:{password}".encode()).decode()
        return json.dumps(event).encode(), {"Content-Type": "application/json", "Authorization": f"Basic {login}"}

    def mailgun(self, event, token, key="the mailgun-key"):
        stamp = str(int(time.time()))
        signature = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
        return json.dumps({"signature": {"timestamp": stamp, "token": token, "signature": signature},
                           "event-data": event}).encode(), {"Content-Type": "application/json"}

    def tell(self, provider, request):
        return self.paper.request("POST", f"/webhooks/{provider}", *request)[0]

    def suppressed(self, reader):
        return self.paper.json("subscriber", "show", reader)["suppressed"]

    def bounce_of(self, reader, message_id):
        return {"event": "bounce", "type": "bounce", "email": reader, "smtp-id": message_id, "status": "5.1.1",
                "reason": "550 5.1.1 no such user", "sg_event_id": "event-1", "sg_message_id": "x.y"}

    def test_what_is_proven_suppresses_and_the_sums_close(self):
        self.paper.start()
        ids = self.send("weekly")
        gone, lost, cross, well = self.readers
        self.assertEqual(self.tell("sendgrid", self.sendgrid([self.bounce_of(gone, ids[gone])] * 2)), 200)
        self.assertEqual(self.tell("postmark", self.postmark(
            {"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": lost, "MessageID": POSTMARK_ID,
             "Details": "smtp;550 5.1.1 The account does not exist"})), 200)
        complaint = {"event": "complained", "recipient": cross,
                     "message": {"headers": {"message-id": ids[cross].strip("<>")}}}
        for _ in range(2):
            self.assertEqual(self.tell("mailgun", self.mailgun(complaint, "a" * 50)), 200)
        self.assertEqual([self.suppressed(reader) for reader in self.readers],
                         ["bounced", "bounced", "complained", None])
        issue = self.paper.issue("weekly")
        self.assertEqual((issue["accepted"], issue["bounced"]), (2, 2), issue)
        listed = self.paper.json("bounce", "list")
        self.assertEqual({(entry["email"], entry["kind"], entry["source"]) for entry in listed},
                         {(gone, "hard", "webhook:sendgrid"), (lost, "hard", "webhook:postmark"),
                          (cross, "complaint", "webhook:mailgun")})
        self.assertEqual(len(listed), 3)
        self.sink.messages.clear()
        self.assertEqual(set(self.send("next")), {well})
        report = next(entry["report"] for entry in listed if entry["email"] == gone)
        self.paper.run("bounce", "undo", str(report))
        self.assertIsNone(self.suppressed(gone))
        self.paper.stop()

    def test_forgers_change_nothing(self):
        self.paper.start()
        ids = self.send("weekly")
        reader = self.readers[0]
        events = [self.bounce_of(reader, ids[reader])]
        body, headers = self.sendgrid(events)
        for request in ((body + b" ", headers), (body, {}), self.sendgrid(events, time.time() - 26 * 3600),
                        (body, {**headers, "X-Twilio-Email-Event-Webhook-Timestamp": "1"})):
            self.assertEqual(self.tell("sendgrid", request), 403)
        self.assertEqual(self.tell("postmark", self.postmark({"RecordType": "Bounce"}, "guessed")), 403)
        self.assertEqual(self.tell("mailgun", self.mailgun({"event": "complained"}, "a" * 50, "guessed")), 403)
        self.assertEqual(self.tell("sendgrid", (b"x" * 1_100_000, headers)), 413)
        self.assertEqual(self.tell("ses", (b"{}", {})), 404)
        self.assertEqual(self.paper.get("/webhooks/sendgrid")[0], 405)
        self.assertEqual(self.paper.json("bounce", "list"), [])
        self.assertIsNone(self.suppressed(reader))

        def told():
            return self.paper.run("status").count("was refused, the last time")
        polling.wait_for(lambda: told() == 3, lambda: self.paper.run("status"))
        told = {entry["provider"]: entry for entry in self.paper.json("status")["daemon"]["webhooks"]}
        self.assertIn("webhooks.postmark_password_file", told["postmark"]["refusal"])
        self.assertEqual(told["postmark"]["events"], 0)
        self.assertNotIn("the postmark-password", self.paper.log_text())
        self.assertNotIn("guessed", self.paper.log_text())
        self.paper.stop()

    def test_what_names_no_mail_of_ours_is_kept_and_judged_again(self):
        self.paper.start()
        self.send("weekly")
        events = [{**self.bounce_of(self.readers[0], f"<{number}@elsewhere.example>"), "sg_event_id": str(number)}
                  for number in range(300)]
        self.assertGreater(len(self.sendgrid(events)[0]), 50_000)
        self.assertEqual(self.tell("sendgrid", self.sendgrid(events)), 200)
        self.assertIsNone(self.suppressed(self.readers[0]))
        self.assertEqual(len(self.paper.json("bounce", "list", "--unmatched")), 300)
        replayed = self.paper.json("bounce", "replay")
        self.assertEqual((replayed["read"], replayed["understood"]), (300, 0), replayed)
        unmatched = self.paper.json("bounce", "list", "--unmatched")
        self.assertEqual({(entry["recipient"], entry["kind"]) for entry in unmatched}, {(self.readers[0], "hard")})
        self.paper.stop()


if __name__ == "__main__":
    unittest.main()
