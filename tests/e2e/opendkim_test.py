#!/usr/bin/env python3
"""OpenDKIM, as many receivers run it, verifies the RSA signature. In namespaces of its own, since it
asks the system's name server for the key: that is one of ours."""
import os
import shutil
import subprocess
import sys
import unittest

import mails
import sample_issue
from name_server import NameServer
from newsletter import StoryTest

INSIDE = "POSTRIDER_TEST_NAMESPACE"
JUDGE = "opendkim-testmsg"
PATH = os.environ["PATH"] + ":/usr/sbin"
SKIPPED = 77


def complaint(data):
    """What OpenDKIM has against a mail; "" where its signature verifies."""
    done = subprocess.run([shutil.which(JUDGE, path=PATH)], input=data, capture_output=True,
                          timeout=30)
    return (done.stdout + done.stderr).decode() + (f" status {done.returncode}"
                                                   if done.returncode else "")


class OpenDkim(StoryTest):
    def mail(self, ed25519):
        """The yardstick issue's mail to one reader, and the DNS records."""
        paper = self.newsletter(ed25519=ed25519)
        paper.add_readers(1, name="Ada Müller")
        paper.start()
        paper.draft("weekly", sample_issue.BODY, title=f'"{sample_issue.TITLE}"', toc="true")
        paper.wait_until_sent("weekly")
        [name] = os.listdir(paper.at("outbox"))
        with open(paper.at("outbox", name), "rb") as file:
            return file.read(), mails.dns_records(paper.run("dkim", "show"))

    def test_the_signature_verifies_and_covers_header_and_body(self):
        data, records = self.mail(ed25519=False)
        with NameServer(records):
            self.assertEqual(complaint(data), "")
            self.assertIn(b"\r\nSubject: ", data)
            self.assertIn("status", complaint(data.replace(b"\r\nSubject: ", b"\r\nSubject: x")))
            self.assertIn("status", complaint(data.rstrip() + b"x\r\n"))
            for change in (b"Subject: Buy now\r\n", b"From: eve@report.example\r\n",
                           b"List-Unsubscribe: <https://evil.example/>\r\n"):
                with self.subTest(change):
                    self.assertIn("status", complaint(change + data), "it is oversigned")
        with NameServer({}):
            self.assertIn("status", complaint(data), "without a key there is nothing to verify by")

    def test_a_second_signature_of_a_kind_unknown_to_it_does_no_harm(self):
        data, records = self.mail(ed25519=True)
        with NameServer(records):
            self.assertEqual(complaint(data), "")


if __name__ == "__main__":
    if not shutil.which(JUDGE, path=PATH):
        print(f"skipped: {JUDGE} is missing; scripts/setup --test installs it (opendkim-tools)")
        sys.exit(SKIPPED)
    if os.environ.get(INSIDE):
        unittest.main()
    unshare = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0:
        unshare.append("--map-root-user")
    inside = """ip link set lo up 2>/dev/null
        resolver=$(mktemp) && echo "nameserver 127.0.0.1" >"$resolver"
        mount --bind "$resolver" /etc/resolv.conf && rm "$resolver" && exec "$@" """
    sys.exit(subprocess.run([*unshare, "--", "sh", "-c", inside, "sh", sys.executable, *sys.argv],
                            env={**os.environ, INSIDE: "1"}).returncode)
