"""Debian's Rspamd, unpacked below the build folder instead of installed, as a judge of mails.

Laid over /usr inside a mount namespace of the test's own, and in a network namespace: it asks the
test's name server and nobody else. Its rules that live on lists in the net are off.
"""
import json
import os
import shutil
import subprocess
import urllib.request

import polling
from unpacked import unpack

PORT = 11333
# They compare mails with what others on the net have seen.
ON_THE_NET = ("asn", "fuzzy_check", "multimap", "phishing", "rbl", "surbl", "url_redirector")

OPTIONS = """
filters = "chartable,dkim,regexp";
url_tld = "{work}/suffixes";
disable_hyperscan = true;
dns {{ nameserver = ["127.0.0.1:53:1"]; timeout = 1s; retransmits = 2; }}
"""
SETTINGS = """
.include "$CONFDIR/common.conf"
options {{
  pidfile = "{work}/pid";
  .include "$CONFDIR/options.inc"
  .include(priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/options.inc"
}}
logging {{ type = "console"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def fetch():
    """Downloads and unpacks it, once."""
    return unpack("rspamd")


def lay_over_usr():
    layer = os.path.join(fetch(), "usr")
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={layer}:/usr", "/usr"],
                   check=True)


class Rspamd:
    """Runs it in `work`, a folder of the test's."""

    def __init__(self, work):
        self.work = work
        self.settings("local/local.d/options.inc", OPTIONS.format(work=work))
        self.settings("rspamd.conf", SETTINGS.format(work=work, port=PORT))
        self.settings("suffixes", "com\nexample\nnet\norg\n")
        for module in ON_THE_NET:
            self.settings(f"local/local.d/{module}.conf", "enabled = false;\n")

    def settings(self, name, text):
        path = os.path.join(self.work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def __enter__(self):
        folders = dict(CONFDIR=os.path.join(fetch(), "etc/rspamd"),
                       LOCAL_CONFDIR=os.path.join(self.work, "local"),
                       DBDIR=self.work, RUNDIR=self.work, LOGDIR=self.work)
        variables = [word for pair in folders.items() for word in ("--var", "=".join(pair))]
        self.log = open(os.path.join(self.work, "log"), "w+b")
        self.process = subprocess.Popen(
            [shutil.which("rspamd"), "-f", "-i", "-u", "root", "-g", "root",
             "-c", os.path.join(self.work, "rspamd.conf"), *variables],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        polling.wait_for(self.answers, self.told, 60)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def told(self):
        self.log.seek(0)
        return "Rspamd\n" + self.log.read().decode(errors="replace")[-2000:]

    def answers(self):
        try:
            return self.request("/ping") == b"pong\r\n"
        except OSError:
            return False

    def request(self, path, body=None, headers=None):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body, headers or {})
        with opener.open(request, timeout=30) as answer:
            return answer.read()

    def symbols(self, data, **envelope):
        """{symbol: score}, of a mail that came with this envelope (IP, Helo, Hostname, From, Rcpt)."""
        answer = json.loads(self.request("/checkv2", data, envelope))
        return {name: symbol["score"] for name, symbol in answer["symbols"].items()}
