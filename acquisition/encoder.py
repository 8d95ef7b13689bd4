"""From the camera's encoder counts to positions. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from oreline.messages import Flag

FASTER = 4.0
"""Times the usual way: a belt does not go further from one line to the next."""
PLAY = 2
"""Counts by which a belt that stands still may tremble."""
NARROWER = (16, 32)
"""Bits of counters whose wrap is told from a jump, though they are said to be wider."""


@dataclass
class Encoder:
    """Unwraps counts of `bits` bits, signed or not, to 64, and doubts steps that no belt can have made.

    `counts_per_line`: the usual step, from which the turns of the counter and what is doubtful are told.
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
        plain, before, self._raw = raw - self._raw, self._raw, raw
        usual = self.counts_per_line * lines
        most = FASTER * usual + PLAY
        step = _nearest(plain, self.bits, usual)
        if abs(step) > most and not self._fresh:
            self._learn(before, raw, usual, most)
            step = _nearest(plain, self.bits, usual)
        self._position += step
        if self._fresh:
            self._fresh = False
            return self._position, Flag.NONE, ""
        if abs(step) > most:
            return self._position, Flag.ENCODER, "encoder_slip"
        backwards = step < -PLAY
        begins, self._backwards = backwards and not self._backwards, backwards
        if backwards:
            return self._position, Flag.ENCODER, "encoder_reversal" if begins else ""
        return self._position, Flag.NONE, "encoder_rollover" if step != plain else ""

    def _learn(self, before: int, now: int, usual: float, most: float) -> None:
        """A step that no belt can have made, unless the counter is narrower than was said, tells that it is."""
        for bits in (bits for bits in NARROWER if bits < self.bits):
            turn = 1 << bits
            low = -turn // 2 if min(before, now) < 0 else 0
            fits = low <= min(before, now) and max(before, now) < low + turn
            if fits and 8 * most < turn and abs(_nearest(now - before, bits, usual)) <= most:
                self.bits = bits


def _nearest(step: int, bits: int, usual: float) -> int:
    """Of the steps that lead to the same count, the one that is nearest to the usual one."""
    turn = 1 << bits
    low = int(usual) - turn // 2
    return (step - low) % turn + low
