"""Products of what was scanned: a verdict and a table of each box, and all that is made of a hole."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from oreline.config import Config
from oreline.errors import ConfigError, OrelineError
from oreline.extras import lacking
from oreline.files import write_whole
from oreline.locks import in_turn
from sinks.core.box_scans import BoxScan
from sinks.core.commands import page
from sinks.core.commands.asked import Asked
from sinks.core.commands.export import Wanted, export
from sinks.core.counting import samples_of
from sinks.core.export.folder import MANIFEST
from sinks.core.hole_folder import HoleFolder
from sinks.core.hole_log import HoleLog
from sinks.core.intervals import intervals, steps
from sinks.core.live.line_file import limits_in
from sinks.core.live.making import ARTEFACTS
from sinks.core.qc.judging import judge
from sinks.core.qc.verdicts import keep

STEP_M = 0.1
FORMATS = ("csv", "las", "parquet", "envi")
"""Of the tables that are made without being asked for."""
UNTOLD = ("depth", "no_rock")
"""Checks whose box has no depths, and so no table."""


def make_box(folder: HoleFolder, box: int, scan: int, config: Config) -> None:
    """Make the verdict on a scan, then the table of its box by itself. Raises OrelineError."""
    hole, at = HoleLog(folder), folder.scans.read().find(box, scan)
    verdict = judge(hole, at, config.line.references_folder, limits_in(config))
    keep(folder, verdict)
    if not at.cut and not any(one.check in UNTOLD for one in verdict.findings):
        _make_table(hole, at)


def make_hole(folder: HoleFolder) -> dict[str, Path]:
    """Make the tables of a hole and its page, each whatever becomes of the other, and say in ARTEFACTS where they are.
    Returns them by name. Raises ConfigError with what could not be made."""
    made, refused = dict[str, Path](), list[str]()
    for name, make in {"tables": _make_tables, "page": _make_page}.items():
        try:
            made[name] = make(folder, refused.append)
        except OrelineError as error:
            refused.append(f"{name}: {error}")
    told = {name: str(path) for name, path in made.items()}
    write_whole(folder.path / ARTEFACTS, json.dumps(told, indent=1).encode())
    if refused:
        raise ConfigError("; ".join(refused))
    return made


def _make_tables(folder: HoleFolder, refuse: Callable[[str], None]) -> Path:
    """All formats but the one whose extra is not installed, which is said."""
    formats = list(FORMATS)
    if find_spec("lasio") is None:
        formats.remove("las")
        refuse(f"LAS: {lacking(ModuleNotFoundError(name='lasio'))}")
    list(export(folder.path, None, None, Wanted(",".join(formats), step_m=STEP_M)))
    return folder.export / MANIFEST


def _make_page(folder: HoleFolder, _refuse: Callable[[str], None]) -> Path:
    html = folder.export / f"{folder.path.name}.html"
    with in_turn(folder.export):
        page.make(Asked(folder.path), html, page.Wanted())
    return html


def _make_table(hole: HoleLog, at: BoxScan) -> None:
    """Table of a box by itself, for who waits for it: of runs that go on in another, what is known without that."""
    scan = hole.seen(at)
    box = next(one for one in hole.session.boxes if one.number == at.box)
    samples = samples_of(hole.session.hole.id, scan, hole.depth_of(scan))
    table = intervals([samples], steps(box.from_m, box.to_m, STEP_M), {"box": at.box, "scan": at.scan})
    _write(table, box_table(hole.folder, at.box, at.scan))


def box_table(folder: HoleFolder, box: int, scan: int) -> Path:
    """Where the table of a scan by itself is."""
    return folder.path / "boxes" / f"box_{box:04d}_{scan}.parquet"


def _write(table: pa.Table, path: Path) -> Path:
    out = pa.BufferOutputStream()
    pq.write_table(table, out)
    write_whole(path, out.getvalue().to_pybytes())
    return path
