"""When a line was exposed, and whether the camera keeps time and sends in time. Pure: no clock, no camera."""

from __future__ import annotations

from dataclasses import dataclass, field

from oreline.messages import Flag

OURS_NS = 10_000_000_000
"""A camera whose first time stamp is this near to our clock keeps our clock."""
SLACK_NS = 200_000
"""By how much a frame may seem to come from the future."""
LATE_NS, STALL_NS = 20_000_000, 60_000_000
"""A frame that was not there so long after its exposure came late; a stall is worse."""
STALL_PERIODS = 10
"""An interval this much longer than it should be is a stall, too."""
CALM = 32
"""Lines in time after which a late one is news again, and from which the period is learned."""


@dataclass
class Timing:
    """Times of lines, and what is wrong with them.

    `period_ns`: typical interval from line to line by the camera's own clock, 0 until it is known. `even`: whether
    lateness is watched, which makes no sense where a recording is played as fast as it goes. `looked_ns`: when there
    was last no frame to fetch; a frame that was exposed long before is late by the camera, not by us.
    """

    even: bool = True
    period_ns: float = 0.0
    looked_ns: int = 0
    _ours: bool | None = field(default=None, repr=False)
    _raw: int | None = field(default=None, repr=False)
    _good: int = field(default=0, repr=False)
    _last: int = field(default=0, repr=False)
    _jumped: bool = field(default=False, repr=False)
    _calm: int = field(default=CALM, repr=False)
    _learned: list[int] = field(default_factory=list, repr=False)

    def restart(self) -> None:
        """The camera was started anew: the interval to its next line says nothing."""
        self._raw, self._ours, self._calm, self.looked_ns = None, None, CALM, 0

    def resume(self, last_ns: int) -> None:
        """The last line came to an earlier process, at that time."""
        self._last = last_ns

    def line(self, camera_ns: int | None, now_ns: int, lines: int) -> tuple[int, Flag, str]:
        """CLOCK_MONOTONIC of a line that was fetched at `now_ns` and is `lines` after the one before; Flag.CLOCK
        where the camera's stamp could not be true; and the name of an incident that begins here, or nothing.

        `camera_ns`: the camera's stamp, None where it has none. It is taken where the camera keeps our clock,
        `now_ns` elsewhere. Times never run backwards. Incidents: "clock_jump", "stall", "jitter".
        """
        late_by = self._interval(camera_ns, lines)
        t_ns, flag = self._believed(camera_ns, now_ns)
        if not flag:
            late_by = max(late_by, self.looked_ns - t_ns)
        jumped, self._jumped = self._jumped, bool(flag)
        self._last = max(t_ns, self._last + 1)
        return self._last, flag, "clock_jump" if flag and not jumped else self._incident(late_by)

    def denies(self, camera_ns: int | None, lines: int) -> bool:
        """True where the camera's own clock tells that not half as many lines can have passed since the last."""
        if camera_ns is None or self._raw is None or not (self.even and self.period_ns):
            return False
        return camera_ns - self._raw < lines * self.period_ns / 2

    def missing(self, t_ns: int, rate_hz: float) -> int:
        """Number of lines that would have been exposed between the last one and `t_ns`."""
        period = self.period_ns or (1e9 / rate_hz if rate_hz > 0 else 0.0)
        return max(0, round((t_ns - self._last) / period) - 1) if period and self._last else 0

    def _believed(self, camera_ns: int | None, now_ns: int) -> tuple[int, Flag]:
        if camera_ns is None:
            return now_ns, Flag.NONE
        if self._ours is None:
            self._ours = abs(now_ns - camera_ns) < OURS_NS
        if not self._ours:
            return now_ns, Flag.NONE
        if not max(self._good, now_ns - OURS_NS) < camera_ns <= now_ns + SLACK_NS:
            return now_ns, Flag.CLOCK
        self._good = camera_ns
        return camera_ns, Flag.NONE

    def _interval(self, camera_ns: int | None, lines: int) -> float:
        """Of a stall that shows in the camera's own clock, its length; 0 where there is none."""
        before, self._raw = self._raw, camera_ns
        if camera_ns is None or before is None:
            return 0.0
        interval = camera_ns - before
        if not self.period_ns:
            self._learn(interval / lines)
            return 0.0
        off = interval - lines * self.period_ns
        if abs(off) < self.period_ns:
            self.period_ns += (interval / lines - self.period_ns) / 256
        return max(off, STALL_NS) if off > STALL_PERIODS * self.period_ns else 0.0

    def _learn(self, interval: float) -> None:
        self._learned.append(round(interval))
        if len(self._learned) == CALM:
            self.period_ns = float(sorted(self._learned)[CALM // 2])
            self._learned.clear()

    def _incident(self, late_by: float) -> str:
        if not self.even or late_by < LATE_NS:
            self._calm += 1
            return ""
        news, self._calm = self._calm >= CALM, 0
        if not news:
            return ""
        return "stall" if late_by >= STALL_NS else "jitter"
