"""A consumer that nobody expected: `python -m tests.faults.visitor ENDPOINT RING SECONDS NAME`.

It comes, takes lines for a while, and is gone without a word, in the middle of what it was sent.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from oreline.sink import Policy
from oreline.stream import Inbox


def main(endpoint: str, ring: str, seconds: str, name: str) -> None:
    """Never returns."""
    inbox = Inbox(endpoint, name, Policy.COMPLETE, ring=Path(ring))
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        if inbox.receive(20):
            inbox.ack()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
