"""What should not have come: counted always, said seldom, so that whoever sends it cannot fill a disk."""

from __future__ import annotations

import sys

from oreline.metrics import INCIDENTS
from oreline.stream.sockets import now

EVERY_NS = 10_000_000_000


class Complaints:
    """Of one end of a stream: each kind on stderr at most once in ten seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[str, int] = {}
        self._unsaid: dict[str, int] = {}

    def about(self, kind: str, why: str, n: int = 1) -> None:
        """Count `n` of a kind; say so where nothing was said for long enough."""
        INCIDENTS.labels(self._name, kind).inc(n)
        self._unsaid[kind] = self._unsaid.get(kind, 0) + n
        if now() - self._said.get(kind, -EVERY_NS) >= EVERY_NS:
            print(f"{self._name}: {self._unsaid.pop(kind)} x {kind}, the last: {why}", file=sys.stderr)
            self._said[kind] = now()
