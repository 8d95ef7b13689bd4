"""From the text of ENVI fields to numbers, or to a refusal that names the file and the field.

Every number is checked. What only describes, such as widths of bands that are fewer than the bands, is left out with a
note; what decides where a value lies or what it means is refused where it cannot be understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import RecordingError
from oreline.recordings import wavelengths
from oreline.recordings.wavelengths import Unit, UnknownUnit

DATA_TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
INTERLEAVES = ("bil", "bip", "bsq")
LARGEST_COUNT = 1 << 31
_COMPLEX = (6, 9)
_WHOLE = re.compile(r"([+-]?\d{1,10})(?:\.0*)?", re.ASCII)
_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_OTHER_FILES = ("tiff", "geotiff", "hdf", "nitf", "jpeg", "envi meta", "envi spectral library")


class FieldReader:
    """Fields of the header at `path`. `notes`: what was assumed or left out so far, each a sentence."""

    def __init__(self, path: Path, fields: Mapping[str, str]) -> None:
        self.path, self.fields, self.notes = path, fields, list[str]()

    def refusal(self, why: str) -> RecordingError:
        return RecordingError(f"{self.path}: {why}")

    def text(self, key: str) -> str | None:
        """A value, a single one without the comment behind it; None where the field is absent. Blanks in keys may be
        underscores."""
        value = self.fields.get(key, self.fields.get(key.replace(" ", "_")))
        return value if value is None or value.startswith("{") else re.split(r"\s;", value)[0].strip()

    def integer(self, key: str, default: int | None, least: int) -> int:
        """A whole number from `least` on; `default` where the field is absent, None refuses that."""
        text = self.text(key)
        if text is None and default is not None:
            return default
        if text is None:
            raise self.refusal(f"the field {key!r} is missing")
        found = _WHOLE.fullmatch(text.strip("{} "))
        if found is None or not least <= int(found[1]) <= LARGEST_COUNT:
            raise self.refusal(f"{key!r} must be a whole number from {least} on, not {text[:40]!r}")
        return int(found[1])

    def first_sample(self) -> int:
        """`x start` from 0. Programs that count from 1 show it by a `y start` of 1, since every recording begins at its
        first line. A place beyond the sensor is that in a mosaic."""
        start = self.integer("x start", 0, -LARGEST_COUNT)
        start -= self.text("y start") in ("1", "{1}") and start > 0
        if start < 0:
            self.notes.append(f"'x start' = {start} is no place on a sensor: taken as 0")
        return max(start, 0)

    def interleave(self) -> str:
        value = (self.text("interleave") or "").lower()
        if value not in INTERLEAVES:
            raise self.refusal(f"'interleave' must be bil, bip or bsq, not {value[:40]!r}")
        return value

    def dtype(self) -> np.dtype[Any]:
        code, order = self.integer("data type", None, 1), self.integer("byte order", 0, 0)
        if code not in DATA_TYPES:
            kind = "complex numbers" if code in _COMPLEX else "not supported"
            raise self.refusal(f"data type {code} is {kind}: save it as 12 (uint16) or 4 (float32)")
        if order > 1:
            raise self.refusal(f"'byte order' must be 0 (little endian) or 1 (big endian), not {order}")
        return np.dtype((">" if order else "<") + DATA_TYPES[code])

    def refuse_other_layouts(self) -> None:
        """Raise RecordingError where the data are no plain cube: compressed, framed, or another format's."""
        if self.integer("file compression", 0, 0) != 0:
            raise self.refusal("the file is compressed: save it uncompressed first")
        for key in ("major frame offsets", "minor frame offsets"):
            if any(self.numbers(key) if self.text(key) else ()):
                raise self.refusal(f"{key!r} are not zero: save it without bytes between its lines")
        kind = " ".join((self.text("file type") or "").lower().split())
        if kind.startswith(_OTHER_FILES):
            raise self.refusal(f"its 'file type' is {kind[:40]!r}, which is no ENVI recording: open the file itself")

    def spectral(self, bands: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Centres and widths of the bands in nm, each () where it is not known; 0 is a band that is not known."""
        centres, key = self._list("wavelength"), "wavelength"
        if not centres:
            named = self._names(bands)
            unit = wavelengths.NANOMETRES if named or not self.text("fwhm") else self._unit(())
            return named, self._widths(bands, named, unit) if unit else ()
        if len(centres) != bands:
            point = ": write decimals with a point" if len(centres) == 2 * bands else ""
            raise self.refusal(f"{key!r} has {len(centres)} values for {bands} bands{point}")
        unit = self._unit(centres)
        if unit is None:
            return (), ()
        exact = unit is wavelengths.NANOMETRES
        scaled = tuple(value if exact else round(unit.nanometres(value), 6) for value in centres)
        if (odd := wavelengths.unseen(scaled)) is not None:
            said = f"{key!r} is in {unit.name}, which makes one of {odd:g} nm"
            raise self.refusal(f"{said}, which no camera sees: correct it, or 'wavelength units'")
        return scaled, self._widths(bands, centres, unit)

    def bad_bands(self, bands: int) -> tuple[int, ...]:
        """Bands that `bbl` multiplies by 0, counted from 0."""
        try:
            good = self._list("bbl")
        except RecordingError as error:
            self.notes.append(f"no band is taken as bad: {error}")
            return ()
        if good and len(good) != bands:
            self.notes.append(f"'bbl' has {len(good)} values for {bands} bands: no band is taken as bad")
            return ()
        if good and not any(good):
            self.notes.append("'bbl' calls every band bad: no band is taken as bad")
            return ()
        return tuple(band for band, value in enumerate(good) if value == 0)

    def ignored(self) -> float | None:
        """The value that stands for no data, NaN included; None where there is none."""
        text = (self.text("data ignore value") or "").strip("{} ").lower()
        if text in ("", "none", "null"):
            return None
        if text.strip("+-") in ("nan", "inf", "infinity") or _REAL.fullmatch(text):
            return float(text.replace("d", "e"))
        self.notes.append(f"'data ignore value' = {text[:40]!r} is no number: every value counts")
        return None

    def numbers(self, key: str) -> tuple[float, ...]:
        """Numbers in braces, between them commas, blanks or semicolons; only with the last, decimal commas too."""
        text = (self.text(key) or "").strip("{} ")
        if ";" in text:
            parts = [part.strip(", ") for part in text.split(";")]
            parts = [part.replace(",", ".") if _DECIMAL_COMMA.fullmatch(part) else part for part in parts]
        else:
            parts = re.split(r"[\s,]+", text)
        parts = [part for part in parts if part]
        if any(part.strip("+-").lower() in ("nan", "inf", "infinity") for part in parts):
            raise self.refusal(f"{key!r} must hold finite numbers from 0 on")
        if not all(map(_REAL.fullmatch, parts)):
            raise self.refusal(f"{key!r} must be a list of numbers in braces")
        values = tuple(float(part.lower().replace("d", "e")) for part in parts)
        if not all(0 <= value < math.inf for value in values):
            raise self.refusal(f"{key!r} must hold finite numbers from 0 on")
        return values

    def _list(self, key: str) -> tuple[float, ...]:
        return self.numbers(key) if self.text(key) is not None else ()

    def _unit(self, centres: tuple[float, ...]) -> Unit | None:
        """The unit of `wavelength`, None where its numbers are none."""
        word = (self.text("wavelength units") or "").strip("{} ")
        try:
            unit = wavelengths.guessed(centres) if wavelengths.is_unsaid(word) else wavelengths.unit_of(word)
        except UnknownUnit as error:
            raise self.refusal(f"'wavelength units': {error}") from None
        if unit is None:
            self.notes.append("'wavelength' only counts the bands: their wavelengths are not known")
        elif centres and wavelengths.is_unsaid(word):
            self.notes.append(f"no wavelength unit is said: {unit.name}, by the numbers")
        return unit

    def _widths(self, bands: int, centres: tuple[float, ...], unit: Unit) -> tuple[float, ...]:
        try:
            widths = self._list("fwhm")
        except RecordingError as error:
            self.notes.append(f"widths of bands are not known: {error}")
            return ()
        if widths and len(widths) != bands:
            self.notes.append(f"'fwhm' has {len(widths)} values for {bands} bands: widths of bands are not known")
            return ()
        scaled = tuple(round(unit.width(*pair), 6) for pair in zip(widths, centres or repeat(0.0), strict=False))
        return scaled if all(map(math.isfinite, scaled)) else ()

    def _names(self, bands: int) -> tuple[float, ...]:
        """Wavelengths by which `band names` name all bands."""
        names = [name.strip() for name in (self.text("band names") or "").strip("{} ").split(",")]
        found = wavelengths.described(names) if len(names) == bands else ()
        if found:
            self.notes.append("wavelengths are those that 'band names' say")
        return found
