"""systemd's notify protocol: a datagram of lines KEY=VALUE, to whoever supervises this process."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from oreline.errors import OrelineError

REFUSAL_TIMEOUT_S = 5.0
SPEAKS = "ORELINE_SPEAKS"
"""In the environment of processes whose supervisor says their refusals to the user; systemd does not."""
WORDS_LIMIT = 1000
"""Characters of a refusal that are told; a supervisor reads no more than 4096 bytes at once."""


def tell(words: str, timeout_s: float = 0.0) -> bool:
    """Send lines, where anyone listens: one that does not read holds nobody up for longer than `timeout_s`. Returns
    whether they were taken."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours, suppress(OSError):
            ours.settimeout(timeout_s)
            ours.connect("\0" + path[1:] if path.startswith("@") else path)
            ours.send(words.encode())
            return True
    return False


def tell_refusal(error: OrelineError) -> bool:
    """Say why this process will end, at once: before it has ended, others may fail because of it. Returns whether a
    supervisor has taken it who will say it to the user."""
    words = " ".join(str(error).split())[:WORDS_LIMIT]
    taken = tell(f"MAINPID={os.getpid()}\nX_REFUSED={error.exit_code}\nSTATUS={words}", REFUSAL_TIMEOUT_S)
    return taken and SPEAKS in os.environ
