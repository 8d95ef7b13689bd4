"""Session from a folder of CSV files, as databases, spreadsheets and loggers write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from oreline.errors import ConfigError
from sinks.core.session import Session
from sinks.core.session_file import read_session

OURS = {
    "collar.csv": "hole,x,y,z,max_depth_m,crs\nDH-1,500123.5,7123456,312.25,104.5,EPSG:28355\n",
    "survey.csv": "hole,depth_m,azimuth_deg,dip_deg\nDH-1,0,90,-60\nDH-1,50,91.5,-59\n",
    "boxes.csv": "box,from_m,to_m,rows,core\n1,100,102.2,3,NQ\n2,102.2,104.5,3,HQ\n",
    "blocks.csv": "box,row,depth_m,at_mm\n1,2,101.5,410\n2,1,103,\n",
    "runs.csv": "from_m,to_m,recovered_m\n100,101.5,1.45\n101.5,103,1.5\n",
}
LEAPFROG = {
    "Collar.csv": "holeid,x,y,z,maxdepth\r\nDH-1,500123.500,7123456.000,312.250,104.500\r\nDH-2,1,2,3,50\r\n",
    "Survey.csv": "holeid,depth,dip,azimuth\r\nDH-1,0,-60,90\r\nDH-1,50,-59,91.5\r\nDH-2,0,-90,0\r\n",
    "Boxes.csv": "holeid,box,from,to,rows,core\r\nDH-1,1,100,102.2,3,NQ\r\nDH-1,2,102.2,104.5,3,HQ\r\n",
    "Blocks.csv": "holeid,box,row,depth,at (m)\r\nDH-1,1,2,101.5,0.41\r\nDH-1,2,1,103,\r\nDH-2,9,1,33,\r\n",
    "Runs.csv": "holeid,from,to,recovery %\r\nDH-1,100,101.5,96.66666667\r\nDH-1,101.5,103,100\r\n",
}
DATAMINE = {
    "collars.csv": "BHID,XCOLLAR,YCOLLAR,ZCOLLAR,EOH,GRID\nDH-1,500123.5,7123456,312.25,104.5,EPSG:28355\n",
    "surveys.csv": "BHID,AT,BRG,DIP\nDH-1,0,90,-60\nDH-1,50,91.5,-59\n",
    "boxes.csv": "BHID,BOX,FROM,TO,ROWS,CORESIZE\nDH-1,1,100,102.2,3,NQ\nDH-1,2,102.2,104.5,3,HQ\n",
    "blocks.csv": "BHID,BOX,ROW,DEPTH,AT\nDH-1,1,2,101.5,410\nDH-1,2,1,103,-\n",
    "runs.csv": "BHID,FROM,TO,RECOVERED_M\nDH-1,100,101.5,1.45\nDH-1,101.5,103,1.5\n",
}
KISTEN = (
    "Kernkästen\n\nHOLE;Kiste;DEPTH_FROM;DEPTH_TO;Reihen;SIZE\nDH-1;1;100,0 m;102,2 m;3;nq\nDH-1;2;102,2;104,5;3;hq\n"
)
MICROMINE_IN_GERMAN = {
    "collar.csv": "HOLE;EAST;NORTH;RL;TOTAL DEPTH\n DH-1 ;500.123,5;7.123.456,0;312,25;104,5\n",
    "survey.csv": "HOLE;DEPTH;AZIMUTH;DIP\nDH-1;0;90;-60\nDH-1;50;91,5;\u201359\n",
    "boxes.csv": f"{KISTEN};;;;;\n",
    "blocks.csv": "Kiste;Reihe;Teufe;POSITION\n(-);(-);(m);(mm)\n1;2;101,5;410\n2;1;103,0;n/a\n",
    "runs.csv": "FROM_M;TO_M;TCR_%\n100,0;101,5;96,66666667\n101,5;103,0;100,0\n",
}
MAKERS = {"ours": OURS, "Leapfrog": LEAPFROG, "Datamine": DATAMINE, "Micromine": MICROMINE_IN_GERMAN}


def folder(path: Path, files: dict[str, str], encoding: str = "utf-8") -> Path:
    for name, text in files.items():
        (path / name).write_bytes(text.encode(encoding, "replace"))
    return path


def facts(session: Session) -> tuple[object, ...]:
    hole = session.hole
    return (
        (hole.id, hole.x, hole.y, hole.z, hole.max_depth_m),
        [(one.depth_m, one.azimuth_deg, one.dip_deg) for one in hole.survey],
        [(box.number, box.from_m, box.to_m, box.rows, box.core) for box in session.boxes],
        [(block.row, block.depth_m, block.at_mm) for box in session.boxes for block in box.blocks],
        [(run.from_m, run.to_m, round(run.recovered_m or 0, 6)) for run in session.runs],
    )


EXPECTED = (
    ("DH-1", 500123.5, 7123456.0, 312.25, 104.5),
    [(0.0, 90.0, -60.0), (50.0, 91.5, -59.0)],
    [(1, 100.0, 102.2, 3, "NQ"), (2, 102.2, 104.5, 3, "HQ")],
    [(2, 101.5, 410.0), (1, 103.0, None)],
    [(100.0, 101.5, 1.45), (101.5, 103.0, 1.5)],
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("maker", MAKERS)
def test_files_of_each_maker_say_the_same_in_each_encoding(tmp_path: Path, maker: str, encoding: str) -> None:
    assert facts(read_session(folder(tmp_path, MAKERS[maker], encoding))) == EXPECTED


def test_settings_stand_in_a_toml_file_beside_them_and_nothing_is_told_twice(tmp_path: Path) -> None:
    folder(tmp_path, OURS)
    (tmp_path / "session.toml").write_text('direction = "snake"\n')
    assert read_session(tmp_path).direction == "snake"
    (tmp_path / "session.toml").write_text("runs = [{ from_m = 0, to_m = 1 }]\n")
    with pytest.raises(ConfigError, match="both tell runs"):
        read_session(tmp_path)


def test_feet_and_diameters_are_read_by_their_units(tmp_path: Path) -> None:
    files = {"boxes.csv": "HOLEID,BOX,FROM_FT,TO_FT,ROWS,DIAMETER (mm),CUT\nA,1,10,20,2,47.6,1/2 core\n"}
    (box,) = read_session(folder(tmp_path, files)).boxes
    assert (box.from_m, box.to_m) == pytest.approx((3.048, 6.096))
    assert (box.core, box.cut) == (47.6, "half")


@pytest.mark.parametrize(
    "text",
    [
        "BOX;FROM;TO;ROWS\n;ft;ft;\n1;328;335;3\n",
        "BOX;FROM (');TO ';ROWS\n1;328;335;3\n",
        "BOX;FROM;TO;ROWS\n1;328 ft;335 feet;3\n",
        "BOX;FROM_FT;TO_FT;ROWS\n# of 2024, measured again\n1;328;335;3\nBOX;FROM_FT;TO_FT;ROWS\n",
    ],
)
def test_feet_are_read_as_such_wherever_they_are_named(tmp_path: Path, text: str) -> None:
    (box,) = read_session(folder(tmp_path, {"boxes.csv": text, "collar.csv": "hole\nA\n"})).boxes
    assert (box.from_m, box.to_m) == pytest.approx((99.9744, 102.108))


def test_a_length_of_a_cell_is_in_the_unit_that_it_names(tmp_path: Path) -> None:
    blocks = "box,row,depth_m,at\n1,2,101.5 m,0.41 m\n1,3,102,41 cm\n"
    box, _ = read_session(folder(tmp_path, {**OURS, "blocks.csv": blocks})).boxes
    assert [block.at_mm for block in box.blocks] == [410.0, 410.0]


@pytest.mark.parametrize("mark", [" ", "'", "\u2019", "\u00a0", "\u202f"])
def test_thousands_may_be_parted(tmp_path: Path, mark: str) -> None:
    collar = f"hole,x,y\nDH-1,500{mark}123.5,7{mark}123{mark}456\n"
    hole = read_session(folder(tmp_path, {**OURS, "collar.csv": collar})).hole
    assert (hole.x, hole.y) == (500123.5, 7123456.0)


@pytest.mark.parametrize("name", ["#1", "DH1", "dh_1"])
def test_a_hole_is_found_by_its_name_however_it_is_spelt(tmp_path: Path, name: str) -> None:
    boxes = f"hole,box,from,to,rows\n{name},1,100,102.2,3\n{name},2,102.2,104.5,3\n"
    collar = OURS["collar.csv"].replace("DH-1", name.lower())
    survey = OURS["survey.csv"].replace("DH-1", name)
    session = read_session(folder(tmp_path, {**OURS, "boxes.csv": boxes, "collar.csv": collar, "survey.csv": survey}))
    assert (session.hole.id, len(session.boxes), len(session.hole.survey)) == (name, 2, 2)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("boxes.csv", "BOX,FROM,TO\n1,100,102\n", r"boxes\.csv: it has no column for rows \(such as ROWS\)"),
        ("boxes.csv", "box,from_m,to_m,rows\n1,abc,102,3\n", r"boxes\.csv, line 2: from_m 'abc' is no number"),
        ("boxes.csv", "box,from_m,to_m,rows\n1,100,,3\n", r"boxes\.csv, line 2 is not right:\n  to_m: Field required"),
        ("boxes.csv", "box,from_m,to_m,rows\n1,100,102,3.5\n", r"line 2 is not right:\n  rows"),
        ("boxes.csv", "box,from_m,to_m,rows,core\n1,100,102,3,XQ\n", r"line 2 is not right:\n  core"),
        ("boxes.csv", 'box,from_m,to_m,rows\n1,"1,100","1,200",3\n', r"'1,100' may be a thousand or a decimal comma"),
        ("boxes.csv", "box;from_m;to_m;rows\n1;100,5;102.55;3\n", "decimal points and decimal commas"),
        ("boxes.csv", "hole,box,from_m,to_m,rows\nA,1,1,2,3\nB,1,1,2,3\n", "the holes A, B"),
        ("boxes.csv", "", r"boxes\.csv: it has no column"),
        ("boxes.csv", "x" * 200_000, r"boxes\.csv: it has no column"),
        ("blocks.csv", "box,row,depth_m\n7,1,101\n", r"blocks\.csv, line 2: boxes\.csv has no box '7'"),
        ("blocks.csv", "box,row,depth_m\n1,3,101.5\n1,1,101\n", None),
        (
            "blocks.csv",
            "box,row,depth_m\n1,1,101.5\n1,3,101\n",
            r"box 1, row 3: block 101 m comes after block 101\.5 m",
        ),
        ("runs.csv", "from_m,to_m,recovery\n100,101.5,96\n", "RECOVERY_M or RECOVERY_PCT"),
        ("boxes.csv", "box,from,to,rows,half\n1,100,102,3,yes\n", r"line 2 is not right:\n  cut"),
        ("runs.csv", "from_m,to_m,rec_pct\n100,101.5,0.98\n", r"at most 0\.98 % in all of the file"),
        ("boxes.csv", "box;from;to;rows\n1;328'6\";335'0\";3\n", r"line 2: from_m .* feet or inches.*FROM_FT"),
        ("boxes.csv", "box;from;to;rows\n1;328.5';335';3\n", r"line 2: from_m \"328\.5'\" may be in feet"),
        ("boxes.csv", "box;from;to;rows\n1;328\u2032;335;3\n", "may be in feet"),
        ("boxes.csv", 'box;from;to;rows\n1;100;335";3\n', "may be in feet or inches"),
        ("boxes.csv", "box;from;to;rows\n1;3 28;335;3\n", "from_m '3 28' is no number"),
        ("boxes.csv", "box,from,to,rows\n1,1_00,102,3\n", "from_m '1_00' is no number"),
        ("boxes.csv", "box,from,to,rows\n1 m,100,102,3\n", "number '1 m' is a length"),
        ("boxes.csv", "box,from_ft,to,rows\n1,100 m,102,3\n", "from_m '100 m' stands in a column in 'ft'"),
        ("boxes.csv", "box,from,to,rows\n1,1,5,3,0,3\n", r"line 2: it has more cells than the heading.*decimal comma"),
        ("boxes.csv", "box,from,to,rows,,\n1,1,5,3,0,3\n", r"line 2: it has more cells"),
        ("boxes.csv", "box,from (m),to,rows\n,ft,ft,\n1,1,3,3\n", r"line 2: from_m is in 'ft', in its heading in 'm'"),
        ("boxes.csv", "box,from,to,rows\n,yd,yd,\n1,1,3,3\n", r"line 2: from_m 'yd' is no number"),
        ("boxes.csv", "box,from,to,rows\n#1,100,102,3\n", r"line 2: number '#1' is no number"),
        ("blocks.csv", "hole,box,row,depth\nDH-2,1,2,101.5\n", r"blocks\.csv has rows of DH-2, but none of hole DH-1"),
        ("survey.csv", "hole,depth,azi,dip\nDH-2,0,1,-60\n", r"survey\.csv has rows of DH-2, but none of hole DH-1"),
        ("collar.csv", "hole,x\nDH-1,1\nDH-1,2\n", "hole DH-1 is there twice"),
    ],
)
def test_what_could_mean_two_things_or_lacks_something_is_refused_by_file_and_line(
    tmp_path: Path, name: str, text: str, words: str | None
) -> None:
    folder(tmp_path, {**OURS, name: text})
    if words is None:
        assert [block.row for block in read_session(tmp_path).boxes[0].blocks] == [1, 3]
        return
    with pytest.raises(ConfigError, match=words):
        read_session(tmp_path)


def test_a_folder_without_boxes_and_one_with_two_of_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"boxes\.csv is not there"):
        read_session(tmp_path)
    folder(tmp_path, {**OURS, "Box.CSV": OURS["boxes.csv"]})
    with pytest.raises(ConfigError, match="hold the same"):
        read_session(tmp_path)
