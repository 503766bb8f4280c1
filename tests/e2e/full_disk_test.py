#!/usr/bin/env python3
"""A full disk while an issue is being sent: sending stands still, loses nobody, and goes on.

Runs itself again in a mount namespace of its own, where the newsletter is on a small tmpfs.
"""
import os
import subprocess
import sys
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import Sink

READERS = 1500
INSIDE = "POSTRIDER_TEST_NAMESPACE"


class FullDisk(StoryTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.at("small"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.at("small")],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.at("small")])

    def fill(self):
        with open(self.at("small", "ballast"), "wb", buffering=0) as ballast:
            for size in (1 << 16, 4096, 1):
                try:
                    while True:
                        ballast.write(b"\0" * size)
                except OSError:
                    pass

    def test_nobody_is_lost_and_sending_goes_on(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority, delay=0.005, keep_data=False) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), name="small/newsletter")
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            wait_for(lambda: len(sink.messages) >= 100, "a hundred mails")
            self.fill()

            def stands_still():
                self.fill()  # what the daemon's own checkpoints set free
                return (newsletter.json("status")["daemon"] or {}).get("trouble")

            trouble = wait_for(stands_still, lambda: "trouble in status\n" + newsletter.log_tail())
            self.assertRegex(trouble.lower(), "full|space")
            status, told = newsletter.get("/healthz")
            self.assertTrue(status != 200 or "full" in told or "space" in told, (status, told))
            before = len(sink.messages)
            self.assertLess(before, READERS)
            os.unlink(self.at("small", "ballast"))
            issue = newsletter.wait_until_sent("weekly")

            got = [message.recipient for message in sink.messages]
            self.assertEqual(set(got), set(readers))
            self.assertEqual(len(got), len(set(got)), "nothing was cut off, so nothing is in doubt")
            self.assertEqual(issue["accepted"], READERS, issue)
            newsletter.stop()

    def test_a_restart_on_a_full_disk_is_refused_in_words_and_loses_nobody(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority, delay=0.005, keep_data=False) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority), name="small/newsletter")
            readers = newsletter.add_readers(READERS)
            newsletter.start()
            newsletter.draft("weekly", body="Short.\n")
            wait_for(lambda: len(sink.messages) >= 100, "a hundred mails")
            self.fill()
            newsletter.kill()
            self.fill()
            newsletter.start(ready=False)
            wait_for(lambda: newsletter.daemon.poll() is not None
                     or "full" in newsletter.log_text().lower(),
                     lambda: "a word about the full disk\n" + newsletter.log_tail())
            self.assertRegex(newsletter.log_tail().lower(), "full|space")
            newsletter.clean_up()
            os.unlink(self.at("small", "ballast"))
            newsletter.start()
            newsletter.wait_until_sent("weekly")
            got = [message.recipient for message in sink.messages]
            self.assertEqual(set(got), set(readers))
            self.assertLessEqual(len(got) - len(set(got)), 2 * newsletter.connections)


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        unittest.main()
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    sys.exit(subprocess.run([*unshare, "--", sys.executable, *sys.argv],
                            env={**os.environ, INSIDE: "1"}).returncode)
