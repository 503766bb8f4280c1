#!/usr/bin/env python3
"""What a message costs, beside a bare sender that does nothing but carry bytes.

    bench.py BUILD [NAME…]      the benches of those names; all of them by default
    bench.py BUILD --list

Each figure is a ratio or a count with its limit; the floor (bench_floor) is measured against the
same sink in the same run, since machines differ and are noisy. Exit status 1: over a limit.
"""
import collections
import contextlib
import http.client
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests/e2e"), HERE]
import certificates  # noqa: E402
import doors as load  # noqa: E402
import reports as returns  # noqa: E402
from polling import die_with_parent, free_port, wait_for  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 20  # as the documentation of the settings has them


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024


class Sink:
    """bench_sink: takes everything, and tells when it has taken so many messages."""

    def __init__(self, build, messages, *options):
        self.process = subprocess.Popen(
            [f"{build}/tests/bench_sink", str(messages), *options], stdout=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def finished(self):
        """(seconds, recipients, connections), once all messages are there."""
        seconds, recipients, connections = self.process.stdout.readline().split()
        return float(seconds), int(recipients), int(connections)


class Paper:
    """A newsletter with so many readers, sending through a sink."""

    def __init__(self, build, readers, port, connections, authority=None, dkim=False):
        self.postrider = f"{build}/postrider"
        self.http = free_port()
        self.folder = tempfile.mkdtemp(prefix="postrider-bench-")
        self.run("init", self.folder, configured=False)
        for draft in os.listdir(self.at("drafts")):
            os.unlink(self.at("drafts", draft))
        scheme = "smtps" if authority else "smtp"
        tls = f'ca_file = "{authority}/ca.pem"' if authority else 'tls = "none"'
        self.edit({r"^url = .*$": f'url = "{scheme}://localhost:{port}"\n{tls}',
                   r"^#? ?connections = .*$": f"connections = {connections}",
                   r"^listen = .*$": f'listen = "127.0.0.1:{self.http}"'})
        if not dkim:
            self.edit({r"^\[dkim\](.|\n)*?(?=^\[)": ""})
        with open(self.at("readers.csv"), "w") as readers_file:
            readers_file.write("email,name\n")
            readers_file.writelines(f"reader{n}@readers.example,Reader {n}\n"
                                    for n in range(readers))
        self.run("subscriber", "import", self.at("readers.csv"))

    def at(self, *parts):
        return os.path.join(self.folder, *parts)

    def edit(self, changes):
        with open(self.at("postrider.toml")) as file:
            text = file.read()
        for pattern, new in changes.items():
            text = re.sub(pattern, lambda _: new, text, count=1, flags=re.MULTILINE)
        with open(self.at("postrider.toml"), "w") as file:
            file.write(text)

    def run(self, *arguments, configured=True):
        config = ["--config", self.at("postrider.toml")] if configured else []
        return subprocess.run([self.postrider, *config, *arguments], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def ask(self, sql):
        """The one value of the query's one row, from the database beside the daemon."""
        with contextlib.closing(sqlite3.connect(self.at("postrider.db"))) as database:
            row = database.execute(sql).fetchone()
            return row and row[0]

    @contextlib.contextmanager
    def daemon(self):
        """Runs; then the folder is gone."""
        try:
            with self.running() as process:
                yield process
        finally:
            shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def running(self):
        with open(self.at("log"), "w") as log:
            process = subprocess.Popen(
                [self.postrider, "--config", self.at("postrider.toml"), "run"], stderr=log,
                preexec_fn=die_with_parent)
        try:
            wait_for(lambda: "ready:" in open(self.at("log")).read(), "the daemon", 60)
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        finally:
            process.kill()
            process.wait()

    def publish(self, send_at="now", segment=None, name="issue"):
        with open(os.path.join(ROOT, "docs/sample-issue.md")) as sample:
            text = sample.read()
        with open(self.at("drafts/.issue"), "w") as draft:
            to = f"\nsegment: {segment}" if segment else ""
            text = text.replace("send_at: now", f"send_at: {send_at}{to}", 1)
            text = text.replace("slug: sample-issue", f"slug: {name}", 1)
            # Of the same title it would be held: it has the same text.
            text = text.replace('title: "', f'title: "{name}: ', 1)
            draft.write(text.replace("\n\n## ", "\n\n" + BALLAST + "\n\n## ", 1))
        os.rename(self.at("drafts/.issue"), self.at(f"drafts/{name}.md"))


# Makes of the sample an issue as long as a weekly report.
BALLAST = "\n\n".join(
    f"> Paragraph {n} of a long quotation, as weekly reports have them: “The talks went on all "
    "night, and by the morning nobody could say who had asked for what,” said one who was there."
    for n in range(130))


DOMAINS = ["gmail.com", "outlook.com", "yahoo.com"]


def readers_of(number):
    """Rows of subscribers: a fifth at three large domains, the others spread over many."""
    spread = max(number // 10, 1)
    for n in range(number):
        domain = n // 5 % 3 if n % 5 == 0 else 3 + n * 7919 % spread
        name = DOMAINS[domain] if domain < 3 else f"domain{domain}.example"
        yield n + 1, os.urandom(16), f"reader{n}@{name}", f"{name} reader{n}", domain + 1


def fill(database, number):
    """Confirmed readers on the first list, by SQL: an import would take its time."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -262144")
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO domains VALUES (?, ?)",
                       [(n + 1, DOMAINS[n] if n < 3 else f"domain{n}.example")
                        for n in range(3 + max(number // 10, 1))])
        db.executemany("INSERT INTO subscribers (id, uid, email, canonical, domain_id, created_at) "
                       "VALUES (?, ?, ?, ?, ?, 0)", readers_of(number))
        db.execute("INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at) "
                   "SELECT (SELECT min(id) FROM lists), id, 1, 0, 0 FROM subscribers")
        db.execute("COMMIT")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


Waits = collections.namedtuple("Waits", "longest usual times")  # ms; all but one in a hundred


class Bystander(threading.Thread):
    """Something done again and again until `stop`. It says how many seconds of it were waiting."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.waits, self.stopped = work, [], threading.Event()

    def run(self):
        while not self.stopped.wait(0.001):
            self.waits.append(self.work() * 1000)

    def stop(self):
        self.stopped.set()
        self.join()
        waits = sorted(self.waits)
        return Waits(waits[-1], waits[len(waits) * 99 // 100], len(waits))


class Row:
    def __init__(self, name, measured, limit, good):
        self.name, self.measured, self.limit, self.good = name, measured, limit, good


def send(build, readers, connections, sink_options=(), authority=None, dkim=False):
    """Sends one issue. (µs of CPU a message, messages a second, peak MB)"""
    with Sink(build, readers, *sink_options) as sink:
        paper = Paper(build, readers, sink.port, connections, authority, dkim)
        with paper.daemon() as daemon:
            before = cpu_seconds(daemon.pid)
            paper.publish()
            seconds, recipients, _ = sink.finished()
            time.sleep(0.5)  # the last outcomes
            assert recipients == readers, (recipients, readers)
            return ((cpu_seconds(daemon.pid) - before) / readers * 1e6, readers / seconds,
                    peak_megabytes(daemon.pid))


def message(build):
    """One that is composed, with CRLF; ASCII alone."""
    paper = Paper(build, 1, 1, 1)
    paper.publish()
    paper.run("preview", paper.at("drafts/issue.md"), "--output", paper.at("out"))
    with open(paper.at("out/message.eml"), newline="") as file:
        text = file.read()
    shutil.rmtree(paper.folder)
    return text


def floor(build, messages, connections, *options, sink_options=()):
    """µs of CPU a message of the bare sender."""
    with Sink(build, messages, *sink_options) as sink:
        done = subprocess.run(
            [f"{build}/tests/bench_floor", str(sink.port), str(messages),
             str(len(message(build))), str(connections), *options],
            check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[1])


def cost(build, name, limit, messages, *floor_options, **options):
    bare = floor(build, messages, CONNECTIONS, *floor_options,
                 sink_options=options.get("sink_options", ()))
    ours, rate, memory = send(build, messages, CONNECTIONS, **options)
    return Row(name, f"{ours / bare:.2f} × the floor ({ours:.0f} of {bare:.0f} µs; "
               f"{rate:,.0f} msg/s, peak {memory:.0f} MB)", f"≤ {limit} ×", ours <= limit * bare)


def plain(build):
    return [cost(build, "20,000 readers, plain", 2.5, 20_000)]


def signed(build):
    with tempfile.TemporaryDirectory() as folder:
        authority = certificates.make(folder + "/tls")
        return [cost(build, "8,000 readers, TLS, RSA-2048", 1.35, 8_000, "--tls", "--signed",
                     sink_options=("--tls", f"{authority}/cert.pem", f"{authority}/key.pem"),
                     authority=authority, dkim=True)]


def latency(build):
    rows = []
    _, one, _ = send(build, 200, 1, ("--delay", "20"))
    rows.append(Row("one connection, 20 ms a reply", f"{one:.1f} msg/s", "≥ 40", one >= 40))
    rates = {n: send(build, n * 100, n, ("--delay", "20"))[1] for n in (16, 64, 256, 512)}
    for connections, rate in rates.items():
        share = rate / (connections * rates[16] / 16)
        rows.append(Row(f"{connections} connections, 20 ms a reply",
                        f"{rate:,.0f} msg/s ({share:.2f} of linear)", "≥ 0.85 until the CPU is full",
                        share >= 0.85 or rate > 2_000))
    return rows


def size_of_list(build):
    few, _, _ = send(build, 5_000, 8)
    many, _, memory = send(build, 80_000, 8)
    return [Row("CPU a message, 5,000 → 80,000 readers", f"{many / few:.2f} ×", "≤ 1.2 ×",
                many <= 1.2 * few),
            Row("peak memory at 80,000 readers", f"{memory:.0f} MB", "≤ 64 MB", memory <= 64)]


def bystanders(paper):
    """What goes on beside the freeze: how long the database is another's, and how long a page takes.

    The disk's own time for a commit is not counted: it differs between machines, freeze or none.
    """
    database = sqlite3.connect(paper.at("postrider.db"), isolation_level=None, timeout=0,
                               check_same_thread=False)

    def write():
        begun = time.monotonic()
        while True:
            try:
                database.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError:
                time.sleep(0.001)
        waited = time.monotonic() - begun
        database.execute("INSERT INTO meta VALUES ('bench', 1) ON CONFLICT DO UPDATE SET "
                         "value = value + 1")
        database.execute("COMMIT")
        return waited

    def page():
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", paper.http, timeout=30)
        connection.request("GET", "/unsubscribe/none")
        connection.getresponse().read()
        connection.close()
        return time.monotonic() - begun

    return {"a command's write": Bystander(write), "a page": Bystander(page)}


def start_of(build, readers, some, ahead, segment=None):
    """Starts an issue for so many readers, so many seconds ahead (none: now), and sends some of it.

    (seconds from its time to the first message, {bystander: ms}, peak MB)
    """
    with Sink(build, some) as sink:
        paper = Paper(build, 0, sink.port, 8)
        fill(paper.at("postrider.db"), readers)
        if segment:
            give_attributes(paper.at("postrider.db"), readers)
        with paper.daemon() as daemon:
            time.sleep(1)
            watchers = bystanders(paper)
            for watcher in watchers.values():
                watcher.start()
            paper.publish(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead))
                          if ahead else "now", segment)
            started = "SELECT started_at FROM issues WHERE path = 'issue.md'"
            wait_for(lambda: paper.ask(started), "the start", 120)
            waits = {name: watcher.stop() for name, watcher in watchers.items()}
            seconds, _, _ = sink.finished()
            first = time.time() - seconds
            planned = paper.ask(started.replace("started_at", "scheduled_at"))
            return first - planned / 1000, waits, peak_megabytes(daemon.pid)


# Some 63,000 readers of a million.
SEGMENT = "country in ('KZ', 'KG') and not tag('vip') and joined > 2022-01-01"


def million(build, readers=1_000_000, some=20_000):
    """Only some are sent: what is claimed and composed does not grow with what waits."""
    rows = []
    for ahead, kind, limit, segment in ((15, "known before", 1.5, None), (0, "sent now", 1.5, None),
                                        (25, "a segment, known before", 1.5, SEGMENT),
                                        (0, "a segment, sent now", 5, SEGMENT)):
        after, waits, memory = start_of(build, readers, some, ahead, segment)
        what = f"{readers:,} readers, {kind}"
        rows.append(Row(f"{what}: first message", f"{after:.2f} s after its time", f"≤ {limit} s",
                        after <= limit))
        rows += [Row(f"{what}: {name}", f"waits {wait.longest:.0f} ms at most, 99 % of {wait.times:,} "
                     f"{wait.usual:.0f} ms", "≤ 50 ms", wait.longest <= 50)
                 for name, wait in waits.items()]
        rows.append(Row(f"{what}: peak memory, {some:,} sent", f"{memory:.0f} MB", "≤ 64 MB",
                        memory <= 64))
    return rows


def rows(build):
    """The store alone: claim, begin and record, and the freeze in its steps."""
    measured = {}
    for readers in (10_000, 1_000_000, 10_000_000):
        done = subprocess.run([f"{build}/tests/bench_rows", str(readers)], check=True,
                              stdout=subprocess.PIPE, text=True)
        measured[readers] = [float(word) for word in done.stdout.split()]
    few, _, _ = measured[10_000]
    return [Row(f"store, a recipient of {readers:,}",
                f"{cost:.1f} µs, {cost / few:.2f} × (freeze {freeze:.1f} s of CPU, longest step "
                f"{longest:.0f} ms)", "≤ 1.2 ×", cost <= 1.2 * few)
            for readers, (cost, freeze, longest) in measured.items()]


def maintain(build, attempts=1_000_000):
    """How long a daemon's commits wait beside maintenance."""
    done = subprocess.run([f"{build}/tests/bench_maintain", str(attempts)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    commits, longest, most, alone, _, took, gone, events, freed = map(float, done.stdout.split())
    return [Row(f"a commit beside maintenance of {attempts:,} attempts",
                f"{longest:.0f} ms at most, {most:.0f} ms for 999 of 1,000 ({alone:.0f} ms at most alone; "
                f"{commits:.0f} commits, {took:.0f} s; {gone:.0f} attempts and {events:.0f} events gone, "
                f"{freed:.0f} MB given back)", "≤ 50 ms more", longest <= 50 + alone)]


# Condition, and seconds of CPU that it may take over the bare count of a million readers.
CONDITIONS = [
    ("email = 'reader0@gmail.com'", 0.5), ("domain = 'gmail.com'", 1), ("country = 'KZ'", 3),
    ("age > 40", 5), ("born < 1980-01-01", 8), ("tag('vip')", 5),
    ("country = 'KZ' and not tag('vip') and joined > 2022-01-01", 5),
    ("on('report')", 3), ("got('issue-10')", 3), ("got_any()", 6), ("last_got > 2022-05-01", 4)]


def give_attributes(database, readers, issues=20):
    """What conditions ask for; readers join over the time of the issues."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE subscribers SET name = 'Reader ' || id, attributes = json_object("
                   "'country', substr('KZRUUSDEFRCNUZKGGBJP', 1 + id * 7 % 10 * 2, 2), "
                   "'age', CAST(15 + id * 11 % 66 AS TEXT), "
                   "'born', format('%d-%02d-%02d', 1940 + id % 60, 1 + id % 12, 1 + id % 28), "
                   "'tags', json_array(iif(id % 3, 'trial', 'vip'), 'weekly'))")
        db.execute("UPDATE subscriptions SET since = 1609459200000 + subscriber_id * 60000")
        db.execute("INSERT INTO attribute_names VALUES ('country'), ('age'), ('born'), ('tags')")
        for n in range(1, issues + 1):
            db.execute("INSERT INTO issues (id, uid, slug, title, state, path, source_hash, lists, "
                       "ready, started_at) VALUES (?1, ?1, 'issue-' || ?1, '', 3, '', '', '[]', 1, "
                       "1640995200000 + ?1 * 604800000)", (n,))
            db.execute("INSERT INTO deliveries (issue_id, subscriber_id, list_id, state) "
                       "SELECT ?, id, 1, iif(id % 50, 3, 4) FROM subscribers WHERE id <= ?",
                       (n, readers * n // (issues + 1)))
        db.execute("COMMIT")


def segments(build, readers=1_000_000):
    """What it costs to ask for the readers of a segment."""
    paper = Paper(build, 0, 1, 1)
    fill(paper.at("postrider.db"), readers)
    give_attributes(paper.at("postrider.db"), readers)

    def seconds(condition):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = int(paper.run("segment", "count", condition).split()[0].replace(",", ""))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return found, sum(after[:2]) - sum(before[:2])

    _, bare = seconds("not email is set")  # looks at nobody, and counts all
    result = []
    for condition, limit in CONDITIONS:
        found, cost = seconds(condition)
        result.append(Row(f"segment {condition}, {found:,} of {readers:,}",
                          f"{cost - bare:.2f} s of CPU (all readers counted: {bare:.2f} s)",
                          f"≤ {limit} s", cost - bare <= limit))
    shutil.rmtree(paper.folder)
    return result


def timed(arguments, **options):
    """(seconds, peak MB) of a program."""
    begun = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, (arguments, status)
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def write_list(path, readers):
    """CSV of readers in no order."""
    with open(path, "w") as file:
        file.write("email,name,country\n")
        for n in range(readers):
            number = n * 7919 % 1_000_003
            file.write(f"reader{number}@d{number % 1000}.example,Reader {number},K{n % 50}\n")


def subscriber(paper, *arguments):
    return timed([paper.postrider, "--config", paper.at("postrider.toml"), "subscriber",
                  *arguments])


def waits_beside(paper, *arguments):
    """How long others wait meanwhile."""
    watchers = bystanders(paper)
    for watcher in watchers.values():
        watcher.start()
    subscriber(paper, *arguments)
    return {name: watcher.stop() for name, watcher in watchers.items()}


def imports(build, readers=1_000_000):
    """A list in no order, beside sqlite3's own import into a table with a unique index."""
    alone, beside = Paper(build, 0, 1, 1), Paper(build, 0, 1, 1)
    listed = alone.at("list.csv")
    write_list(listed, readers)
    with open(alone.at("script"), "w+") as script:
        script.write("CREATE TABLE t (email TEXT UNIQUE, name TEXT, country TEXT);\n.mode csv\n"
                     f".import --skip 1 {listed} t\n")
        script.seek(0)
        theirs, _ = timed(["sqlite3", alone.at("theirs.db")], stdin=script)
    first, memory = subscriber(alone, "import", listed)
    again, _ = subscriber(alone, "import", listed)
    with beside.daemon():
        waits = {"an import": waits_beside(beside, "import", listed)}
        number = beside.ask("SELECT max(id) FROM imports")
        waits["its undoing"] = waits_beside(beside, "undo", str(number))
    shutil.rmtree(alone.folder)
    speeds = [Row(what, f"{theirs / took:.2f} × sqlite3's own speed ({readers / took:,.0f} rows a "
                  "second)", "≥ 0.5 ×", took <= theirs * 2)
              for what, took in ((f"{readers:,} readers imported", first),
                                 ("the same again, which changes nothing", again))]
    return [*speeds,
            Row("peak memory of an import", f"{memory:.0f} MB", "≤ 150 MB", memory <= 150),
            *(Row(f"{name} beside {what}", f"waits {wait.longest:.0f} ms at most, 99 % of "
                  f"{wait.times:,} {wait.usual:.0f} ms", "≤ 50 ms", wait.longest <= 50)
              for what, watched in waits.items() for name, wait in watched.items())]


def slowest_sync(folder, times=1000, octets=64 << 10):
    """ms within which 99 % of the disk's own syncs end, of as much as a commit of the doors."""
    with open(os.path.join(folder, "syncs"), "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, times * octets)
        took = []
        for _ in range(times):
            file.write(bytes(octets))
            begun = time.monotonic()
            os.fdatasync(file.fileno())
            took.append(time.monotonic() - begun)
    os.unlink(file.name)
    return sorted(took)[times * 99 // 100] * 1000


def doors(build, readers=300_000):
    """The unsubscribe page and its POST, beside the server's most trivial answer."""
    with Sink(build, 10**9) as sink:
        paper = Paper(build, 0, sink.port, 8)
        fill(paper.at("postrider.db"), readers)
        os.sync()  # what that wrote is not the daemon's to carry to the disk
        with paper.daemon():
            load.write_tokens(paper)
            floor_rate, _, _, _ = load.wrk(paper)
            rate, late, _, strange = load.wrk(paper, "GET")
            rows = [Row("GET of the unsubscribe page, 64 clients",
                        f"{rate:,.0f}/s, 99 % within {late:.1f} ms ({floor_rate:,.0f}/s of the "
                        f"trivial answer; {strange} strange)",
                        "≥ 20,000/s; where the machine is slower, 0.3 × the trivial answer",
                        (rate >= 20_000 or rate >= 0.3 * floor_rate) and strange == 0)]
            alone, quick, _, _ = load.wrk(paper, "GET", clients=1, seconds=3)
            with load.slow_clients(paper):
                beside, slow, _, _ = load.wrk(paper, "GET", clients=1, seconds=3)
            rows.append(Row("an active client beside 2,000 slow ones",
                            f"{alone / beside:.2f} × the time ({beside:,.0f} of {alone:,.0f}/s; 99 % "
                            f"within {slow:.2f} of {quick:.2f} ms)", "≤ 2 ×", beside * 2 >= alone))
            sync = slowest_sync(paper.folder)
            before = load.left(paper)
            leaving, late, answers, strange = load.wrk(paper, "POST")
            gone = load.left(paper) - before
            rows.append(Row("POST that unsubscribes, 64 clients",
                            f"{leaving:,.0f}/s, 99 % within {late:.1f} ms (of the disk's syncs "
                            f"within {sync:.1f}); {gone:,} committed of {answers:,} answers, "
                            f"{strange} strange",
                            # It waits for the rest of one commit, and for its own.
                            "≥ 4,000/s, < 20 ms; where the disk is slower, two of its syncs",
                            leaving >= 4_000 and late < max(20, 2 * sync) and strange == 0 and
                            gone >= answers))
            paper.publish()
            wait_for(lambda: paper.ask("SELECT started_at FROM issues"), "the issue's start", 120)
            for method, alone in (("GET", rate), ("POST", leaving)):
                load.write_tokens(paper)
                busy, busy_late, _, strange = load.wrk(paper, method)
                going = paper.ask("SELECT state FROM issues") == 2
                rows.append(Row(
                    f"{method} while an issue is sent" + ("" if going else " (which has ended)"),
                    f"{alone / busy:.2f} × the time ({busy:,.0f} of {alone:,.0f}/s, 99 % within "
                    f"{busy_late:.1f} ms)", "≤ 2 ×", busy * 2 >= alone and going and strange == 0))
        return rows


def seconds_of_sending(paper, name):
    """Of a whole issue, as the newsletter has them."""
    times = f"FROM issues WHERE path = '{name}.md' AND finished_at IS NOT NULL"
    wait_for(lambda: paper.ask("SELECT 1 " + times), f"{name} to be sent", 300)
    return paper.ask("SELECT finished_at - started_at " + times) / 1000


def reports(build, waiting=10_000, mails=5_000):
    """What came back is read, alone and while an issue goes to a server that is 20 ms away."""
    text = message(build).replace("\r\n", "\n")
    first, second = range(1, waiting + 1), range(waiting + 1, 2 * waiting + 1)
    with Sink(build, 10**9, "--delay", "20") as sink:
        paper = Paper(build, 0, sink.port, CONNECTIONS)
        fill(paper.at("postrider.db"), 2 * waiting + mails)
        returns.record_issue(paper, [*first, *second])
        returns.read_from(paper)
        others = "country = 'Utopia'"
        with paper.running():
            paper.publish(segment=others, name="alone")
            alone = seconds_of_sending(paper, "alone")
        returns.deliver(paper, first, text)
        with paper.running() as daemon:
            begun = time.monotonic()
            wait_for(lambda: not returns.left(paper), "an empty mailbox", 300)
            took, memory = time.monotonic() - begun, peak_megabytes(daemon.pid)
            cost = cpu_seconds(daemon.pid) / waiting * 1e6
        returns.deliver(paper, second, text)
        paper.publish(segment=others, name="beside")
        with paper.daemon() as daemon:
            begun = time.monotonic()
            wait_for(lambda: not returns.left(paper), "an empty mailbox", 300)
            took_beside = time.monotonic() - begun
            beside = seconds_of_sending(paper, "beside")
            memory_beside = peak_megabytes(daemon.pid)
            known = paper.ask("SELECT count(DISTINCT subscriber_id) FROM bounces")
    return [Row(f"{waiting:,} reports waiting, read alone", f"{waiting / took:,.0f}/s, "
                f"{cost:.0f} µs of CPU each, peak {memory:.0f} MB", "≥ 1,000/s, ≤ 64 MB", took <= waiting / 1000 and memory <= 64),
            Row(f"{waiting:,} more beside an issue of {mails:,}", f"{waiting / took_beside:,.0f}/s, "
                f"peak {memory_beside:.0f} MB; {known:,} readers matched", "≤ 64 MB, all matched",
                memory_beside <= 64 and known == 2 * waiting),
            Row("the issue beside them", f"{beside / alone:.2f} × the time ({mails / beside:,.0f} of "
                f"{mails / alone:,.0f} msg/s)", "≤ 1.2 ×", beside <= 1.2 * alone)]


BENCHES = {"plain": plain, "maintain": maintain, "signed": signed, "latency": latency, "size-of-list": size_of_list,
           "million": million, "rows": rows, "segments": segments, "imports": imports,
           "doors": doors, "reports": reports}


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    build, *names = arguments
    if names == ["--list"]:
        return print("\n".join(BENCHES))
    rows = []
    for name in names or BENCHES:
        if name not in BENCHES:
            sys.exit(f"bench: there is no bench '{name}'; there are {', '.join(BENCHES)}")
        print(f"== {name}", file=sys.stderr, flush=True)
        rows += BENCHES[name](os.path.abspath(build))
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{'ok  ' if row.good else 'OVER'}  {row.name:{width}}  {row.measured}  ({row.limit})")
    return sys.exit(0 if all(row.good for row in rows) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
