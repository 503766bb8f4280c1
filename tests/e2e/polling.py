"""Waiting with a deadline, free ports, and processes that never outlive the test."""
import ctypes
import signal
import socket
import time


def wait_for(condition, what, seconds=30.0, every=0.02):
    """The first true value of condition(); an AssertionError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            told = what() if callable(what) else what
            raise AssertionError(f"after {seconds:g} s still not: {told}")
        time.sleep(every)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def die_with_parent():
    """For subprocess's preexec_fn."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
