"""Assay intervals: tables as laboratories and databases write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from oreline.errors import ConfigError
from sinks.core.assays import read_assays

TABLES = {
    "as databases export it": (
        "HOLEID,SAMPFROM,SAMPTO,SAMPLEID,AU_PPM\nDH-2,0,1,A1,0.1\nDH-1,100.0,101.5,A2,0.2\nDH-1,101.5,102,A3,0.3\n"
    ),
    "with semicolons, decimal commas, and the hole spelt otherwise": (
        "bhid;from_m;to_m\ndh 1;100;101,5\ndh 1;101,5;102\n"
    ),
    "with a row of units, tabs and blanks": (
        "Hole ID\tDepth From\tDepth To\n\tm\tm\nDH-1\t100\t101.5\n\nDH-1\t101.5\t102\n"
    ),
    "without a hole": "From (m),To (m)\n100,101.5\n101.5,102\n",
    "from a spreadsheet of Windows": ('\ufeffDHID,From,To\r\n"DH-1","100.00","101.50"\r\n"DH-1","101.50","102.00"\r\n'),
    "with standards, and a duplicate": (
        "hole,from,to,type\nDH-1,101.5,102,ORIG\nDH-1,100,101.5,ORIG\nDH-1,,,STD\nDH-1,100,101.5,DUP\n"
    ),
    "with a row of units, which are feet": (
        "hole;from;to\n;(ft);(ft)\nDH-1;328.08399;333.005249\nDH-1;333.005249;334.645669\n"
    ),
    "in feet": "hole,from_ft,to_ft\nDH-1,328.08399,333.005249\nDH-1,333.005249,334.645669\n",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "assays.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_has_the_intervals_of_its_hole(tmp_path: Path, text: str) -> None:
    spans = read_assays(written(tmp_path, text), "DH-1").spans
    assert spans.ravel().tolist() == pytest.approx([100, 101.5, 101.5, 102], abs=1e-6)


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    text = "hole,from,to\nDH-1,100,102\nDH-1,101,103\nDH-1,100,102\nDH-1,,\n"
    assert [note.split(":")[0] for note in read_assays(written(tmp_path, text), "DH-1").notes] == [
        "1 rows without depths are left out",
        "1 intervals stand there more than once, and are taken once",
        "1 intervals begin before the one above has ended",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "hole,from,to\nDH-2,0,1\nDH-3,0,1\n",
            r"assays\.csv has rows of DH-2, DH-3, but none of hole DH-1: correct a name",
        ),
        ("hole,from,to\nDH-1,101,100\n", "line 2: an interval from 101 to 100 m is none"),
        ("hole,from,to\nDH-1,1,\n", "no row of hole DH-1 with both"),
        ("hole,from,to\nDH-1,1,2\nDH1,2,3\n", "rows of DH-1 and DH1, which may be one hole"),
        ("hole,from,to\nDH-1,1,2\nDH-2,2,3\n,3,4\n", "line 4: it names no hole"),
        ("hole,start\nDH-1,1\n", r"no column for to_m \(such as TO\)"),
    ],
)
def test_a_table_that_has_none_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_assays(written(tmp_path, text), "DH-1")
