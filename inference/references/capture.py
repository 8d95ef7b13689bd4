"""Capture: dark and white lines of the running stream, collected until a reference can be made of them.

What was seen is held back until then: a process that dies in the middle sees the lines again.
"""

from __future__ import annotations

from dataclasses import replace

from inference.references.measurement import MeasurementBuilder, PartialReference
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import Gap, Kind, Message, RawLine, Reason, StreamInfo


class Capture:
    """Dark and white lines as they come. `held` are the messages that stand for what it has seen."""

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

    def partials(self, captured: str) -> list[PartialReference]:
        """Measurements of what was collected, dark before white, `captured` being the time. Raises ReferenceRefused."""
        return [
            PartialReference(kind, builder.info, builder.measured(captured))
            for kind, builder in sorted(self._builders.items())
        ]


def missing_kind(
    partials: list[PartialReference], latest: Reference | None, waiting: PartialReference | None
) -> Kind | None:
    """Kind of lines that `completed` would lack; None where it lacks none."""
    if _renews(partials, latest):
        return None
    lacking = {Kind.DARK, Kind.WHITE} - _by_kind(partials, waiting).keys()
    return lacking.pop() if lacking else None


def completed(
    partials: list[PartialReference], latest: Reference | None, waiting: PartialReference | None, captured: str
) -> Reference:
    """A reference of what was captured. A dark or white alone renews the latest reference, where that is of the same
    elements, or is joined by the one that waits; see `missing_kind`. Raises ReferenceRefused."""
    if latest is not None and _renews(partials, latest):
        (partial,) = partials
        renew = latest.with_dark if partial.kind is Kind.DARK else latest.with_white
        return renew(partial.measurement, captured)
    both = _by_kind(partials, waiting)
    dark, white = both[Kind.DARK], both[Kind.WHITE]
    return Reference.of(dark.info, dark.measurement, white.info, white.measurement, captured)


def _by_kind(partials: list[PartialReference], waiting: PartialReference | None) -> dict[Kind, PartialReference]:
    return {partial.kind: partial for partial in ([waiting] if waiting else []) + partials}


def _renews(partials: list[PartialReference], latest: Reference | None) -> bool:
    """Whether what was captured is one kind alone, of the elements of the latest reference."""
    if len(partials) != 1 or latest is None:
        return False
    info = partials[0].info
    try:
        latest.region(info)
    except ReferenceRefused:
        return False
    return info.samples == latest.samples
