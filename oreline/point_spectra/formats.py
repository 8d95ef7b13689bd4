"""All formats of point spectra, found by what a file holds, not by the end of its name alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from oreline.point_spectra import asd, ecostress, npz, relab, sed, sig, sli, splib07, table, tsg
from oreline.point_spectra.points import PointSpectra, Raw, Said, points_of
from oreline.point_spectra.source import Source


class Format(NamedTuple):
    """`suits`: whether a file is of it, by its head and the files beside it. `read`: its spectra, or SpectraRefused."""

    name: str
    suits: Callable[[Source], bool]
    read: Callable[[Source], Raw]


FORMATS = (
    Format("ASD", asd.suits, asd.read),
    Format("NumPy archive", npz.suits, npz.read),
    Format("TSG data set", tsg.suits, tsg.read),
    Format("ENVI spectral library", sli.suits, sli.read),
    Format("Spectral Evolution", sed.suits, sed.read),
    Format("Spectra Vista", sig.suits, sig.read),
    Format("USGS splib07", splib07.suits, splib07.read),
    Format("ECOSTRESS", ecostress.suits, ecostress.read),
    Format("RELAB", relab.suits, relab.read),
    Format("table", table.suits, table.read),
)
"""In the order in which they are asked."""
_SHEET = "a spreadsheet or another archive: save its sheet as CSV"
_OTHERS = {
    b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"%PDF": "a PDF",
    b"II*\0": "a TIFF", b"MM\0*": "a TIFF", b"\x89HDF": "an HDF5 file", b"\x1f\x8b": "compressed: unpack it",
    b"PK": _SHEET, b"\xd0\xcf\x11\xe0": _SHEET, b"~V": "a log of a well (LAS)", b"~v": "a log of a well (LAS)",
    b"<": "XML or HTML", b"{": "JSON", b"\x7fELF": "a program",
}  # fmt: skip
"""What files of others begin with, that are often mixed up with spectra."""


def read_points(path: Path, said: Said | None = None) -> PointSpectra:
    """The spectra of a file of any of the formats. `said`: what the user says in place of the file. Raises
    SpectraRefused with what is wrong in one sentence, OSError where the file cannot be read."""
    source = Source(path)
    for form in FORMATS:
        if form.name == "table":
            _refuse_others(source)
        if form.suits(source):
            with np.errstate(all="ignore"):  # others' numbers may be any: what is none becomes NaN
                return points_of(path, form.name, form.read(source), said or Said())
    raise source.refusal("it is no file of spectra that is known here: see docs/reference/spectra.md")


def _refuse_others(source: Source) -> None:
    found = next((what for mark, what in _OTHERS.items() if source.head.lstrip().startswith(mark)), None)
    if found:
        raise source.refusal(f"it holds no spectra, it is {found}")
