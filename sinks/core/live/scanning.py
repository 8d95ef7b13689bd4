"""Scanning of a hole: which box is under the camera, which comes next, and what ends a scan. Pure: lines and orders in,
scans out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError

from sinks.core.box_scans import BoxScan
from sinks.core.live.trays import Tray, TrayFinder

By = Literal["trays", "orders"]
RUN_ENDED = "its run ended before the box had passed"
ANOTHER = "another box was begun before it had ended"
UNSEEN = "it ended in lines that nobody saw"
PASSED = ("", UNSEEN)
"""Of scans whose box has passed: it does not come next."""


@dataclass(frozen=True, slots=True)
class Open:
    """A scan that has begun with line `first_seq`. `counted`: its number was counted over lines that nobody saw."""

    box: int
    first_seq: int
    who: str
    when: str
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A scan that has ended with line `last_seq`. `cut`: why it is not whole. `way_mm`: of its tray, 0 where not all of
    that was seen."""

    open: Open
    last_seq: int
    cut: str = ""
    way_mm: float = 0.0

    def scan(self, run: str, when: str) -> BoxScan:
        """It as it is written down."""
        one = self.open
        return BoxScan(
            one.box, 0, run, one.first_seq, self.last_seq, one.who, when, self.cut, round(self.way_mm, 1), one.counted
        )


@dataclass(frozen=True, slots=True)
class Place:
    """What must outlive the process: the run, the next line to look at, the first that is in no scan yet, the scan that
    is open, the box that comes next where somebody said so, and who, the last order that was followed, and whether
    trays may have passed that nobody saw since somebody said which box it is."""

    run: str = ""
    next_seq: int = 0
    free_seq: int = 0
    open: Open | None = None
    said_box: int | None = None
    who: str = ""
    order: str = ""
    in_doubt: bool = False

    def told(self) -> dict[str, Any]:
        return asdict(self)

    def again(self) -> Self:
        """The place at which the open scan is seen from its first line on."""
        return self if self.open is None else replace(self, next_seq=self.open.first_seq)

    def behind(self, last_seq: int) -> Self:
        """The place where lines up to `last_seq` of its run, seen again, begin no scan: theirs are written down."""
        opened = None if self.open is None or self.open.first_seq <= last_seq else self.open
        return replace(self, open=opened, free_seq=max(self.free_seq, last_seq + 1))

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """The inverse of `told`; a new place where that is none."""
        try:
            return TypeAdapter(cls).validate_python(told)
        except ValidationError:
            return cls()


class Scanning:
    """Scanning of the boxes of one session. `boxes`: their numbers; `done`: those that have a whole scan. `by`: whether
    trays that pass are boxes, in order, or only orders begin and end one. `strays`: trays that passed when the session
    had no more boxes. `clock`: the time, as text."""

    def __init__(
        self, boxes: Collection[int], by: By, finder: TrayFinder, place: Place, done: Iterable[int],
        clock: Callable[[], str],
    ) -> None:  # fmt: skip
        self.boxes, self._by, self._finder, self._done = boxes, by, finder, set(done)
        self.place, self.strays, self._clock = place, 0, clock

    @property
    def next_box(self) -> int | None:
        """The box that comes next: the one that somebody named, or the first without a whole scan behind the last that
        was begun. None where the session has no more."""
        place = self.place
        if place.said_box is not None:
            return place.said_box
        behind = max(self._done, default=0) if place.open is None else place.open.box
        return min((one for one in self.boxes if one > behind and one not in self._done), default=None)

    @property
    def kept(self) -> Place:
        """The place to go on from after a crash: before what may be a tray, so that it is seen whole again."""
        before = self._finder.before(self.place.next_seq)
        return self.place if self.place.open else replace(self.place, next_seq=before)

    def begin_run(self, run: str, first_seq: int) -> None:
        """Lines of another run come; whatever was open has been ended."""
        self._finder.end()
        self.place = replace(self.place, run=run, next_seq=first_seq, free_seq=first_seq)

    def skip(self, next_seq: int) -> None:
        """Lines up to there do not come, neither here nor to anybody."""
        self.place = replace(self.place, next_seq=next_seq)

    def see(self, seq: int, share: float, way_mm: float) -> Ended | None:
        """A line in order, as a TrayFinder sees it. Returns the scan that ends with it."""
        self.place = replace(self.place, next_seq=seq + 1)
        tray = self._finder.see(seq, share, way_mm)
        if self._by == "orders":
            return None
        if self._finder.in_doubt:
            self._finder.in_doubt, self.place = False, replace(self.place, in_doubt=True)
        if tray is None:
            return None
        if tray.last is not None:
            return self._passed(tray, tray.last)
        self._found(tray.first)
        return None

    def begin(self, box: int, order: str, who: str) -> Ended | None:
        """Somebody says which box it is: the one under the camera, where trays are boxes and one is there; or else the
        next tray. Without trays it begins with the next line, and ends a scan that is open."""
        ended = self._close(self.place.next_seq - 1, ANOTHER) if self._by == "orders" else None
        self.place = replace(self.place, order=order, in_doubt=False)
        opened, tray = self.place.open, self._finder.tray
        if opened is not None:
            self.place = replace(self.place, open=replace(opened, box=box, who=who, counted=False))
        elif self._by == "orders":
            self._open(box, self.place.next_seq, who)
        elif tray is not None and tray >= self.place.free_seq:
            self._open(box, tray, who)
        else:
            self.place = replace(self.place, said_box=box, who=who)
        return ended

    def end(self, order: str) -> Ended | None:
        """Somebody says that the box has ended; the rest of its tray is none."""
        self.place = replace(self.place, order=order)
        return self._close(self.place.next_seq - 1)

    def end_run(self, *, is_whole: bool = False) -> Ended | None:
        """The run has ended, and what is still under the camera was not seen whole, unless somebody knows better."""
        self._finder.end()
        return self._close(self.place.next_seq - 1, "" if is_whole else RUN_ENDED)

    def _passed(self, tray: Tray, last_seq: int) -> Ended | None:
        """A tray has passed, and those with it that nobody saw."""
        ended = self._close(last_seq, UNSEEN if tray.unseen else "")
        if ended is None:
            return None
        behind = [one for one in sorted(self.boxes) if one > ended.open.box and one not in self._done]
        if self.place.said_box is None and 1 < tray.unseen <= len(behind):
            self.place = replace(self.place, said_box=behind[tray.unseen - 1])
        return replace(ended, way_mm=tray.way_mm)

    def _found(self, first: int) -> None:
        if self.place.open is not None or first < self.place.free_seq:
            return
        box = self.next_box
        if box is None:
            self.strays += 1
        else:
            self._open(box, first, self.place.who)

    def _open(self, box: int, first_seq: int, who: str) -> None:
        opened = Open(box, max(first_seq, self.place.free_seq), who, self._clock(), self.place.in_doubt)
        self.place = replace(self.place, open=opened, said_box=None, who="")

    def _close(self, last_seq: int, cut: str = "") -> Ended | None:
        opened = self.place.open
        if opened is None:
            return None
        if cut in PASSED:
            self._done.add(opened.box)
        said = opened.box if cut == RUN_ENDED and self.place.said_box is None else self.place.said_box
        last = max(last_seq, opened.first_seq)
        self.place = replace(self.place, open=None, free_seq=last + 1, said_box=said)
        return Ended(opened, last, cut)
