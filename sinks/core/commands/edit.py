"""`oreline core edit`: a block's depth, the scan of a box that is in force, or which box a scan is, put right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oreline.errors import ConfigError
from oreline.locks import in_turn
from oreline.moment import now
from sinks.core.box_scans import Choice, Move
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.line_file import line_of
from sinks.core.live.products import box_table, make_box, make_hole
from sinks.core.qc.verdicts import verdict_file
from sinks.core.session_file import read_session
from sinks.core.session_in_force import BlockEdit, choose_scan, depth_of, edit_block, move_scan


def edit(
    path: Path, box: int, block: int | None, depth_m: float | None, scan: int | None, scan_of: int | None, *,
    who: str, why: str,
) -> Iterator[str]:  # fmt: skip
    """Put it right, and make the hole anew; what was done, line by line. Raises OrelineError."""
    folder = HoleFolder.at(path)
    if not why.strip():
        raise ConfigError("say why, for whoever reads the audit log")
    if scan_of is not None and block is None and depth_m is None:
        with in_turn(folder.path):
            yield _moved(folder, Move(scan_of, scan or _latest(folder, scan_of), box, who, now().text, why))
    elif scan is not None and block is None and depth_m is None:
        choose_scan(folder, Choice(box, scan, who, now().text, why))
        yield f"box {box}: scan {scan} is in force"
    elif scan is None and scan_of is None and block is not None and depth_m is not None:
        with in_turn(folder.path):
            old_m = depth_of(read_session(folder.session), box, block)
            edit_block(folder, BlockEdit(box, block, old_m, depth_m), who, why)
        yield f"box {box}, block {block}: {old_m:g} m is {depth_m:g} m now"
    else:
        raise ConfigError(
            "give --block and --depth for a block that was misread, --scan for a scan to be in force, or --scan-of for "
            "the box that this one was taken for"
        )
    if folder.scans.read().in_force:
        yield from (f"made anew: {made}" for made in make_hole(folder).values())


def _latest(folder: HoleFolder, box: int) -> int:
    """Number of the scan of a box that is in force, or else of its latest. Raises ConfigError where it has none."""
    scans = folder.scans.read()
    found = [one for one in (*scans.of(box), scans.in_force.get(box)) if one]
    return found[-1].scan if found else scans.find(box, 1).scan


def _moved(folder: HoleFolder, move: Move) -> str:
    """Have a scan be another box, with a verdict as that."""
    scan = move_scan(folder, move)
    for made in (verdict_file(folder, move.box, move.moved), box_table(folder, move.box, move.moved)):
        made.unlink(missing_ok=True)
    make_box(folder, scan.box, scan.scan, line_of(folder))
    return f"what was taken for box {move.box} is {scan.name} now"
