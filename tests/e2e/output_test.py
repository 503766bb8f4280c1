#!/usr/bin/env python3
"""What commands print: all of it or a failure, in words that help, in columns that fit."""
import os
import subprocess
import unittest

from newsletter import POSTRIDER, StoryTest, environment
from polling import wait_for
from sink import Sink


class Output(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()

    def shell(self, line):
        """A command line of the shell, $P being the program with its settings."""
        program = f"{POSTRIDER} --config {self.paper.at('postrider.toml')}"
        return subprocess.run(["bash", "-c", line.replace("$P", program)], env=environment(),
                              text=True, capture_output=True, timeout=60)

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.paper.add_readers(3)
        for command in ("status", "status --json", "issue list --json", "subscriber list",
                        "subscriber list --json", "subscriber show reader1@readers.example",
                        "why reader1@readers.example --json", "check", "dkim show", "--help",
                        "issue --help", "--version"):
            for target in ("/dev/full", "&-"):
                with self.subTest(command=command, target=target):
                    done = self.shell(f"$P {command} >{target}")
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertEqual(done.stderr.count("standard output cannot be written"), 1)

    def test_a_reader_who_has_seen_enough_is_no_failure_to_speak_of(self):
        self.paper.add_readers(5000)
        for trap in ("", "trap '' PIPE; "):
            done = self.shell(trap + "$P subscriber list --json | head -n 2")
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_settings_may_be_named_before_and_after_every_word(self):
        settings = self.paper.at("postrider.toml")
        for words in (["issue", "list", "--config", settings], ["--config", settings, "issue", "list"],
                      ["issue", "--config", settings, "list"], ["status", "--config", settings]):
            self.paper.run(*words, configured=False)
        for command in (["status"], ["issue", "list"], ["subscriber", "import"]):
            self.assertIn("--config FILE", self.paper.run(*command, "--help", configured=False))

    def test_an_unknown_word_is_named(self):
        for words, told in ((["bogus"], "there is no `postrider bogus`"),
                            (["stattus"], "did you mean `postrider status`?"),
                            (["issue", "bogus"], "no `postrider issue bogus`; there are: list, "),
                            (["issue", "canecl", "x"], "did you mean `postrider issue cancel`?"),
                            (["issue"], "what comes after `postrider issue` is missing"),
                            ([], "what comes after `postrider` is missing"),
                            (["--bogus"], "no option --bogus"),
                            (["issue", "show"], "SLUG is required"),
                            (["subscriber", "undo", "x"], "IMPORT is a number; 'x' is none"),
                            (["status", "--bogus"], "--bogus")):
            with self.subTest(words=words):
                done = self.paper.attempt(*words, configured=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(told, done.stderr)
                self.assertIn("--help` tells how", done.stderr)

    def test_folders_that_cannot_be_made_are_told_in_one_line(self):
        self.paper.draft("weekly")
        for words, told in ((["init", "/proc/nothing"], "/proc/nothing/drafts: cannot be made: "),
                            (["init", ""], "DIR is empty"),
                            (["init", self.paper.at("drafts/weekly.md")], "weekly.md"),
                            (["preview", "weekly", "--output", "/proc/nothing"], "/proc/nothing: ")):
            with self.subTest(words=words):
                line = self.paper.refuse(*words)
                self.assertIn(told, line)
                self.assertNotIn("filesystem error", line)
                self.assertEqual(line.count("\n"), 1, line)

    def test_tables_have_a_head_and_long_cells_are_cut(self):
        long_address = "a" * 60 + "@" + "b" * 50 + ".example"
        self.paper.write("readers.csv", "email,name,City\n"
                         f"{long_address},Ann,Paris\nbea@b.example,{'B' * 190},\n"
                         f"cid@c.example,{'C' * 20000},\n")
        summary = self.paper.json("subscriber", "import", self.paper.at("readers.csv"))
        self.assertEqual((summary["added"], summary["skipped"]), (3, {}))
        self.assertEqual(summary["remarks"], {"name cut": 1})
        head, *rows = self.paper.run("subscriber", "list").splitlines()
        self.assertEqual(head.split(), ["EMAIL", "NAME", "LISTS"])
        for row in rows:
            self.assertEqual(row.index("report confirmed"), head.index("LISTS"), row)
            self.assertIn("…  ", row)
        shown = self.paper.run("subscriber", "show", long_address)
        self.assertIn("City: Paris\n", shown)
        self.assertIn(long_address, shown)
        self.paper.start()
        self.paper.draft("s" * 90)
        self.paper.wait_until_sent("s" * 90)
        for line in self.paper.run("issue", "list").splitlines():
            self.assertLess(len(line), 160)

    def test_an_address_is_told_as_it_is_kept(self):
        for given, told in ((" ann@B\u00fccher.example ", "is confirmed on report"),
                            ("ANN@b\u00fccher.example", "was on report already; nothing changed")):
            self.assertEqual(self.paper.run("subscriber", "add", given),
                             f"ann@xn--bcher-kva.example {told}.\n")

    def test_a_list_that_cannot_be_read_is_refused_with_the_reason(self):
        for path, told in (("missing.csv", "cannot be read: No such file or directory; nothing was"),
                           ("drafts", "is a folder; name a file of CSV or an archive; nothing was imported")):
            self.assertIn(told, self.paper.refuse("subscriber", "import", self.paper.at(path)))

    def test_a_list_comes_from_a_file_a_pipe_or_standard_input(self):
        for number, line in enumerate(("echo -e '{}' | $P subscriber import -",
                                       "$P subscriber import <(echo -e '{}')",
                                       "echo -e '{}' | $P subscriber import /dev/stdin")):
            done = self.shell(line.format(f"email,,City\\nann{number}@a.example,lost,Paris\\n"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("1 value in columns without a name left out", done.stderr)
        self.assertEqual(len(self.paper.json("subscriber", "list")), 3)
        done = self.shell("echo -n | $P subscriber import -")
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard input: is empty", done.stderr)
        done = self.shell("echo -e 'email,\\na@a.example,lost' | $P subscriber import - --json")
        self.assertIn('"nameless_values": 1', done.stdout)

    def test_leaving_twice_is_told_well(self):
        ann, *_ = self.paper.add_readers(1)
        for words, told in (([], "is unsubscribed from every list."),
                            ([], "had left every list already; nothing changed."),
                            (["--list", "report"], "had left report already; nothing changed.")):
            self.assertEqual(self.paper.run("subscriber", "unsubscribe", ann, *words).strip(),
                             f"{ann} {told}")

    def test_a_list_that_must_be_named_is_asked_for_as_the_command_takes_it(self):
        self.paper.write("postrider.toml", self.paper.read("postrider.toml").replace(
            "[storage]", '[lists.digest]\nname = "The Digest"\n\n[storage]'))
        self.assertIn("name one behind `sign-up resume`: ", self.paper.refuse("sign-up", "resume"))
        self.assertIn("name one with --list: ",
                      self.paper.refuse("subscriber", "add", "ann@readers.example"))

    def test_every_time_for_people_tells_its_zone(self):
        self.paper.write("postrider.toml", self.paper.read("postrider.toml").replace(
            'timezone = "UTC"', 'timezone = "America/New_York"'))
        ann, *_ = self.paper.add_readers(1)
        self.paper.start()
        self.paper.draft("weekly", send_at="2032-07-01 08:00")
        self.paper.wait_for_state("weekly", "scheduled")
        for words, told in ((["issue", "list"], "2032-07-01 08:00 EDT"),
                            (["issue", "show", "weekly"], "2032-07-01 08:00 EDT"),
                            (["status"], "2032-07-01 08:00 EDT"),
                            (["issue", "schedule", "weekly", "2032-12-01 08:00"], "08:00 EST.")):
            self.assertIn(told, self.paper.run(*words))
        zoned = r"\d\d:\d\d E[SD]T"
        for words in (["subscriber", "show", ann], ["why", ann]):
            self.assertRegex(self.paper.run(*words), zoned)

    def test_joining_by_an_import_is_an_event(self):
        ann, *_ = self.paper.add_readers(1)
        self.paper.run("subscriber", "unsubscribe", ann)
        told = self.paper.json("subscriber", "show", ann)["events"]
        self.assertEqual([(each["kind"], each["actor"]) for each in told],
                         [("subscriber.imported", "import 1"),
                          ("subscriber.unsubscribed", "operator")])
        self.assertEqual(told[0]["detail"], "to report from readers.csv")
        self.assertEqual(self.paper.json("why", ann)["events"], told)
        self.assertIn("import 1", self.paper.run("subscriber", "show", ann))

    def test_a_suppressed_address_is_told_though_it_is_no_subscriber(self):
        stranger = "stranger@readers.example"
        self.paper.run("suppression", "add", stranger, "--reason", "complained")
        for words in (["why"], ["subscriber", "show"]):
            told = self.paper.refuse(*words, stranger)
            self.assertIn("the address is suppressed (complained) since", told)
            self.assertIn(f"`postrider suppression remove {stranger}`", told)
        self.assertIn(f"`postrider suppression remove {stranger}`",
                      self.paper.refuse("subscriber", "add", stranger))
        head, row = self.paper.run("suppression", "list").splitlines()
        self.assertEqual(head.split(), ["EMAIL", "REASON", "TIME"])
        self.assertEqual(row.split()[:2], [stranger, "complained"])

    def test_why_and_recipients_tell_a_reply_alike(self):
        with Sink(tls="none", on_rcpt=lambda address, nth: "550 5.1.1 nobody here") as sink:
            self.paper.use_relay(self.sink_relay(sink))
            ann, *_ = self.paper.add_readers(1)
            self.paper.start()
            self.paper.draft("weekly")
            self.paper.wait_until_sent("weekly")
        told = self.paper.json("why", ann)
        self.assertEqual(told["subscriptions"],
                         self.paper.json("subscriber", "show", ann)["subscriptions"])
        row, = self.paper.json("issue", "recipients", "weekly")
        for each in (told["issues"][0]["attempts"][0], row):
            self.assertEqual((each["code"], each["enhanced"], each["reply"]),
                             (550, "5.1.1", "nobody here"))
            self.assertEqual((each["host"], each["tls"]), (f"localhost:{sink.port}", ""))
        head, row, *_ = self.paper.run("issue", "recipients", "weekly").splitlines()
        row = dict(zip(head.split(","), row.split(",")))
        self.assertEqual(head, "email,state,attempts,code,reply,time,host,tls,version")
        self.assertEqual((row["code"], row["reply"]), ("550", "5.1.1 nobody here"))

    def test_why_tells_when_and_why_a_delivery_was_cancelled(self):
        with Sink(tls="none", on_rcpt=lambda address, nth: "451 4.3.0 later") as sink:
            self.paper.values["delays"] = '["1h"]'
            self.paper.use_relay(self.sink_relay(sink))
            ann, bea, cid = self.paper.add_readers(3)
            self.paper.start()
            self.paper.draft("weekly")
            wait_for(lambda: (self.paper.issue("weekly") or {}).get("deferred") == 3, "3 deferred")
            self.paper.run("subscriber", "unsubscribe", ann)
            self.paper.run("issue", "cancel", "weekly")
            self.paper.run("subscriber", "unsubscribe", cid)
        for reader, cause in ((ann, "left by operator: subscriber unsubscribe"),
                              (bea, "the issue was cancelled by operator"),
                              (cid, "the issue was cancelled by operator")):
            told = self.paper.json("why", reader)["issues"][0]
            self.assertEqual((told["state"], told["cancelled_because"]), ("cancelled", cause))
            self.assertTrue(told["cancelled_at"])
            self.assertIn(cause, self.paper.run("why", reader))

    def test_dkim_show_names_the_file_of_a_bad_key(self):
        self.paper.write("secrets/dkim-postrider.pem", "garbage")
        os.chmod(self.paper.at("secrets/dkim-postrider.pem"), 0o600)
        self.assertIn("dkim-postrider.pem: is no private key in PEM; move it away",
                      self.paper.refuse("dkim", "show"))


if __name__ == "__main__":
    unittest.main()
