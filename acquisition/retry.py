"""Trying again: what a camera refuses in a bad moment it may do in the next. And the time that passes meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from oreline.errors import CameraError

FIRST_S, LONGEST_S, REST_S = 0.05, 2.0, 0.05
"""Pauses between tries: each is twice as long as the one before, up to the longest. In a pause, others are seen to so
often."""
Wait = Callable[[float], bool]
"""Lets so many seconds pass; False where the process is to stop before."""


def never() -> bool:
    """Of a process that is not to stop."""
    return False


def retry(
    attempt: Callable[[], None],
    patience_s: float,
    failed: Callable[[Exception], None],
    stopping: Callable[[], bool],
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Call `attempt` until it raises no CameraError, at most for `patience_s`; `failed` hears of each that does.

    `meanwhile` is called every `REST_S` of a pause. Raises what the last one raised. Returns early where the process is
    `stopping`.
    """
    deadline, pause = time.monotonic() + patience_s, FIRST_S
    while not stopping():
        try:
            return attempt()
        except CameraError as error:
            failed(error)
            if time.monotonic() + pause > deadline:
                raise
        let_pass(pause, stopping, meanwhile)
        pause = min(2 * pause, LONGEST_S)
    return None


def let_pass(
    seconds: float, stopping: Callable[[], bool] = never, meanwhile: Callable[[], None] = lambda: None
) -> bool:
    """Let time pass, for as long as the process is not `stopping`; returns whether it is not. `meanwhile` is called
    every `REST_S`."""
    end = time.monotonic() + seconds
    while not stopping() and (remaining := end - time.monotonic()) > 0:
        meanwhile()
        time.sleep(min(remaining, REST_S))
    return not stopping()
