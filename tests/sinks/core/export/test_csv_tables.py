"""Tables for mine planning, by rules of those programs and as a reader that others wrote sees them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sinks.core.export.csv_tables import DIALECTS, Name, collar, columns, intervals, survey
from sinks.core.export.rules import Hole
from tests.sinks.core.export.micromine import DATAMINE, LEAPFROG, MICROMINE, broken_rules
from tests.sinks.core.export.tables import hole, tenths

NAMED = {"leapfrog": LEAPFROG, "micromine": MICROMINE, "datamine": DATAMINE}
BENT = [
    {"depth_m": 10.0, "azimuth_deg": 359.5, "dip_deg": -60.0},
    {"depth_m": 60.0, "azimuth_deg": 1.25, "dip_deg": -58.1},
]
HOLES = {
    "without a survey": hole(),
    "bent": hole(survey=BENT, max_depth_m=120.5),
    "of a name that no program takes": hole(name='=cmd|" /C calc"!A1, Müller'),
    "with gaps": hole([66.0, 67.5], [66.7, 69.0]),
    "by metres": hole(np.arange(65.0, 70), np.arange(66.0, 71)),
    "of uneven floats": hole(*tenths(659, 695)),
}
pytestmark = pytest.mark.parametrize("dialect", DIALECTS)


def written(told: Hole, dialect: Name, folder: Path) -> tuple[Path, Path, Path]:
    paths = folder / "collar.csv", folder / "survey.csv", folder / "intervals.csv"
    for path, table in zip(paths, (collar, survey, intervals), strict=True):
        path.write_bytes(table(told, DIALECTS[dialect]))
    return paths


@pytest.mark.parametrize("told", HOLES.values(), ids=HOLES)
def test_no_rule_is_broken(told: Hole, dialect: Name, tmp_path: Path) -> None:
    assert broken_rules(*written(told, dialect, tmp_path), NAMED[dialect], DIALECTS[dialect].down) == []


def test_the_script_of_rules_finds_what_is_wrong(dialect: Name, tmp_path: Path) -> None:
    paths = written(hole(survey=BENT), dialect, tmp_path)
    named, down = NAMED[dialect], DIALECTS[dialect].down
    paths[2].write_bytes(paths[2].read_bytes().replace(b",66.4,66.5,", b",66.4,66.55,"))
    assert broken_rules(*paths, named, down) == ["overlap"]
    assert "dip upward" in broken_rules(*paths, named, -down)
    paths[0].write_bytes(paths[0].read_bytes().replace(b"69.486", b"69.2"))
    assert "below total depth" in broken_rules(*paths, named, down)


def test_numbers_read_back_as_they_were_and_what_is_not_known_is_empty(dialect: Name, tmp_path: Path) -> None:
    told = hole()
    path = written(told, dialect, tmp_path)[2]
    names = dict(
        zip(*pd.read_csv(written_columns(told, dialect, tmp_path))[["name", "column"]].to_numpy().T, strict=True)
    )
    read = pd.read_csv(path)
    for column in ("mineral.muscovite", "mineral.calcite", "unknown.no bands", "feature.2200W", "n"):
        np.testing.assert_array_equal(read[names[column]], np.array(told.table[column].to_pylist(), float))
    assert list(read[NAMED[dialect]["from"]]) == list(told.from_m)


def written_columns(told: Hole, dialect: Name, folder: Path) -> Path:
    path = folder / "columns.csv"
    path.write_bytes(columns(told, DIALECTS[dialect]))
    return path


def test_column_names_have_room_in_the_program(dialect: Name, tmp_path: Path) -> None:
    head = next(csv.reader(written(hole(), dialect, tmp_path)[2].read_text().splitlines()))
    most = {"datamine": 8, "leapfrog": 64, "micromine": 64}[dialect]
    assert all(name.isidentifier() and name.isascii() and len(name) <= most for name in head)
    if dialect == "datamine":
        assert head[3:] == [
            "N", "RECOVERY", "MUSCOVIT", "CALCITE", "GWHITEMI", "UNOBANDS", "F2200W", "F2200WN", "FLAGS"
        ]  # fmt: skip


def test_no_cell_is_a_formula_or_needs_quotes(dialect: Name, tmp_path: Path) -> None:
    told = HOLES["of a name that no program takes"]
    for path in (*written(told, dialect, tmp_path), written_columns(told, dialect, tmp_path)):
        assert '"' not in path.read_text()
        for row in csv.reader(path.read_text().splitlines()):
            assert not any(cell.startswith(tuple("=+@\t")) for cell in row)
