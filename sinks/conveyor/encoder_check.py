"""Check that the bank of valves counts the belt as the camera does. Rows fire by the bank's count, and a camera or a
bank that was switched off and on counts anew: then every row would come late, or fire at some other time."""

from __future__ import annotations

from oreline.plc import ENCODER_MODULUS

LOOKS = 3
"""Readings in a row that change what is believed; the first of all decides alone."""
FRESH_NS = 200_000_000
"""From an older line it is not known where the belt is."""


class EncoderCheck:
    """Check of two counts of one belt. `off`: they are further apart than `tolerance` counts. Times are CLOCK_MONOTONIC
    in ns."""

    def __init__(self, tolerance: int) -> None:
        self.off = False
        self._tolerance = tolerance
        self._t_ns = self._encoder = 0
        self._against, self._needed = 0, 1

    def line(self, t_ns: int, encoder: int) -> None:
        """The camera's count at a line."""
        self._t_ns, self._encoder = t_ns, encoder

    def see(self, latch: int, t_ns: int, counts_per_s: float) -> bool:
        """The bank's count, modulo 2^32, of a belt of this speed. Returns whether it goes off here."""
        age_ns = t_ns - self._t_ns
        if abs(age_ns) > FRESH_NS:
            return False
        apart = latch - self._encoder - round(counts_per_s * age_ns / 1e9)
        apart = (apart + ENCODER_MODULUS // 2) % ENCODER_MODULUS - ENCODER_MODULUS // 2
        self._against = self._against + 1 if (abs(apart) > self._tolerance) != self.off else 0
        changes = self._against >= self._needed
        self._needed = LOOKS
        if changes:
            self.off, self._against = not self.off, 0
        return changes and self.off
