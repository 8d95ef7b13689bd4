"""A case takes a time and does an amount of work in it; a result says how its rate stands to its ceiling's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

BANDS, SAMPLES = 224, 640
LINE_BYTES = 2 * BANDS * SAMPLES
BATCHES = 16
"""Turns in which the fast cases of a round are measured."""


@dataclass(frozen=True)
class Case:
    """`seconds` measures once and returns the time of one `amount` of work, in `unit` times seconds.

    `ceiling`: name of the case whose rate, in the same unit, this one's is divided by. `goal`: the ratio to reach.
    `line`: that work is one line. `fast`: measuring takes milliseconds, and is done in turns.
    """

    name: str
    seconds: Callable[[], float]
    amount: float
    unit: str
    ceiling: str | None = None
    goal: float | None = None
    line: bool = True
    fast: bool = True


@dataclass(frozen=True)
class Result:
    """Result of a case: `value` is its rate in `unit`, `ratio` that over the rate of `to`."""

    name: str
    value: float
    unit: str
    ratio: float | None
    to: str | None
    goal: float | None
    seconds: float
    line: bool

    @property
    def reached(self) -> bool:
        return self.goal is None or (self.ratio is not None and self.ratio >= self.goal)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        facts = {"value": self.value, "unit": self.unit, "ratio": self.ratio, "to": self.to, "goal": self.goal}
        return facts | {"reached": self.reached} | ({"us_a_line": self.seconds * 1e6} if self.line else {})


def measure(cases: Sequence[Case], rounds: int, done: Callable[[Case], object] = lambda _: None) -> list[Result]:
    """Measure all cases `rounds` times; `done` is told of each one that a round has finished with."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, value in _fast(cases).items():
            seconds[name].append(value)
        for case in cases:
            if not case.fast:
                seconds[case.name].append(case.seconds())
            done(case)
    by_name = {case.name: case for case in cases}
    return [_result(case, by_name.get(case.ceiling or ""), seconds) for case in cases]


def repeated(call: Callable[[int], object], calls: int, warm: int = 8) -> Callable[[], float]:
    """Seconds a call, of `calls` calls after `warm` ones that are not counted; `call` is given their number."""

    def seconds() -> float:
        for i in range(warm):
            call(i)
        begin = perf_counter()
        for i in range(warm, warm + calls):
            call(i)
        return (perf_counter() - begin) / calls

    return seconds


def _fast(cases: Sequence[Case]) -> dict[str, float]:
    fast = [case for case in cases if case.fast]
    turns = [[case.seconds() for case in fast] for _ in range(BATCHES)]
    return {case.name: median(times) for case, times in zip(fast, zip(*turns, strict=True), strict=True)}


def _result(case: Case, ceiling: Case | None, seconds: dict[str, list[float]]) -> Result:
    rates = [case.amount / s for s in seconds[case.name]]
    ratio = None
    if ceiling is not None:
        ceilings = [ceiling.amount / s for s in seconds[ceiling.name]]
        ratio = median(rate / best for rate, best in zip(rates, ceilings, strict=True))
    return Result(
        case.name, median(rates), case.unit, ratio, ceiling.name if ceiling else None, case.goal,
        median(seconds[case.name]), case.line,
    )  # fmt: skip
