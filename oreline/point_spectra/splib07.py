"""USGS Spectral Library as text (splib07a): a value a line behind one line of title. Wavelengths are in a file of their
own, found by the count of its values in the folder of the spectrum or one above it; deleted values are -1.23e34."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import LARGEST_TEXT, Source
from oreline.point_spectra.text_rows import rows_of
from oreline.recordings.wavelengths import MICROMETRES, NANOMETRES, Unit

LEVELS = 4
"""Folders that are looked through for wavelengths: that of the spectrum, and those above it."""
_TITLE = re.compile(r"\s*(s\w*)\s+Record=\s*(\d+):\s*(.*?)\s*", re.IGNORECASE)
_INSTRUMENTS = re.compile(r"\b(ASD|BECK|NIC4|AVIRIS|CRISM|M3|HyMap|Hyperion)", re.IGNORECASE)
_NO_SPECTRA = ("wavelength", "wavenumber", "bandpass", "resolution")
_TRANSMITTANCE = "TRAN"


def suits(source: Source) -> bool:
    return bool(source.head_lines) and _TITLE.fullmatch(source.head_lines[0]) is not None


def read(source: Source) -> Raw:
    """The spectrum of a record. Raises SpectraRefused where it is none, or no wavelengths or several of its count are
    found."""
    library, _, title = _title_of(source)
    if any(word in title.lower() for word in _NO_SPECTRA):
        raise source.refusal(
            f"it holds {title!r}, which belongs to spectra and is none: give a spectrum of that library"
        )
    words = title.split()
    if words and words[-1].upper() == _TRANSMITTANCE:
        raise source.refusal("it is transmittance, not reflectance")
    values = _values(source)
    nm_file, wavelengths, unit = _wavelengths(source, library, title, len(values))
    instrument = _INSTRUMENTS.search(title)
    name = " ".join((title[: instrument.start()] if instrument else title).split()) or source.path.stem
    return Raw(
        [name], wavelengths, values, unit=unit, columns={"title": np.array([" ".join(words)])},
        notes=[f"wavelengths are those of {nm_file.name}, by their count"],
    )  # fmt: skip


def _title_of(source: Source) -> tuple[str, str, str]:
    found = _TITLE.fullmatch(source.head_lines[0])
    assert found is not None
    return found[1], found[2], found[3]


def _values(source: Source) -> NDArray[np.float64]:
    return rows_of(source, source.lines[1:], 2, 1)[:, 0]


def _wavelengths(source: Source, library: str, title: str, count: int) -> tuple[Path, NDArray[np.float64], Unit | None]:
    """The file of wavelengths of that count, what it holds, and its unit."""
    instrument = (_INSTRUMENTS.findall(title) or [""])[0].upper()
    counts: set[int] = set()
    for folder in [source.path.parent, *source.path.absolute().parents[1:]][:LEVELS]:
        found = []
        for path in _named(folder):
            other = Source(path)
            if not suits(other) or "wavelength" not in _title_of(other)[2].lower():
                continue
            values = _values(other)
            counts.add(len(values))
            if len(values) == count:
                found.append((path, values, _title_of(other)))
        for wanted in ((library, instrument), ("", instrument), ("", "")):
            fit = [one for one in found if wanted[0] in one[2][0] and wanted[1] in one[2][2].upper()]
            if len(fit) == 1:
                return fit[0][0], fit[0][1], _unit_of(fit[0][2][2])
        if found:
            names = ", ".join(path.name for path, *_ in found)
            raise source.refusal(f"it has {count} values, and so have {names}: leave the one that is meant beside it")
    others = f" (found are {', '.join(map(str, sorted(counts)))})" if counts else ""
    raise source.refusal(
        f"it has {count} values and no wavelengths: their file of {count} values{others} must lie beside it or in a "
        "folder above, as in the library"
    )


def _named(folder: Path) -> list[Path]:
    try:
        paths = [path for path in folder.iterdir() if "wavelength" in path.name.lower()]
        return sorted(path for path in paths if path.is_file() and 0 < path.stat().st_size < LARGEST_TEXT)
    except OSError:
        return []


def _unit_of(title: str) -> Unit | None:
    low = title.lower()
    return MICROMETRES if "micron" in low or "micromet" in low else NANOMETRES if "nanomet" in low else None
