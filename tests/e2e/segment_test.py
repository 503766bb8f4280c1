#!/usr/bin/env python3
"""Who a segment matches, asked before anything is sent: counted, listed, explained."""
import json
import unittest

from newsletter import StoryTest

READERS = """email,name,country,age,tags
a@kz.example,Aigerim,KZ,34,"vip, weekly"
b@kz.example,Bolat,kz,17,
c@ru.example,Chingiz,RU,x,vip
d@us.example,,,40,weekly
e@us.example,Eve,US,41,
f@us.example,Fay,KZ,50,
g@us.example,Guy,KZ,51,
"""


class Segment(StoryTest):
    def setUp(self):
        super().setUp()
        self.paper = self.newsletter()
        self.paper.write("readers.csv", READERS)
        self.paper.run("subscriber", "import", self.paper.at("readers.csv"))
        self.paper.run("subscriber", "unsubscribe", "f@us.example")
        self.paper.write("postrider.toml", self.paper.read("postrider.toml") +
                         "\n[segments]\nkazakhstan = \"country = 'KZ'\"\n")

    def emails(self, *words):
        return {reader["email"][0] for reader in self.paper.json("segment", "list", *words)}

    def test_who_is_found(self):
        for expression, found in (("country = 'KZ'", "abg"), ("country != 'KZ'", "ce"),
                                  ("not country = 'KZ'", "cde"), ("country is missing", "d"),
                                  ("age > 17 and age <= 41", "ade"), ("tag('vip')", "ac"),
                                  ("domain = 'us.example' or name = 'bolat'", "bdeg"),
                                  ("country in ('KZ', 'RU') and not tag('VIP')", "bg"),
                                  ("joined > 2022-01-01", "abcdeg"), ("got_any()", ""),
                                  ("kazakhstan", "abg"), ("segment('kazakhstan') and age < 50", "ab")):
            with self.subTest(expression=expression):
                self.assertEqual(self.emails(expression), set(found))
                self.assertEqual(self.emails(expression, "--list", "report"), set(found))
                count = self.paper.json("segment", "count", expression)
                self.assertEqual((count["count"], count["of"]), (len(found), 6))

    def test_what_is_said(self):
        self.assertEqual(self.paper.run("segment", "count", "kazakhstan"), "3 of 6 readers\n")
        explained = self.paper.run("segment", "explain", "country = 'KZ' and domain = 'kz.example'")
        for told in ("2  domain", "all of", "3  a look at all", "country is 'KZ'",
                     "domain is 'kz.example'", "Of 6 readers confirmed on any list"):
            self.assertIn(told, explained)
        parts = self.paper.json("segment", "explain", "not email = 'a@kz.example'")["parts"]
        self.assertEqual([(part["depth"], part["meaning"], part["count"], part["index"])
                          for part in parts],
                         [(0, "not", 5, None), (1, "email is 'a@kz.example'", 1, "email")])

    def listed(self, *words):
        shown = self.paper.json("subscriber", "list", *words)
        count = self.paper.json("subscriber", "list", "--count", *words)["count"]
        self.assertEqual(count, len(shown))
        return "".join(sorted(reader["email"][0] for reader in shown))

    def test_a_list_of_subscribers_is_filtered(self):
        for words, found in (((), "abcdefg"), (("--state", "unsubscribed"), "f"),
                             (("--state", "confirmed", "--list", "report"), "abcdeg"),
                             (("--state", "suppressed"), ""), (("--state", "paused"), ""),
                             (("--attribute", "country=kz"), "abfg"),
                             (("--attribute", "country=KZ", "--attribute", "age=17"), "b"),
                             (("--attribute", "country=KZ", "--state", "confirmed"), "abg"),
                             (("--segment", "segment('kazakhstan') and not tag('vip')"), "bfg"),
                             (("--joined-after", "2022-01-01"), "abcdeg"),
                             (("--joined-before", "2022-01-01T08:00"), "")):
            with self.subTest(words=words):
                self.assertEqual(self.listed(*words), found)
        self.assertEqual(self.paper.run("subscriber", "list", "--count"), "7 subscribers\n")
        for words, told in ((("--attribute", "contry=KZ"), "did you mean 'country'?"),
                            (("--attribute", "country"), "write KEY=VALUE"),
                            (("--joined-after", "yesterday"), "write 2022-01-31"),
                            (("--state", "gone"), "write pending, confirmed, unsubscribed"),
                            (("--segment", "age >"), "column 6")):
            self.assertIn(told, self.paper.refuse("subscriber", "list", *words))

    def test_a_mistake_is_shown_where_it_stands(self):
        told = self.paper.refuse("segment", "count", "age > 17 and contry = 'KZ'")
        self.assertIn("column 14: no reader has an attribute 'contry'; did you mean 'country'?", told)
        self.assertIn("\n  age > 17 and contry = 'KZ'\n               ^~~~~~\n", told)

    def test_a_draft_for_a_segment_says_whom_it_is_for(self):
        self.paper.draft("a", segment="contry = 'KZ'")
        self.assertIn("segment: column 1: no reader has an attribute 'contry'",
                      self.paper.refuse("check"))
        self.paper.draft("a", segment="kazakhstan")
        self.assertIn("a.md goes only to readers with kazakhstan (country = 'KZ')",
                      self.paper.run("check"))
        self.assertIn("kazakhstan (country = 'KZ')",
                      self.paper.run("preview", "a", "--output", self.paper.at("preview")))


if __name__ == "__main__":
    unittest.main()
