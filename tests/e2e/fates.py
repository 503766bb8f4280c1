"""Readers of every fate: what the servers after the relay answer for them, and what is to become of them."""
import collections
import csv
import io

import polling
from newsletter import StoryTest
from sink import Sink

MAILBOX = "bounces@report.example"

# {reader: (kind and reason of their last report, state of their delivery)}
FATES = {
    "ann@gone.example": ("hard", "unknown_mailbox", "bounced"),  # says the next server
    "bob@home.example": ("hard", "unknown_mailbox", "bounced"),  # says the relay itself
    "cat@full.example": ("soft", "full", "bounced"),
    "dan@strict.example": ("policy", "spam", "bounced"),
    "eve@small.example": ("content", "size", "bounced"),
    "fay@virus.example": ("content", "content", "bounced"),
    "gus@off.example": ("soft", "network", "bounced"),
    "hal@greylist.example": ("soft", "rate", "bounced"),
    "ivy@readers.example": (None, None, "accepted"),
    # A list of theirs: of the members one is gone, and one is full.
    "team@team.example": ("soft", "full", "bounced"),
}
GONE = ["ann@gone.example", "bob@home.example"]
DELAYED = ["gus@off.example", "hal@greylist.example"]
TEAM = "ann@gone.example, cat@full.example, ivy@readers.example"
NEXT = ["gone.example", "strict.example", "small.example", "virus.example", "greylist.example"]


def on_rcpt(address, _):
    domain = address.partition("@")[2]
    if domain.endswith("gone.example"):
        return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
    if domain.endswith(".full.example"):
        return f"552 5.2.2 <{address}>: Mailbox full"
    if domain == "greylist.example":
        return f"450 4.2.0 <{address}>: Recipient address rejected: Greylisted"
    return None


def on_message(address, _):
    return {
        "strict.example": "554 5.7.1 Message contains spam",
        "small.example": "552 5.3.4 Message size exceeds fixed limit",
        "virus.example": "550 5.6.0 Message content rejected",
    }.get(address.partition("@")[2])


class FatesTest(StoryTest):
    """Has a sink for the server after the relay."""

    def setUp(self):
        super().setUp()
        self.sink = self.enterContext(Sink(tls="none", on_rcpt=on_rcpt, on_message=on_message))

    def reads(self, paper, lines):
        """Adds [bounces] with these lines."""
        with open(paper.at("postrider.toml"), "a") as file:
            file.write(f'\n[bounces]\naddress = "{MAILBOX}"\nevery = "5s"\n{lines}\n')

    def add(self, paper, readers):
        paper.write("readers.csv", "email\n" + "".join(f"{reader}\n" for reader in readers))
        paper.run("subscriber", "import", paper.at("readers.csv"))

    def send(self, paper, slug):
        paper.draft(slug, body="Short.\n")
        return paper.wait_until_sent(slug)

    def suppressed(self, paper):
        return sorted(entry["email"] for entry in paper.json("suppression", "list"))

    def states(self, paper, slug):
        """{reader: state} of `issue recipients`."""
        table = csv.DictReader(io.StringIO(paper.run("issue", "recipients", slug)))
        return {row["email"]: row["state"] for row in table}

    def last_reports(self, paper, slug):
        """{reader: (kind, reason)} of `bounce list`, which has the newest first."""
        return {entry["email"]: (entry["kind"], entry["reason"])
                for entry in reversed(paper.json("bounce", "list", "--issue", slug))}

    def check_all_agree(self, paper, slug, fates):
        """Those four that tell what became of a delivery, once the last report is read."""
        expected = {reader: (kind, reason) for reader, (kind, reason, _) in fates.items() if kind}
        polling.wait_for(lambda: self.last_reports(paper, slug) == expected,
                         lambda: f"{expected}: {self.last_reports(paper, slug)}\n" + paper.log_tail(),
                         60, every=0.1)
        states = {reader: state for reader, (_, _, state) in fates.items()}
        self.assertEqual(self.states(paper, slug), states)
        issue, sums = paper.issue(slug), collections.Counter(states.values())
        self.assertEqual({state: issue[state] for state in sums}, sums, issue)
        for reader in list(fates)[:10]:
            told, = paper.json("why", reader)["issues"]
            self.assertEqual((told["issue"], told["state"]), (slug, states[reader]), reader)
