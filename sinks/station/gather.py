"""What the line's processes know, gathered from outside: their metrics, once a second, and their incidents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from oreline.incidents import Follower, Incident, in_order
from oreline.metrics_port import Samples, noted_port, samples_at
from oreline.moment import boot

METRICS_S = 1.0
INCIDENTS_S = 0.1
EARLIER_NS = 10_000_000_000
"""Incidents from before the station's start are told where they are no older than this."""


class Gatherer:
    """Gatherer of one line. `processes`: their names. `counts`: what each has told last; empty where it does not
    answer."""

    def __init__(self, output: Path, processes: Iterable[str]) -> None:
        self._output, self._follower = output, Follower(output)
        self.counts: dict[str, Samples] = {name: {} for name in processes}
        self._since_ns = time.monotonic_ns() - EARLIER_NS

    async def read_metrics(self) -> Mapping[str, Samples]:
        """Ask each process for its metrics, beside the loop."""
        answers = await asyncio.gather(*(asyncio.to_thread(self._ask, name) for name in self.counts))
        self.counts = dict(zip(self.counts, answers, strict=True))
        return self.counts

    def _ask(self, name: str) -> Samples:
        port = noted_port(self._output, name)
        return {} if port is None else samples_at(port)

    def incidents(self) -> list[Incident]:
        """Those that have come since the last time, in order."""
        ours = boot().hex()
        fresh = (one for one in self._follower.read() if one.boot == ours and one.t_ns >= self._since_ns)
        return in_order(fresh)

    def close(self) -> None:
        self._follower.close()
