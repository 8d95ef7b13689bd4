"""Dark and white lines of the running stream, collected until a reference can be made of them.

What was seen is held back until then: a process that dies in the middle sees the lines again.
"""

from __future__ import annotations

from dataclasses import replace

from inference.references.half import PartialReference
from inference.references.measurement import MeasurementBuilder
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import Gap, Kind, Message, RawLine, Reason, StreamInfo


class Capture:
    """Collects darks and whites. `held` are the messages that stand for what it has seen."""

    def __init__(self, no_data: int | None = None) -> None:
        """`no_data`: the count that stands for none."""
        self._no_data = no_data
        self.held: list[Message] = []
        self._builders: dict[Kind, MeasurementBuilder] = {}

    @property
    def pending(self) -> bool:
        """Whether any line has been taken."""
        return bool(self._builders)

    @property
    def complete(self) -> bool:
        """Whether there are lines of both kinds."""
        return len(self._builders) == 2

    def take(self, line: RawLine, info: StreamInfo) -> None:
        """Add a dark or white line."""
        if line.kind not in self._builders:
            for other in self._builders.values():
                other.fold()
            self._builders[line.kind] = MeasurementBuilder(info, self._no_data)
        self._builders[line.kind].add(line.counts)
        self.hold(Gap(line.stamp.run, line.stamp.epoch, line.first, 1, Reason.REFERENCE))

    def hold(self, message: Message) -> None:
        """Keep back a message; gaps of the same reason that follow each other become one."""
        last = self.held[-1] if self.held else None
        if isinstance(message, Gap) and isinstance(last, Gap) and last.reason is message.reason:
            self.held[-1] = replace(last, n=last.n + message.n)
        else:
            self.held.append(message)

    def halves(self, captured: str) -> list[PartialReference]:
        """What was collected, measured at the time `captured`. Raises ReferenceRefused."""
        return [
            PartialReference(kind, builder.info, builder.measured(captured))
            for kind, builder in sorted(self._builders.items())
        ]


def completed(
    halves: list[PartialReference], old: Reference | None, waiting: PartialReference | None, captured: str
) -> Reference | None:
    """A reference of what was captured. A half is completed by the reference in force, where that is of the same
    elements, or by the half that waits; None where neither is there. Raises ReferenceRefused."""
    if len(halves) == 1 and old is not None and _same_elements(halves[0].info, old):
        half = halves[0].measured
        return old.with_dark(half, captured) if halves[0].kind is Kind.DARK else old.with_white(half, captured)
    both = {half.kind: half for half in ([waiting] if waiting else []) + halves}
    if len(both) < 2:
        return None
    dark, white = both[Kind.DARK], both[Kind.WHITE]
    return Reference.of(dark.info, dark.measured, white.info, white.measured, captured)


def _same_elements(info: StreamInfo, old: Reference) -> bool:
    try:
        old.region(info)
    except ReferenceRefused:
        return False
    return info.samples == old.samples
