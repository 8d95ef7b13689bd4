"""View of a raw recording, scene, dark or white, one line after another."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
from crc32c import crc32c

from oreline.errors import RecordingError
from oreline.messages import RawLine, StreamInfo
from oreline.moment import NEVER
from oreline.recordings.appended import AppendedFile
from oreline.recordings.envi_header import header_of, read_fields, write_header
from oreline.recordings.envi_writer import band_fields, layout_fields
from oreline.recordings.names import HEADER, STAMP_BYTES, STAMPS
from oreline.recordings.raw import lines as table
from oreline.recordings.raw import packing
from oreline.recordings.raw.layout import DATA, LINES, PACKED
from oreline.recordings.raw.packing import PACKING
from oreline.standing import Standing

COUNTS = np.dtype("<u2")
COUNTED, MARK = 12, b"\nlines = "
"""Digits of the number of lines in a header."""


class ViewWriter:
    """Appends lines. What was written before a `flush` is found again by `resume`, whatever happened since.

    `lines`: how many there are. `sha256`: of the data file, None where nobody has seen all of it.
    """

    def __init__(self, stem: Path, fields: Mapping[str, str], lines: int, end: int) -> None:
        """`stem`: of the files' names. `end`: bytes of the data file that are of its `lines`."""
        self.stem, self.lines, self._fields = stem, lines, dict(fields)
        header = header_of(self._file(HEADER), fields)
        self._shape = header.bands, header.samples
        self._packed = PACKING in fields
        self.data = self._file(PACKED if self._packed else DATA)
        self._data = AppendedFile(self.data, end)
        self._stamps = AppendedFile(self._file(STAMPS), lines * STAMP_BYTES)
        self._table = AppendedFile(self._file(LINES), table.size_of(lines))
        self._rows, self._times = list[bytes](), list[bytes]()
        self._sha256 = None if lines else hashlib.sha256()
        self._header = LineCount(self._file(HEADER))
        self._header.say(lines)

    @classmethod
    def create(cls, stem: Path, info: StreamInfo, *, packed: bool = False) -> Self:
        """Start the files of a view, in place of any of that name."""
        fields = layout_fields(info.samples, info.bands, 0, COUNTS) | band_fields(info.wavelengths_nm) | _about(info)
        if packed:
            fields |= {PACKING: packing.NAME}
        for suffix, content in ((PACKED if packed else DATA, b""), (STAMPS, b""), (LINES, table.HEAD)):
            _beside(stem, suffix).write_bytes(content)
        LineCount.create(_beside(stem, HEADER), fields)
        return cls(stem, fields, 0, 0)

    @classmethod
    def resume(cls, stem: Path, before: int) -> Self:
        """Go on after the last line whose sequence number is lower; what the files hold beyond it is cut off. Raises
        RecordingError where they do not hold that line whole."""
        try:
            rows = _beside(stem, LINES)
            lines = table.rows_before(rows, before)
            end = table.read_row(rows, lines - 1)["end"] if lines else 0
            fields = read_fields(_beside(stem, HEADER))
            names = PACKED if PACKING in fields else DATA, STAMPS
            data, stamps = (_beside(stem, suffix).stat().st_size for suffix in names)
        except (OSError, ValueError) as error:
            raise _unfit(stem) from error
        if data < end or stamps < lines * STAMP_BYTES:
            raise _unfit(stem)
        return cls(stem, fields, lines, end)

    def write(self, line: RawLine) -> None:
        """Append one line. Raises OSError where the disk takes no more."""
        if line.counts.shape != self._shape:
            raise RecordingError(f"{self.stem.name} takes lines of shape {self._shape}, not {line.counts.shape}")
        counts = np.ascontiguousarray(line.counts, COUNTS)
        plain = counts.reshape(-1).view(np.uint8).data
        content = packing.pack(counts) if self._packed else plain
        self._data.write(content)
        if self._sha256 is not None:
            self._sha256.update(content)
        self._rows.append(table.row(line, self._data.size, crc32c(plain)))
        self._times.append(np.array([line.stamp.t_ns, line.stamp.encoder], "<i8").tobytes())
        self.lines += 1

    def flush(self) -> None:
        """Write what belongs to the lines, and say in the header how many there are."""
        if self._rows:
            self._table.write(b"".join(self._rows))
            self._stamps.write(b"".join(self._times))
            self._rows, self._times = [], []
            self._header.say(self.lines)

    def refuse_gone(self) -> None:
        """Raise SystemRefused where a file is not in its place any more."""
        self._header.standing.refuse_gone()
        for file in self.files:
            file.refuse_gone()

    def put_back(self) -> bool:
        """Put files in their places that were removed, see `AppendedFile.put_back`. Returns whether there were any."""
        put = [file.put_back() for file in self.files]
        if any(put) or self._header.standing.gone:
            self._header = LineCount.create(self._file(HEADER), self._fields)
            self._header.say(self.lines)
            return True
        return False

    def close(self) -> str | None:
        """Flush, wait for the disk, and return the sha256 of the data file, None where nobody has seen all of it."""
        if not self._data.closed:
            self.flush()
            for file in self.files:
                file.close()
        return None if self._sha256 is None else self._sha256.hexdigest()

    def abandon(self) -> None:
        """Let go of the files as they are."""
        for file in self.files:
            file.abandon()

    @property
    def files(self) -> tuple[AppendedFile, ...]:
        return self._data, self._stamps, self._table

    def _file(self, suffix: str) -> Path:
        return _beside(self.stem, suffix)


