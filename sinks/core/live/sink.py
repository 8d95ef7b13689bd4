"""Sink that follows the boxes of a hole as they pass, and writes down which lines each of them is.

It is no place of record: the log is. What it was not sent, while it was away or too slow, it reads in the journal, so
that boxes begin and end with the same lines whatever becomes of this process. What is made of a box is made beside it,
by a process of its own.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from oreline.config import Config, Section
from oreline.errors import OrelineError, StageFailed
from oreline.expected import Expected
from oreline.files import write_whole
from oreline.guard import refusal
from oreline.incidents import report
from oreline.messages import EndOfStream, Gap, LabelLine, Message, Reason, StreamInfo
from oreline.moment import now
from oreline.orders import OrderFile, OrderReader
from oreline.sink import LOG, Policy, Sink
from sinks.core.box_scans import BoxScan
from sinks.core.live.journal_lines import Glance, Way, counts_of, following, glances, share_of
from sinks.core.live.making import Making
from sinks.core.live.orders import ORDER, BoxSaid, CoreOrder, CoreSaid, Sayer
from sinks.core.live.scanning import PASSED, Ended, Place, Scanning
from sinks.core.live.settings import CoreSettings
from sinks.core.live.trays import TrayFinder
from sinks.core.session_file import read_session
from sinks.core.session_in_force import box_of, take
from sinks.log.journal import JOURNAL

PLACE = "scanning.json"
"""In the hole's folder."""
TICK_S, SAVE_S = 0.1, 1.0
NOBODY = "oreline"
JOURNAL_S = 20.0
"""A journal that has got nothing more for so long gets no more."""


