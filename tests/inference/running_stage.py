"""A stage of inference that tests feed as its stream comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.active_reference import ActiveReference
from inference.pipeline import Pipeline
from inference.reference_review import ReferenceReview
from inference.references.limits import Limits
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.messages import Flag, Kind, Message, RawLine, ReflectanceLine, Stamp, StreamInfo
from oreline.metrics import Account
from tests.inference.reference_builders import INFO, a_reference, some_lines, stream

WARM = stream(temperature_c=30.0)


def at(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def reference(white: float = 2500.0, hours: float = 0.0, info: StreamInfo = WARM) -> Reference:
    """Taken some hours ago, of a stream."""
    made = a_reference(info, white=white)
    dark, light = (replace(kind, captured=at(hours)) for kind in (made.dark, made.white))
    return replace(made, dark=dark, white=light, captured=at(hours), id="")


class Running:
    """A stage that is fed as its stream comes."""

    def __init__(
        self, folder: Path, first: Reference | None = None, *, reflectance: bool = True, **limits: float | None
    ) -> None:
        self.store = Store(folder)
        if first is not None and first.id != self.store.chosen:
            self.store.keep(first)
            self.store.choose(first.id, "captured")
        review = ReferenceReview(self.store, first, limits=Limits(**limits), lanes=2)  # type: ignore[arg-type]
        self.active = ActiveReference(review, Account("inference"))
        self._pipeline = Pipeline(self.active, reflectance=reflectance)
        self.next = 0

    def feed(self, *messages: Message) -> list[Message]:
        """What comes of them, at once."""
        return [made for results in self._pipeline(iter([list(messages)])) for made in results]

    def lines(self, counts: NDArray[np.uint16], kind: Kind = Kind.SCENE) -> list[Message]:
        """The next lines of the stream."""
        stamps = [Stamp(INFO.run, 1, self.next + n, self.next + n, 0, 0) for n in range(len(counts))]
        self.next += len(counts)
        return [RawLine(stamp, kind, Flag.NONE, line) for stamp, line in zip(stamps, counts, strict=True)]

    def scene(self, n: int = 1) -> list[Message]:
        return self.lines(some_lines(INFO, 1000.0, n))

    def dark(self, level: float = 300.0, info: StreamInfo = WARM) -> list[Message]:
        """Announced, and then twenty lines."""
        return [replace(info, kind=Kind.DARK), *self.lines(some_lines(INFO, level, 20, seed=1), Kind.DARK)]

    def white(self, level: float = 2500.0) -> list[Message]:
        return [replace(WARM, kind=Kind.WHITE), *self.lines(some_lines(INFO, level, 20, seed=2), Kind.WHITE)]

    def chosen_now(self, identity: str) -> None:
        """An operator chooses, and it is looked for."""
        self.store.choose(identity, "used")
        self.active.poll_choice()
        self.active.wait_until_reviewed()

    @property
    def incidents(self) -> dict[str, int]:
        return self.active.account.incidents

    def last(self) -> tuple[str, str]:
        """What the history says last, and of which reference."""
        entry = self.store.history()[-1]
        return entry["what"], entry["id"]


def used(out: list[Message]) -> list[str]:
    """The reference that each line names."""
    return [line.reference_id for line in out if isinstance(line, ReflectanceLine)]
