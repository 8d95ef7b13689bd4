"""From the camera's block ids to contiguous sequence numbers and gaps. Pure: no clock, no camera."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from oreline.messages import Gap, Reason, Stamp

NEAR = 64
"""A block id this little behind the last is late or doubled; one further behind means that the camera began anew."""
ANEW = -NEAR - 1
"""The step of a frame of a camera that has begun to number anew."""
WHOLE = (1 << 64) - 1
NARROWER = (16, 32)
"""Bits of counters whose wrap is told from a camera that numbers anew, though they are said to be wider."""


@dataclass
class Numbering:
    """Stamps lines in order. `next` is the sequence number of the next line, `epoch` grows when the camera restarts.

    `bits`: of the camera's counter before it wraps. Whether it then comes to 0 is learned: GigE Vision leaves 0 out,
    others do not.
    """

    run: bytes
    epoch: int = 0
    next: int = 0
    bits: int = 64
    _last: int | None = field(default=None, repr=False)
    _extended: int = field(default=0, repr=False)
    _zero: bool | None = field(default=None, repr=False)
    _owed: int = field(default=0, repr=False)
    """Frames that were lost and not yet said: a 0 that comes late, across a wrap that was thought to have none."""

    def restart(self) -> None:
        """The camera is about to number its frames anew; nothing was lost."""
        self._last = None

    def reopen(self) -> None:
        """The camera was opened again: a new epoch."""
        self.restart()
        self.epoch += 1

    def step(self, block_id: int) -> int:
        """By how much a frame is ahead of the last: 1 is the next, 0 came twice, less comes late; or ANEW."""
        self._learn(block_id)
        if self._last is None:
            return 1
        ids = (1 << self.bits) - (not self._counts_zero)
        step = (block_id - self._last + ids // 2) % ids - ids // 2
        return step + self._owed if step > 0 else max(step, ANEW)

    @property
    def _counts_zero(self) -> bool:
        """True where 0 follows the highest id. Until that was seen, a counter of 16 bits is one of GigE Vision."""
        return self.bits != 16 if self._zero is None else self._zero

    def _learn(self, block_id: int) -> None:
        """The counter's width, and whether it has a 0, from the ids about a wrap."""
        if block_id > NEAR:
            return
        last = -1 if self._last is None else self._last
        for bits in NARROWER:
            if bits < self.bits and 0 < (1 << bits) - last <= NEAR:
                self.bits = bits
        if block_id == 0 and not self._zero:
            self._owed = int(last <= NEAR < self._extended and not self._counts_zero)
            self._zero = True
        elif self._zero is None and block_id == 1 and last == (1 << self.bits) - 1:
            self._zero = False

    def frame(
        self,
        block_id: int,
        t_ns: int,
        encoder: int | None,
        incomplete: int = 0,
        unseen: int = 0,
        room: int = sys.maxsize,
    ) -> tuple[list[Gap], Stamp | None]:
        """The gaps before a frame that is ahead of the last or of a camera that began anew, and its stamp.

        `incomplete` frames were discarded since the last call; `unseen` ones were exposed while the camera was away.
        A missing `encoder` is replaced by the line count. There is `room` for so many lines: what is exposed beyond it
        is nobody's, so gaps are cut there, and a frame that lies there gets no stamp.
        """
        step = self.step(block_id)
        if step == ANEW:
            self.reopen()
        if self._last is None:
            self._extended, step = block_id - 1, 1
        self._owed = 0
        missing = step - 1
        incomplete = min(missing, incomplete)
        gaps = self._gaps(unseen, incomplete, missing - incomplete, room) if unseen or missing else []
        self._last = block_id
        self._extended += step
        if unseen + missing >= room:
            return gaps, None
        stamp = Stamp(
            self.run, self.epoch, self.next, self._extended & WHOLE, t_ns, self.next if encoder is None else encoder
        )
        self.next += 1
        return gaps, stamp

    def _gaps(self, unseen: int, incomplete: int, dropped: int, room: int) -> list[Gap]:
        """Of the missing frames the incomplete ones first: only their number is known, not which they are."""
        gaps, end = [], self.next + room
        lost = (Reason.RESTART, unseen), (Reason.INCOMPLETE, incomplete), (Reason.DROPPED, dropped)
        for reason, missing in lost:
            if n := min(missing, end - self.next):
                gaps.append(Gap(self.run, self.epoch, self.next, n, reason))
                self.next += n
        return gaps
