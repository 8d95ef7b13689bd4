"""All formats of point spectra, found by what a file holds, not by the end of its name alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from oreline.errors import SpectraRefused
from oreline.point_spectra import tsg
from oreline.point_spectra.points import PointSpectra, Raw, Said, points_of
from oreline.point_spectra.source import Source


class Format(NamedTuple):
    """`suits`: whether a file is of it, by its head and the files beside it. `read`: its spectra, or SpectraRefused."""

    name: str
    suits: Callable[[Source], bool]
    read: Callable[[Source], Raw]


FORMATS = (Format("TSG data set", tsg.suits, tsg.read),)
"""In the order in which they are asked."""


def read_points(path: Path, said: Said | None = None) -> PointSpectra:
    """The spectra of a file of any of the formats. `said`: what the user says in place of the file. Raises
    SpectraRefused with what is wrong in one sentence, OSError where the file cannot be read."""
    source = Source(path)
    for form in FORMATS:
        if form.suits(source):
            return points_of(path, form.name, form.read(source), said or Said())
    raise SpectraRefused(f"{path} is no file of spectra that is known here")
