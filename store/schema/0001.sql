-- Version 1. Times are milliseconds since 1970 in UTC. Numbers of states are those of the enums in
-- queue/delivery.h, queue/issue.h and subscribers/subscriber.h.

-- first_scan: when the drafts folder was first scanned to its end; forgot_drafts: the generation at
-- which that was forgotten, for the database is older than what was sent; deletions, swept, sweeps:
-- store/traces.cpp; maintained, maintain_from: when maintenance was last done, and since when the
-- first one is waited for: store/maintenance.h
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- Which database this is (store/identity.h): the place that it was claimed for, and how far it has
-- come. One row; none: it is brand-new.
CREATE TABLE identity (
  only_one   INTEGER PRIMARY KEY CHECK (only_one = 1),
  machine    TEXT NOT NULL,     -- /etc/machine-id; empty: there was none
  path       TEXT NOT NULL,     -- of the database's file
  inode      INTEGER NOT NULL,
  born       INTEGER NOT NULL,  -- the file, in ns since 1970; 0: its file system does not say
  generation INTEGER NOT NULL,  -- grows while mails are sent
  claimed_at INTEGER NOT NULL,
  moved_at   INTEGER NOT NULL,  -- when it grew last
  restored   INTEGER NOT NULL DEFAULT 0  -- put back from a backup, and not claimed since
);

CREATE TABLE lists (
  id  INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  uid INTEGER NOT NULL UNIQUE  -- random: what tokens carry
);

-- Of subscribers' addresses, in ASCII: what deliveries are paced by.
CREATE TABLE domains (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- No id is given twice: what is kept of an erased reader's deliveries must never be another's.
CREATE TABLE subscribers (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  uid        BLOB NOT NULL UNIQUE,  -- 16 random octets: what tokens carry
  email      TEXT NOT NULL,         -- as written, the domain in ASCII
  canonical  TEXT NOT NULL UNIQUE,  -- mail::Address::canonical: "a.example joe"
  domain_id  INTEGER NOT NULL REFERENCES domains (id),
  name       TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}',  -- a JSON object
  language   TEXT NOT NULL DEFAULT '',    -- a BCP 47 tag; empty: unknown
  time_zone  TEXT NOT NULL DEFAULT '',    -- of the tz database; empty: unknown
  created_at INTEGER NOT NULL,
  import_id  INTEGER REFERENCES imports (id),  -- that made the row; NULL: none did
  paused_until INTEGER,                   -- no issue that starts before then; NULL: not paused
  left_all_at  INTEGER,                   -- wanted no mails of any list any more; NULL: no such word
  -- The zone of issues that come by local time, as it was said; it may be none of the tz database.
  zone         TEXT GENERATED ALWAYS AS (CASE time_zone WHEN '' THEN coalesce(
    attributes ->> '$.time_zone', attributes ->> '$.timezone', '') ELSE time_zone END) VIRTUAL
);
CREATE INDEX subscribers_by_zone ON subscribers (zone) WHERE zone <> '';
CREATE INDEX subscribers_paused ON subscribers (paused_until) WHERE paused_until IS NOT NULL;

