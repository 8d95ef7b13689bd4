"""From frames to the lines of a run: number, time and place of each, the gaps before it, and what is doubtful about it.
Pure: no clock, no camera."""

from __future__ import annotations

from typing import NamedTuple

from acquisition.encoder import Encoder
from acquisition.numbering import ANEW, NEAR, Numbering
from acquisition.source import Frame
from acquisition.timing import Timing
from oreline.messages import Flag, Gap, Stamp


class Stamped(NamedTuple):
    """A line, after `gaps`, or None where it lies beyond its step's end, has been, or comes late. `incidents`: what
    begins with it."""

    stamp: Stamp | None
    flags: Flag
    gaps: list[Gap]
    incidents: list[str]


class Stamping:
    """Stamps frames in the order in which they come."""

    def __init__(self, numbering: Numbering, counts_per_line: float, encoder_bits: int) -> None:
        self.numbering, self.timing = numbering, Timing()
        self._encoder = Encoder(counts_per_line, encoder_bits)
        self._rate_hz, self._away, self._incomplete, self._unread = 0.0, False, 0, 0

    def begin(self, rate_hz: float, *, even: bool) -> None:
        """The camera is set, and is about to number its frames anew. `even`: they should come at that rate."""
        self._rate_hz, self.timing.even = rate_hz, even
        self.numbering.restart()
        self._forget()

    def away(self, last_ns: int | None = None) -> None:
        """Lines are exposed that nobody sees; how many, the next frame will tell. `last_ns`: when the last one was that
        was seen, where it came to an earlier process."""
        if last_ns is not None:
            self.timing.resume(last_ns)
        self._away = True

    def _ahead(self, frame: Frame) -> int:
        """By how much a frame is ahead of the last, as `Numbering.step` has it; ANEW, too, where ids are far ahead, but
        the camera's clock is not: then they began anew, and only seem to have wrapped."""
        step = self.numbering.step(frame.block_id)
        return ANEW if step > NEAR and self.timing.denies(frame.t_ns, step) else step

    def stamp(self, frame: Frame, now_ns: int, incomplete: int, room: int) -> Stamped:
        """A frame that was fetched at `now_ns`. `incomplete`: frames that were discarded so far. `room`: lines that its
        step has left."""
        ahead, unseen, incidents = self._ahead(frame), 0, []
        if ANEW < ahead <= 0:
            return Stamped(None, Flag.NONE, [], ["late_frame" if ahead else "repeated_frame"])
        lines = max(ahead, 1)
        if ahead == ANEW:
            self.numbering.reopen()
        if ahead == ANEW or self._away:
            if not self._away:
                incidents.append("camera_restart")
            unseen, self._away = self.timing.missing(frame.t_ns or now_ns, self._rate_hz), False
            self._forget()
            lines = unseen + 1
        t_ns, flags, late = self.timing.line(frame.t_ns, now_ns, lines)
        encoder, doubt, slip = self._position(frame.encoder, lines)
        discarded, self._incomplete = incomplete - self._incomplete, incomplete
        gaps, stamp = self.numbering.frame(frame.block_id, t_ns, encoder, discarded, unseen, room)
        return Stamped(stamp, flags | doubt, gaps, [*incidents, *filter(None, (late, slip))])

    def _position(self, count: int | None, lines: int) -> tuple[int | None, Flag, str]:
        """As `Encoder.position` has it, of a frame that may have no count."""
        self._unread += lines
        if count is None:
            return None, Flag.NO_ENCODER, ""
        unread, self._unread = self._unread, 0
        return self._encoder.position(count, unread)

    def _forget(self) -> None:
        """The step from the last line to the next may be any."""
        self.timing.restart()
        self._encoder.restart()
