"""A mail server that does as a test tells it and remembers everything.

Runs on a thread of its own. Decisions are functions that the test gives:

    on_rcpt(address, nth)        None: 250, a reply such as "451 4.7.1 later", or DROP_BEFORE_DOT;
                                 nth counts from 1
    on_message(address, nth)     None: 250, a reply, or one of the DROP_… below; nth counts from 1
    on_mail(sender)              None: 250, or a reply
    most_connections             more at a time are refused by 421; 0: no limit
    token                        of XOAUTH2, which is offered where it is set; may change
    delay                        seconds before each answer to a final dot
    held                         while held() is true, no final dot is answered; may change
"""
import asyncio
import base64
import ssl
import threading
import time

DROP_BEFORE_DOT = object()  # closes while the message is on its way
DROP_AFTER_DOT = object()  # keeps the message, and closes without an answer


class Message:
    def __init__(self, connection, sender, recipient, data):
        self.connection = connection
        self.sender = sender
        self.recipient = recipient
        self.data = data  # with CRLF, dots unstuffed
        self.time = time.monotonic()


class Sink:
    """with Sink(certificates=folder) as sink: … sink.port, sink.messages, sink.connections"""

    def __init__(self, certificates=None, tls="smtps", user=None, password=None, pipelining=True,
                 on_rcpt=None, on_message=None, delay=0.0, keep_data=True, token=None,
                 on_mail=None, most_connections=0, port=0):
        self.tls, self.user, self.password = tls, user, password
        self.pipelining, self.delay, self.keep_data = pipelining, delay, keep_data
        self.on_rcpt = on_rcpt or (lambda address, nth: None)
        self.on_message = on_message or (lambda address, nth: None)
        self.on_mail = on_mail or (lambda sender: None)
        self.most_connections, self.wanted_port = most_connections, port
        self.messages = []  # those that the sink has taken
        self.token = token
        self.held = lambda: False
        self.connections = 0
        self.rcpts = 0
        self.bodies = 0
        self.faults = []  # what went wrong in the sink itself
        self.transports = set()
        self.context = None
        if certificates:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(f"{certificates}/cert.pem", f"{certificates}/key.pem")

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        # TLS that fails on purpose is not worth a traceback on the console.
        self.loop.set_exception_handler(lambda loop, context: None)
        tls = self.context if self.tls == "smtps" else None
        server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", self.wanted_port, ssl=tls, limit=1 << 26, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        for transport in list(self.transports):
            transport.abort()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(asyncio.sleep(0.01))  # lets TLS transports close
        self.loop.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        self.transports.add(writer.transport)
        try:
            await Session(self, self.connections, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            pass
        except asyncio.CancelledError:
            raise
        except Exception as fault:  # for the test to see
            self.faults.append(repr(fault))
        finally:
            self.transports.discard(writer.transport)
            writer.close()


class Session:
    def __init__(self, sink, number, reader, writer):
        self.sink, self.number, self.reader, self.writer = sink, number, reader, writer
        self.secure = sink.tls == "smtps"
        self.known = sink.user is None
        self.sender = self.recipient = None

    def say(self, line):
        self.writer.write(line.encode() + b"\r\n")

    async def run(self):
        if 0 < self.sink.most_connections < len(self.sink.transports):
            self.say("421 4.7.0 too many connections")
            return
        self.say("220 sink.test ESMTP")
        while True:
            line = (await self.reader.readuntil(b"\r\n"))[:-2].decode("utf-8", "replace")
            verb = line.split(" ")[0].upper()
            handler = getattr(self, "do_" + verb.lower(), None)
            if handler is None:
                self.say("502 5.5.2 unknown command")
            elif await handler(line) is False:
                return
            await self.writer.drain()

    async def do_ehlo(self, line):
        words = ["SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.sink.pipelining:
            words.append("PIPELINING")
        if self.sink.tls == "starttls" and not self.secure:
            words.append("STARTTLS")
        if self.sink.user and (self.secure or self.sink.tls == "none"):
            words.append("AUTH PLAIN LOGIN" + (" XOAUTH2" if self.sink.token else ""))
        for word in ["sink.test"] + words[:-1]:
            self.say("250-" + word)
        self.say("250 " + words[-1])

    async def do_starttls(self, line):
        self.say("220 2.0.0 go on")
        await self.writer.drain()
        await self.writer.start_tls(self.sink.context)
        self.secure = True

    async def do_auth(self, line):
        words = line.split(" ")
        if words[1].upper() == "XOAUTH2":
            wanted = f"user={self.sink.user}\1auth=Bearer {self.sink.token}\1\1"
            self.known = base64.b64decode(words[2]).decode() == wanted
            self.say("235 2.7.0 welcome" if self.known else "535 5.7.8 no such token")
            return
        if words[1].upper() == "PLAIN":
            given = words[2] if len(words) > 2 else await self.ask("")
            _, user, password = base64.b64decode(given).decode().split("\0")
        else:
            user = base64.b64decode(await self.ask("Username:")).decode()
            password = base64.b64decode(await self.ask("Password:")).decode()
        self.known = (user, password) == (self.sink.user, self.sink.password)
        self.say("235 2.7.0 welcome" if self.known else "535 5.7.8 wrong user or password")

    async def ask(self, prompt):
        self.say("334 " + base64.b64encode(prompt.encode()).decode())
        return (await self.reader.readuntil(b"\r\n"))[:-2].decode()

    async def do_mail(self, line):
        if not self.known:
            self.say("530 5.7.0 authenticate first")
            return
        sender = line.partition("<")[2].partition(">")[0]
        refusal = self.sink.on_mail(sender)
        self.sender = None if refusal else sender
        self.recipient = None
        self.say(refusal or "250 2.1.0 ok")

    async def do_rcpt(self, line):
        address = line.partition("<")[2].partition(">")[0]
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
            return
        self.sink.rcpts += 1
        refusal = self.sink.on_rcpt(address, self.sink.rcpts)
        if refusal is DROP_BEFORE_DOT:
            self.writer.transport.abort()
            return False
        if refusal:
            self.say(refusal)
            return
        if self.recipient is not None:
            self.sink.faults.append(f"two recipients: {self.recipient}, {address}")
        self.recipient = address
        self.say("250 2.1.5 ok")

    async def do_data(self, line):
        if self.recipient is None:
            self.say("554 5.5.1 no valid recipients")
            return
        self.say("354 go on")
        await self.writer.drain()
        self.sink.bodies += 1
        verdict = self.sink.on_message(self.recipient, self.sink.bodies)
        if verdict is DROP_BEFORE_DOT:
            await self.reader.readuntil(b"\r\n")
            self.writer.transport.abort()
            return False
        data = b""
        while data != b".\r\n" and not data.endswith(b"\r\n.\r\n"):
            data += await self.reader.readuntil(b".\r\n")
        taken = verdict is None or verdict is DROP_AFTER_DOT or str(verdict).startswith("2")
        if taken:
            body = b""
            if self.sink.keep_data:
                body = (b"\r\n" + data[:-3]).replace(b"\r\n..", b"\r\n.")[2:]
            self.sink.messages.append(Message(self.number, self.sender, self.recipient, body))
        if verdict is DROP_AFTER_DOT:
            self.writer.transport.abort()
            return False
        while self.sink.held():
            await asyncio.sleep(0.005)
        if self.sink.delay:
            await asyncio.sleep(self.sink.delay)
        self.sender = self.recipient = None
        self.say(verdict or "250 2.0.0 taken")

    async def do_rset(self, line):
        self.sender = self.recipient = None
        self.say("250 2.0.0 ok")

    async def do_noop(self, line):
        self.say("250 2.0.0 ok")

    async def do_quit(self, line):
        self.say("221 2.0.0 bye")
        await self.writer.drain()
        return False
