#!/usr/bin/env python3
"""TLS of the daemon's own, its certificate renewed while it runs; keys of links rotated likewise."""
import os
import re
import shutil
import signal
import socket
import ssl
import unittest

import certificates
from newsletter import StoryTest
from polling import wait_for


class Tls(StoryTest):
    def setUp(self):
        super().setUp()
        self.tls = certificates.make(self.at("tls"))
        self.made = self.newsletter()
        settings = self.made.read("postrider.toml").replace(
            "[log]", f'certificate = "{self.tls}/cert.pem"\nkey = "{self.tls}/key.pem"\n\n[log]')
        self.made.write("postrider.toml", settings)
        os.chmod(f"{self.tls}/key.pem", 0o600)

    def certificate(self):
        """The one that the daemon shows, and the answer to a request below it."""
        context = ssl.create_default_context(cafile=f"{self.tls}/ca.pem")
        with socket.create_connection(("127.0.0.1", self.made.port), 5) as wire:
            with context.wrap_socket(wire, server_hostname="localhost") as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = b""
                while chunk := line.recv(4096):
                    answer += chunk
                self.assertIn(b'{"status":"ok"}', answer)
                return line.getpeercert(True)

    def start(self):
        self.made.start(ready=False)
        wait_for(lambda: "ready:" in self.made.log_text(), self.made.log_tail)

    def reload(self, told):
        before = self.made.log_text().count(told)
        self.made.daemon.send_signal(signal.SIGHUP)
        wait_for(lambda: self.made.log_text().count(told) > before, self.made.log_tail)

    def test_a_new_certificate_is_taken_and_a_broken_one_is_not(self):
        self.start()
        first = self.certificate()
        with open(f"{self.tls}/cert.pem", "w") as file:
            file.write("no certificate\n")
        self.reload("reload refused")
        self.assertRegex(self.made.log_text(), r"http\.certificate: .*cert\.pem: has no certificate")
        self.assertEqual(self.certificate(), first)
        shutil.rmtree(self.tls)
        certificates.make(self.tls)
        os.chmod(f"{self.tls}/key.pem", 0o600)
        self.reload("reloaded ")
        self.assertNotEqual(self.certificate(), first)

    def test_a_key_that_is_not_the_certificates_or_that_others_may_read_is_refused(self):
        other = certificates.make(self.at("other"))
        for key, mode, why in ((f"{other}/key.pem", 0o600, "not that of the certificate"),
                               (f"{self.tls}/key.pem", 0o644, "chmod")):
            os.chmod(key, mode)
            settings = re.sub("^key = .*$", f'key = "{key}"', self.made.read("postrider.toml"),
                              flags=re.MULTILINE)
            self.made.write("postrider.toml", settings)
            done = self.made.attempt("run")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"http.key: .*{why}")

    def test_somebody_without_tls_hears_nothing_and_disturbs_nobody(self):
        self.start()
        with socket.create_connection(("127.0.0.1", self.made.port), 5) as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertNotIn(b"HTTP", wire.recv(4096))
        self.certificate()

    def test_a_rotated_key_signs_after_a_reload(self):
        self.start()
        told = self.made.run("token", "rotate")
        self.assertIn("Made key 2", told)
        self.assertIn("reload", told)
        self.reload("reloaded ")
        self.certificate()


if __name__ == "__main__":
    unittest.main()
