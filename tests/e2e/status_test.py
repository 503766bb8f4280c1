#!/usr/bin/env python3
"""What `status` tells while an issue is sent, when it ends, and when a relay is down."""
import os
import pty
import re
import subprocess
import unittest

from newsletter import POSTRIDER, StoryTest, environment
from polling import free_port, wait_for
from sink import Sink


class Status(StoryTest):
    def on_a_terminal(self, *arguments):
        """Runs a command on a terminal to its end; what it shows."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([POSTRIDER, "--config", self.paper.at("postrider.toml"), *arguments],
                              env=environment(), stdin=theirs, stdout=theirs, stderr=theirs) as run:
            os.close(theirs)
            shown = b""
            try:
                while piece := os.read(ours, 65536):
                    shown += piece
            except OSError:  # the other end is closed
                pass
        os.close(ours)
        self.assertEqual(run.returncode, 0)
        return shown.decode()

    def test_an_issue_that_was_watched_is_told_to_its_end(self):
        with Sink(tls="none", delay=0.05) as sink:
            self.paper = self.newsletter(self.sink_relay(sink), connections=2)
            self.paper.add_readers(100)
            self.paper.start()
            self.paper.draft("weekly")
            self.paper.wait_for_state("weekly", "sending")
            shown = self.on_a_terminal("status")
        last = shown.split("\033[H\033[J")[-1]
        self.assertIn("weekly  sent", last)
        self.assertIn("100 accepted, 0 pending", last)

    def test_a_relay_that_is_down_is_told_with_its_next_try(self):
        self.paper = self.newsletter({"url": f"smtp://127.0.0.1:{free_port()}", "tls": "none"})
        self.paper.add_readers(1)
        self.paper.start()
        self.paper.draft("weekly")
        told = r"primary +waiting +0 +\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC +.*refuses the connection"
        wait_for(lambda: re.search(told, self.paper.run("status")),
                 lambda: self.paper.run("status"))

    def test_a_message_without_an_answer_is_told_as_such(self):
        self.paper = self.newsletter({"url": f"smtp://127.0.0.1:{free_port()}", "tls": "none"})
        self.paper.draft("weekly")
        done = self.paper.attempt("test", "weekly", "--to", "ann@a.example")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Not carried: 127.0.0.1:", done.stdout)


if __name__ == "__main__":
    unittest.main()
