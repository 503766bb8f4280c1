"""10,000 reports waiting in a Maildir, of an issue that is on record, with addresses that it had."""
import base64
import contextlib
import hashlib
import hmac
import os
import sqlite3
import struct

from bounces_test import REPORT

RETURNED = 9
ISSUE = 77
ADDRESS = "bounces@report.example"

# What comes back, in turn: status, words.
WORDS = [("5.1.1", "550 5.1.1 <{}>: Recipient address rejected: User unknown"),
         ("5.2.2", "552 5.2.2 <{}> Quota exceeded (mailbox for user is full)"),
         ("4.4.1", "connect to mx.readers.example[192.0.2.25]:25: Connection timed out"),
         ("5.7.1", "554 5.7.1 Message rejected as spam")]


def record_issue(paper, readers):
    """An issue that these ids got; the other readers are in Utopia."""
    with contextlib.closing(sqlite3.connect(paper.at("postrider.db"), isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO issues (id, uid, slug, title, state, path, source_hash, lists, ready, "
                   "started_at) VALUES (?1, ?1, 'before', '', 3, '', '', '[]', 1, 1640995200000)",
                   (ISSUE,))
        db.execute("INSERT INTO issue_sums (issue_id, accepted) VALUES (?, ?)", (ISSUE, len(readers)))
        db.executemany("INSERT INTO deliveries (issue_id, subscriber_id, list_id, state, attempts) "
                       "VALUES (?, ?, 1, 3, 1)", ((ISSUE, reader) for reader in readers))
        # As a freeze does it with the domains of many readers.
        db.execute("INSERT INTO issue_groups SELECT ?1, s.domain_id, count(*) FROM deliveries d JOIN "
                   "subscribers s ON s.id = d.subscriber_id WHERE d.issue_id = ?1 GROUP BY s.domain_id "
                   "HAVING count(*) >= 100", (ISSUE,))
        db.execute("UPDATE subscribers SET attributes = json_object('country', 'Utopia') WHERE id NOT "
                   "IN (SELECT subscriber_id FROM deliveries)")
        db.execute("INSERT INTO attribute_names VALUES ('country')")
        db.execute("COMMIT")


def read_from(paper):
    """Adds [bounces] with a Maildir."""
    for part in ("new", "cur", "tmp"):
        os.makedirs(paper.at("returned", part))
    with open(paper.at("postrider.toml"), "a") as file:
        file.write(f'\n[bounces]\naddress = "{ADDRESS}"\nmailbox = "maildir:returned"\n')


def token(secret, key, reader):
    """As base/return_token.cpp has it."""
    said = struct.pack(">BHQ8s", 1, key, ISSUE, reader[:8])
    mac = hmac.digest(secret, bytes([RETURNED]) + said, hashlib.sha256)[:10]
    return base64.b32encode(said + mac).decode().lower().rstrip("=")


def deliver(paper, readers, mail):
    """A report on each, every other one with the mail itself, as servers that return it whole do."""
    with open(paper.at("secrets/token.keys")) as keys:
        key, secret = keys.readline().split()
    key, secret = int(key), bytes.fromhex(secret)
    returned = f"--b\nContent-Type: message/rfc822\n\n{mail}\n--b--\n"
    with contextlib.closing(sqlite3.connect(paper.at("postrider.db"))) as db:
        who = db.execute("SELECT id, uid, email FROM subscribers WHERE id BETWEEN ? AND ?",
                         (readers[0], readers[-1])).fetchall()
    for number, uid, email in who:
        status, words = WORDS[number // 2 % len(WORDS)]
        text = REPORT.format(number=number, reader=email, status=status, text=words.format(email),
                             to=ADDRESS.replace("@", f"+{token(secret, key, uid)}@"))
        if number % 2:
            text = text.replace("--b--\n", returned)
        with open(paper.at("returned/new", f"{number}.bench"), "w") as file:
            file.write(text)


def left(paper):
    return len(os.listdir(paper.at("returned/new")))
