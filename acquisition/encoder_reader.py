"""The encoder's count of each frame, as far as the camera tells it."""

from __future__ import annotations

from collections.abc import Callable

from oreline.incidents import report

LONGEST_PAUSE = 511
"""Frames."""


class EncoderReader:
    """Reads it, and misses what cannot be read. A camera that never sends it must not pay for that on each line: where
    reading fails again and again, 1, 3, 7 frames and so on are passed over before it is tried again."""

    def __init__(self, name: str, read: Callable[[], int], refusals: tuple[type[Exception], ...]) -> None:
        """`name`: of the feature. `refusals`: what `read` raises where there is no count."""
        self._name, self._read, self._refusals = name, read, refusals
        self._known, self._failures, self._pass = False, 0, 0

    def read(self) -> int | None:
        """The count of the frame that was fetched last; None where there is none."""
        if self._pass:
            self._pass -= 1
            return None
        try:
            count = self._read()
        except self._refusals as error:
            self._missed(error)
            return None
        self._known, self._failures = True, 0
        return count

    def _missed(self, error: Exception) -> None:
        if self._known and not self._failures:
            report("acquisition", "encoder_missed", f"{self._name} cannot be read: {error}")
        self._pass = min(2**self._failures - 1, LONGEST_PAUSE)
        self._failures += 1
