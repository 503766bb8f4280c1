"""A newsletter's folder and its daemon, driven from outside by commands, files and signals."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import polling

POSTRIDER = os.environ.get("POSTRIDER") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/postrider")

SETTINGS = """\
[publication]
name = "The Weekly Test"
from = "Alex Writer <alex@report.example>"
reply_to = "alex@report.example"
base_url = "http://127.0.0.1:{port}"
postal_address = "PO Box 1, Example Town"
language = "en"
timezone = "UTC"
max_lateness = "{max_lateness}"

[lists.report]
name = "The Weekly Test"

[storage]
database = "{database}"
drafts = "drafts"
theme = "theme"
secrets = "secrets"

[[relay]]
name = "primary"
{relay}

[retry]
delays = {delays}
give_up_after = "1h"
in_doubt = "resend"

[dkim]
domain = "report.example"
selector = "postrider"
ed25519_selector = "{ed25519_selector}"

[http]
listen = "127.0.0.1:{port}"

[log]
level = "debug"
"""

ENDED = ("sent", "cancelled", "rejected")


def environment():
    """Nothing of the caller's settings, and no proxy between us and loopback."""
    kept = {key: value for key, value in os.environ.items()
            if key in ("PATH", "HOME", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                       "TSAN_OPTIONS")}
    return {**kept, "NO_COLOR": "1"}


