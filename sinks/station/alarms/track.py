"""Track of an alarm: what the engine remembers of one beside what it shows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sinks.station.alarms.alarm import Alarm

S = 1_000_000_000
CHATTER, CHATTER_NS = 3, 60 * S
"""An alarm that comes so often in so long chatters; when it was quiet for so long, it does no more."""
LINGER_NS = 5 * S
"""A cause that has gone suppresses its effects for so much longer: they need a moment to go, too."""


@dataclass(slots=True)
class Track:
    """Track of one alarm. Times are CLOCK_MONOTONIC in ns, None is never."""

    alarm: Alarm
    known: bool
    """Whether it is known if its condition holds; one without a condition is."""
    heard_ns: int | None = None
    """When its cause was there last."""
    since_ns: int | None = None
    """Since when its condition holds."""
    n: int = 0
    """Incidents, none of them long after the one before."""
    gone_ns: int | None = None
    told_ns: int = 0
    untold: bool = False
    starts: deque[int] = field(default_factory=lambda: deque(maxlen=CHATTER))

    @property
    def chatters(self) -> bool:
        """True where it has come too often."""
        return len(self.starts) == CHATTER and self.starts[-1] - self.starts[0] <= CHATTER_NS

    def hear(self, at_ns: int, n: int) -> None:
        """So many incidents, the last at a moment."""
        quiet_ns = round(self.alarm.rule.quiet_s * S)
        again = self.heard_ns is not None and at_ns - self.heard_ns < quiet_ns
        self.n = n + (self.n if again else 0)
        self.heard_ns = max(at_ns, self.heard_ns or 0)

    def holds(self, condition: bool, now_ns: int) -> bool:
        """A look at its condition. Returns whether that has held for long enough."""
        self.since_ns = (now_ns if self.since_ns is None else self.since_ns) if condition else None
        if self.since_ns is None or now_ns - self.since_ns < self.alarm.rule.after_s * S:
            return False
        self.heard_ns, self.n = now_ns, self.alarm.rule.least
        return True

    def is_quiet(self, now_ns: int) -> bool:
        """True where its cause has gone for long enough, as far as anyone knows."""
        quiet_ns = round(self.alarm.rule.quiet_s * S)
        return self.known and (self.heard_ns is None or now_ns - self.heard_ns >= quiet_ns)

    def is_cause(self, now_ns: int) -> bool:
        """True where it says what others would say that it suppresses."""
        lingers = self.gone_ns is not None and now_ns - self.gone_ns < LINGER_NS
        return (self.alarm.present or self.alarm.chattering or lingers) and not self.alarm.out_of_service