CREATE TABLE attribute_names (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;

-- How a subscription came about; an import is one row that all its subscriptions point to.
CREATE TABLE evidence (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  kind   TEXT NOT NULL,               -- operator, import, sign-up
  actor  TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '{}',  -- JSON
  subscriber_id INTEGER               -- whose it is; NULL: an import's, or an erased reader's
);
CREATE INDEX evidence_by_subscriber ON evidence (subscriber_id) WHERE subscriber_id IS NOT NULL;

-- Without finished_at: it is under way, or was cut off; what it has written can be undone alike.
CREATE TABLE imports (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  source      TEXT NOT NULL,          -- the file's name
  format      TEXT NOT NULL,          -- csv, substack, …
  list_id     INTEGER NOT NULL REFERENCES lists (id),
  evidence_id INTEGER NOT NULL REFERENCES evidence (id),
  finished_at INTEGER,
  undone_at   INTEGER,
  summary     TEXT NOT NULL DEFAULT '{}'  -- JSON: read, added, updated, unchanged, skipped
);

CREATE INDEX imports_by_evidence ON imports (evidence_id);

-- What an import has changed of readers who were known before (and of those whom it made, where they
-- stay though it is taken back), as it was: a JSON object of name,
-- attributes, language, time_zone and subscription (state, since, joined, evidence, consent; null:
-- none).
-- Without REFERENCES to subscribers: it would be read through for each one that is deleted.
CREATE TABLE import_changes (
  import_id     INTEGER NOT NULL REFERENCES imports (id),
  subscriber_id INTEGER NOT NULL,
  before        TEXT NOT NULL,
  after         TEXT NOT NULL,
  undone_at     INTEGER,  -- NULL: stands
  PRIMARY KEY (import_id, subscriber_id)
) WITHOUT ROWID;

-- evidence_id: of evidence; without REFERENCES, here and in sign_ups: they would be read through for
-- each evidence that is deleted.
CREATE TABLE subscriptions (
  list_id       INTEGER NOT NULL REFERENCES lists (id),
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  state         INTEGER NOT NULL,
  since         INTEGER NOT NULL,
  joined_at     INTEGER,  -- confirmed then, the last time; NULL: never was
  evidence_id   INTEGER,
  consent       TEXT,  -- what the source of an import knew of it: JSON; NULL: nothing
  -- What was before the reader left by their own hand, the last time, so that it can be taken back.
  -- left_at is `since` as long as nothing else has happened.
  left_at       INTEGER,
  left_state    INTEGER,
  left_since    INTEGER,
  PRIMARY KEY (list_id, subscriber_id)
) WITHOUT ROWID;
CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id);

-- What is asked for and not confirmed yet, by its reader or, where somebody else vouches (import
-- --pending), for them; of one who is on the list as pending, or has left it. at: when the reader was
-- or will be asked, from which on it expires. held: why an operator is asked first; empty: nobody is.
CREATE TABLE sign_ups (
  list_id       INTEGER NOT NULL REFERENCES lists (id),
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  at            INTEGER NOT NULL,
  name          TEXT NOT NULL DEFAULT '',  -- as typed: nobody's until it is confirmed
  language      TEXT NOT NULL DEFAULT '',
  evidence_id   INTEGER NOT NULL,
  consent       TEXT NOT NULL DEFAULT '',  -- JSON, as of subscriptions
  held          TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (list_id, subscriber_id)
) WITHOUT ROWID;
CREATE INDEX sign_ups_by_subscriber ON sign_ups (subscriber_id);
CREATE INDEX sign_ups_by_time ON sign_ups (at);
CREATE INDEX sign_ups_held ON sign_ups (list_id) WHERE held <> '';

