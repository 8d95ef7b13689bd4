"""Trying again: what a camera refuses in a bad moment it may do in the next."""

from __future__ import annotations

import time
from collections.abc import Callable

from oreline.errors import CameraError

FIRST_S, LONGEST_S, REST_S = 0.05, 2.0, 0.05
"""Pauses between tries: each is twice as long as the one before, up to the longest. In a pause, others are seen to so
often."""


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
        _rest(pause, stopping, meanwhile)
        pause = min(2 * pause, LONGEST_S)
    return None


def _rest(seconds: float, stopping: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while not stopping() and (remaining := end - time.monotonic()) > 0:
        meanwhile()
        time.sleep(min(remaining, REST_S))
