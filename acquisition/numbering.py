"""From the camera's block ids to contiguous sequence numbers and gaps. Pure: no clock, no camera."""

from __future__ import annotations

from dataclasses import dataclass, field

from oreline.messages import Gap, Reason, Stamp

NEAR = 64
"""A block id this little behind the last is late or doubled; one further behind means that the camera began anew."""


@dataclass
class Numbering:
    """Stamps lines in order. `next` is the sequence number of the next line, `epoch` grows when the camera restarts."""

    run: bytes
    epoch: int = 0
    next: int = 0
    bits: int = 64
    repeated: int = 0
    """Frames dropped because they came twice, or too late."""
    _last: int | None = field(default=None, repr=False)
    _extended: int = field(default=0, repr=False)

    def restart(self) -> None:
        """The camera is about to number its frames anew; nothing was lost."""
        self._last = None

    def frame(
        self, block_id: int, t_ns: int, encoder: int | None, incomplete: int = 0
    ) -> tuple[list[Gap], Stamp | None]:
        """The gaps before a frame, and its stamp; no stamp where the frame is a repeated one.

        `incomplete` frames were discarded since the last call. A missing `encoder` is replaced by the line count.
        """
        step = self._step(block_id)
        if step <= 0:
            self.repeated += 1
            return [], None
        gaps = self._gaps(step - 1, incomplete)
        self._last = block_id
        self._extended += step
        stamp = Stamp(self.run, self.epoch, self.next, self._extended, t_ns, self.next if encoder is None else encoder)
        self.next += 1
        return gaps, stamp

    def _step(self, block_id: int) -> int:
        if self._last is None:
            self._extended = block_id - 1
            return 1
        step = block_id - self._last
        if self.bits < 64 and step < -(1 << (self.bits - 1)):
            # GigE Vision's 16-bit counter goes from 65535 to 1: it has no 0.
            step += (1 << self.bits) - (1 if self.bits == 16 else 0)
        if step < -NEAR:
            self.epoch += 1
            self._extended = block_id - 1
            return 1
        return step

    def _gaps(self, missing: int, incomplete: int) -> list[Gap]:
        """Missing frames, the incomplete ones among them first: only their number is known, not which they are."""
        incomplete = min(missing, incomplete)
        counts = {Reason.INCOMPLETE: incomplete, Reason.DROPPED: missing - incomplete}
        gaps = []
        for reason, n in counts.items():
            if n:
                gaps.append(Gap(self.run, self.epoch, self.next, n, reason))
                self.next += n
        return gaps
