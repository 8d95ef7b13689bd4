"""Session from a folder of CSV files, as databases of drill holes export them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from oreline.config import Section, validated
from oreline.errors import ConfigError
from oreline.guard import refusal
from sinks.core.measures import METRES
from sinks.core.session import Block, Box, Loss, Run, Survey
from sinks.core.spreadsheet import Row, of_hole, read_rows

FROM = ("from", "depthfrom", "fromdepth", "start", "startdepth", "top", "begin", "mfrom", "von", "desde")
TO = ("to", "depthto", "todepth", "end", "enddepth", "base", "mto", "bis", "hasta")
HOLE = (
    "holeid", "bhid", "hole", "dhid", "drillhole", "drillholeid", "holename", "holeno", "boreholeid", "borehole",
    "bohrloch", "bohrung", "sondaje"
)  # fmt: skip
DEPTH = ("depth", "at", "distance", "md", "surveydepth", "downholedepth", "teufe", "profundidad")
BOX = ("box", "boxno", "boxnumber", "boxnr", "boxid", "tray", "trayno", "traynumber", "corebox", "kiste", "caja")
ROW = ("row", "rowno", "section", "channel", "line", "reihe", "fila")
COLLAR: Mapping[str, Sequence[str]] = {
    "id": (*HOLE, "id", "name"),
    "x": ("x", "easting", "east", "xcollar", "xcoord", "utme", "eastings"),
    "y": ("y", "northing", "north", "ycollar", "ycoord", "utmn", "northings"),
    "z": ("z", "elevation", "rl", "zcollar", "zcoord", "elev", "height", "altitude"),
    "max_depth_m": ("maxdepth", "totaldepth", "depth", "eoh", "td", "holedepth", "finaldepth", "length", "enddepth"),
    "crs": ("crs", "epsg", "grid", "gridname", "projection", "coordinatesystem"),
}
SURVEY = {
    "id": HOLE,
    "depth_m": DEPTH,
    "azimuth_deg": ("azimuth", "azi", "brg", "bearing", "azim", "azimut"),
    "dip_deg": ("dip", "inclination", "incl", "plunge", "inclinacion"),
}
BOXES = {
    "id": HOLE,
    "number": (*BOX, "number", "no", "nr"),
    "from_m": FROM,
    "to_m": TO,
    "rows": ("rows", "norows", "nrows", "numberofrows", "channels", "sections", "lines", "reihen", "filas"),
    "core": ("core", "coresize", "size", "diameter", "corediameter", "holesize"),
    "cut": ("cut", "coretype", "half"),
}
BLOCKS = {
    "id": HOLE,
    "box": BOX,
    "row": ROW,
    "depth_m": ("depth", "block", "blockdepth", "marker", "markerdepth", "teufe", "profundidad"),
    "at_mm": ("at", "position", "offset", "distance", "pos"),
}
RUNS = {
    "id": HOLE,
    "from_m": FROM,
    "to_m": TO,
    "recovered_m": ("recovered", "recoveredlength", "lengthrecovered", "corelength", "recoveredcore"),
    "share": ("recovery", "corerecovery", "rec", "tcr", "totalcorerecovery"),
}
LOSSES = {"id": HOLE, "from_m": FROM, "to_m": TO}
FILES = {
    "collar": (COLLAR, ("id",)),
    "survey": (SURVEY, ("depth_m", "azimuth_deg", "dip_deg")),
    "boxes": (BOXES, ("number", "from_m", "to_m", "rows")),
    "blocks": (BLOCKS, ("box", "row", "depth_m")),
    "runs": (RUNS, ("from_m", "to_m")),
    "losses": (LOSSES, ("from_m", "to_m")),
}
"""What each file may hold, and what it must."""
CUTS = {"half": "half", "1/2": "half", "0.5": "half", "whole": "whole", "full": "whole", "1": "whole"}


def read_folder(folder: Path) -> dict[str, Any]:
    """Tables of a session, as `Session` takes them, from the CSV files of a folder. Raises ConfigError and
    SystemRefused."""
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise refusal(error, folder) from None
    rows = {name: _of_file(folder, files, name) for name in FILES}
    if not rows["boxes"]:
        raise ConfigError(f"{folder}: boxes.csv is not there or has no box: name it so, with {', '.join(BOXES)}")
    hole = _hole_of(folder, rows)
    rows = {name: of_hole(some, hole, f"{folder}: {name}.csv") for name, some in rows.items()}
    return {
        "hole": {**_collar(rows["collar"], hole), "survey": [_survey(row) for row in rows["survey"]]},
        "boxes": _boxes(rows["boxes"], rows["blocks"]),
        "runs": _runs(rows["runs"]),
        "losses": [_made(Loss, row, **_span(row)) for row in rows["losses"]],
    }


def _of_file(folder: Path, files: Sequence[Path], name: str) -> list[Row]:
    """Rows of a file that may be there, in whatever letters, its name in the singular or the plural."""
    stems = {name, f"{name}s", name.removesuffix("s"), name.removesuffix("es")}
    names = {f"{stem}{end}" for stem in stems for end in (".csv", ".txt", ".tsv")}
    found = [path for path in files if path.name.casefold() in names]
    if len(found) > 1:
        raise ConfigError(f"{folder}: {found[0].name} and {found[1].name} hold the same: leave one of them")
    columns, required = FILES[name]
    return read_rows(found[0], columns, required) if found else []


def _hole_of(folder: Path, rows: Mapping[str, Sequence[Row]]) -> str:
    """The one hole that there are boxes of."""
    for name in ("boxes", "collar"):
        holes = list(dict.fromkeys(row.cells["id"] for row in rows[name] if "id" in row.cells))
        if len({hole.casefold() for hole in holes}) > 1:
            raise ConfigError(f"{folder}: {name} has the holes {', '.join(holes[:8])}: leave one in boxes.csv")
        if holes:
            return holes[0]
    raise ConfigError(f"{folder}: no hole is named: add a column HOLEID to boxes.csv, or a collar.csv")


def _collar(rows: Sequence[Row], hole: str) -> dict[str, Any]:
    if not rows:
        return {"id": hole}
    row = rows[-1]
    if len(rows) > 1:
        raise ConfigError(f"{row.where}: hole {hole} is there twice: leave one out")
    numbers = {name: row.length(name) for name in ("x", "y", "z", "max_depth_m")}
    return {"id": hole, "crs": row.cells.get("crs", ""), **_told(numbers)}


def _survey(row: Row) -> dict[str, Any]:
    numbers = {name: row.number(name) for name in ("azimuth_deg", "dip_deg")}
    return _made(Survey, row, depth_m=row.length("depth_m"), **numbers)


def _boxes(rows: Iterable[Row], blocks: Sequence[Row]) -> list[dict[str, Any]]:
    boxes = [_box(row) for row in rows]
    by_number: dict[float, list[dict[str, Any]]] = {box["number"]: [] for box in boxes}
    for row in blocks:
        number = row.number("box")
        if number is None or number not in by_number:
            raise ConfigError(f"{row.where}: boxes.csv has no box {row.cells.get('box', '')!r}: correct one of them")
        by_number[number].append(
            _made(Block, row, row=_whole(row, "row"), depth_m=row.length("depth_m"), at_mm=row.length("at_mm", "mm"))
        )
    return [{**box, "blocks": by_number[box["number"]]} for box in boxes]


def _box(row: Row) -> dict[str, Any]:
    core, cut = row.cells.get("core", ""), row.cells.get("cut", "").casefold()
    size = row.length("core", "mm") if core[:1].isdigit() else core or None
    told = {"number": _whole(row, "number"), "rows": _whole(row, "rows"), "core": size}
    ours = next((ours for word, ours in CUTS.items() if word in cut), cut or None)
    return _made(Box, row, **_span(row), **told, cut=ours)


def _runs(rows: Sequence[Row]) -> list[dict[str, Any]]:
    percents = [row.number("share") or 0.0 for row in rows if "share" in row.cells and row.unit("share") not in METRES]
    if 0 < max(percents, default=0.0) <= 1:
        raise ConfigError(
            f"{rows[0].where}: recovery is at most {max(percents):g} % in all of the file: write 98 for 98 %"
        )
    return [_run(row) for row in rows]


def _run(row: Row) -> dict[str, Any]:
    span, recovered, share = _span(row), row.length("recovered_m"), row.unit("share")
    if recovered is None and "share" in row.cells:
        if not share:
            raise ConfigError(f"{row.where}: recovery may be a length or a share: call it RECOVERY_M or RECOVERY_PCT")
        length = (span["to_m"] or 0.0) - (span["from_m"] or 0.0)
        recovered = row.length("share") if share in METRES else (row.number("share") or 0.0) / 100 * length
    return _made(Run, row, **span, recovered_m=recovered)


def _span(row: Row) -> dict[str, float | None]:
    return {name: row.length(name) for name in ("from_m", "to_m")}


def _whole(row: Row, name: str) -> int | float | None:
    """A whole number; what is none is left as it is, for its model to refuse."""
    value = row.number(name)
    return int(value) if value is not None and value.is_integer() else value


def _made(model: type[Section], source: Row, **told: Any) -> dict[str, Any]:
    """The table of a row, which its model has taken."""
    validated(model, _told(told), source.where)
    return _told(told)


def _told(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}