-- As allowances, of those who sign up. name: "list report", "network 192.0.2.0/24".
CREATE TABLE sign_up_rates (
  name   TEXT PRIMARY KEY,
  tokens REAL NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_up_rates_by_time ON sign_up_rates (at);

-- Lists that had too many: nobody is asked until an operator says so.
CREATE TABLE sign_up_stops (
  list_id INTEGER PRIMARY KEY REFERENCES lists (id),
  at      INTEGER NOT NULL
);

-- reason: bounced, complained, asked
CREATE TABLE suppressions (
  canonical TEXT PRIMARY KEY,
  reason    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  import_id INTEGER REFERENCES imports (id)  -- that brought it; NULL: none did
) WITHOUT ROWID;
CREATE INDEX suppressions_by_import ON suppressions (import_id) WHERE import_id IS NOT NULL;

-- Later imports that say of a suppression by an import what that says: one of them stands for it
-- where that is taken back.
CREATE TABLE suppression_claims (
  canonical TEXT NOT NULL,
  import_id INTEGER NOT NULL REFERENCES imports (id),
  PRIMARY KEY (canonical, import_id)
) WITHOUT ROWID;
CREATE INDEX suppression_claims_by_import ON suppression_claims (import_id);

-- Addresses whose owners were erased (store/erased.h). key_id: base/fingerprints.h.
CREATE TABLE erased (
  key_id    INTEGER NOT NULL,
  hash      BLOB NOT NULL,
  at        INTEGER NOT NULL,
  import_id INTEGER REFERENCES imports (id),  -- that brought it; NULL: none did
  PRIMARY KEY (key_id, hash)
) WITHOUT ROWID;
CREATE INDEX erased_by_import ON erased (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE issues (
  id           INTEGER PRIMARY KEY,
  uid          INTEGER NOT NULL UNIQUE,  -- random: what tokens carry
  slug         TEXT NOT NULL UNIQUE,
  title        TEXT NOT NULL,
  state        INTEGER NOT NULL,
  path         TEXT NOT NULL,
  source_hash  TEXT NOT NULL,
  lists        TEXT NOT NULL,            -- JSON array of keys
  -- Which of their readers: as the draft says it; once it is frozen, spelled out. Empty: all.
  segment      TEXT NOT NULL DEFAULT '',
  ready        INTEGER NOT NULL,
  missing      INTEGER NOT NULL DEFAULT 0,
  note         TEXT NOT NULL DEFAULT '',
  chosen_at    INTEGER,                  -- a time that an operator set; outweighs the draft's
  scheduled_at INTEGER,
  started_at   INTEGER,
  finished_at  INTEGER,
  undo_until   INTEGER,                  -- nothing leaves before; NULL: no such time
  held_by      TEXT NOT NULL DEFAULT '', -- guards (daemon/guards/), with blanks between
  -- A source_hash, and behind it the guards that an operator let go with it, with blanks between.
  released     TEXT NOT NULL DEFAULT '',
  -- Counts what makes deliveries due that the queue does not see, such as a retry by an operator.
  revision     INTEGER NOT NULL DEFAULT 0,
  -- Goes by its lists' slots: scheduled_at is one, or comes once it is dealt. date: of the draft,
  -- by which slots are dealt; empty: none. dealt_at: the slot that it was dealt last, though it may
  -- have lost it since; NULL: none since it was made ready.
  by_slot      INTEGER NOT NULL DEFAULT 0,
  date         TEXT NOT NULL DEFAULT '',
  dealt_at     INTEGER,
  -- Comes to each reader at an hour of their own clock: seconds of the day; NULL: says no such hour.
  -- local_day: days since 1970 by the calendar; NULL: not known yet, or an operator chose one moment
  -- for all. scheduled_at is when the first readers' hour comes, slot_at the slot that it takes;
  -- NULL: that is scheduled_at.
  local_time   INTEGER,
  local_day    INTEGER,
  slot_at      INTEGER,
  version      INTEGER NOT NULL DEFAULT 1 -- the newest of its contents; no mail of an older one begins
);
CREATE INDEX issues_by_slot_at ON issues (slot_at) WHERE slot_at IS NOT NULL;
CREATE INDEX issues_by_time ON issues (scheduled_at) WHERE scheduled_at IS NOT NULL;
CREATE INDEX issues_by_slot ON issues (state) WHERE by_slot = 1 AND started_at IS NULL;
CREATE INDEX issues_ready ON issues (id) WHERE ready = 1 AND started_at IS NULL;
CREATE INDEX issues_alive ON issues (state) WHERE state IN (1, 2, 4);

-- Who said that an issue may go out, and of what (store/approvals.h): hashes in hex of what would be
-- sent and of who would get it. asked_for: the time that it had when that was said; scheduled_at: the
-- one that it got by that. void_at: something of it has changed since; NULL: nothing was seen to.
CREATE TABLE approvals (
  issue_id     INTEGER PRIMARY KEY REFERENCES issues (id),
  content      TEXT NOT NULL,
  readers      TEXT NOT NULL,
  asked_for    INTEGER,
  scheduled_at INTEGER NOT NULL,
  approver     TEXT NOT NULL,  -- a user of the system, or a reviewer's address
  at           INTEGER NOT NULL,
  void_at      INTEGER,
  void_why     TEXT NOT NULL DEFAULT ''
);

-- Issues that are ready and have not started, as reviewers are to see them. digest: of what would be
-- sent, to whom and when; mailed: the one that they got last; empty: none, or it waits no more.
CREATE TABLE previews (
  issue_id  INTEGER PRIMARY KEY REFERENCES issues (id),
  digest    TEXT NOT NULL,
  mailed    TEXT NOT NULL DEFAULT '',
  mailed_at INTEGER
);

-- Until when a list's slots were looked at for those that passed without an issue. schedule: as it was
-- then; another one's slots count from when it is known.
CREATE TABLE slot_marks (
  list      TEXT PRIMARY KEY,
  schedule  TEXT NOT NULL,
  looked_to INTEGER NOT NULL
) WITHOUT ROWID;

-- Slots to come that the operator was reminded of.
CREATE TABLE slot_reminders (
  list TEXT NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (list, at)
) WITHOUT ROWID;

-- What was frozen: never changed afterwards. version: from 1, one more with each amendment.
CREATE TABLE issue_contents (
  issue_id  INTEGER NOT NULL REFERENCES issues (id),
  version   INTEGER NOT NULL,
  frozen_at INTEGER NOT NULL,
  subject   TEXT NOT NULL,
  html      TEXT NOT NULL,
  text      TEXT NOT NULL,
  masthead  TEXT NOT NULL,               -- JSON: from, reply_to, base_url, names of lists, token_key
  PRIMARY KEY (issue_id, version)
);

-- Issues that correct another one: they go to those who got faulty versions of it
-- (store/corrections.h). gathered_to: its readers up to this one are in the audience or excluded;
-- NULL: all are.
CREATE TABLE errata (
  issue_id    INTEGER PRIMARY KEY REFERENCES issues (id),
  corrects    INTEGER NOT NULL REFERENCES issues (id),
  versions    TEXT NOT NULL,             -- a JSON array of numbers
  gathered_to INTEGER
);
CREATE INDEX errata_by_issue ON errata (corrects);
CREATE INDEX errata_in_part ON errata (issue_id) WHERE gathered_to IS NOT NULL;

-- By what it is recognised if its draft comes again under another name (templates/likeness.h). title:
-- its words alone; sketch: hashes of eight octets.
CREATE TABLE issue_likenesses (
  issue_id INTEGER PRIMARY KEY REFERENCES issues (id),
  title    TEXT NOT NULL,
  sketch   BLOB NOT NULL
);
CREATE INDEX issue_likenesses_by_title ON issue_likenesses (title);

-- Issues that ended long ago, whose earlier attempts and events of single readers have gone
-- (store/folding.h). ended: finished_at of then; an issue that was sent on since is folded once more.
-- readers_to, events_to: how far it has come; at: when the last step was.
CREATE TABLE foldings (
  issue_id   INTEGER PRIMARY KEY REFERENCES issues (id),
  ended      INTEGER NOT NULL,
  readers_to INTEGER NOT NULL DEFAULT 0,
  events_to  INTEGER NOT NULL DEFAULT 0,
  at         INTEGER NOT NULL,
  done       INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE issue_images (
  issue_id INTEGER NOT NULL REFERENCES issues (id),
  version  INTEGER NOT NULL,
  name     TEXT NOT NULL,
  type     TEXT NOT NULL,
  bytes    BLOB NOT NULL,
  PRIMARY KEY (issue_id, version, name)
);

CREATE TABLE issue_excluded (
  issue_id INTEGER NOT NULL REFERENCES issues (id),
  reason   TEXT NOT NULL,
  readers  INTEGER NOT NULL,
  PRIMARY KEY (issue_id, reason)
) WITHOUT ROWID;

-- Kept in the same transactions as the deliveries, so that the sums are never counted anew.
CREATE TABLE issue_sums (
  issue_id  INTEGER PRIMARY KEY REFERENCES issues (id),
  accepted  INTEGER NOT NULL DEFAULT 0,
  deferred  INTEGER NOT NULL DEFAULT 0,
  bounced   INTEGER NOT NULL DEFAULT 0,
  failed    INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  in_doubt  INTEGER NOT NULL DEFAULT 0,
  pending   INTEGER NOT NULL DEFAULT 0
);

-- One row a recipient. due: when it is to be tried (again); NULL: never. A daemon holds what it has
-- claimed in its memory: nothing is written before `sending`.
-- pacing_group: the recipient's domain, where that has many readers or settings of its own; else 0.
-- zone: of issue_zones; 0: unknown, or the issue goes by no local time.
-- version: of the content whose mail began last; 0: none did. Written with `sending`.
-- Without REFERENCES: the freeze takes its rows from those tables, and of an erased reader they stay.
CREATE TABLE deliveries (
  issue_id      INTEGER NOT NULL,
  subscriber_id INTEGER NOT NULL,
  list_id       INTEGER NOT NULL,
  pacing_group  INTEGER NOT NULL DEFAULT 0,
  state         INTEGER NOT NULL DEFAULT 0,
  due           INTEGER,
  attempts      INTEGER NOT NULL DEFAULT 0,
  resends       INTEGER NOT NULL DEFAULT 0,
  first_try     INTEGER,
  zone          INTEGER NOT NULL DEFAULT 0,
  version       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (issue_id, subscriber_id)
) WITHOUT ROWID;
-- Waiting ones: queued, and in_doubt that are to be resent. Group 0 is the last, since rows are
-- added fastest at an index's end.
CREATE INDEX deliveries_due ON deliveries (issue_id, pacing_group DESC, due, subscriber_id)
  WHERE state IN (0, 7) AND due IS NOT NULL;
-- Few at any moment; looked through at a start.
CREATE INDEX deliveries_sending ON deliveries (issue_id) WHERE state = 2;

-- When readers' hour comes, of an issue by local time, as it was reckoned when it was gathered. zone:
-- from 1; 0: of those whose zone is unknown.
CREATE TABLE issue_zones (
  issue_id INTEGER NOT NULL REFERENCES issues (id),
  zone     INTEGER NOT NULL,
  name     TEXT NOT NULL,
  due      INTEGER NOT NULL,
  PRIMARY KEY (issue_id, name),
  UNIQUE (issue_id, zone)
) WITHOUT ROWID;

-- The pacing groups that an issue's deliveries are in. judged: of these, accepted, or refused for their
-- recipient; not kept of group 0.
CREATE TABLE issue_groups (
  issue_id     INTEGER NOT NULL REFERENCES issues (id),
  pacing_group INTEGER NOT NULL,
  judged       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (issue_id, pacing_group)
) WITHOUT ROWID;

-- What rate limits have left, so that a restart gives nothing away. name: "relay primary",
-- "domain gmail.com".
CREATE TABLE allowances (
  name   TEXT PRIMARY KEY,
  tokens REAL NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID;

-- What servers asked, so that a restart forgets none. name: "relay primary joe@smtp.example:465",
-- "domain gmail.com".
CREATE TABLE pauses (
  name   TEXT PRIMARY KEY,
  until  INTEGER NOT NULL,
  reason TEXT NOT NULL
) WITHOUT ROWID;

-- Mails outside an issue's sums: a copy sent again on request, and what Postrider itself has to say
-- to one reader. Composed when they are sent, from the settings and the theme of that time.
CREATE TABLE notices (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  uid           INTEGER NOT NULL UNIQUE,  -- random: what tokens carry
  kind          TEXT NOT NULL,            -- queue/notice.h
  issue_id      INTEGER REFERENCES issues (id),       -- of a resend; else NULL
  subscriber_id INTEGER REFERENCES subscribers (id),  -- NULL: to nobody on the list
  list_id       INTEGER REFERENCES lists (id),        -- NULL: of none, or of several
  address       TEXT,                     -- NULL: the subscriber's, as it is when it is sent
  domain_id     INTEGER REFERENCES domains (id),      -- of that address
  language      TEXT NOT NULL DEFAULT '', -- a BCP 47 tag; empty: the subscriber's
  detail        TEXT NOT NULL DEFAULT '{}',  -- JSON: what the kind needs beside
  report_id     INTEGER,                  -- that it answers: of reports; NULL: none
  rank          INTEGER NOT NULL DEFAULT 0,  -- 0: somebody waits for it; 1: it may wait for those
  at            INTEGER NOT NULL,
  state         INTEGER NOT NULL DEFAULT 0,
  due           INTEGER,
  attempts      INTEGER NOT NULL DEFAULT 0,
  resends       INTEGER NOT NULL DEFAULT 0,
  first_try     INTEGER,
  version       INTEGER NOT NULL DEFAULT 0   -- of a resend, as of deliveries
);
CREATE INDEX notices_due ON notices (rank, due) WHERE state IN (0, 7) AND due IS NOT NULL;
CREATE INDEX notices_sending ON notices (id) WHERE state = 2;
CREATE INDEX notices_failed ON notices (at) WHERE state IN (4, 5);
CREATE INDEX notices_by_subscriber ON notices (subscriber_id);
CREATE INDEX notices_by_issue ON notices (issue_id) WHERE issue_id IS NOT NULL;
CREATE INDEX notices_by_report ON notices (report_id) WHERE report_id IS NOT NULL;
CREATE INDEX notices_by_address ON notices (address COLLATE NOCASE) WHERE address IS NOT NULL;
CREATE INDEX notices_to_operator ON notices (kind, id) WHERE kind = 'operator_mail';

-- What the operator is to be told, until it was (store/operator_mail.h). notice: the uid of the one
-- that tells it, made at told_at; NULL: none yet.
CREATE TABLE operator_mails (
  id      INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,              -- OperatorEvent
  about   TEXT NOT NULL,                 -- a slug, domain or list
  line    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  notice  INTEGER,
  told_at INTEGER
);

-- Of a notice without an issue, without a subscriber: 0 there.
CREATE TABLE attempts (
  issue_id      INTEGER NOT NULL,
  subscriber_id INTEGER NOT NULL,
  notice        INTEGER NOT NULL DEFAULT 0,  -- of a notice: its id
  number        INTEGER NOT NULL,            -- from 1
  begun         INTEGER NOT NULL,
  ended         INTEGER NOT NULL,
  outcome       INTEGER NOT NULL,            -- OutcomeKind
  scope         INTEGER NOT NULL,            -- Scope
  code          INTEGER NOT NULL,            -- 0: no reply
  enhanced      TEXT NOT NULL,
  reply         TEXT NOT NULL,
  relay         TEXT NOT NULL,
  host          TEXT NOT NULL,               -- who answered, HOST:PORT; empty: nobody
  tls           TEXT NOT NULL,               -- TLSv1.3; empty: none
  version       INTEGER NOT NULL DEFAULT 0,  -- of the issue's content that it was of; 0: of none
  PRIMARY KEY (issue_id, subscriber_id, notice, number)
) WITHOUT ROWID;

CREATE TABLE events (
  id            INTEGER PRIMARY KEY,
  at            INTEGER NOT NULL,
  kind          TEXT NOT NULL,               -- issue.held, subscriber.unsubscribed, …
  actor         TEXT NOT NULL,               -- operator, reader, daemon, import 3
  detail        TEXT NOT NULL DEFAULT '',    -- one line for people
  issue_id      INTEGER REFERENCES issues (id),
  subscriber_id INTEGER REFERENCES subscribers (id)
);
CREATE INDEX events_by_issue ON events (issue_id) WHERE issue_id IS NOT NULL;
CREATE INDEX events_by_subscriber ON events (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX events_of_nobody ON events (id) WHERE subscriber_id IS NULL AND detail <> '';

-- What came back. source: mailbox, import, …; fingerprint: of what makes it one report, however often
-- it is read. message: the whole of it where it was not understood, or is of no mail of ours, or until a
-- notice that answers it was accepted; NULL: not kept.
CREATE TABLE reports (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  source      TEXT NOT NULL,
  fingerprint BLOB NOT NULL UNIQUE,
  message     BLOB,
  undone_at   INTEGER
);
CREATE INDEX reports_kept ON reports (id) WHERE message IS NOT NULL;

-- What was said of a mail: by a report, for each recipient that it names, or by a server that refused
-- it for good. subscriber_id: whose mail it is, proven; NULL: nobody's, or an erased reader's. Of a
-- notice: its id, and issue_id is NULL. kind: mail/report.h; effect: store/bounces.h. at: when that
-- came; followed_at: when it was judged last, and so the time of what followed.
CREATE TABLE bounces (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  report_id     INTEGER REFERENCES reports (id),  -- NULL: said while it was sent
  at            INTEGER NOT NULL,
  subscriber_id INTEGER,
  domain_id     INTEGER,  -- the reader's then
  issue_id      INTEGER,
  notice        INTEGER,
  recipient     TEXT NOT NULL,  -- as reported
  kind          INTEGER NOT NULL,
  status        TEXT NOT NULL,
  code          INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  text          TEXT NOT NULL,
  rule          TEXT NOT NULL,
  effect        INTEGER NOT NULL DEFAULT 0,
  followed_at   INTEGER NOT NULL,
  left_lists    TEXT NOT NULL DEFAULT '[]'  -- JSON: row, state and since of each list that it took the reader off
);
CREATE INDEX bounces_by_subscriber ON bounces (subscriber_id, at) WHERE subscriber_id IS NOT NULL;
CREATE INDEX bounces_by_domain ON bounces (domain_id, kind, at, subscriber_id, effect)
  WHERE domain_id IS NOT NULL;
CREATE INDEX bounces_by_report ON bounces (report_id) WHERE report_id IS NOT NULL;
CREATE INDEX bounces_by_issue ON bounces (issue_id, kind) WHERE issue_id IS NOT NULL;
CREATE INDEX bounces_by_kind ON bounces (kind);
CREATE INDEX bounces_of_nobody ON bounces (id) WHERE subscriber_id IS NULL;

-- How much came back of an issue, by its readers' domains; domain_id 0: of all of them. Kept in the
-- transactions of what it counts. hard, faults: of the bounced, those for a mailbox or domain that is
-- gone, and those for the mail or its sender; complaints: readers.
CREATE TABLE issue_returns (
  issue_id   INTEGER NOT NULL REFERENCES issues (id),
  domain_id  INTEGER NOT NULL,
  bounced    INTEGER NOT NULL DEFAULT 0,
  hard       INTEGER NOT NULL DEFAULT 0,
  faults     INTEGER NOT NULL DEFAULT 0,
  complaints INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (issue_id, domain_id)
) WITHOUT ROWID;
CREATE INDEX issue_returns_hard ON issue_returns (issue_id, hard) WHERE domain_id <> 0;
CREATE INDEX issue_returns_faults ON issue_returns (issue_id, faults) WHERE domain_id <> 0;

-- What was said once of an issue's rates. warning: store/issue_watch.cpp.
CREATE TABLE issue_warnings (
  issue_id INTEGER NOT NULL REFERENCES issues (id),
  warning  INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (issue_id, warning)
) WITHOUT ROWID;

-- Messages that stay, or have stayed for a while, in a mailbox after they were read. settled: nothing
-- wants them there any more. mailbox: "bounces@imap.example/INBOX", …
CREATE TABLE mailbox_marks (
  mailbox TEXT NOT NULL,
  message TEXT NOT NULL,  -- what it is called there
  settled INTEGER NOT NULL,
  PRIMARY KEY (mailbox, message)
) WITHOUT ROWID;

-- Domains where so many mailboxes were gone at once that an operator is asked first. released_at: what
-- is gone by then, which may be yet to come, does not count again; NULL: it is not decided yet.
CREATE TABLE breakers (
  domain      TEXT PRIMARY KEY,
  at          INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  released_at INTEGER
) WITHOUT ROWID;

-- The same of issues. forgiven: how many were gone by then that do not count again; NULL: those that
-- follow are believed, too.
CREATE TABLE issue_breakers (
  issue_id    INTEGER PRIMARY KEY REFERENCES issues (id),
  at          INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  released_at INTEGER,
  forgiven    INTEGER
);

-- The audience of an issue that is about to start, while it is built some thousand readers a
-- transaction (store/ledger_freeze.cpp). Its deliveries are there already, but the issue is not being
-- sent, and nobody looks at them. Readers up to readers_to have been placed: in the audience or
-- excluded; the sums say how many. Domains up to domains_to have been looked at for pacing. Pauses
-- that end until as_of have ended. condition: the hash of the segment's SQL; empty: all readers.
-- local_hour: day, hour and what else their due times depend on, in words; empty: due at once.
CREATE TABLE freezes (
  issue_id     INTEGER PRIMARY KEY REFERENCES issues (id),
  domains_to   INTEGER NOT NULL DEFAULT 0,
  readers_to   INTEGER NOT NULL DEFAULT 0,
  as_of        INTEGER NOT NULL,
  condition    TEXT NOT NULL DEFAULT '',
  local_hour   TEXT NOT NULL DEFAULT '',
  audience     INTEGER NOT NULL DEFAULT 0,
  suppressed   INTEGER NOT NULL DEFAULT 0,
  unsubscribed INTEGER NOT NULL DEFAULT 0,
  unconfirmed  INTEGER NOT NULL DEFAULT 0,
  paused       INTEGER NOT NULL DEFAULT 0,
  segment      INTEGER NOT NULL DEFAULT 0
);

-- The issue's lists in their order, as they were when the building began.
CREATE TABLE freeze_lists (
  issue_id INTEGER NOT NULL REFERENCES freezes (issue_id),
  rank     INTEGER NOT NULL,
  list_id  INTEGER NOT NULL REFERENCES lists (id),
  PRIMARY KEY (issue_id, rank)
) WITHOUT ROWID;

-- Domains with a pacing group of their own.
CREATE TABLE freeze_groups (
  issue_id  INTEGER NOT NULL REFERENCES freezes (issue_id),
  domain_id INTEGER NOT NULL,
  PRIMARY KEY (issue_id, domain_id)
) WITHOUT ROWID;

-- Readers who were placed and have changed since; was: their standing when they were placed; -5:
-- could be mailed, but not in the segment.
CREATE TABLE freeze_touched (
  issue_id      INTEGER NOT NULL REFERENCES freezes (issue_id),
  subscriber_id INTEGER NOT NULL,
  was           INTEGER,
  PRIMARY KEY (issue_id, subscriber_id)
) WITHOUT ROWID;

-- What a reader is to an issue that is being built, whatever its segment. standing: the list that names the reader's mail;
-- or excluded: -1 suppressed, -2 unsubscribed, -3 unconfirmed, -4 paused; NULL: on none of its lists.
CREATE VIEW freeze_standings AS
SELECT f.issue_id, s.id AS subscriber_id,
  CASE WHEN EXISTS (SELECT 1 FROM freeze_groups g
                    WHERE g.issue_id = f.issue_id AND g.domain_id = s.domain_id)
       THEN s.domain_id ELSE 0 END AS pacing_group,
  CASE WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)
       THEN (SELECT -1 FROM freeze_lists l JOIN subscriptions n ON n.list_id = l.list_id
             AND n.subscriber_id = s.id WHERE l.issue_id = f.issue_id LIMIT 1)
       ELSE coalesce(
         (SELECT CASE WHEN s.paused_until > f.as_of THEN -4 ELSE n.list_id END
          FROM freeze_lists l CROSS JOIN subscriptions n ON n.list_id = l.list_id
          AND n.subscriber_id = s.id AND n.state = 1
          WHERE l.issue_id = f.issue_id ORDER BY l.rank LIMIT 1),
         (SELECT CASE min(n.state) WHEN 0 THEN -3 WHEN 2 THEN -2 END
          FROM freeze_lists l JOIN subscriptions n ON n.list_id = l.list_id
          AND n.subscriber_id = s.id WHERE l.issue_id = f.issue_id)) END AS standing
FROM freezes f CROSS JOIN subscribers s;

-- Whatever changes a placed reader's standing, in whatever process, notes that here first.
CREATE VIEW freeze_touch AS SELECT 0 AS subscriber_id;
CREATE TRIGGER freeze_touch_reader INSTEAD OF INSERT ON freeze_touch
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touched
  SELECT v.issue_id, v.subscriber_id, CASE WHEN v.standing > 0 AND NOT EXISTS
    (SELECT 1 FROM deliveries d WHERE d.issue_id = v.issue_id
     AND d.subscriber_id = v.subscriber_id) THEN -5 ELSE v.standing END FROM freezes f
  CROSS JOIN freeze_standings v ON v.issue_id = f.issue_id
  WHERE v.subscriber_id = NEW.subscriber_id AND f.readers_to >= NEW.subscriber_id
  AND NOT EXISTS (SELECT 1 FROM freeze_touched t WHERE t.issue_id = f.issue_id
                  AND t.subscriber_id = NEW.subscriber_id);
END;
CREATE TRIGGER freeze_joins BEFORE INSERT ON subscriptions
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch VALUES (NEW.subscriber_id);
END;
CREATE TRIGGER freeze_moves BEFORE UPDATE OF state, since ON subscriptions
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch VALUES (NEW.subscriber_id);
END;
CREATE TRIGGER freeze_leaves BEFORE DELETE ON subscriptions
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch VALUES (OLD.subscriber_id);
END;
CREATE TRIGGER freeze_suppressed BEFORE INSERT ON suppressions
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch SELECT id FROM subscribers WHERE canonical = NEW.canonical;
END;
CREATE TRIGGER freeze_forgiven BEFORE DELETE ON suppressions
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch SELECT id FROM subscribers WHERE canonical = OLD.canonical;
END;
CREATE TRIGGER freeze_renamed BEFORE UPDATE OF canonical, paused_until ON subscribers
WHEN EXISTS (SELECT 1 FROM freezes) BEGIN
  INSERT INTO freeze_touch VALUES (NEW.id);
END;
-- What only segments and local times ask for. Deliveries are not noted: `got` is true as of a reader's placing.
CREATE TRIGGER freeze_described
BEFORE UPDATE OF email, domain_id, name, attributes, language, time_zone ON subscribers
WHEN EXISTS (SELECT 1 FROM freezes WHERE condition <> '' OR local_hour <> '') BEGIN
  INSERT INTO freeze_touch VALUES (NEW.id);
END;