class LineCount:
    """The number of lines in a header: written over in place, so that neither a kill nor a power cut leaves a header
    that is not whole."""

    def __init__(self, header: Path) -> None:
        """Of a header that is there. Raises RecordingError where it has no room for such a number."""
        self._header, text = header, header.read_bytes()
        self.standing = Standing(header)
        self._at = text.find(MARK) + len(MARK)
        if MARK not in text or len(text[self._at :].partition(b"\n")[0]) != COUNTED:
            raise RecordingError(f"{header} is no header of a raw recording of ours: its `lines` has another width")

    @classmethod
    def create(cls, header: Path, fields: Mapping[str, str]) -> Self:
        """Write a header, and wait for the disk."""
        write_header(header, {**fields, "lines": "0".ljust(COUNTED)})
        with header.open("rb") as file:
            os.fsync(file.fileno())
        return cls(header)

    def say(self, lines: int) -> None:
        """There are so many now."""
        handle = os.open(self._header, os.O_RDWR | os.O_NOFOLLOW)
        try:
            words = str(lines).ljust(COUNTED).encode()
            if os.pread(handle, COUNTED, self._at) != words:
                os.pwrite(handle, words, self._at)
        finally:
            os.close(handle)


def _beside(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _unfit(stem: Path) -> RecordingError:
    return RecordingError(
        f"{stem} lacks lines that were committed, as after a power cut: `oreline repair {stem.parents[1]}` brings it "
        "to its last whole line, and the next start goes on from there"
    )


def _about(info: StreamInfo) -> dict[str, str]:
    """More fields of a header, in words that `oreline.recordings.conditions` hears; numbers to the last bit."""
    known = {
        "exposure": f"{info.exposure_us!r} us" if math.isfinite(info.exposure_us) else "",
        "gain": f"{info.gain!r}x" if math.isfinite(info.gain) else "",
        "frame rate": f"{info.line_rate_hz!r} Hz" if info.line_rate_hz > 0 else "",
        "camera temperature": f"{info.temperature_c:g} C" if math.isfinite(info.temperature_c) else "",
        "acquisition time": "" if info.clock == NEVER else info.clock.text,
    }
    return {
        "sensor type": info.camera,
        "serial number": info.serial,
        "run": info.run.hex(),
        "x start": str(info.offset_x),
        "full scale": str(info.full_scale),
        **{key: text for key, text in known.items() if text},
    }
