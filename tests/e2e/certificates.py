"""Throw-away authorities and certificates, by the openssl program."""
import os
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def run(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def make(folder, names="DNS:localhost,IP:127.0.0.1"):
    """ca.pem, cert.pem and key.pem in `folder`, which is made; returns it."""
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)
    run("req", "-x509", *KEY, "-days", "2", "-subj", "/CN=Throw-away CA",
        "-keyout", at("ca-key.pem"), "-out", at("ca.pem"))
    run("req", *KEY, "-subj", "/CN=server", "-addext", f"subjectAltName={names}",
        "-keyout", at("key.pem"), "-out", at("request.pem"))
    run("x509", "-req", "-in", at("request.pem"), "-copy_extensions", "copy", "-days", "2",
        "-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-out", at("cert.pem"))
    return folder
