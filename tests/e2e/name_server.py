"""A name server for tests: answers questions for TXT and A from tables, on UDP, and knows nothing else."""
import socket
import struct
import threading

A, TXT = 1, 16


def question_of(packet):
    """(name, type, where the question ends)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack_from(">H", packet, at + 1)[0], at + 5


def data_of(name, kind, texts, addresses):
    if kind == A and name in addresses:
        return socket.inet_aton(addresses[name])
    text = texts.get(name, "").encode() if kind == TXT else b""
    strings = [text[at:at + 255] for at in range(0, len(text), 255)]
    return b"".join(bytes([len(each)]) + each for each in strings)


def answer(packet, texts, addresses):
    name, kind, end = question_of(packet)
    data = data_of(name, kind, texts, addresses)
    # Authoritative, recursion available; NXDOMAIN where there is nothing of that name.
    code = 0 if name in texts or name in addresses else 3
    header = packet[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, bool(data), 0, 0)
    found = struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(data)) + data if data else b""
    return header + packet[12:end] + found


class NameServer:
    """Serves texts and addresses by name at 127.0.0.1:53, of a network namespace of the test's own."""

    def __init__(self, texts, addresses=None):
        self.texts, self.addresses = texts, addresses or {}

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(4096)
            if not packet:
                return
            self.socket.sendto(answer(packet, self.texts, self.addresses), sender)

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()
