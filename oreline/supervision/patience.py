"""Patience with a run that is being finished: it is waited for as long as something moves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from oreline.errors import StageFailed, Stopped

if TYPE_CHECKING:
    from oreline.supervision.supervisor import Supervisor

STILL_S = 30.0
"""Nothing moves for longer only where it never will; consumers who are away may be waited for before that."""
DEPTH = "oreline_queue_depth"


class Patience:
    """To be called now and then. Raises Stopped where the run was stopped, and StageFailed where nobody has taken
    anything of what is left for `hold_s` and `STILL_S`, and says what is left."""

    def __init__(self, hold_s: float) -> None:
        self._longest_s = hold_s + STILL_S
        self._left: dict[str, int] = {}
        self._since = time.monotonic()

    def __call__(self, run: Supervisor) -> None:
        if run.stopping:
            raise Stopped("stopped, as asked")
        behind, now = _left(run), time.monotonic()
        if behind != self._left or not behind:
            self._left, self._since = behind, now
        elif now - self._since > self._longest_s:
            records = ", ".join(f"{n} records of {stream}" for stream, n in behind.items())
            working = ", ".join(worker.name for worker in run.workers if not worker.ended)
            raise StageFailed(
                f"for {self._longest_s:g} s nobody has taken any of what is left ({records}); at work: {working}"
            )


def _left(run: Supervisor) -> dict[str, int]:
    """Records that somebody lacks, by stream."""
    samples = [sample for name in ("acquisition", "inference") for sample in run.samples(name).items()]
    return {name[1]: int(value) for name, value in samples if name[0] == DEPTH and value}