class Core(Sink):
    """The core log of a line."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    budget_ms: ClassVar[float] = 2000.0
    needs: ClassVar[tuple[str, ...]] = (LOG,)
    Settings: ClassVar[type[Section]] = CoreSettings

    def __init__(self, settings: CoreSettings, output: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._output, self._clock = settings, output, clock
        self.folder, self._session = take(settings.session, output, NOBODY)
        self._source = settings.session.stat()
        self._waiting: deque[Glance | Gap] = deque()
        self._ended: deque[tuple[Ended, BoxScan]] = deque()
        """Scans that are not written down yet."""
        self._way = Way()
        self._next_tick = self._next_save = 0.0
        self._answer, self._saved = ("", "", False), Place()
        self._report: dict[str, Any] | None = None
        self._follows = False
        self._end_seq = 0
        """Of the stream, once it has ended."""
        self._scanning = self._resumed()

    @classmethod
    def check(cls, settings: CoreSettings, expected: Expected) -> None:
        """Raises ConfigError where the session is not right, or nothing makes labels."""
        expected.must_have(cls.stream)
        if settings.session not in expected.files:
            read_session(settings.session)

    @classmethod
    def open(cls, settings: CoreSettings, output: Path) -> Core:
        """Take the session, and go on with the box that was under the camera. Raises ConfigError."""
        return cls(settings, output)

    def join(self, config: Config) -> None:
        self._orders, self._sayer = OrderReader(config.line.folder / ORDER), Sayer(config)
        self._making = Making(self.folder, config)

    def resume(self) -> None:
        """What is under the camera now; what was missed is read in the journal."""
        return

    def consume(self, messages: list[Message]) -> None:
        for one in messages:
            if isinstance(one, LabelLine):
                self._waiting.append(Glance(one.stamp.seq, one.stamp.encoder, share_of(one.labels)))
            elif isinstance(one, Gap):
                if one.reason is not Reason.SHED:
                    self._waiting.append(one)
            elif isinstance(one, StreamInfo):
                self._described(one)
            elif isinstance(one, EndOfStream):
                self._end_seq = one.seq

    def commit(self) -> None:
        """Look at what has come, as far as all before it is known."""
        self._go_on()
        self.idle()

    def idle(self) -> None:
        if self._clock() < self._next_tick:
            return
        self._next_tick = self._clock() + TICK_S
        self._go_on()
        self._follow()
        self._making.tick()
        self._save()
        self._say()

    def close(self) -> dict[str, Any]:
        """End the box that is still under the camera, and make what is to be made of the hole."""
        if self._report is None:
            self._await_journal()
            self._catch_up(self._scanning.place.run)
            self._write(self._scanning.end_run())
            self._refuse("the run has ended")
            self._save(whole=True)
            self._say()
            artefacts = self._making.finish()
            self._say()
            scans = self.folder.scans.read()
            told = {"scans": len(scans.all), "boxes": sorted(scans.in_force), "verdicts": self._making.counted()}
            self._report = {"hole": self._session.hole.id, **told, "artefacts": artefacts}
        return self._report

    def _resumed(self) -> Scanning:
        """Scanning as it was left; of a run that has gone on since, or ended, the rest is in the journal."""
        try:
            place = Place.of(json.loads((self.folder.path / PLACE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            place = Place()
        settings = self._settings
        scans = self.folder.scans.read()
        ways_mm = [one.way_mm for one in scans.all if one.way_mm]
        finder = TrayFinder(settings.least_share, settings.table_mm, ways_mm, self._session.row_mm)
        done, self._scanned = [one.box for one in scans.all if one.cut in PASSED], len(scans.in_force)
        place = place.again().behind(max((one.last_seq for one in scans.all if one.run == place.run), default=-1))
        return Scanning(self._numbers, settings.boxes, finder, place, done, lambda: now().text)

    @property
    def _numbers(self) -> list[int]:
        return [box.number for box in self._session.boxes]

    def _described(self, info: StreamInfo) -> None:
        """The stream is described; another run than the one before first has what was left of that."""
        run, before = info.run.hex(), self._scanning.place.run
        if run != before:
            if before:
                self._waiting.clear()
                self._catch_up(before)
                self._write(self._scanning.end_run())
            self._scanning.begin_run(run, info.seq)
            self._way.begin_run()
            self._refuse("it was given before this run began: give it again")
            self._save(whole=True)
        self._follows = True
        self._way.counts, self._way.pitch_mm = info.counts_per_line, info.pitch_mm or 1.0

    def _catch_up(self, run: str) -> None:
        """Look at all lines of a run that the journal has and this has not seen."""
        if run and following(self._output, run):
            counts, pitch = counts_of(self._output, run)
            self._way.counts, self._way.pitch_mm = counts, pitch or 1.0
            self._read(following(self._output, run))

    def _await_journal(self) -> None:
        """Wait until the journal has the end of the stream, as long as it gets on."""
        if not (self._output / JOURNAL).is_file():
            return
        run, at, since = self._scanning.place.run, -1, self._clock()
        while (there := following(self._output, run)) < self._end_seq and self._clock() - since < JOURNAL_S:
            at, since = (there, self._clock()) if there != at else (at, since)
            time.sleep(TICK_S)

    def _go_on(self) -> None:
        """Look at lines in order; where some were not sent, once the journal has them."""
        self._write_down()
        while self._waiting:
            head, place = self._waiting[0], self._scanning.place
            first = head.seq if isinstance(head, Glance) else head.first
            if first > place.next_seq:
                if following(self._output, place.run) < first:
                    return
                self._read(first)
            self._waiting.popleft()
            if isinstance(head, Gap):
                self._scanning.skip(max(self._scanning.place.next_seq, head.first + head.n))
            elif head.seq >= self._scanning.place.next_seq:
                self._see(head)

    def _read(self, stop: int) -> None:
        place = self._scanning.place
        for one in glances(self._output, place.run, place.next_seq, stop):
            self._see(one)
        self._scanning.skip(max(self._scanning.place.next_seq, stop))

    def _see(self, one: Glance) -> None:
        strays, opened = self._scanning.strays, self._scanning.place.open
        self._write(self._scanning.see(one.seq, one.share, self._way.to(one)))
        if self._scanning.strays > strays:
            hole = self._session.hole.id
            words = f"a tray passes, but the session of {hole} has no more boxes: add it to {self._settings.session}"
            report("core", "core_stray", words, seq=one.seq)
        if self._scanning.place.open is not opened:
            self._save(whole=True)

    def _write(self, ended: Ended | None) -> None:
        """Write a scan down, and have its verdict and tables made."""
        if ended is not None:
            self._ended.append((ended, ended.scan(self._scanning.place.run, now().text)))
        self._write_down()

    def _write_down(self) -> None:
        """Write scans that have ended; one that finds no room is tried again, with those behind it. Raises
        StoreFailed."""
        if not self._ended:
            return
        while self._ended:
            ended, scan = self._ended[0]
            self._making.add(self.folder.scans.add(scan))
            self._ended.popleft()
            if ended.cut:
                words = f"box {ended.open.box}: {ended.cut}; scan it again"
                report("core", "core_cut", words, seq=ended.last_seq)
        self._scanned = len(self.folder.scans.read().in_force)
        self._save(whole=True)

    def _follow(self) -> None:
        """Do what somebody orders, once there is a run that it is about, and take a session that was changed."""
        told = self._orders.poll() if self._follows else None
        if told is not None:
            self._obey(told)
        self._take_again()

    def _obey(self, told: dict[str, Any]) -> None:
        try:
            order = CoreOrder.model_validate(told)
        except ValueError as error:
            self._orders.refuse(str(error).splitlines()[0])
            return
        if order.id == self._scanning.place.order:
            return
        try:
            self._answer = order.id, self._done(order), False
        except OrelineError as error:
            self._answer = order.id, str(error), True
        self._save(whole=True)

    def _refuse(self, why: str) -> None:
        """Do not do what somebody has ordered and was not done yet, nor later."""
        identity = OrderFile(self._orders.path).read().get("id")
        if isinstance(identity, str) and identity != self._scanning.place.order:
            self._answer = identity, why, True
            self._scanning.place = replace(self._scanning.place, order=identity)

    def _done(self, order: CoreOrder) -> str:
        place = self._scanning.place
        if order.verb == "end":
            if place.open is None:
                raise StageFailed("no box is being scanned")
            self._write(self._scanning.end(order.id))
            return f"box {place.open.box} has ended"
        box = box_of(self._session, order.box or 0)
        self._write(self._scanning.begin(box.number, order.id, order.who))
        opened, before = self._scanning.place.open, self.folder.scans.read().in_force.get(box.number)
        tray = "the next tray" if opened is None else f"the tray that passes since line {opened.first_seq}"
        again = f"; its scan {before.scan} of {before.when} goes out of force once it has passed" if before else ""
        return f"{tray} is box {box.number}{again}"

    def _take_again(self) -> None:
        """Take the technician's file where it has changed; one that is not right is said, and changes nothing."""
        try:
            status = self._settings.session.stat()
        except OSError:
            return
        if (status.st_mtime_ns, status.st_size) == (self._source.st_mtime_ns, self._source.st_size):
            return
        self._source = status
        try:
            self.folder, self._session = take(self._settings.session, self._output, NOBODY)
        except OrelineError as error:
            report("core", "core_session", f"{error}; the session before stays in force")
        else:
            self._scanning.boxes = self._numbers

    def _save(self, *, whole: bool = False) -> None:
        """Leave where to go on; at once where a box has begun or ended, and is written down. Raises StoreFailed."""
        if self._ended or (not whole and self._clock() < self._next_save):
            return
        self._next_save = self._clock() + SAVE_S
        place = self._scanning.kept
        if place != self._saved:
            path = self.folder.path / PLACE
            try:
                write_whole(path, json.dumps(place.told()).encode())
            except OSError as error:
                raise refusal(error, path) from None
            self._saved = place

    def _say(self) -> None:
        place = self._scanning.place
        order, words, refused = self._answer
        opened, following_box = place.open, self._scanning.next_box
        self._sayer.say(
            CoreSaid(
                hole=self._session.hole.id, by=self._settings.boxes, boxes=len(self._session.boxes),
                scanned=self._scanned, scanning=self._said(opened.box, opened.when) if opened else None,
                next=self._said(following_box), making=self._making.waiting, verdicts=self._making.last,
                order=order, words=words, refused=refused,
            )
        )  # fmt: skip

    def _said(self, number: int | None, since: str = "") -> BoxSaid | None:
        box = next((one for one in self._session.boxes if one.number == number), None)
        return None if box is None else BoxSaid(box=box.number, from_m=box.from_m, to_m=box.to_m, since=since)
