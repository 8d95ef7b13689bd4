"""`oreline core edit`: a block's depth, or the scan of a box that is in force, put right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oreline.errors import ConfigError
from oreline.locks import in_turn
from oreline.moment import now
from sinks.core.box_scans import Choice
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.products import make_hole
from sinks.core.session_file import read_session
from sinks.core.session_in_force import BlockEdit, choose_scan, depth_of, edit_block


def edit(
    path: Path, box: int, block: int | None, depth_m: float | None, scan: int | None, *, who: str, why: str
) -> Iterator[str]:
    """Put it right, and make the hole anew; what was done, line by line. Raises OrelineError."""
    folder = HoleFolder.at(path)
    if not why.strip():
        raise ConfigError("say why, for whoever reads the audit log")
    if scan is not None and block is None and depth_m is None:
        choose_scan(folder, Choice(box, scan, who, now().text, why))
        yield f"box {box}: scan {scan} is in force"
    elif scan is None and block is not None and depth_m is not None:
        with in_turn(folder.path):
            old_m = depth_of(read_session(folder.session), box, block)
            edit_block(folder, BlockEdit(box, block, old_m, depth_m), who, why)
        yield f"box {box}, block {block}: {old_m:g} m is {depth_m:g} m now"
    else:
        raise ConfigError("give --block and --depth for a block that was misread, or --scan for a scan to be in force")
    if folder.scans.read().in_force:
        yield from (f"made anew: {made}" for made in make_hole(folder).values())
