#!/usr/bin/env python3
"""Behind nginx and Caddy, as docs/doors.md sets them up: below a path, by TCP and by a unix socket."""
import glob
import os
import re
import subprocess
import unittest

import mails
from newsletter import StoryTest
from polling import die_with_parent, free_port, wait_for
from unpacked import unpack

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/doors.md")


def example(number, **values):
    """The configuration in the docs' code block of that number, with this test's addresses."""
    with open(DOCS) as docs:
        text = re.findall(r"(?:^    .*\n|^\n(?=    ))+", docs.read(), re.MULTILINE)[number]
    text = re.sub("^    ", "", text, flags=re.MULTILINE)
    for old, new in values.items():
        assert old in text, (old, text)
        text = text.replace(old, new)
    return text


class Proxies(StoryTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layer = unpack("nginx", "caddy")
        cls.libraries = ":".join(glob.glob(cls.layer + "/usr/lib/*-linux-gnu"))

    def serve(self, program, *arguments):
        log = open(self.at("proxy.log"), "ab")
        process = subprocess.Popen([self.layer + program, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   cwd=self.folder, preexec_fn=die_with_parent,
                                   env={"HOME": self.folder, "LD_LIBRARY_PATH": self.libraries})
        log.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

    def behind(self, listen):
        """A newsletter that readers reach at a port of a proxy, below /news; the links in one mail."""
        self.port = free_port()
        newsletter = self.newsletter()
        settings = newsletter.read("postrider.toml")
        settings = re.sub("^base_url = .*$", f'base_url = "http://127.0.0.1:{self.port}/news"',
                          settings, flags=re.MULTILINE)
        settings = re.sub("^listen = .*$", f'listen = "{listen}"\n'
                          'trusted_proxies = ["127.0.0.1", "unix"]',
                          settings, flags=re.MULTILINE)
        newsletter.write("postrider.toml", settings)
        newsletter.add_readers(1)
        return newsletter

    def walk(self, newsletter):
        """Out and back in, by the links alone."""
        def up():
            try:
                return newsletter.get(f"http://127.0.0.1:{self.port}/news/healthz")[0] == 200
            except OSError:
                return False
        wait_for(up, lambda: "the proxy\n" + open(self.at("proxy.log")).read() +
                 newsletter.log_tail())
        newsletter.draft("first")
        newsletter.wait_until_sent("first")
        names = [os.path.join(folder, name) for folder, _, files in
                 os.walk(newsletter.at("outbox")) for name in files if name.endswith(".eml")]
        with open(names[0], "rb") as file:
            link = mails.unsubscribe_link(mails.parse(file.read()))
        self.assertTrue(link.startswith(f"http://127.0.0.1:{self.port}/news/unsubscribe/"), link)
        status, page = newsletter.post(link, b"List-Unsubscribe=One-Click")
        self.assertEqual(status, 200)
        undo = re.search(r'action="\.\.(/resubscribe/[\w-]+)"', page)[1]
        self.assertEqual(newsletter.post(f"http://127.0.0.1:{self.port}/news{undo}")[0], 200)
        state = newsletter.json("subscriber", "show", "reader0@readers.example")
        self.assertEqual(state["subscriptions"][0]["state"], "confirmed")
        self.assertEqual(newsletter.get(f"http://127.0.0.1:{self.port}/news/nothing")[0], 404)

    def test_nginx_takes_the_path_off(self):
        newsletter = self.behind(f"127.0.0.1:{free_port()}")
        listen = re.search('listen = "(.*)"', newsletter.read("postrider.toml"))[1]
        newsletter.start(ready=False)
        server = example(0, **{"listen 443 ssl;": f"listen 127.0.0.1:{self.port};",
                               "127.0.0.1:8025": listen})
        server = re.sub(r"\n\s*ssl_.*", "", server)
        with open(self.at("nginx.conf"), "w") as file:
            paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            file.write(f"daemon off;\nmaster_process off;\npid {self.folder}/nginx.pid;\n"
                       f"error_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}"
                       f"{server}}}\n")
        self.serve("/usr/sbin/nginx", "-e", "stderr", "-c", self.at("nginx.conf"), "-p", self.folder)
        self.walk(newsletter)

    def test_caddy_leaves_the_path_and_speaks_by_a_unix_socket(self):
        socket = self.at("http.sock")
        newsletter = self.behind(f"unix:{socket}")
        newsletter.start(ready=False)
        with open(self.at("Caddyfile"), "w") as file:
            file.write("{\n  admin off\n  auto_https off\n}\n" +
                       example(1, **{"report.example {": f"http://127.0.0.1:{self.port} {{",
                                     "/run/postrider/http.sock": socket}))
        self.serve("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.at("Caddyfile"))
        self.walk(newsletter)


if __name__ == "__main__":
    unittest.main()
