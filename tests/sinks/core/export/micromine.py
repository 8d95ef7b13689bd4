"""Rules of Micromine's validation of holes, after its manual, for files as they are, without a line of Oreline."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path

Columns = Mapping[str, str]
MICROMINE = {
    "hole": "HOLE_ID", "end": "TOTAL_DEPTH", "x": "EAST", "y": "NORTH", "z": "RL", "at": "DEPTH", "azimuth": "AZIMUTH",
    "dip": "INCLINATION", "from": "FROM", "to": "TO",
}  # fmt: skip
LEAPFROG = {
    "hole": "holeid", "end": "maxdepth", "x": "x", "y": "y", "z": "z", "at": "depth", "azimuth": "azimuth",
    "dip": "dip", "from": "from", "to": "to",
}  # fmt: skip
DATAMINE = {
    "hole": "BHID", "end": "ENDDEPTH", "x": "XCOLLAR", "y": "YCOLLAR", "z": "ZCOLLAR", "at": "AT", "azimuth": "BRG",
    "dip": "DIP", "from": "FROM", "to": "TO",
}  # fmt: skip


def broken_rules(collar: Path, survey: Path, intervals: Path, named: Columns, down: int = -1) -> list[str]:
    """Rules that three files break, each in a few words. `down`: the sign of a dip of a hole that goes down."""
    collars, surveys, spans = (_rows(path) for path in (collar, survey, intervals))
    broken = []
    ids = [row[named["hole"]] for row in collars]
    if len({name.casefold() for name in ids}) != len(ids):
        broken.append("duplicate hole")
    if not all(row[named["hole"]] for row in (*collars, *surveys, *spans)):
        broken.append("blank hole")
    for row in collars:
        broken += [f"collar {key}" for key in ("x", "y", "z", "end") if not _is_number(row[named[key]])]
        broken += ["negative total depth"] if float(row[named["end"]]) <= 0 else []
    ends = {row[named["hole"]]: float(row[named["end"]]) for row in collars}
    broken += ["hole missing from collar" for row in (*surveys, *spans) if row[named["hole"]] not in ends]
    for name, end in ends.items():
        broken += _survey_of([row for row in surveys if row[named["hole"]] == name], end, named, down)
        broken += _spans_of([row for row in spans if row[named["hole"]] == name], end, named)
    return broken


def _survey_of(rows: list[dict[str, str]], end: float, named: Columns, down: int) -> list[str]:
    depths = [float(row[named["at"]]) for row in rows]
    broken = [] if depths and depths[0] == 0 else ["no survey at depth 0"]
    broken += ["survey not in order"] if depths != sorted(set(depths)) else []
    broken += ["survey below the hole"] if max(depths, default=0) > end else []
    broken += ["azimuth"] if any(not 0 <= float(row[named["azimuth"]]) <= 360 for row in rows) else []
    broken += ["dip upward"] if any(not 0 <= down * float(row[named["dip"]]) <= 90 for row in rows) else []
    return broken


def _spans_of(rows: list[dict[str, str]], end: float, named: Columns) -> list[str]:
    spans = [(float(row[named["from"]]), float(row[named["to"]])) for row in rows]
    broken = [] if spans else ["no interval"]
    broken += ["no length"] if any(first >= last for first, last in spans) else []
    broken += ["overlap"] if any(then[0] < one[1] for one, then in itertools.pairwise(spans)) else []
    broken += ["below total depth"] if any(last > end for _, last in spans) else []
    return broken


def _rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("ascii")
    assert text.count("\n") == text.count("\r\n")
    rows = list(csv.reader(text.splitlines()))
    assert len({name.casefold() for name in rows[0]}) == len(rows[0])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text) and "e" not in text.lower()
    except ValueError:
        return False
