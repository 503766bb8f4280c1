#!/usr/bin/env python3
"""Nothing that a subscriber calls themselves becomes a header, a tag, markup or a command."""
import csv
import os
import unittest

import certificates
import mails
from newsletter import StoryTest
from sink import Sink

NAMES = {
    "crlf": "Eve\r\nBcc: victim@elsewhere.example",
    "tag": "{{subscriber.email}}",
    "section": "{{#subscriber.name}}",
    "close": "{{/subscriber.name}}}}",
    "script": "<script>alert(1)</script>",
    "attribute": '" onclick="alert(1)',
    "markdown": "[free](https://evil.example/) **bold** `x`",
    "encoded": "=?utf-8?q?=0d=0aBcc:_x?=",
    "dots": "..\r\n.\r\nQUIT",
    "long": "Ж" * 2000,
    "emoji": "👩‍👩‍👧‍👦 שלום 三",
    "controls": "a\x1b[31mred\x07",
    "spaces": "  two  spaces  ",
    "formula": "=HYPERLINK(1)",
}


class HostileReaders(StoryTest):
    def test_their_names_stay_names(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority))
            with open(newsletter.at("hostile.csv"), "w", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["email", "name", "country"])
                for key, name in NAMES.items():
                    rows.writerow([f"{key}@readers.example", name, "<b>" + name])
            summary = newsletter.json("subscriber", "import", newsletter.at("hostile.csv"))
            self.assertEqual(summary["read"], len(NAMES))
            newsletter.start()
            newsletter.draft("weekly", body=(
                "Dear {{subscriber.name}}, from {{subscriber.attributes.country}}.\n\n"
                "[Profile](https://report.example/?name={{subscriber.name}})\n\nThe end.\n"))
            issue = newsletter.wait_until_sent("weekly")
        self.assertEqual(issue["accepted"], summary["added"])
        self.assertEqual(len(sink.messages), summary["added"])
        self.assertGreaterEqual(summary["added"], len(NAMES) - 3, summary)
        records = mails.dns_records(newsletter.run("dkim", "show"))
        for sent in sink.messages:
            key = sent.recipient.partition("@")[0]
            with self.subTest(key):
                self.check(key, sent, records)

    def check(self, key, sent, records):
        message = mails.parse(sent.data)
        self.assertEqual(mails.signatures(sent.data, records), 1)
        self.assertIsNone(message["Bcc"])
        self.assertEqual([each.addr_spec for each in message["To"].addresses],
                         [f"{key}@readers.example"])
        self.assertTrue(all(len(line) <= 998 for line in sent.data.split(b"\r\n")))
        source = mails.text_of(message, "html")
        self.assertNotIn("<script", source)
        self.assertNotIn("onclick=\"alert", source)
        self.assertNotIn("<b>", source)
        page = mails.Page(source)
        self.assertNotIn("https://evil.example/", page.links)
        plain = mails.squeeze(mails.text_of(message, "plain"))
        self.assertIn("The end.", plain)
        if key in ("tag", "section", "script", "emoji", "markdown"):
            self.assertIn(NAMES[key], plain)
            self.assertIn(NAMES[key], page.text)
        for link in page.links:
            self.assertNotRegex(link, r'[\s"<>]')

    def test_addresses_that_are_none_are_skipped_with_a_reason(self):
        newsletter = self.newsletter()
        long_local, long_domain = "a" * 64, ".".join(["b" * 47] * 4)[:189]
        rows = [
            "good@readers.example", "a@b\r\nRCPT TO:<victim@elsewhere.example>", "no-at-sign",
            "two@at@signs.example", "<angle@readers.example>", "spa ce@readers.example",
            f"{long_local}@{long_domain}", f"{long_local}a@readers.example",
            "жук@readers.example", "reader@жук.example", "@readers.example", "x@",
            "\"quoted local\"@readers.example", ".dot@readers.example", "a..b@readers.example",
        ]
        with open(newsletter.at("odd.csv"), "w", newline="") as file:
            csv.writer(file).writerows([["email"], *([row] for row in rows)])
        summary = newsletter.json("subscriber", "import", newsletter.at("odd.csv"))
        self.assertEqual(summary["read"], len(rows))
        self.assertEqual(summary["added"] + sum(summary["skipped"].values()), len(rows), summary)
        known = [each["email"] for each in newsletter.json("subscriber", "list")]
        self.assertIn("good@readers.example", known)
        self.assertIn("reader@xn--f1ai0a.example", known)
        self.assertIn(f"{long_local}@{long_domain}", known, "254 octets are allowed")
        for address in known:
            self.assertNotRegex(address, r"[\t\r\n<>]|victim|жук")

    def test_no_mail_goes_to_an_address_that_needs_smtputf8(self):
        newsletter = self.newsletter()
        newsletter.draft("weekly", status="draft")
        told = newsletter.refuse("test", "weekly", "--to", "jörg@readers.example")
        self.assertIn("SMTPUTF8", told)
        self.assertFalse(os.path.exists(newsletter.at("outbox")), "nothing was sent")
        newsletter.run("test", "weekly", "--to", "joerg@bücher.example")


if __name__ == "__main__":
    unittest.main()
