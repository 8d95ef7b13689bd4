"""Schedule of the valves: lines wait until all stones on them are decided, then leave in order as valve rows.

A stone is decided when it ends. If one of its lines must leave before that, because `send_by` comes or because
`max_lines` wait already, it is decided by what was seen so far; that decision holds while the stone goes on. Where two
stones unite, the decision of the larger holds, or of the one that has any. Times are CLOCK_MONOTONIC in ns and are
given by the caller.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sinks.conveyor.rules import Cut
from sinks.conveyor.valves import Span, ValveBank


@dataclass(frozen=True, slots=True)
class Row:
    """Row of valves for one line of belt. `bitmap`: bit v opens valve v. It may not be sent after `deadline_ns`."""

    seq: int
    encoder: int
    bitmap: int
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    seq: int
    encoder: int
    send_by_ns: int
    deadline_ns: int
    cuts: list[Cut]


class Schedule:
    """Lines that wait until they are decided. `distance`: encoder counts from the camera to the valves."""

    def __init__(self, bank: ValveBank, distance: int, max_lines: int) -> None:
        self._bank, self._distance, self._max_lines = bank, distance, max_lines
        self._waiting: deque[_Waiting] = deque()

    def push(self, seq: int, encoder: int, send_by_ns: int, deadline_ns: int, cuts: list[Cut]) -> None:
        """Let a line wait, and decide the stones that it ended. It passes the valves `distance` counts after
        `encoder`."""
        self._waiting.append(_Waiting(seq, encoder + self._distance, send_by_ns, deadline_ns, cuts))
        self.close(cuts)

    def close(self, cuts: list[Cut]) -> None:
        """Decide stones that have ended, unless they were decided already."""
        for cut in cuts:
            cut.rule.decide(cut.ended)

    def release(self, now_ns: int, lead: int = 0) -> list[Row]:
        """The rows that can leave or must; they fire `lead` counts before their line is at the valves."""
        rows = []
        while self._waiting:
            line = self._waiting[0]
            if now_ns >= line.send_by_ns or len(self._waiting) > self._max_lines:
                for cut in line.cuts:
                    cut.rule.decide([run.stone.root() for run in cut.runs])
            elif any(run.stone.root().decision is None for cut in line.cuts for run in cut.own):
                break
            rows.append(self._row(self._waiting.popleft(), lead))
        return rows

    def _row(self, line: _Waiting, lead: int) -> Row:
        spans: tuple[list[Span], list[Span]] = [], []
        for cut in line.cuts:
            for run in cut.own:
                spans[cut.rule.recipe.fires(run)].append((run.start, run.stop))
        unwanted, wanted = spans
        return Row(line.seq, line.encoder - lead, self._bank.bitmap(wanted, unwanted), line.deadline_ns)
