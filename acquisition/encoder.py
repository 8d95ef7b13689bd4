"""From the camera's encoder counts to positions. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from oreline.messages import Flag

FASTER = 4.0
"""Times the usual way: a belt does not go further from one line to the next."""
PLAY = 2
"""Counts by which a belt that stands still may tremble."""


@dataclass
class Encoder:
    """Unwraps counts of `bits` bits to 64, and doubts steps that no belt can have made.

    `counts_per_line`: the usual step; what is doubtful is measured by it.
    """

    counts_per_line: float
    bits: int = 64
    _raw: int | None = field(default=None, repr=False)
    _position: int = field(default=0, repr=False)
    _backwards: bool = field(default=False, repr=False)
    _fresh: bool = field(default=True, repr=False)

    def restart(self) -> None:
        """The camera was started anew: the step to its next line may be any."""
        self._fresh = True

    def position(self, raw: int, lines: int) -> tuple[int, Flag, str]:
        """Position in counts at a line that is `lines` after the one before; Flag.ENCODER where it is doubtful; and
        the name of an incident that begins here, or nothing.

        "encoder_rollover": the counter wrapped, which is no fault and is not flagged. "encoder_slip": a jump.
        "encoder_reversal": counts run backwards, each line of which is flagged.
        """
        if self._raw is None:
            self._raw = self._position = raw
        plain, self._raw = raw - self._raw, raw
        step = self._wrapped(plain)
        self._position += step
        if self._fresh:
            self._fresh = False
            return self._position, Flag.NONE, ""
        most = FASTER * self.counts_per_line * lines + PLAY
        if abs(step) > most:
            return self._position, Flag.ENCODER, "encoder_slip"
        backwards = step < -PLAY
        begins, self._backwards = backwards and not self._backwards, backwards
        if backwards:
            return self._position, Flag.ENCODER, "encoder_reversal" if begins else ""
        return self._position, Flag.NONE, "encoder_rollover" if step != plain else ""

    def _wrapped(self, step: int) -> int:
        """The smallest step that leads to the same count."""
        whole = 1 << self.bits
        return (step + whole // 2) % whole - whole // 2
