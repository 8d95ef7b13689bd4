"""When which valve opens: lines wait until all stones on them are decided, then leave in order as valve rows.

A stone is decided when it closes. If one of its lines must leave before that, because `send_by` comes or because
`max_lines` wait already, it is decided by what was seen so far; that decision holds while the stone goes on. Where two
stones unite, the decision of the larger holds, or of the one that has any. Times are CLOCK_MONOTONIC in ns and are
given by the caller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sinks.conveyor.segment import Run, Stone


@dataclass(frozen=True, slots=True)
class Row:
    """Valves for one line of belt. `bitmap`: bit v opens valve v. It may not be sent after `deadline_ns`."""

    seq: int
    encoder: int
    bitmap: int
    deadline_ns: int


class ValveBank:
    """Maps samples to valves that stand evenly across all samples; each side opens `margin` valves more."""

    def __init__(self, valves: int, samples: int, margin: int) -> None:
        self._valves, self._samples, self._margin = valves, samples, margin

    def bitmap(self, start: int, stop: int) -> int:
        """The valves that cover samples [start, stop)."""
        first = max(0, start * self._valves // self._samples - self._margin)
        last = min(self._valves - 1, (stop - 1) * self._valves // self._samples + self._margin)
        return (1 << last + 1) - (1 << first)


@dataclass(frozen=True, slots=True)
class _Waiting:
    seq: int
    encoder: int
    send_by_ns: int
    deadline_ns: int
    runs: list[Run]


class Schedule:
    """Holds lines until they are decided. `distance`: encoder counts from the camera to the valves."""

    def __init__(self, bank: ValveBank, decide: Callable[[Stone], bool], distance: int, max_lines: int) -> None:
        self._bank, self._decide, self._distance, self._max_lines = bank, decide, distance, max_lines
        self._waiting: deque[_Waiting] = deque()

    def push(self, seq: int, encoder: int, send_by_ns: int, deadline_ns: int, runs: list[Run]) -> None:
        """Let a line wait. It fires `distance` counts after `encoder`."""
        self._waiting.append(_Waiting(seq, encoder + self._distance, send_by_ns, deadline_ns, runs))

    def close(self, stones: list[Stone]) -> None:
        """Decide stones that have ended, unless they were decided already."""
        for stone in stones:
            self._settle(stone)

    def release(self, now_ns: int) -> list[Row]:
        """The rows that can leave or must."""
        rows = []
        while self._waiting:
            line = self._waiting[0]
            if now_ns >= line.send_by_ns or len(self._waiting) > self._max_lines:
                self.close([run.stone.root() for run in line.runs])
            elif any(run.stone.root().decision is None for run in line.runs):
                break
            rows.append(self._row(self._waiting.popleft()))
        return rows

    def _settle(self, stone: Stone) -> None:
        if stone.decision is None:
            stone.decision = self._decide(stone)

    def _row(self, line: _Waiting) -> Row:
        bitmap = 0
        for run in line.runs:
            if run.stone.root().decision:
                bitmap |= self._bank.bitmap(run.start, run.stop)
        return Row(line.seq, line.encoder, bitmap, line.deadline_ns)
