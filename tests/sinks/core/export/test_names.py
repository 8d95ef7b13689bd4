"""Names that every program takes."""

from __future__ import annotations

import pytest

from sinks.core.export.names import ascii_text, cell, column_names, file_stem, hole_id


@pytest.mark.parametrize("name", ["OR001", "PE257D", "ETG-01.2", "DDH 12/3", "RC_7(a)", "#4"])
def test_a_name_that_every_program_takes_is_kept(name: str) -> None:
    assert hole_id(name) == name


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "A,B", 'A"B', "A;B", "Скв12", "\tx=1", "a\nb,c", "..", "  "]
)
def test_any_other_becomes_one_that_is_kept_apart(name: str) -> None:
    known = hole_id(name)
    assert hole_id(known) == known
    assert known.isascii()
    assert known[0] not in "=+-@."
    assert not set(known) & set(",;\"'\t\n")
    assert hole_id(name + "2") != known
    assert len({hole_id(name), hole_id("A_B"), hole_id("A:B"), hole_id("A|B")}) == 4


def test_umlauts_are_written_out() -> None:
    assert hole_id("Grün-Öd 1") == "Gruen-Oed 1"
    assert ascii_text("Gru\u0308n, 5 µm – Łódź") == "Gruen, 5 um - Lodz"


@pytest.mark.parametrize("name", ["..", "a/../../b", "A B", "/etc/passwd", "CON:1"])
def test_a_files_name_names_no_folder(name: str) -> None:
    stem = file_stem(name)
    assert "/" not in stem
    assert " " not in stem
    assert not stem.startswith(".")


@pytest.mark.parametrize("text", ["=1+1", "+A", "-2", "@sum", " =x"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert cell(text).startswith("'")


def test_short_names_differ_in_whatever_case() -> None:
    columns = [
        "mineral.muscovite",
        "mineral.muscovitic illite",
        "mineral.Muscovite",
        "group.chlorite",
        "mineral.chlorite",
    ]
    assert column_names(columns, 8) == ["MUSCOVIT", "MUSCOVI2", "MUSCOVI3", "GCHLORIT", "CHLORITE"]
    features = [f"feature.crystallinity{part}" for part in ("", ".n", ".sd", ".class")]
    assert column_names(features, 8) == ["FCRYSTAL", "FCRYSTAN", "FCRYSTSD", "FCRCLASS"]
    assert column_names(["from", "."], 8, ["FROM"]) == ["FROM2", "C"]
    many = column_names([f"mineral.{'x' * 20}{number}" for number in range(200)], 8)
    assert len({name.casefold() for name in many}) == 200
    assert max(map(len, many)) == 8
