"""Text files of Spectral Evolution's spectrometers (.sed): a header up to `Data:`, a line of heads, and rows.

Where detectors meet, a wavelength may stand there twice."""

from __future__ import annotations

import re

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import RATIO, ratio, rows_of, whole

_HEADS = re.compile(r"\t+|\s{2,}")


def suits(source: Source) -> bool:
    lines = [line.strip().lower() for line in source.head_lines]
    return "data:" in lines and any(line.startswith(("columns [", "channels:")) for line in lines)


def read(source: Source) -> Raw:
    """The spectrum of a file, of its column of reflectance, or else of target over reference. Raises SpectraRefused
    where it has neither, or fewer rows than its header promises."""
    lines = source.lines
    at = next((i for i, line in enumerate(lines) if line.strip().lower() == "data:"), len(lines))
    fields = dict(line.split(":", 1) for line in lines[:at] if ":" in line)
    heads = [head.strip().lower() for head in _HEADS.split(lines[at + 1].strip())] if at + 1 < len(lines) else []
    column = {what: n for n, head in enumerate(heads) if (what := _meaning(head))}
    reflectance = column.get("reflectance", column.get("target over reference"))
    if "wavelength" not in column or not (reflectance is not None or _are_alike(heads, column)):
        raise source.refusal(
            f"it has no reflectance, only {', '.join(heads)[:80] or 'a header'}: save it as reflectance"
        )
    rows = rows_of(source, lines[at + 2 :], at + 3, len(heads))
    promised = whole(fields.get("Channels", ""))
    if promised not in (None, len(rows)):
        raise source.refusal(f"its header promises {promised} channels and it has {len(rows)}: it is truncated")
    nm = rows[:, column["wavelength"]]
    if reflectance is not None:
        head = heads[reflectance]
        percent = True if "%" in head else False if "1.0" in head else None
        return Raw([source.path.stem], nm, rows[:, reflectance], percent=percent, overlaps=True)
    values = ratio(rows[:, column["target"]], rows[:, column["reference"]])
    return Raw([source.path.stem], nm, values, overlaps=True, notes=[RATIO])


def _are_alike(heads: list[str], column: dict[str, int]) -> bool:
    """Whether target and reference are there and are of one quantity: radiance over irradiance is no reflectance."""
    quantities = [heads[column[one]].partition("(")[0] for one in ("target", "reference") if one in column]
    return len(quantities) == 2 and quantities[0] == quantities[1]


def _meaning(head: str) -> str:
    if head.startswith(("wvl", "wavelength")):
        return "wavelength"
    if "reflect" in head:
        return "reflectance"
    if head.startswith("tgt./ref"):
        return "target over reference"
    return "reference" if "(ref" in head else "target" if "(target" in head else ""
