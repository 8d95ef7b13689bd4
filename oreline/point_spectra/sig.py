"""Text files of Spectra Vista's spectrometers (.sig): a header up to `data=`, then nm, reference, target, percent.

As measured, wavelengths go back where a detector takes over from another; the half of an overlap that is nearer to a
detector's own range is taken from it.
"""

from __future__ import annotations

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import RATIO, ratio, rows_of


def suits(source: Source) -> bool:
    lines = [line.replace(" ", "").lower() for line in source.head_lines]
    return bool(lines) and (
        "sigdata" in lines[0] or ("data=" in lines and any(line.startswith("instrument=") for line in lines))
    )


def read(source: Source) -> Raw:
    """The spectrum of a file. Raises SpectraRefused."""
    lines = source.lines
    at = next((i for i, line in enumerate(lines) if line.replace(" ", "").lower() == "data="), None)
    if at is None:
        raise source.refusal("it ends before 'data=': it is truncated")
    rows = rows_of(source, lines[at + 1 :], at + 2, 3)
    if rows.shape[1] > 3:
        return Raw([source.path.stem], rows[:, 0], rows[:, 3], percent=True, overlaps=True)
    return Raw([source.path.stem], rows[:, 0], ratio(rows[:, 2], rows[:, 1]), overlaps=True, notes=[RATIO])
