"""A private Postfix and Dovecot (scripts/mail-servers), for as long as a `with` block lasts."""
import os
import subprocess

import polling

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/mail-servers")


class MailServers:
    def __init__(self, folder, *postfix_lines):
        self.folder = folder
        self.extra = [word for line in postfix_lines for word in ("--postfix", line)]

    def __enter__(self):
        self.process = subprocess.Popen(
            [SCRIPT, "start", self.folder, "--stdin", *self.extra],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.settings = {}
        for line in self.process.stdout:
            key, _, value = line.rstrip("\n").partition("=")
            self.settings[key] = value
            if key == "MAIL_READY":
                return self
        self.process.wait()
        raise AssertionError("scripts/mail-servers did not start; its errors are above")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def stop_postfix(self):
        with open(os.path.join(self.folder, "postfix-is-down"), "w"):
            pass
        polling.wait_for(lambda: not self.answers(), "Postfix is stopped")

    def start_postfix(self, *lines):
        """Again; `lines` are added to its main.cf."""
        with open(os.path.join(self.folder, "postfix.cf"), "w") as file:
            file.writelines(line + "\n" for line in lines)
        os.unlink(os.path.join(self.folder, "postfix-is-down"))
        polling.wait_for(self.answers, "Postfix is started again")

    def answers(self):
        return polling.is_open(self.settings["MAIL_SMTPS_PORT"])

    def relay(self, scheme):
        """Lines of [[relay]] that send through this Postfix; `scheme` is smtps or smtp."""
        port = self.settings["MAIL_SMTPS_PORT" if scheme == "smtps" else "MAIL_SMTP_PORT"]
        return {
            "url": f"{scheme}://localhost:{port}",
            "ca_file": self.settings["MAIL_CA_FILE"],
            "username": self.settings["MAIL_USER"],
            "password": self.settings["MAIL_PASSWORD"],
        }

    def files(self):
        """The delivered messages' files."""
        root = self.settings["MAIL_ROOT"]
        return [
            os.path.join(folder, name)
            for folder, _, names in os.walk(root)
            if os.path.basename(folder) in ("new", "cur")
            for name in names
        ]

    def wait_for_mails(self, count, seconds=60):
        polling.wait_for(lambda: len(self.files()) >= count,
                         lambda: f"{count} mails delivered ({len(self.files())})", seconds)
        return self.messages()

    def messages(self):
        """[(address, the message as it was sent, with CRLF)]"""
        found = []
        for file in self.files():
            with open(file, "rb") as message:
                data = message.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            address = os.path.basename(os.path.dirname(os.path.dirname(file)))
            found.append((address, data))
        return found
