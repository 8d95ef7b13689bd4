"""The line at work, on one line of the terminal: read from the metrics ports that Prometheus would read."""

from __future__ import annotations

import time
from collections import defaultdict

from oreline.messages import LOST
from oreline.supervision.supervisor import Samples, Supervisor
from oreline.terminal import Ticker

LOST_NAMES = {reason.name.lower() for reason in LOST}
TOLD = "acquisition", "inference", "log"
"""Who counts lost lines: each those that the one before has told of, and those that a ring gave up for it."""


class Total:
    """Counters of processes that may be started again, and count from zero then: what all their lives come to, as far
    as they have said. None: the process does not answer."""

    def __init__(self) -> None:
        self._before: dict[str, float] = defaultdict(float)
        self._last: dict[str, float] = defaultdict(float)

    def __call__(self, name: str, counted: float | None) -> float:
        if counted is not None:
            self._before[name] += self._last[name] if counted < self._last[name] else 0.0
            self._last[name] = counted
        return self._before[name] + self._last[name]


class Progress:
    """Shows lines/s, or that the line calibrates, what was lost or shed, latency, stones and class shares."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._shown = time.monotonic()
        self._lines, self._total = 0.0, Total()

    def __call__(self, supervisor: Supervisor) -> None:
        """To be called often; shows as often as the ticker does."""
        if not self._ticker.is_due:
            return
        acquired, sorter = supervisor.samples("acquisition"), _sorter(supervisor)
        if not acquired:
            return
        lines = self._total("lines", acquired.get(("oreline_lines_total", "scene", "acquisition"), 0.0))
        now = time.monotonic()
        rate = f"{(lines - self._lines) / (now - self._shown):6.1f} lines/s"
        words = ["calibrating" if acquired.get(("oreline_calibrating",)) else rate, f"{lines:.0f} lines"]
        words += [f"lost {self._lost(supervisor, acquired):.0f}", *self._sorted(sorter)]
        self._shown, self._lines = now, lines
        self._ticker.show("  ".join(words))

    def _lost(self, supervisor: Supervisor, acquired: Samples) -> float:
        """Each stage is told what those before it lost, but later: whoever knows of most is believed, and none is added
        to another, for they count the same lines."""
        names = [worker.name for worker in supervisor.workers if worker.name in TOLD]
        samples = {name: acquired if name == "acquisition" else supervisor.samples(name) for name in names}
        return max(self._total(f"lost {name}", _lost(found)) for name, found in samples.items())

    def _sorted(self, sorter: Samples) -> list[str]:
        """All but the stones are of the sorter's present life, which has shed what came before it, too."""
        shed = sorter.get(("oreline_gap_lines_total", "shed", "conveyor"), 0.0)
        n, total = (sorter.get((f"oreline_latency_ms_{part}", "conveyor"), 0.0) for part in ("count", "sum"))
        stones = self._total("stones", sorter.get(("oreline_stones_total", "seen"), 0.0) if sorter else None)
        pixels = {key[1]: v for key, v in sorter.items() if key[0] == "oreline_pixels_total"}
        stone_pixels = {name: v for name, v in pixels.items() if name not in ("background", "invalid")}
        whole = sum(stone_pixels.values()) or 1.0
        shares = sorted(stone_pixels.items(), key=lambda item: -item[1])[:4]
        latency = [f"latency {total / n:.1f} ms"] if n else []
        return [
            f"shed {shed:.0f}",
            *latency,
            f"{stones:.0f} stones",
            *(f"{name} {v / whole:.0%}" for name, v in shares),
        ]


def _sorter(supervisor: Supervisor) -> Samples:
    names = [worker.name for worker in supervisor.workers]
    return supervisor.samples("conveyor") if "conveyor" in names else {}


def _lost(found: Samples) -> float | None:
    """None where a process does not answer."""
    if not found:
        return None
    return sum(v for key, v in found.items() if key[0] == "oreline_gap_lines_total" and key[1] in LOST_NAMES)
