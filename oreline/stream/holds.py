"""Holds: for whom a ring keeps records, how far each consumer has come, and for how long that is worth keeping.

A consumer that the line's own file names is kept for without limit: it is started again until it comes. Any other, such
as a log on another host or a visitor, is kept for while it is heard from, and as far as seven eighths of the ring go;
then it loses lines, by a gap that it is told when it comes, and nobody else does.
"""

from __future__ import annotations

from collections.abc import Iterable

from oreline.ring import Ring
from oreline.stream.sockets import now

VISITORS = 64
"""Consumers that the line's file does not name, at most: the ring's note has room for so many names."""


class Holds:
    """`acked`: by consumer, the index up to which it has committed every record. `named`: those whom the line's file
    names."""

    def __init__(self, ring: Ring, complete: Iterable[str], named: Iterable[str], hold_s: float) -> None:
        """`complete`: named consumers that are kept for before they come. `named`: those that have no limit once they
        are there. `hold_s`: how long any other may be silent while it lacks records."""
        self._ring = ring
        self.acked = dict.fromkeys(complete, ring.tail)
        self.named = {*self.acked, *named}
        self.most, self.hold_s = ring.slots - ring.slots // 8, hold_s
        self._heard_ns: dict[str, int] = {}
        self._beyond: set[str] = set()

    def has_room_for(self, name: str) -> bool:
        """True where it is named, is there already, or can come besides those who are."""
        return name in self.named or name in self._heard_ns or len(self._heard_ns) < VISITORS

    def hear(self, name: str) -> None:
        """A consumer has said something, or lacks nothing."""
        if name not in self.named:
            self._heard_ns[name] = now()

    def keep(self, name: str, index: int) -> bool:
        """Keep records for it from `index` on, or from where it was already. Returns whether it is new."""
        new = name not in self.acked
        self.acked[name] = max(self.acked.get(name, 0), index)
        self.hear(name)
        return new

    def ack(self, name: str, index: int) -> None:
        """It has committed what is before `index`."""
        self.hear(name)
        if name in self.acked:
            self.acked[name] = max(self.acked[name], index)

    def restart(self) -> None:
        """A new run begins at the ring's head, for everyone."""
        self.acked = dict.fromkeys(self.acked, self._ring.head)

    @property
    def oldest(self) -> int:
        """Index of the oldest record that the ring must keep; its head where there is none."""
        return min((self._limited(name) for name in self.acked), default=self._ring.head)

    def _limited(self, name: str) -> int:
        index = self.acked[name]
        return index if name in self.named else max(index, self._ring.head - self.most)

    def behind(self) -> dict[str, int]:
        """Records that are lacking, by consumer, where it lacks any."""
        return {name: lacks for name, index in self.acked.items() if (lacks := self._ring.head - index) > 0}

    def lacking(self, index: int) -> list[str]:
        """Those for whom the ring must keep records before `index`."""
        return sorted(name for name in self.acked if self._limited(name) < index)

    def beyond(self) -> list[str]:
        """Those who have begun to lose records since last time, for they lack more than is kept for them."""
        beyond = {name for name, lacks in self.behind().items() if name not in self.named and lacks > self.most}
        new, self._beyond = beyond - self._beyond, beyond
        return sorted(new)

    def lapsed(self) -> list[str]:
        """Those who lack records and were not heard from for `hold_s`; nothing is to be kept for them any more."""
        for name, index in self.acked.items():
            if index >= self._ring.head:
                self.hear(name)
        late = now() - int(self.hold_s * 1e9)
        return sorted(name for name, heard_ns in self._heard_ns.items() if heard_ns < late)

    def release(self, name: str) -> None:
        """Keep nothing for it."""
        self._heard_ns.pop(name, None)
        self.acked.pop(name, None)

    def visitors(self) -> list[str]:
        """Those who lack records, and whom the line's file does not name."""
        return sorted(self.behind().keys() - self.named)
