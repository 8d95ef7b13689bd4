"""The line at work, on one line of the terminal: read from the metrics ports that Prometheus would read."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable

from oreline.cli.report import UNTIMED
from oreline.config import Config
from oreline.messages import LOST
from oreline.metrics_port import Samples
from oreline.sink import LOG, SORTER, infers, raw_takers
from oreline.supervision.supervisor import Supervisor
from oreline.terminal import Ticker

LOST_NAMES = {reason.name.lower() for reason in LOST}
BETWEEN = "  "


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
    """Shows lines/s beside the camera's rate, or that the line calibrates, how many of its lines are done, what was
    lost or shed, latency, stones and class shares, as far as they fit; and what is left to do once it is stopped."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._shown = time.monotonic()
        self._lines, self._total = 0.0, Total()
        self._stopping = False

    def __call__(self, supervisor: Supervisor) -> None:
        """To be called often; shows as often as the ticker does, and at once when the line is stopped."""
        told, self._stopping = self._stopping, supervisor.stopping > 0
        if not self._ticker.is_due and told == self._stopping:
            return
        acquired = supervisor.samples("acquisition")
        lines = self._total("lines", _scene_lines(acquired, "acquisition"))
        if self._stopping:
            self._ticker.show(
                f"stopping: draining {self._left(supervisor, lines):,.0f} lines; Ctrl-C again ends at once"
            )
        elif acquired:
            self._ticker.show(fitting(self._words(supervisor, acquired, lines), self._ticker.width))

    def _words(self, supervisor: Supervisor, acquired: Samples, lines: float) -> list[str]:
        now, config = time.monotonic(), supervisor.config
        rate = (lines - self._lines) / (now - self._shown)
        self._shown, self._lines = now, lines
        target, wanted = _target(config, acquired), _wanted(config)
        speed = f"{rate:6.1f}{f'/{target:g}' if target else ''} lines/s"
        return [
            "calibrating" if acquired.get(("oreline_calibrating",)) else speed,
            f"{lines:.0f}{f'/{wanted}' if wanted else ''} lines",
            f"lost {self._lost(supervisor, acquired):.0f}",
            *(word for name in config.sinks(SORTER) for word in self._sorted(name, supervisor.samples(name))),
        ]

    def _left(self, supervisor: Supervisor, lines: float) -> float:
        """Lines that came and are not in the journal yet; without a log, that inference has not dealt with, or that are
        not recorded."""
        config = supervisor.config
        last = next(iter([*config.sinks(LOG), *([] if infers(config) else raw_takers(config))]), "inference")
        return max(0.0, lines - self._total(f"done {last}", _scene_lines(supervisor.samples(last), last)))

    def _lost(self, supervisor: Supervisor, acquired: Samples) -> float:
        """Each stage is told what those before it lost, but later, and a ring gives lines up for each: whoever knows of
        most is believed, and none is added to another, for they count the same lines."""
        others = ("inference", *supervisor.config.sinks(LOG), *raw_takers(supervisor.config))
        samples = {"acquisition": acquired, **{name: supervisor.samples(name) for name in others}}
        return max(self._total(f"lost {name}", _lost(found)) for name, found in samples.items())

    def _sorted(self, name: str, sorter: Samples) -> list[str]:
        """All but the stones are of the sorter's present life, which has shed what came before it, too."""
        shed = sorter.get(("oreline_gap_lines_total", "shed", name), 0.0)
        n, total = (sorter.get((f"oreline_latency_ms_{part}", name), 0.0) for part in ("count", "sum"))
        stones = self._total(f"stones {name}", sorter.get(("oreline_stones_total", "seen"), 0.0) if sorter else None)
        pixels = {key[1]: v for key, v in sorter.items() if key[0] == "oreline_pixels_total"}
        stone_pixels = {name: v for name, v in pixels.items() if name not in ("background", "invalid")}
        whole = sum(stone_pixels.values()) or 1.0
        shares = sorted(stone_pixels.items(), key=lambda item: -item[1])[:4]
        latency = [f"{total / n:.1f} ms"] if n else []
        return [
            f"shed {shed:.0f}",
            *latency,
            f"{stones:.0f} stones",
            *(f"{name} {v / whole:.0%}" for name, v in shares),
        ]


def fitting(words: Iterable[str], width: int) -> str:
    """As many words, from the first on, as fit a line whole."""
    line = ""
    for word in words:
        longer = f"{line}{BETWEEN}{word}" if line else word
        if len(longer) > width:
            break
        line = longer
    return line


def _target(config: Config, acquired: Samples) -> float | None:
    """Lines a second that the camera is set to; None where it keeps no time, or a trigger sets it."""
    timed = config.tables.get("simulator", {}).get("speed") not in UNTIMED
    return acquired.get(("oreline_camera_lines_per_second",)) if timed else None


def _wanted(config: Config) -> int | None:
    """Scene lines after which the line ends; None where it goes on."""
    steps = config.tables.get("acquisition", {}).get("steps", [{}])
    lines = [step.get("lines") for step in steps if step.get("kind", "scene") == "scene"]
    return None if None in lines else sum(lines)


def _scene_lines(found: Samples, stage: str) -> float | None:
    """None where a process does not answer."""
    return found.get(("oreline_lines_total", "scene", stage), 0.0) if found else None


def _lost(found: Samples) -> float | None:
    """None where a process does not answer."""
    if not found:
        return None
    return sum(v for key, v in found.items() if key[0] == "oreline_gap_lines_total" and key[1] in LOST_NAMES)
