#!/usr/bin/env python3
"""The way of one issue: a saved file becomes 300 signed mails in a real server's mailboxes."""
import unittest

import mails
import sample_issue
from mail_servers import MailServers
from newsletter import StoryTest

READERS = 300


class TheWayOfAnIssue(StoryTest):
    def publish(self, newsletter, servers, readers):
        newsletter.add_readers(readers, name="Reader{n} Müller")
        newsletter.start()
        newsletter.draft("weekly", sample_issue.BODY, toc="true", author="Alex Writer",
                         title=f'"{sample_issue.TITLE}"', subtitle=f'"{sample_issue.SUBTITLE}"')
        issue = newsletter.wait_until_sent("weekly")
        self.assertEqual((issue["audience"], issue["accepted"]), (readers, readers), issue)
        return servers.wait_for_mails(readers)

    def test_it_reaches_everybody_once_signed_and_whole(self):
        with MailServers(self.at("mail")) as servers:
            newsletter = self.newsletter(servers.relay("smtps"), ed25519=True)
            delivered = self.publish(newsletter, servers, READERS)
            records = mails.dns_records(newsletter.run("dkim", "show"))

        self.assert_each_once([address for address, _ in delivered],
                              [f"reader{n}@readers.example" for n in range(READERS)])
        parsed = {address: mails.parse(data) for address, data in delivered}
        self.assertEqual(len({message["Message-ID"] for message in parsed.values()}), READERS)
        self.assertEqual(len({message["Date"] for message in parsed.values()}), 1)
        for address, data in delivered:
            with self.subTest(address):
                self.assertEqual(mails.signatures(data, records), 2)
                self.check_headers(parsed[address], address)
                self.check_text(mails.text_of(parsed[address], "plain"), address)
                self.check_page(mails.text_of(parsed[address], "html"), address)

        told = newsletter.json("why", "reader7@readers.example")
        self.assertEqual(told["issues"][0]["state"], "accepted")
        rows = newsletter.run("issue", "recipients", "weekly").split()
        self.assertEqual(len(rows) > READERS, True)
        self.leave_by_one_click(newsletter, parsed["reader9@readers.example"])

    def check_headers(self, message, address):
        self.assertEqual(message["Subject"], sample_issue.TITLE)
        self.assertEqual(message["To"].addresses[0].addr_spec, address)
        self.assertEqual(message["From"].addresses[0].addr_spec, "alex@report.example")
        for name in ("Date", "Message-ID", "MIME-Version", "Reply-To", "List-Id",
                     "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"):
            self.assertEqual(len(message.get_all(name) or []), 1, name)
        self.assertEqual(message["Precedence"], "bulk")

    def check_text(self, text, address):
        number = address.partition("@")[0].removeprefix("reader")
        squeezed = mails.squeeze(text.replace(">", ""))
        for words in [sample_issue.TITLE, sample_issue.SUBTITLE, f"Welcome, Reader{number}!",
                      sample_issue.SIGN_OFF, "PO Box 1", *sample_issue.HEADINGS,
                      *sample_issue.QUOTES]:
            self.assertIn(mails.squeeze(words), squeezed)
        for link in sample_issue.LINKS:
            self.assertIn(link.removeprefix("mailto:"), text)
        self.assertIn("/unsubscribe/", text)
        self.assertTrue(all(len(line) <= 78 or "://" in line for line in text.splitlines()), text)

    def check_page(self, source, address):
        page = mails.Page(source)
        number = address.partition("@")[0].removeprefix("reader")
        for words in [sample_issue.TITLE, sample_issue.SUBTITLE, f"Welcome, Reader{number}!",
                      sample_issue.SIGN_OFF, "PO Box 1", *sample_issue.QUOTES]:
            self.assertIn(mails.squeeze(words), page.text)
        for heading in sample_issue.HEADINGS:
            self.assertIn(heading, page.headings)
        for link in sample_issue.LINKS:
            self.assertIn(link, page.links)
        contents = [link[1:] for link in page.links if link.startswith("#")]
        self.assertEqual(len(contents), len(sample_issue.CONTENTS), contents)
        self.assertLessEqual(set(contents), page.anchors)

    def leave_by_one_click(self, newsletter, message):
        link = mails.unsubscribe_link(message)
        status, page = newsletter.get(link)
        self.assertEqual(status, 200)
        self.assertIn("<button", page)
        reader = newsletter.json("subscriber", "show", "reader9@readers.example")
        self.assertEqual(reader["subscriptions"][0]["state"], "confirmed", "a GET is no leave")
        for _ in range(2):  # idempotent
            self.assertEqual(newsletter.post(link, b"List-Unsubscribe=One-Click")[0], 200)
            reader = newsletter.json("subscriber", "show", "reader9@readers.example")
            self.assertEqual(reader["subscriptions"][0]["state"], "unsubscribed")
        self.assertEqual(newsletter.post(link[:-2] + "xx")[0], 404)

    def test_starttls_serves_as_well(self):
        with MailServers(self.at("mail")) as servers:
            newsletter = self.newsletter(servers.relay("smtp"))
            delivered = self.publish(newsletter, servers, 20)
            records = mails.dns_records(newsletter.run("dkim", "show"))
        for _, data in delivered:
            self.assertEqual(mails.signatures(data, records), 1)
            self.assertIn(b"with ESMTPSA", data)  # TLS and AUTH, says Postfix
        self.assert_each_once([address for address, _ in delivered],
                              [f"reader{n}@readers.example" for n in range(20)])


if __name__ == "__main__":
    unittest.main()
