#!/usr/bin/env python3
"""init, check and preview need no account, no DNS, no server and no network; nor does the first
issue, which goes to a folder. Runs itself again in a network namespace where nothing is up."""
import os
import subprocess
import sys
import unittest

import mails
from newsletter import POSTRIDER, StoryTest, environment

INSIDE = "POSTRIDER_TEST_NAMESPACE"


class FirstFiveMinutes(StoryTest):
    def command(self, *arguments, folder=None, status=0):
        done = subprocess.run([os.path.abspath(POSTRIDER), *arguments], env=environment(), text=True,
                              cwd=folder or self.folder, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=30)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_from_nothing_to_a_preview(self):
        self.command("init", "paper")
        paper = self.at("paper")
        for name in ("postrider.toml", "drafts", "theme", "secrets"):
            self.assertTrue(os.path.exists(os.path.join(paper, name)), name)
        secrets = os.path.join(paper, "secrets")
        self.assertEqual(os.stat(secrets).st_mode & 0o777, 0o700)
        for name in os.listdir(secrets):
            self.assertEqual(os.stat(os.path.join(secrets, name)).st_mode & 0o077, 0, name)
        self.command("check", folder=paper)
        sample = os.listdir(os.path.join(paper, "drafts"))
        self.assertEqual(len(sample), 1)
        shown = self.command("preview", f"drafts/{sample[0]}", "--output", "out", folder=paper)
        self.assertIn("Subject", shown.stdout)
        with open(os.path.join(paper, "out/message.eml"), "rb") as file:
            message = mails.parse(file.read())
        with open(os.path.join(paper, "out/message.html"), encoding="utf-8") as file:
            self.assertIn("</html>", file.read().lower())
        self.assertTrue(os.path.getsize(os.path.join(paper, "out/message.txt")) > 100)
        self.assertTrue(message["Subject"])

    def test_a_preview_shows_images_and_counts_faults(self):
        self.command("init", "paper")
        os.mkdir(self.at("paper/drafts/trip"))
        picture = b"\x89PNG\r\n\x1a\nand so on"
        with open(self.at("paper/drafts/trip/map.png"), "wb") as file:
            file.write(picture)
        with open(self.at("paper/drafts/trip/index.md"), "w") as file:
            file.write("---\ntitle: Trip\n---\n\n![a map](map.png)\n\nTODO\n")
        shown = self.command("preview", "drafts/trip", "--output", "out", folder=self.at("paper"),
                             status=1)
        self.assertRegex(shown.stdout, r"Errors +1\n")
        with open(self.at("paper/out/message.html")) as file:
            html = file.read()
        self.assertNotIn("cid:", html)
        name, = (each for each in os.listdir(self.at("paper/out")) if each.endswith(".png"))
        self.assertIn(f'src="{name}"', html)
        with open(self.at("paper/out", name), "rb") as file:
            self.assertEqual(file.read(), picture)

    def test_init_overwrites_nothing(self):
        self.command("init", "paper")
        with open(self.at("paper/postrider.toml"), "a") as file:
            file.write("# mine\n")
        self.assertIn("paper", self.command("init", "paper", status=1).stderr)
        with open(self.at("paper/postrider.toml")) as file:
            self.assertTrue(file.read().endswith("# mine\n"))

    def test_check_and_wrong_usage(self):
        self.command("init", "paper")
        with open(self.at("paper/drafts/bad.md"), "w") as file:
            file.write("---\ntitle: Bad\nstatus: ready\n---\n\n{{nobody.knows}}\n\n[x](ftp://y.example)\n")
        told = self.command("check", "drafts/bad.md", folder=self.at("paper"), status=1)
        told = told.stdout + told.stderr
        self.assertIn("bad.md:6", told)
        self.assertIn("nobody.knows", told)
        self.assertIn("bad.md:8", told)
        self.command("issue", "shwo", folder=self.at("paper"), status=2)
        self.command("frobnicate", status=2)
        self.assertIn("init", self.command("--help").stdout)

    def test_the_first_issue_goes_to_a_folder(self):
        paper = self.newsletter({"url": "file:outbox"})
        readers = paper.add_readers(3)
        paper.start()
        paper.draft("weekly")
        paper.wait_until_sent("weekly")
        found = []
        for name in os.listdir(paper.at("outbox")):
            with open(paper.at("outbox", name), "rb") as file:
                found.append(mails.parse(file.read())["To"].addresses[0].addr_spec)
        self.assert_each_once(found, readers)


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        unittest.main()
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    sys.exit(subprocess.run([*unshare, "--", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"',
                             "sh", sys.executable, *sys.argv],
                            env={**os.environ, INSIDE: "1"}).returncode)
