"""Recorder of raw lines: the counts as they came, dark, white and scene, in the layout of LUMO."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from oreline.errors import RecordingError, StreamError
from oreline.messages import Gap, Line, Message, RawLine, StreamInfo
from oreline.recordings.raw.layout import MANIFEST
from oreline.recordings.raw.writer import RawWriter, cut_off, discard
from sinks.record.recorder import Recorder


class RawRecord(Recorder[RawWriter]):
    """Records counts, uint16 BIL (lines, bands, samples), beside whatever else takes them."""

    stream: ClassVar[str] = "raw"

    def _take(self, message: Message) -> None:
        if isinstance(message, StreamInfo):
            self._see(message)
        elif isinstance(message, RawLine):
            self._open_writer().write(message)
        elif isinstance(message, Gap):
            self._open_writer().gap(message)
        elif isinstance(message, Line):
            raise StreamError(f"this recorder takes raw lines, but a {type(message).__name__} came: set another what")

    def _open_writer(self) -> RawWriter:
        if self._writer is None:
            self._go_on()
        if self._writer is None:
            raise StreamError("a line came before the StreamInfo that describes it")
        return self._writer

    def _see(self, info: StreamInfo) -> None:
        """Go on where that setting and view fit the recording that is open, or begin another."""
        run = info.run.hex()
        same_run = run == self._place.run
        if same_run and self._writer is None:
            self._go_on()
        if same_run and self._writer is not None and self._writer.suits(info):
            self._writer.see(info)
            return
        header, part = self._new_part(run, info.seq)
        before = self._header(run, part - 1)
        references = before.parent if part and before.is_file() else None
        self._attach(RawWriter.create(header.parent, info, part, references, packed=self._settings.packed))

    def _go_on(self) -> None:
        """One whose making was cut short has no manifest, and is made again."""
        place = self._committed
        header = self._output / place.header
        if place.header and header.is_file():
            self._attach(RawWriter.resume(header.parent, place.next, packed=self._settings.packed))
        elif place.lines:
            raise RecordingError(f"{header} is not there any more: put it back, or move {self._sidecar} away, too")
        elif place.header:
            discard(header.parent)

    def _cut_off(self) -> None:
        cut_off((self._output / self._committed.header).parent, self._committed.next)

    def _drop(self, writer: RawWriter) -> None:
        discard(writer.folder)

    def _header(self, run: str, part: int) -> Path:
        return self._output / f"{self._settings.name}_{run[:12]}_{part:03d}" / MANIFEST

    def _is_free(self, header: Path) -> bool:
        return not header.parent.exists()
