#!/usr/bin/env python3
"""What the daemon stands on is broken: a clear line, and nothing half done."""
import os
import socket
import subprocess
import sys
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for
from sink import Sink


class BrokenGround(StoryTest):
    def run_to_its_end(self, newsletter):
        """(status, log) of a daemon that must end by itself."""
        newsletter.start(ready=False)
        status = newsletter.daemon.wait(20)
        return status, newsletter.log_text()

    def test_a_port_in_use_is_named(self):
        newsletter = self.newsletter()
        with socket.create_server(("127.0.0.1", newsletter.port)):
            status, log = self.run_to_its_end(newsletter)
        self.assertEqual(status, 1)
        self.assertIn(str(newsletter.port), log)
        self.assertRegex(log, "in use|another program")

    def test_a_second_daemon_on_the_same_database_is_refused(self):
        newsletter = self.newsletter()
        newsletter.start()
        first = newsletter.daemon
        newsletter.daemon = None
        second = newsletter.attempt("run", seconds=20)
        newsletter.daemon = first
        self.assertEqual(second.returncode, 1, second.stderr)
        self.assertRegex(second.stderr.lower(), "running|another|already")
        self.assertTrue(newsletter.healthy())

    def test_a_database_that_cannot_be_written_is_named(self):
        """Root writes what it likes, so the file system itself is read-only here."""
        newsletter = self.newsletter()
        newsletter.add_readers(3)
        script = ('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && '
                  'exec "$2" --config "$1/postrider.toml" run')
        unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        done = subprocess.run(
            [*unshare, "--", "sh", "-c", script, "sh", newsletter.folder,
             os.path.abspath(os.environ["POSTRIDER"])],
            capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("postrider.db", done.stderr)
        self.assertRegex(done.stderr.lower(), "read-only|readonly|write")
        newsletter.start()

    def test_something_that_is_no_database_is_left_alone(self):
        newsletter = self.newsletter()
        newsletter.write("postrider.db", "My notes: do not delete.\n" * 300)
        status, log = self.run_to_its_end(newsletter)
        self.assertEqual(status, 1)
        self.assertIn("postrider.db", log)
        with open(newsletter.at("postrider.db")) as file:
            self.assertTrue(file.read().startswith("My notes"))

    def test_a_faulty_reload_changes_nothing(self):
        authority = certificates.make(self.at("tls"))
        with Sink(authority) as sink:
            newsletter = self.newsletter(self.sink_relay(sink, authority))
            newsletter.add_readers(5)
            newsletter.start()
            good = newsletter.read("postrider.toml")
            faults = [good.replace("[retry]", "[retry]\ncolour = 3"),
                      good.replace("smtps://", "gopher://"),
                      good + "\nthis is no toml"]
            for number, faulty in enumerate(faults):
                newsletter.write("postrider.toml", faulty)
                newsletter.daemon.send_signal(1)
                wait_for(lambda: newsletter.log_text().count("reload refused") > number,
                         lambda: "a refused reload\n" + newsletter.log_tail())
            newsletter.write("postrider.toml", good)
            newsletter.draft("weekly")
            self.assertEqual(newsletter.wait_until_sent("weekly")["accepted"], 5)
            self.assertEqual(len(sink.messages), 5)

    def test_all_faults_of_the_settings_are_told_at_once_with_their_lines(self):
        newsletter = self.newsletter()
        good = newsletter.read("postrider.toml")
        faulty = good.replace('connections = 4', 'connections = "many"')
        faulty = faulty.replace('timezone = "UTC"', 'timezone = "Mars/Olympus"\ncolour = 1')
        newsletter.write("postrider.toml", faulty)
        told = newsletter.refuse("check")
        for word in ("connections", "Mars/Olympus", "colour"):
            line = next(n for n, text in enumerate(faulty.splitlines(), 1) if word in text)
            self.assertIn(f"postrider.toml:{line}:", told)
            self.assertIn(word, told)

    def test_secrets_that_others_may_read_are_refused(self):
        newsletter = self.newsletter()
        newsletter.use_relay({"url": "smtps://localhost:1", "username": "alex", "password": "x"})
        os.chmod(newsletter.at("secrets/smtp-password"), 0o644)
        status, log = self.run_to_its_end(newsletter)
        self.assertEqual(status, 1)
        self.assertIn("smtp-password", log)


if __name__ == "__main__":
    unittest.main()
