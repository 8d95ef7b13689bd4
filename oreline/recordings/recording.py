"""Recordings: a cube of counts, its references, and where to find them.

Every format is seen through one window, `Recording.cube` (lines, bands, samples), a view of the mapped file. A file
that is shorter than its header promises plays the whole lines that it holds, and says how many are missing.

What belongs to a recording is found by its name (`oreline.recordings.names`), and nothing that leads out of its folder
is opened: a recording may come from anyone.

No format of the field says when each line was exposed. Ours stands beside the data file, as `NAME.stamps`: int64,
little-endian, (lines, 2), the time in ns and the encoder's count. A line without a stamp counts as missing.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.files import is_within
from oreline.recordings import envi_header, tiff
from oreline.recordings.conditions import Conditions
from oreline.recordings.names import HEADER, STAMP_BYTES, STAMPS, TIFF_SUFFIXES, find_data, find_header, name_of
from oreline.recordings.raw import packing
from oreline.recordings.raw.chunks import Chunks
from oreline.recordings.raw.layout import PACKED

PIECE_BYTES = 32 << 20


@dataclass(frozen=True)
class Recording:
    """A cube on disk.

    `lines`: whole lines that can be read; `missing_lines`: what the header promised beyond them.
    `dtype` carries the byte order. `offset`: bytes before the first value. `strides`: bytes from one line, band
    and sample to the next; None where the file must be decoded (TIFF). `x_start`: first sample on the sensor.
    `wavelengths_nm`, `fwhm_nm`: one a band, or empty. `full_scale`: the count of a saturated pixel, None if unknown.
    `metadata`: the header's fields; `conditions`: what they say of how it was taken. `stamps`: the file of the lines'
    stamps, None where there is none. `name`: without the suffixes of its files; `header`: None of a TIFF. `chunks`: of
    a packed one.
    `bad_bands`: from 0, those of which nothing is to be concluded. `ignored`: the value that stands for no data, None
    where there is none. `notes`: what of its header was assumed or left out, each a sentence.
    """

    path: Path
    samples: int
    bands: int
    lines: int
    interleave: str
    dtype: np.dtype[Any]
    offset: int = 0
    strides: tuple[int, int, int] | None = None
    missing_lines: int = 0
    x_start: int = 0
    wavelengths_nm: tuple[float, ...] = field(default=(), repr=False)
    fwhm_nm: tuple[float, ...] = field(default=(), repr=False)
    full_scale: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    stamps: Path | None = None
    bad_bands: tuple[int, ...] = ()
    ignored: float | None = None
    notes: tuple[str, ...] = ()
    name: str = ""
    header: Path | None = None
    conditions: Conditions = field(default_factory=Conditions)
    chunks: Chunks | None = field(default=None, repr=False)

    @cached_property
    def cube(self) -> NDArray[Any]:
        """Read-only view (lines, bands, samples) of the mapped file. A TIFF, and what is packed, is decoded into
        memory."""
        shape = (self.lines, self.bands, self.samples)
        if self.chunks is not None:
            return self.chunks.read(0, self.lines)
        if self.strides is None:
            return tiff.read_cube(self.path, tiff.read_layout(self.path))[: self.lines]
        if self.lines == 0:
            return np.empty(shape, self.dtype)
        with self.path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.ndarray(shape, self.dtype, mapped, self.offset, self.strides)

    @cached_property
    def line_rate_hz(self) -> float | None:
        """Mean rate at which it was recorded, by its stamps or its header; None where neither says it."""
        if self.stamps is not None and self.lines > 1:
            span = int(np.diff(self.read_stamps()[[0, -1], 0])[0])
            return (self.lines - 1) * 1e9 / span if span > 0 else None
        return self.conditions.line_rate_hz

    def read_stamps(self) -> NDArray[np.int64]:
        """Time in ns and encoder count of each line, int64 (lines, 2); of a recording that has stamps."""
        assert self.stamps is not None
        return np.fromfile(self.stamps, "<i8", 2 * self.lines).astype(np.int64, copy=False).reshape(self.lines, 2)

    def pieces(self) -> Iterator[NDArray[Any]]:
        """All lines, views (n, bands, samples) that memory has room for."""
        step = max(1, PIECE_BYTES // (self.bands * self.samples * self.dtype.itemsize))
        for first in range(0, self.lines, step):
            end = min(first + step, self.lines)
            yield self.cube[first:end] if self.chunks is None else self.chunks.read(first, end)

    def part(self, first: int, end: int) -> Recording:
        """The lines from `first` to before `end` as a recording of their own; with stamps where it begins alike."""
        assert self.strides is not None
        offset, missing = self.offset + first * self.strides[0], self.missing_lines if end == self.lines else 0
        stamps = self.stamps if first == 0 else None
        return replace(self, lines=end - first, offset=offset, missing_lines=missing, stamps=stamps)

    def line(self, index: int) -> NDArray[Any]:
        """One line (bands, samples), a view. Raises IndexError."""
        line: NDArray[Any] = self.cube[index] if self.chunks is None else self.chunks.read(index, index + 1)[0]
        return line


def open_recording(path: Path) -> Recording:
    """Open a TIFF, an ENVI header, or an ENVI data file that has its header beside it.

    Nothing is read but headers. Raises RecordingError with what to do.
    """
    if not path.is_file():
        raise RecordingError(f"{path} is not a file: give a .hdr, its data file, or a .tif")
    if path.suffix.lower() in TIFF_SUFFIXES:
        return _stamped(_open_tiff(path))
    if path.suffix.lower() == HEADER:
        said = envi_header.read_header(path)
        return _stamped(_open_envi(path, said, inside(find_data(path, said.nbytes), path.parent)))
    header = inside(find_header(path), path.parent)
    return _stamped(_open_envi(header, envi_header.read_header(header), path))


def inside(path: Path, folder: Path) -> Path:
    """What was found beside a recording. Raises RecordingError where a link leads out of the folder."""
    if not is_within(path, folder):
        raise RecordingError(
            f"{path} is a link out of {folder}: a recording is whole in its folder, copy the file there"
        )
    return path


def _stamped(recording: Recording) -> Recording:
    """With the stamps beside it, where there are any."""
    stamps = recording.path.with_name(recording.name + STAMPS)
    if not stamps.is_file():
        return recording
    inside(stamps, recording.path.parent)
    lines = min(recording.lines, stamps.stat().st_size // STAMP_BYTES)
    if not lines:
        raise RecordingError(f"{stamps} holds no stamp: delete it to play the recording without")
    missing = recording.missing_lines + recording.lines - lines
    return replace(recording, stamps=stamps, lines=lines, missing_lines=missing)


def _open_envi(header: Path, said: envi_header.EnviHeader, data: Path) -> Recording:
    conditions, size = _conditions(header, said.fields), data.stat().st_size - said.offset
    lines, strides = _layout(said, size)
    chunks = _chunks(said, data)
    if chunks is not None:
        lines, strides = min(said.lines, len(chunks)), None
    if lines == 0 and said.lines:
        raise RecordingError(f"{data} holds no whole line: {size} bytes of {said.samples} x {said.bands} samples")
    return Recording(
        path=data,
        samples=said.samples,
        bands=said.bands,
        lines=lines,
        interleave=said.interleave,
        dtype=said.dtype,
        offset=said.offset,
        strides=strides,
        missing_lines=max(0, said.lines - lines),
        x_start=said.x_start or conditions.x_start or 0,
        wavelengths_nm=said.wavelengths_nm,
        fwhm_nm=said.fwhm_nm,
        full_scale=said.full_scale or conditions.full_scale,
        metadata=said.fields,
        bad_bands=said.bad_bands,
        ignored=said.ignored,
        notes=(*said.notes, *([] if chunks else _longer(said, size))),
        name=name_of(header),
        header=header,
        conditions=conditions,
        chunks=chunks,
    )


def _chunks(said: envi_header.EnviHeader, data: Path) -> Chunks | None:
    """The lines of a packed file, None of another. Raises RecordingError where nobody here knows how it is packed."""
    how = said.fields.get(packing.PACKING)
    if how is None and data.suffix.lower() != PACKED:
        return None
    if how != packing.NAME:
        raise RecordingError(f"{data} is packed by {how or 'something that its header does not name'}: unpack it first")
    return Chunks(data, said.bands, said.samples)


def _longer(said: envi_header.EnviHeader, size: int) -> list[str]:
    """What is said of a data file that holds more than its header promises."""
    extra = size + said.offset - said.nbytes if said.lines else 0
    return [f"its header promises {extra} bytes less than there are: they are not read"] if extra > 0 else []


def _conditions(path: Path, fields: Mapping[str, str]) -> Conditions:
    try:
        return Conditions.read(fields)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def _layout(said: envi_header.EnviHeader, size: int) -> tuple[int, tuple[int, int, int] | None]:
    """Whole lines in `size` bytes, and the strides of line, band and sample.

    A header with 0 lines is one whose writer died: the size decides.
    """
    item = said.dtype.itemsize
    row, line = said.samples * item, said.samples * said.bands * item
    if said.interleave == "bsq":
        held = (size - (said.bands - 1) * said.lines * row) // row
        strides = row, said.lines * row, item
    else:
        held = size // line
        strides = (line, row, item) if said.interleave == "bil" else (line, item, said.bands * item)
    held = max(held, 0)
    return (min(held, said.lines) if said.lines or said.interleave == "bsq" else held), strides


def _open_tiff(path: Path) -> Recording:
    layout = tiff.read_layout(path)
    conditions = _conditions(path, layout.metadata)
    return Recording(
        path=path,
        samples=layout.samples,
        bands=layout.bands,
        lines=layout.lines,
        interleave=layout.interleave,
        dtype=layout.dtype,
        x_start=layout.x_start,
        wavelengths_nm=layout.wavelengths_nm,
        full_scale=conditions.full_scale,
        metadata=layout.metadata,
        bad_bands=layout.bad_bands,
        ignored=layout.ignored,
        notes=layout.notes,
        name=name_of(path),
        conditions=conditions,
    )
