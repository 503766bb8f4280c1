#!/usr/bin/env python3
"""What happened, told to the operator's own command and by `postrider events`; over kill -9, too."""
import json
import subprocess
import unittest

from newsletter import POSTRIDER, StoryTest, environment
from polling import wait_for

READERS = 3


class Events(StoryTest):
    def paper_with_command(self):
        paper = self.newsletter()
        command = json.dumps(["sh", "-c", f"cat >> {paper.at('told')}"])
        with open(paper.at("postrider.toml"), "a", encoding="utf-8") as settings:
            settings.write(f"\n[operator]\non_event = {command}\n")
        paper.write("told", "")
        paper.add_readers(READERS)
        paper.start()
        return paper

    def told(self, paper):
        return [json.loads(line) for line in paper.read("told").splitlines()]

    def kinds(self, paper):
        return [event["kind"] for event in self.told(paper)]

    def wait_until_told(self, paper, kind):
        wait_for(lambda: kind in self.kinds(paper), lambda: f"{kind} in {self.kinds(paper)}")
        return next(event for event in self.told(paper) if event["kind"] == kind)

    def test_each_event_of_an_issue_is_told_with_its_sums_and_none_is_lost_by_a_kill(self):
        paper = self.paper_with_command()
        paper.draft("weekly")
        sent = self.wait_until_told(paper, "issue.sent")
        self.assertEqual((sent["issue"], sent["state"]), ("weekly", "sent"))
        self.assertEqual(sent["sums"]["accepted"], READERS)
        self.assertEqual(sent["publication"], "The Weekly Test")
        paper.kill()
        paper.run("issue", "resend", "weekly", "reader1@readers.example")
        paper.start()
        self.assertEqual(self.wait_until_told(paper, "issue.resend")["issue"], "weekly")
        known = paper.json("events", "--kind", "issue")
        self.assertEqual([event["id"] for event in known],
                         sorted({event["id"] for event in self.told(paper)}))

    def test_the_command_line_tells_what_happened_and_goes_on_with_what_comes(self):
        paper = self.paper_with_command()
        paper.draft("weekly")
        paper.wait_until_sent("weekly")
        self.assertIn("issue.sent", paper.run("events", "--issue", "weekly"))
        paper.run("subscriber", "add", "zoe@readers.example")
        joined = paper.json("events", "--email", "zoe@readers.example")
        self.assertEqual([event["kind"] for event in joined], ["subscriber.confirmed"])
        self.assertEqual(len(paper.json("events", "--last", "2")), 2)
        unknown = paper.attempt("events", "--kind", "isue")
        self.assertEqual(unknown.returncode, 2, unknown.stderr)
        self.assertIn("there are no events of a kind 'isue'; write one of bounces, ", unknown.stderr)
        self.assertIn("there is no issue 'weekle'", paper.refuse("events", "--issue", "weekle"))
        follower = subprocess.Popen(
            [POSTRIDER, "--config", paper.at("postrider.toml"), "events", "--follow", "--json",
             "--last", "1"], env=environment(), text=True, stdout=subprocess.PIPE)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.assertEqual(json.loads(follower.stdout.readline()), joined[0])  # it follows by now
        paper.draft("second", send_at="2020-01-06 08:00")
        while (event := json.loads(follower.stdout.readline()))["kind"] != "issue.held":
            pass
        self.assertEqual(event["issue"], "second")


if __name__ == "__main__":
    unittest.main()
