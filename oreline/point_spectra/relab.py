"""Records of RELAB at Brown University: `.asc`, a count, rows in nanometres and remarks; `.txt`, a title, heads and
rows in the unit that the heads name. Both are fractions."""

from __future__ import annotations

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import number, rows_of, whole
from oreline.recordings.wavelengths import MICROMETRES, MICROMETRES_BELOW, NANOMETRES


def suits(source: Source) -> bool:
    lines = [line.strip() for line in source.head_lines if line.strip()][:3]
    if len(lines) < 3:
        return False
    is_counted = (whole(lines[0]) or 0) > 1 and all(_is_row(line) for line in lines[1:])
    return is_counted or ("relab" in lines[0].lower() and lines[1].lower().startswith("wave") and _is_row(lines[2]))


def read(source: Source) -> Raw:
    """The spectrum of a record. Raises SpectraRefused where it has fewer rows than it promises."""
    lines = source.lines
    first, start = next((line.strip(), at) for at, line in enumerate(lines, 1) if line.strip())
    promised = whole(first)
    if promised is None:
        heads = lines[start]
        unit = MICROMETRES if "mic" in heads.lower() or "um" in heads.lower() else NANOMETRES
        rows = rows_of(source, lines[start + 1 :], start + 2)
        return Raw([first.removeprefix("Brown University").strip()], rows[:, 0], rows[:, 1], unit, overlaps=True)
    rows = rows_of(source, lines[start:], start + 1, until_text=True)
    if len(rows) < promised:
        raise source.refusal(f"it promises {promised} rows and has {len(rows)}: it is truncated")
    rows = rows[:promised]
    unit = MICROMETRES if rows[:, 0].max() < MICROMETRES_BELOW else NANOMETRES
    return Raw([source.path.stem], rows[:, 0], rows[:, 1], unit, overlaps=True)


def _is_row(line: str) -> bool:
    cells = line.split()
    return 2 <= len(cells) <= 4 and all(number(cell) is not None for cell in cells)
