"""Debian's Rspamd, unpacked below the build folder instead of installed, as a judge of mails.

Laid over /usr inside a mount namespace of the test's own, and in a network namespace: it asks the
test's name server and nobody else. Its rules that live on lists in the net are off.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request

import polling

CACHE = os.path.join(os.environ.get("POSTRIDER_CACHE") or "/tmp/postrider-cache", "rspamd")
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


def missing_libraries(package):
    """The names of the libraries that it depends on and that are not installed here."""
    depends = subprocess.check_output(["dpkg-deb", "-f", package, "Depends"], text=True)
    for name in re.findall(r"(?:^|,)\s*(lib[^\s,|(:]*)", depends):
        status = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name], text=True,
                                capture_output=True)
        if status.stdout != "installed" and not name.startswith("libjs-"):
            yield name


def fetch():
    """Downloads and unpacks it, once."""
    layer = os.path.join(CACHE, "layer")
    if os.path.exists(layer):
        return
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        wanted, known = ["rspamd"], set()
        while wanted:
            known.update(wanted)
            subprocess.run(["apt-get", "download", "-qq", *wanted], cwd=work, check=True,
                           stderr=subprocess.DEVNULL)
            packages = [os.path.join(work, name) for name in os.listdir(work)
                        if name.endswith(".deb")]
            wanted = sorted({name for package in packages for name in missing_libraries(package)}
                            - known)
        for package in packages:
            subprocess.run(["dpkg-deb", "-x", package, os.path.join(work, "layer")], check=True)
        os.rename(os.path.join(work, "layer"), layer)


def lay_over_usr():
    layer = os.path.join(CACHE, "layer/usr")
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
        folders = dict(CONFDIR=os.path.join(CACHE, "layer/etc/rspamd"),
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
