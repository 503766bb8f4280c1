"""The readers' doors under load: wrk on loopback, as many clients as a large issue brings at once."""
import base64
import contextlib
import hashlib
import hmac
import os
import re
import socket
import sqlite3
import struct
import subprocess

UNSUBSCRIBE = 1
CLIENTS = 64
SLOW = 2_000

# Each of wrk's threads takes tokens of its own, so that no two clients leave as the same reader.
SCRIPT = """
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init()
  tokens = {}
  local at = 0
  for line in io.lines("%(tokens)s") do
    if at %% 2 == number then tokens[#tokens + 1] = line end
    at = at + 1
  end
  next_one = 0
  if "%(method)s" == "POST" then
    wrk.body = "List-Unsubscribe=One-Click"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
end
function request()
  next_one = next_one %% #tokens + 1
  return wrk.format("%(method)s", "/unsubscribe/" .. tokens[next_one])
end
"""


def tokens_of(paper):
    """An unsubscribe token for every reader who has not left, as base/token.h has them."""
    with open(paper.at("secrets/token.keys")) as keys:
        number, secret = keys.readline().split()
    with contextlib.closing(sqlite3.connect(paper.at("postrider.db"))) as database:
        (list_uid,) = database.execute("SELECT uid FROM lists LIMIT 1").fetchone()
        readers = database.execute(
            "SELECT s.uid FROM subscribers s JOIN subscriptions n ON n.subscriber_id = s.id "
            "WHERE n.state <> 2 ORDER BY random()").fetchall()
    for (reader,) in readers:
        said = struct.pack(">BH16sqQ", 1, int(number), reader, list_uid, 0)
        mac = hmac.digest(bytes.fromhex(secret), bytes([UNSUBSCRIBE]) + said, hashlib.sha256)
        yield base64.urlsafe_b64encode(said + mac[:16]).decode()


def wrk(paper, method="", clients=CLIENTS, seconds=5):
    """(answers a second, ms of 99 in a hundred, answers, others than 2xx); no method: /healthz."""
    arguments = ["wrk", "-t", str(min(clients, 2)), "-c", str(clients), "-d", f"{seconds}s",
                 "--latency", "--timeout", "10s"]
    if method:
        with open(paper.at("script.lua"), "w") as script:
            script.write(SCRIPT % {"tokens": paper.at("tokens"), "method": method})
        arguments += ["-s", paper.at("script.lua")]
    said = subprocess.run([*arguments, f"http://127.0.0.1:{paper.http}/healthz"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    others = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
            float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
            int(re.search(r"(\d+) requests in", said)[1]), int(others[1]) if others else 0)


@contextlib.contextmanager
def slow_clients(paper, number=SLOW):
    """Connections that have said half of a request and go on thinking."""
    with contextlib.ExitStack() as held:
        for _ in range(number):
            client = held.enter_context(socket.create_connection(("127.0.0.1", paper.http)))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        yield


def left(paper):
    return paper.ask("SELECT count(*) FROM subscriptions WHERE state = 2")


def write_tokens(paper):
    with open(paper.at("tokens"), "w") as file:
        file.writelines(token + "\n" for token in tokens_of(paper))
