#!/usr/bin/env python3
"""Rspamd finds nothing to blame in a mail, and every check of its sender passes."""
import os
import subprocess
import sys
import unittest

import mails
import rspamd
import sample_issue
from name_server import NameServer
from newsletter import StoryTest

INSIDE = "POSTRIDER_TEST_NAMESPACE"
SKIPPED = 77
SERVER = "192.0.2.1"

# What a server that is set up as docs/operating.md says has in DNS.
TEXTS = {"report.example": f"v=spf1 ip4:{SERVER} -all",
         "_dmarc.report.example": "v=DMARC1; p=none"}
ADDRESSES = {"report.example": SERVER, "mail.report.example": SERVER, "news.report.example": SERVER,
             "readers.example": SERVER}

# Of the text and of newsletters, not of how the mail is made: the hidden preheader, and that text
# and page together have an odd number of links (by chance: other issues have an even one).
ALLOWED = {"MANY_INVISIBLE_PARTS": 0.05, "URI_COUNT_ODD": 1.0}


class NothingToBlame(StoryTest):
    def test_a_mail_of_the_yardstick_issue(self):
        paper = self.newsletter(ed25519=True)
        settings = paper.read("postrider.toml")
        paper.write("postrider.toml", settings.replace(
            f'base_url = "http://127.0.0.1:{paper.port}"', 'base_url = "https://news.report.example"'))
        paper.add_readers(1, name="Ada Müller")
        paper.start()
        paper.draft("weekly", sample_issue.BODY, title=f'"{sample_issue.TITLE}"',
                    subtitle=f'"{sample_issue.SUBTITLE}"', toc="true")
        paper.wait_until_sent("weekly")
        [name] = os.listdir(paper.at("outbox"))
        with open(paper.at("outbox", name), "rb") as file:
            data = file.read()
        keys = mails.dns_records(paper.run("dkim", "show"))
        with NameServer({**TEXTS, **keys}, ADDRESSES), rspamd.Rspamd(self.at("rspamd")) as judge:
            symbols = judge.symbols(data, IP=SERVER, Helo="mail.report.example",
                                    Hostname="mail.report.example", From="alex@report.example",
                                    Rcpt="reader0@readers.example")
            broken = judge.symbols(data.replace(b"\r\nSubject: ", b"\r\nSubject: x"), IP=SERVER)
        self.assertLessEqual({"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW",
                              "HAS_LIST_UNSUB"}, set(symbols), symbols)
        blame = {name: score for name, score in symbols.items() if score > ALLOWED.get(name, 0)}
        self.assertEqual(blame, {}, symbols)
        self.assertIn("R_DKIM_REJECT", broken, "it would have noticed")


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        rspamd.lay_over_usr()
        unittest.main()
    try:
        rspamd.fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"skipped: Debian's package rspamd cannot be had: {error}; try apt-get update")
        sys.exit(SKIPPED)
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env"]
    sys.exit(subprocess.run(
        [*as_root, "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv],
        env={**os.environ, INSIDE: "1"}).returncode)
