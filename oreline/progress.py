"""The line at work, on one line of the terminal: read from the metrics ports that Prometheus would read."""

from __future__ import annotations

import sys
import time

from rich.console import Console

from oreline.supervise import Samples, Supervisor

EVERY_S = 1.0
PLAIN_EVERY_S = 5.0


class Progress:
    """Shows lines/s, what was lost or shed, latency, stones and class shares while a line runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = time.monotonic()
        self._lines = 0.0
        self._live = console.is_terminal
        self._every_s = EVERY_S if self._live else PLAIN_EVERY_S

    def __call__(self, supervisor: Supervisor) -> None:
        """To be called often; shows once a second, less often where the output is a file."""
        elapsed = time.monotonic() - self._shown
        if elapsed < self._every_s:
            return
        acquired, sorter = supervisor.samples("acquisition"), _sorter(supervisor)
        lines = acquired.get(("oreline_lines_total", ("acquisition", "scene")), 0.0)
        words = [f"{(lines - self._lines) / elapsed:6.1f} lines/s", f"{lines:.0f} lines", *_losses(acquired, sorter)]
        words += _seen(sorter)
        self._shown, self._lines = time.monotonic(), lines
        end = "\r" if self._live else "\n"
        self._console.file.write("  ".join(words)[: self._console.width - 1].ljust(self._console.width - 1) + end)
        self._console.file.flush()
        sys.stdout.flush()


def _sorter(supervisor: Supervisor) -> Samples:
    names = [worker.name for worker in supervisor.workers]
    return supervisor.samples("conveyor") if "conveyor" in names else {}


def _losses(acquired: Samples, sorter: Samples) -> list[str]:
    def gaps(samples: Samples, *, shed: bool) -> float:
        chosen = (v for (n, labels), v in samples.items() if n == "oreline_gap_lines_total" and labels[1] in kinds[shed])
        return sum(chosen)

    kinds = {True: ("shed",), False: ("dropped", "incomplete", "ring_full", "restart")}
    return [f"lost {gaps(acquired, shed=False):.0f}", f"shed {gaps(sorter, shed=True):.0f}"]


def _seen(sorter: Samples) -> list[str]:
    n, total = (sorter.get((f"oreline_latency_ms_{part}", ("conveyor",)), 0.0) for part in ("count", "sum"))
    stones = sorter.get(("oreline_stones_total", ("seen",)), 0.0)
    pixels = {labels[0]: v for (name, labels), v in sorter.items() if name == "oreline_pixels_total"}
    stone_pixels = {name: v for name, v in pixels.items() if name not in ("background", "invalid")}
    whole = sum(stone_pixels.values()) or 1.0
    shares = sorted(stone_pixels.items(), key=lambda item: -item[1])[:4]
    latency = [f"latency {total / n:.1f} ms"] if n else []
    return [*latency, f"{stones:.0f} stones", *(f"{name} {v / whole:.0%}" for name, v in shares)]
