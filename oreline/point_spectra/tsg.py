"""Data sets of The Spectral Geologist: `NAME.tsg`, text in sections, beside `NAME.bip`, float32 (2, samples, bands), of
which the first half is reflectance and the second the scalars that TSG computed of each sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import SpectraRefused
from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import LARGEST_BINARY, Source
from oreline.recordings.wavelengths import Unit, UnknownUnit, unit_of

HYLOGGER_FWHM_NM = 7.0
"""Width of a HyLogger's bands in the short-wave infrared, to the nearest nm; the files do not say it."""
MOST = 1 << 24
NUMBERS = {"T": "tray", "L": "section", "P": "point", "D": "depth_m", "X": "x_mm", "H": "hole"}
"""Marks behind a sample's name, by what they are here."""
_TEXTS = ("T", "H")
_SECTION = re.compile(r"\[([a-z][^\]]*)\]\s*", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d{1,8}):(.*)", re.ASCII)
_MARK = re.compile(r"\s+([A-Z])=(\S*)")
_CLASSED = 2
"""Kind of scalar of which a class number follows in its header."""

Sections = Mapping[str, list[str]]


def suits(source: Source) -> bool:
    """Whether it is a data set's text, or a .bip that is not ENVI's."""
    if source.head_lines:
        return any(line.strip().lower() == "[description]" for line in source.head_lines[:3])
    is_envi = source.beside(f"{source.path.stem}.hdr") or source.beside(f"{source.path.name}.hdr")
    return source.path.suffix.lower() == ".bip" and not is_envi


def read(source: Source) -> Raw:
    """All spectra of a data set. Columns are what marks each sample (tray, section, point, depth_m, x_mm, hole) and
    TSG's scalars by their own names; of a scalar that is a class, its name. Raises SpectraRefused."""
    text, data = _pair(source)
    sections = _sections(text.lines)
    reflectance, scalars = _arrays(text.path, data, sections)
    samples, bands = reflectance.shape
    first, last, unit = _wavelengths(text.path, sections)
    is_hylogger = any("hylogger" in line.lower() for line in sections.get("description", []))
    notes = [f"bands are taken as {HYLOGGER_FWHM_NM:g} nm wide, as a HyLogger's are"] if is_hylogger else []
    names, columns = _headers(sections, samples)
    return Raw(
        names=names,
        wavelengths=np.linspace(first, last, bands),
        values=reflectance,
        unit=unit,
        fwhm_nm=HYLOGGER_FWHM_NM if is_hylogger else None,
        columns={**_scalars(sections, scalars), **columns},
        notes=notes,
    )


def marks(header: str) -> tuple[str, dict[str, str]]:
    """A sample's name, and what the marks behind it say: "A_1  T=0001 D=65.9" -> "A_1", {"T": "0001", "D": "65.9"}."""
    found = _MARK.search(header)
    return (header[: found.start()] if found else header).strip(), dict(_MARK.findall(header))


def columns_of(marked: list[dict[str, str]]) -> dict[str, NDArray[Any]]:
    """Columns of what the marks of all samples say."""
    columns: dict[str, NDArray[Any]] = {}
    for mark, name in NUMBERS.items():
        if any(mark in one for one in marked):
            texts = [one.get(mark, "") for one in marked]
            columns[name] = np.array(texts) if mark in _TEXTS else np.array([_float(text) for text in texts])
    return columns


def _pair(source: Source) -> tuple[Source, Path]:
    """The text of a data set and its .bip."""
    stem = source.path.stem
    if source.head_lines:
        data = source.beside(f"{stem}.bip")
        if data is None:
            raise source.refusal(f"its spectra are missing: {stem}.bip must lie beside it")
        return source, data
    if stem.lower().endswith("_cras"):
        raise source.refusal("it is the linescan imagery of a TSG data set, not its spectra: give the .tsg")
    text = source.beside(f"{stem}.tsg")
    if text is None:
        raise source.refusal(f"what says what it holds is missing: {stem}.tsg, or {stem}.hdr, must lie beside it")
    return Source(text), source.path


