"""ENVI headers, read strictly.

A header is text that anyone may have written: every number is checked, nothing in it can name another file, and what
cannot be understood is refused rather than guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import RecordingError
from oreline.recordings.envi_fields import FieldReader
from oreline.recordings.envi_text import FieldError, fields_of, unclean
from oreline.text import decode

_LAYOUT = ("samples", "bands", "lines", "interleave", "data type", "byte order", "header offset", "file compression")
_LARGEST_HEADER = 1 << 20
_LARGEST_CUBE = 1 << 62


@dataclass(frozen=True)
class EnviHeader:
    """What a header says of its data file. `lines` is what it promises, 0 where the writer never came to say.

    `wavelengths_nm`, `fwhm_nm`: one a band, or empty. `x_start`: first sample on the sensor, from 0.
    `full_scale`: the count of a saturated pixel, None where the header does not say. `fields`: all keys, in lower case.
    `bad_bands`: from 0, those of which nothing is to be concluded. `ignored`: the value that stands for no data, None
    where there is none. `notes`: what was assumed or left out, each a sentence.
    """

    samples: int
    bands: int
    lines: int
    interleave: str
    dtype: np.dtype[Any]
    offset: int
    wavelengths_nm: tuple[float, ...]
    fwhm_nm: tuple[float, ...]
    x_start: int
    full_scale: int | None
    fields: Mapping[str, str]
    bad_bands: tuple[int, ...] = ()
    ignored: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Size that it promises of the data file."""
        return self.offset + self.samples * self.lines * self.bands * self.dtype.itemsize


def read_header(path: Path) -> EnviHeader:
    """Parse an ENVI header. Raises RecordingError where a field is missing, impossible or of a kind not read here."""
    return header_of(path, read_fields(path))


def read_fields(path: Path) -> dict[str, str]:
    """The fields of an ENVI header as text, keys in lower case. Raises RecordingError where it is none."""
    try:
        return fields_of(_text(path), unique=_LAYOUT)
    except FieldError as error:
        raise RecordingError(f"{path}: {error}") from None


def header_of(path: Path, fields: Mapping[str, str]) -> EnviHeader:
    """A header of fields that are text still. Raises RecordingError that names `path`."""
    read = FieldReader(path, fields)
    read.refuse_other_layouts()
    bands = read.integer("bands", None, 1)
    wavelengths_nm, fwhm_nm = read.spectral(bands)
    header = EnviHeader(
        samples=read.integer("samples", None, 1),
        bands=bands,
        lines=read.integer("lines", None, 0),
        interleave=read.interleave(),
        dtype=read.dtype(),
        offset=read.integer("header offset", 0, 0),
        wavelengths_nm=wavelengths_nm,
        fwhm_nm=fwhm_nm,
        x_start=read.first_sample(),
        full_scale=read.integer("full scale", 0, 0) or None,
        fields=fields,
        bad_bands=read.bad_bands(bands),
        ignored=read.ignored(),
        notes=tuple(read.notes),
    )
    if header.samples * bands * max(header.lines, 1) * header.dtype.itemsize > _LARGEST_CUBE:
        raise read.refusal(f"samples x lines x bands = {header.samples} x {header.lines} x {bands} fits no file")
    return header


def write_header(path: Path, fields: Mapping[str, str]) -> None:
    """Write a header in one atomic step: a reader sees the old one or the new one, never half of it."""
    if (key := unclean(fields)) is not None:
        raise RecordingError(
            f"{path.name}: {key!r} cannot be written to an ENVI header, it has a line break, '=' or an open brace"
        )
    text = "ENVI\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def braces(values: Iterable[object]) -> str:
    """A list as ENVI writes it: `{1, 2, 3}`."""
    return "{" + ", ".join(str(value) for value in values) + "}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_HEADER + 1)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror or error}") from error
    if len(raw) > _LARGEST_HEADER:
        raise RecordingError(f"{path} is no ENVI header: it has more than {_LARGEST_HEADER} bytes")
    try:
        text = decode(raw).lstrip("\ufeff\r\n\t ")
    except UnicodeDecodeError:
        text = ""
    if not text.startswith("ENVI") or "\0" in text:
        raise RecordingError(f"{path} is no ENVI header: its first line must be ENVI, and text must follow")
    return text