class Newsletter:
    """Made by `postrider init`; then the settings are the tests' own."""

    def __init__(self, folder, relay=None, connections=4, database="postrider.db",
                 delays=("1s",), max_lateness="24h", ed25519=False):
        self.folder = folder
        self.port = polling.free_port()
        self.daemon = None
        self.connections = connections
        self.run("init", folder, configured=False)
        for sample in os.listdir(self.at("drafts")):
            os.unlink(self.at("drafts", sample))
        self.values = dict(
            port=self.port, max_lateness=max_lateness, database=database,
            delays=json.dumps(list(delays)), ed25519_selector="ed" if ed25519 else "")
        self.use_relay(relay or {"url": "file:outbox"})
        if ed25519:
            self.run("dkim", "generate", "--ed25519")

    def at(self, *parts):
        return os.path.join(self.folder, *parts)

    def use_relay(self, relay):
        """Writes the settings anew."""
        relay = {"connections": self.connections, **relay}
        password = relay.pop("password", None)
        if password:
            relay["password_file"] = "secrets/smtp-password"
            with open(os.open(self.at("secrets/smtp-password"),
                              os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(password + "\n")
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in relay.items())
        self.write("postrider.toml", SETTINGS.format(relay=lines, **self.values))

    def write(self, name, content):
        """As a careful program writes: beside it, then renamed."""
        data = content.encode() if isinstance(content, str) else content
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(data)
        os.chmod(file.name, 0o644)
        os.replace(file.name, self.at(name))

    def read_maildir(self):
        """Mail comes back to a Maildir, returned/."""
        for part in ("new", "cur", "tmp"):
            os.makedirs(self.at("returned", part))
        self.write("postrider.toml", self.read("postrider.toml") +
                   '\n[bounces]\naddress = "bounces@report.example"\n'
                   'mailbox = "maildir:returned"\nevery = "5s"\n')

    def read(self, name):
        with open(self.at(name), encoding="utf-8", newline="") as file:
            return file.read()

    # Commands ------------------------------------------------------------------------------------

    def attempt(self, *arguments, configured=True, seconds=180):
        config = ["--config", self.at("postrider.toml")] if configured else []
        return subprocess.run([POSTRIDER, *config, *arguments], env=environment(), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds)

    def run(self, *arguments, **options):
        """stdout of a command that must succeed."""
        done = self.attempt(*arguments, **options)
        if done.returncode != 0:
            raise AssertionError(
                f"postrider {' '.join(arguments)} ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}")
        return done.stdout

    def refuse(self, *arguments):
        """The error line of a command that must be refused."""
        done = self.attempt(*arguments)
        assert done.returncode == 1, (arguments, done.returncode, done.stdout, done.stderr)
        assert done.stderr.strip(), f"{arguments} failed without a word"
        return done.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))

    def issue(self, slug):
        """`issue show`, its sums checked; None where there is no such issue yet."""
        done = self.attempt("issue", "show", slug, "--json")
        if done.returncode != 0:
            return None
        issue = json.loads(done.stdout)
        parts = ("accepted", "deferred", "bounced", "failed", "cancelled", "in_doubt", "pending")
        assert issue["audience"] == sum(issue[part] for part in parts), issue
        return issue

    def state(self, slug):
        issue = self.issue(slug)
        return issue and issue["state"]

    def wait_for_state(self, slug, *states, seconds=60):
        seen = {}

        def arrived():
            seen["issue"] = self.issue(slug)
            return seen["issue"] if seen["issue"] and seen["issue"]["state"] in states else None

        return polling.wait_for(arrived, lambda: f"{slug} {'/'.join(states)}: {seen['issue']}\n"
                                + self.log_tail(), seconds, every=0.1)

    def wait_until_sent(self, slug, seconds=120):
        return self.wait_for_state(slug, "sent", seconds=seconds)

    # Readers and drafts --------------------------------------------------------------------------

    def add_readers(self, count, name="Reader {n}", email="reader{n}@readers.example"):
        lines = ["email,name,country"]
        lines += [f"{email.format(n=n)},{name.format(n=n)},KZ" for n in range(count)]
        self.write("readers.csv", "\n".join(lines) + "\n")
        summary = self.json("subscriber", "import", self.at("readers.csv"))
        assert summary["added"] == count, summary
        return [email.format(n=n) for n in range(count)]

    def draft(self, name, body="Hello {{subscriber.email}}.\n", **front):
        """Drops a draft into drafts/, ready and to be sent now unless `front` says otherwise."""
        fields = {"title": f"Issue {name}", "status": "ready", "send_at": "now", **front}
        lines = "".join(f"{key}: {value}\n" for key, value in fields.items() if value is not None)
        self.write(f"drafts/{name}.md", f"---\n{lines}---\n\n{body}")

    # The daemon ----------------------------------------------------------------------------------

    def start(self, ready=True):
        self.log = open(self.at("daemon.log"), "ab")
        self.daemon = subprocess.Popen(
            [POSTRIDER, "--config", self.at("postrider.toml"), "run"], env=environment(),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            preexec_fn=polling.die_with_parent)
        self.log.close()
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self, seconds=30):
        polling.wait_for(self.healthy, lambda: "daemon ready\n" + self.log_tail(), seconds)

    def healthy(self):
        assert self.daemon.poll() is None, "the daemon ended:\n" + self.log_tail()
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def kill(self):
        """kill -9."""
        self.daemon.kill()
        self.daemon.wait()

    def stop(self, seconds=30):
        """SIGTERM; the daemon must end by itself, with 0."""
        self.daemon.send_signal(signal.SIGTERM)
        status = self.daemon.wait(seconds)
        assert status == 0, f"the daemon ended with {status}:\n{self.log_tail()}"

    def clean_up(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        assert "Sanitizer" not in self.log_text(), self.log_text()

    def log_text(self):
        try:
            with open(self.at("daemon.log"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_tail(self):
        return "\n".join(self.log_text().splitlines()[-15:])

    def relay_error(self):
        """The last error of the first relay, as `status` tells it."""
        daemon = self.json("status")["daemon"] or {}
        return next((relay["last_error"] for relay in daemon.get("relays", [])), "")

    # Pages ---------------------------------------------------------------------------------------

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=b"", kind="application/x-www-form-urlencoded"):
        return self.request("POST", path, body, {"Content-Type": kind})

    def request(self, method, path, body=None, headers=None):
        """(status, text)"""
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, body, headers or {}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()


class StoryTest(unittest.TestCase):
    """A test with a folder of its own; what it starts ends with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="postrider-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def at(self, *parts):
        return os.path.join(self.folder, *parts)

    def newsletter(self, relay=None, name="newsletter", **options):
        made = Newsletter(self.at(name), relay, **options)
        self.addCleanup(made.clean_up)
        return made

    def sink_relay(self, sink, certificates=None):
        """Lines of [[relay]] for a sink."""
        scheme = "smtps" if sink.tls == "smtps" else "smtp"
        relay = {"url": f"{scheme}://localhost:{sink.port}"}
        if sink.tls == "none":
            relay["tls"] = "none"
        if certificates:
            relay["ca_file"] = f"{certificates}/ca.pem"
        if sink.user:
            relay.update(username=sink.user, password=sink.password)
        return relay

    def assert_each_once(self, addresses, readers):
        """Everybody got one mail, and nobody two."""
        self.assertEqual(sorted(addresses), sorted(readers))
