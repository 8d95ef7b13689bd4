"""Text of the ECOSTRESS and ASTER spectral libraries: lines of `Key: value`, then rows of wavelength and value.

Rows may rise or fall, and blank lines stand in the header as well as behind it.
"""

from __future__ import annotations

import re

import numpy as np

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import number, rows_of, whole
from oreline.recordings.wavelengths import Unit, UnknownUnit, unit_of

MOST_HEADER = 200
_WORDS = re.compile(r"[^\W\d_]+(?:\^?-1)?|1/cm", re.UNICODE)
_KEPT = {"Class": "class", "Subclass": "subclass", "Particle Size": "particle_size", "Sample No.": "sample"}


def suits(source: Source) -> bool:
    keys = [_key(line) for line in source.head_lines[:MOST_HEADER]]
    return "x units" in keys and "y units" in keys


def _key(line: str) -> str:
    """The key that a line begins with, in lower case; "" where it has none."""
    key, colon, _ = line.partition(":")
    return key.strip().lower() if colon else ""


def read(source: Source) -> Raw:
    """The spectrum of a file. Raises SpectraRefused where it is no reflectance, or has other rows than it promises."""
    lines = source.lines
    units = next(n for n, line in enumerate(lines) if _key(line) == "y units")
    at = next((n for n, line in enumerate(lines) if n > units and _is_row(line)), len(lines))
    fields = {
        key.strip().lower(): value.strip()
        for key, colon, value in (line.partition(":") for line in lines[:at])
        if colon
    }
    y = fields.get("y units", "")
    if "reflect" not in y.lower():
        raise source.refusal(f"it holds {y[:60] or 'values without a unit'}, not reflectance")
    rows = rows_of(source, [line.replace(",", " ") for line in lines[at:]], at + 1)
    promised = whole(fields.get("number of x values", ""))
    if promised is not None and len(rows) < promised:
        raise source.refusal(
            f"its header promises {promised} values and it has {len(rows)}: it is truncated or damaged"
        )
    names = [fields.get("name") or source.path.stem]
    columns = {to: np.array([fields[key.lower()]]) for key, to in _KEPT.items() if key.lower() in fields}
    return Raw(
        names, rows[:, 0], rows[:, 1], _unit(fields["x units"]), _percent(y.lower()), overlaps=True, columns=columns
    )


def _is_row(line: str) -> bool:
    cells = line.replace(",", " ").split()
    return len(cells) >= 2 and all(number(cell) is not None for cell in cells[:2])


def _unit(words: str) -> Unit | None:
    """The unit that one of the words names, the last first: "Wavelength (micrometers)"."""
    for word in reversed(_WORDS.findall(words)):
        try:
            return unit_of(word)
        except UnknownUnit:
            continue
    return None


def _percent(words: str) -> bool | None:
    if "percent" in words or "%" in words:
        return True
    return False if "fraction" in words or "unitless" in words else None
