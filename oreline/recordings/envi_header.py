"""ENVI headers, read strictly.

A header is text that anyone may have written: every number is checked, nothing in it can name another file, and what
cannot be understood is refused rather than guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import RecordingError

DATA_TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
INTERLEAVES = ("bil", "bip", "bsq")
DATA_SUFFIXES = (".raw", ".img", ".bil", ".bip", ".bsq", ".dat", ".cube", ".bin")
_LINE_BREAK = re.compile(r"\r\n?|\n")
"""Not `str.splitlines`, which breaks lines at characters that are text in a header, such as 0x85 of Windows' "…"."""
_LAYOUT = ("samples", "bands", "lines", "interleave", "data type", "byte order", "header offset", "file compression")
_LARGEST_HEADER = 1 << 20
_LARGEST_COUNT = 1 << 31
_LARGEST_CUBE = 1 << 62


@dataclass(frozen=True)
class EnviHeader:
    """What a header says of its data file. `lines` is what it promises, 0 where the writer never came to say.

    `wavelengths_nm`, `fwhm_nm`: one a band, or empty. `x_start`: first sample on the sensor, from 0.
    `full_scale`: the count of a saturated pixel, None where the header does not say. `fields`: all keys, in lower case.
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


def read_header(path: Path) -> EnviHeader:
    """Parse an ENVI header. Raises RecordingError where a field is missing, impossible or of a kind not read here."""
    return FieldReader(path, _parse(path, _text(path))).header()


def write_header(path: Path, fields: Mapping[str, str]) -> None:
    """Write a header in one atomic step: a reader sees the old one or the new one, never half of it."""
    for key, value in fields.items():
        if not _is_clean(key, value):
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


def find_data(header: Path) -> Path:
    """The data file of `name.hdr`: `name`, or `name` with one of DATA_SUFFIXES, in the same folder.

    Raises RecordingError where there is none, or more than one.
    """
    stem = header.with_suffix("")
    found = [p for p in (stem, *(stem.with_name(stem.name + s) for s in DATA_SUFFIXES)) if p.is_file()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RecordingError(f"{header} has no data file: expected {stem.name} or {stem.name}.raw beside it")
    names = ", ".join(p.name for p in found)
    raise RecordingError(f"{header} could belong to {names}: open the data file itself, or move the others")


def find_header(data: Path) -> Path:
    """The header of a data file: `name.raw.hdr` or `name.hdr`. Raises RecordingError where there is none."""
    for header in (data.with_name(data.name + ".hdr"), data.with_suffix(".hdr")):
        if header.is_file():
            return header
    raise RecordingError(f"{data} has no ENVI header: expected {data.stem}.hdr or {data.name}.hdr beside it")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_HEADER + 1)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror or error}") from error
    if len(raw) > _LARGEST_HEADER:
        raise RecordingError(f"{path} is no ENVI header: it has more than {_LARGEST_HEADER} bytes")
    if not raw.lstrip().startswith(b"ENVI") or b"\0" in raw:
        raise RecordingError(f"{path} is no ENVI header: its first line must be ENVI, and text must follow")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parse(path: Path, text: str) -> dict[str, str]:
    """Keys in lower case; a value in braces may go on over several lines and loses its line breaks."""
    fields: dict[str, str] = {}
    lines = iter(_LINE_BREAK.split(text.lstrip())[1:])
    for line in lines:
        key, equals, value = line.partition("=")
        if not equals or line.lstrip().startswith(";"):
            continue
        key, value = " ".join(key.lower().split()), value.strip()
        whole = _to_brace(value, lines) if value.startswith("{") else value
        if whole is None:
            raise RecordingError(f"{path}: the brace of {key!r} is never closed")
        if key in _LAYOUT and fields.get(key, whole) != whole:
            raise RecordingError(f"{path} gives {key!r} twice, as {fields[key][:40]} and as {whole[:40]}")
        fields[key] = whole
    return fields


def _to_brace(value: str, lines: Iterator[str]) -> str | None:
    """The value up to the line that ends with its brace, None where there is no such line."""
    parts = [value]
    while not parts[-1].endswith("}"):
        more = next(lines, None)
        if more is None:
            return None
        parts += [more.strip()] if more.strip() else []
    return " ".join(parts)


def _is_clean(key: str, value: str) -> bool:
    """Whether a reader finds this field and no other."""
    is_open = value.strip().startswith("{") and not value.strip().endswith("}")
    is_comment = key.lstrip().startswith(";")
    return not (is_open or is_comment or "=" in key or any(mark in key + value for mark in "\r\n\0"))


@dataclass(frozen=True)
class FieldReader:
    """Turns the text of header fields into numbers, or into a refusal that names `path`."""

    path: Path
    fields: Mapping[str, str]

    def header(self) -> EnviHeader:
        if self.integer("file compression", 0, 0) != 0:
            raise self.refusal("the file is compressed: save it uncompressed first")
        bands = self.integer("bands", None, 1)
        header = EnviHeader(
            samples=self.integer("samples", None, 1),
            bands=bands,
            lines=self.integer("lines", None, 0),
            interleave=self.interleave(),
            dtype=self.dtype(),
            offset=self.integer("header offset", 0, 0),
            wavelengths_nm=self.nanometres("wavelength", bands),
            fwhm_nm=self.nanometres("fwhm", bands),
            x_start=self.integer("x start", 0, 0),
            full_scale=self.integer("full scale", 0, 0) or None,
            fields=self.fields,
        )
        if header.samples * bands * max(header.lines, 1) * header.dtype.itemsize > _LARGEST_CUBE:
            raise self.refusal(f"samples x lines x bands = {header.samples} x {header.lines} x {bands} fits no file")
        return header

    def refusal(self, why: str) -> RecordingError:
        return RecordingError(f"{self.path}: {why}")

    def integer(self, key: str, default: int | None, least: int) -> int:
        text = self.fields.get(key)
        if text is None and default is not None:
            return default
        if text is None:
            raise self.refusal(f"the field {key!r} is missing")
        if not (text.isascii() and text.isdigit()) or len(text) > 10 or not least <= int(text) <= _LARGEST_COUNT:
            raise self.refusal(f"{key!r} must be a whole number from {least} on, not {text[:40]!r}")
        return int(text)

    def interleave(self) -> str:
        value = self.fields.get("interleave", "").lower()
        if value not in INTERLEAVES:
            raise self.refusal(f"'interleave' must be bil, bip or bsq, not {value[:40]!r}")
        return value

    def dtype(self) -> np.dtype[Any]:
        code, order = self.integer("data type", None, 1), self.integer("byte order", 0, 0)
        if code not in DATA_TYPES:
            raise self.refusal(f"data type {code} is not supported: save it as 12 (uint16) or 4 (float32)")
        if order > 1:
            raise self.refusal(f"'byte order' must be 0 (little endian) or 1 (big endian), not {order}")
        return np.dtype((">" if order else "<") + DATA_TYPES[code])

    def nanometres(self, key: str, bands: int) -> tuple[float, ...]:
        """The list in `key` in nanometres, () where it is absent or its unit is no length (such as an index)."""
        if key not in self.fields:
            return ()
        values = self.numbers(key)
        if len(values) != bands:
            raise self.refusal(f"{key!r} has {len(values)} values for {bands} bands")
        centres = values if key == "wavelength" else (self.numbers("wavelength") if "wavelength" in self.fields else ())
        factor = _to_nanometres(self.fields.get("wavelength units", "unknown"), centres)
        scaled = tuple(round(value * factor, 6) for value in values) if factor else ()
        if not all(map(math.isfinite, scaled)):
            raise self.refusal(f"{key!r} holds a number that no wavelength has")
        return scaled

    def numbers(self, key: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) for part in self.fields[key].strip("{} ").split(","))
        except ValueError:
            raise self.refusal(f"{key!r} must be a list of numbers in braces") from None
        if not all(math.isfinite(value) and value >= 0 for value in values):
            raise self.refusal(f"{key!r} must hold finite numbers from 0 on")
        return values


def _to_nanometres(units: str, centres: tuple[float, ...]) -> float:
    """Factor from `units`; where a header names none, centres below 30 can only be micrometres."""
    units = units.lower()
    if units.startswith(("micro", "um", "µm")):
        return 1000.0
    if units.startswith(("nano", "nm")):
        return 1.0
    if units.startswith("unknown"):
        return 1000.0 if centres and max(centres) < 30 else 1.0
    return 0.0
