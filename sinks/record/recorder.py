"""Recorder: what becomes of a stream in files, whichever they are.

A sidecar, `NAME.place.json`, names the file that is open and how much of it is committed: after a crash, what lies
beyond is cut off and asked for again. No other file is ever written over.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from oreline.config import Section
from oreline.errors import OrelineError, StoreFailed
from oreline.incidents import report
from oreline.messages import Message
from oreline.sink import Policy
from sinks.record.place import Place
from sinks.record.settings import RecordSettings

SIDECAR = "place.json"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL = "free space, nothing is lost"
FAILED = "see to the disk; when it is well, `oreline repair` says whether what it had is whole"


class Writer(Protocol):
    """What a recorder writes to. `header`: by which it is opened again. `data`: what is missing where it is gone."""

    @property
    def header(self) -> Path: ...
    @property
    def data(self) -> Path: ...
    @property
    def lines(self) -> int: ...
    def flush(self) -> None: ...
    def refuse_gone(self) -> None: ...
    def put_back(self) -> bool: ...
    def close(self) -> None: ...
    def abandon(self) -> None: ...


W = TypeVar("W", bound=Writer)


class Recorder(ABC, Generic[W]):
    """Takes one stream into files. A file ends where the run does, or where lines become others."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    stream: ClassVar[str]
    acts_on_plant: ClassVar[bool] = False
    Settings: ClassVar[type[Section]] = RecordSettings

    def __init__(self, settings: RecordSettings, output: Path) -> None:
        self._settings, self._output = settings, output
        self._sidecar = output / f"{settings.name}.{SIDECAR}"
        self._committed = self._place = Place.read(self._sidecar)
        self._headers: list[Path] = []
        self._writer: W | None = None
        self._report: dict[str, Any] | None = None
        self._pending: list[Message] = []
        self._taken = 0

    def resume(self) -> tuple[bytes, int] | None:
        committed = self._committed
        return (bytes.fromhex(committed.run), committed.next) if committed.run else None

    def consume(self, messages: list[Message]) -> None:
        self._pending += messages

    def commit(self) -> None:
        """Write what was consumed, then where it ends. Raises StoreFailed; what was half written is cut off then.
        Raises SystemRefused where the file is not in its place any more."""
        self._refuse_gone()
        try:
            while self._taken < len(self._pending):
                message = self._pending[self._taken]
                self._take(message)
                self._place = replace(self._place, next=max(self._place.next, message.first + message.n))
                self._taken += 1
            if self._writer is not None:
                self._settle(self._writer)
        except OrelineError:
            raise
        except OSError as error:
            if self._writer is not None:
                self._writer.abandon()
            self._writer, self._place, self._taken = None, self._committed, 0
            remedy = FULL if error.errno in NO_ROOM else FAILED
            raise StoreFailed(f"{self._output} cannot be written: {error.strerror or error}; {remedy}") from error
        self._pending, self._taken = [], 0

    @abstractmethod
    def _take(self, message: Message) -> None:
        """Write one message."""

    @abstractmethod
    def _go_on(self) -> None:
        """Open the file of the last commit again."""

    @abstractmethod
    def _cut_off(self) -> None:
        """Of the file of the last commit, which is closed, cut off what was not committed: it will come again."""

    @abstractmethod
    def _drop(self, writer: W) -> None:
        """Remove a file, closed, that got no line."""

    @abstractmethod
    def _header(self, run: str, part: int) -> Path:
        """By which a part of a run is opened again."""

    @abstractmethod
    def _is_free(self, header: Path) -> bool:
        """Whether nothing is there of that name."""

    def _settle(self, writer: W) -> None:
        place = replace(self._place, lines=writer.lines)
        if place != self._committed:
            writer.flush()
            self._note(place)

    def _note(self, place: Place) -> None:
        place.write(self._sidecar)
        self._committed = self._place = place

    def idle(self) -> None:
        """Raises SystemRefused where a file that was committed has been removed or moved."""
        self._refuse_gone()

    def close(self) -> dict[str, Any]:
        """Close the file; lines that were not committed are cut off, since they will come again. A file that is not in
        its place is put there again before."""
        if self._report is None:
            if self._writer is not None:
                self._put_back(self._writer)
                self._writer.close()
            if self._committed.header and (self._output / self._committed.header).is_file():
                self._cut_off()
            what = self._settings.what
            names = [what, *(f"{what}_{i:03d}" for i in range(1, len(self._headers)))]
            artefacts = {name: str(path) for name, path in zip(names, self._headers, strict=False)}
            self._report = {"lines": self._committed.lines, "end": self._committed.next, "artefacts": artefacts}
        return self._report

    def _refuse_gone(self) -> None:
        if self._writer is not None:
            self._writer.refuse_gone()

    def _put_back(self, writer: W) -> None:
        if writer.put_back():
            report("", "put_back", f"{writer.data} was removed or moved while it was open: it is there again, whole")
            self._note(self._committed)

    def _new_part(self, run: str, first: int, **about: Any) -> tuple[Path, int]:
        """Note down the file that is made next, and give its name. What came before is on the disk then; a file that is
        there and not noted is somebody's, and stays. `first`: sequence number at which a run begins."""
        same_run = run == self._place.run
        if self._writer is not None:
            self._end_file(self._writer)
        if not same_run:
            self._headers.clear()
        part = self._free_part(run, self._place.part if same_run else 0)
        header = self._header(run, part)
        next_seq = self._place.next if same_run else first
        self._note(Place(run, next_seq, str(header.relative_to(self._output)), part, 0, **about))
        self._pending, self._taken = self._pending[self._taken :], 0
        return header, part

    def _free_part(self, run: str, first: int) -> int:
        """The first part from there on of which no file is there."""
        return next(part for part in count(first) if self._is_free(self._header(run, part)))

    def _end_file(self, writer: W) -> None:
        """Close the open file; one without a line, as before the first scene line, goes."""
        writer.close()
        if not writer.lines and self._headers[-1] == writer.header:
            self._headers.pop()
            self._drop(writer)

    def _attach(self, writer: W) -> None:
        self._writer = writer
        if writer.header not in self._headers:
            self._headers.append(writer.header)