def _sections(lines: list[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    rows: list[str] = []
    for line in lines:
        if found := _SECTION.fullmatch(line):
            rows = sections.setdefault(found[1].lower(), [])
        elif line.strip():
            rows.append(line)
    return sections


def _number(path: Path, sections: Sections, section: str, key: str, default: int | None) -> int:
    for line in sections.get(section, []):
        name, equals, value = line.partition("=")
        if equals and name.strip().lower() == key:
            if not re.fullmatch(r"\d{1,8}", value.strip(), re.ASCII) or int(value) > MOST:
                raise SpectraRefused(f"{path}: {key!r} must be a whole number, not {value.strip()[:40]!r}")
            return int(value)
    if default is None:
        raise SpectraRefused(f"{path}: [{section}] has no {key!r}, it is damaged or no data set of TSG")
    return default


def _arrays(path: Path, data: Path, sections: Sections) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reflectance and scalars, each (samples, bands)."""
    where = "coordinates"
    samples = _number(path, sections, where, "lastsample", None) - _number(path, sections, where, "firstsample", 1) + 1
    bands = _number(path, sections, where, "lastband", None) - _number(path, sections, where, "firstband", 1) + 1
    if not any("".join(line.split()).lower() == "datatype=float" for line in sections.get("structure", [])):
        raise SpectraRefused(f"{path}: its data are not float, which alone is read: export them from TSG anew")
    offset = _number(path, sections, "structure", "dataheader", 0)
    size, promised = data.stat().st_size, offset + 2 * samples * bands * 4
    if samples < 1 or bands < 2 or size != promised:
        raise SpectraRefused(
            f"{data} has {size} bytes where {path.name} promises {promised}, 2 x {samples} samples x {bands} bands of "
            "float32: it is truncated, or belongs to another file"
        )
    if size > LARGEST_BINARY:
        raise SpectraRefused(f"{data} has {size >> 20} MiB, more than {LARGEST_BINARY >> 20}: export it in parts")
    both = np.fromfile(data, "<f4", 2 * samples * bands, offset=offset).astype(np.float32, copy=False)
    if both.size != 2 * samples * bands:
        raise SpectraRefused(f"{data} became shorter while it was read")
    reflectance, scalars = both.reshape(2, samples, bands)
    return reflectance, scalars


def _wavelengths(path: Path, sections: Sections) -> tuple[float, float, Unit]:
    words = " ".join(sections.get("wavelength specs", [])[:1]).split()
    try:
        first, last, unit = _float(words[0]), _float(words[1]), unit_of(words[2])
    except (IndexError, UnknownUnit):
        unit = None
    if unit is None or not 0 < first < last < np.inf:
        raise SpectraRefused(f"{path}: [wavelength specs] must be two wavelengths and their unit, '380.0 2500.0 nm'")
    return first, last, unit


def _headers(sections: Sections, samples: int) -> tuple[list[str], dict[str, NDArray[Any]]]:
    """Names of all samples, and what marks them; numbers where the file does not name them all."""
    found = dict(_numbered(sections.get("sample headers", [])))
    if set(found) != set(range(samples)):
        return [f"sample {number + 1}" for number in range(samples)], {}
    marked = [marks(found[number]) for number in range(samples)]
    return [name for name, _ in marked], columns_of([one for _, one in marked])


def _scalars(sections: Sections, scalars: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    for number, header in _numbered(sections.get("band headers", [])):
        name, *parts = header.split(";")
        if len(parts) < 4 or number >= scalars.shape[1]:
            continue
        values = scalars[:, number]
        known = np.isfinite(values) & (values > _NO_DATA)
        class_number = _whole(parts[3]) if _whole(parts[2]) == _CLASSED else -1
        if class_number >= 0:
            legend = dict(_numbered(sections.get(f"class {class_number}", [])))
            texts = [legend.get(int(one), "") if is_known else "" for one, is_known in zip(values, known, strict=True)]
            columns[name.strip()] = np.array(texts)
        else:
            columns[name.strip()] = np.where(known, values, np.float32(np.nan))
    return columns


_NO_DATA = -1e30


def _numbered(lines: list[str]) -> list[tuple[int, str]]:
    """`n:text` of each such line."""
    return [(int(found[1]), found[2].strip()) for line in lines if (found := _NUMBERED.fullmatch(line.strip()))]


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,8}", text.strip(), re.ASCII) else -1


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
