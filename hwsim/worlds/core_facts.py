"""Facts of core in its trays: where boxes, rows and blocks are seen, and what of the hole is in them.

Trays and rows are counted from 0, rows in the order in which they are read; lines and samples are the recording's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.core import BOARD_MM, CoreScene
from hwsim.worlds import geology
from hwsim.worlds.paint_core import WAVE_MM
from hwsim.worlds.runs import run_of
from hwsim.worlds.tray import BLOCK_MM, WALL_MM, Block, Tray, row_pitch_mm

Floats = NDArray[np.float64]


def core_facts(scene: CoreScene, trays: list[Tray], places: tuple[Floats, Floats]) -> dict[str, Any]:
    """ "drift": samples that rows drift across with each line, their samples being those in the middle of a tray;
    "boxes": number, size of the core, and depths between which it lies; "rows": where each is seen and which depths
    it holds, None of an empty one; "blocks": where each is seen, and the depth that is written on it; "losses": depths
    between which core is missing, and where it would lie; "runs": what was drilled of each, and how much core came with
    it; "veins": depth on the hole's axis, depths between which they are seen, and their mineral.

    places: way of each line of the recording and place of each sample, in mm.
    """
    return {
        "world": "core",
        "pixel_mm": scene.pixel_mm,
        "pitch_mm": scene.pitch_mm,
        "drift": float(scene.drift_mm(scene.row_mm) * 2 / scene.row_mm * scene.pitch_mm / scene.pixel_mm),
        "boxes": [_box(scene, tray, places) for tray in trays],
        "rows": [_row(scene, tray, row, places) for tray in trays for row in range(len(tray.rows_mm))],
        "blocks": [_block(scene, tray, block, places) for tray in trays for block in tray.blocks],
        "losses": [
            {
                "depth_from_m": loss.from_m,
                "depth_to_m": loss.to_m,
                "tray": t.number,
                "row": loss.row,
                "at_mm": loss.at_mm,
            }
            for t in trays
            for loss in t.losses
        ],
        "runs": _runs(scene, trays),
        "veins": _veins(scene, trays),
    }


def block_front_mm(scene: CoreScene, tray: Tray, block: Block) -> float:
    """Where a block begins along the way, from the tray's front."""
    return scene.row_mm - block.start_mm - BLOCK_MM if tray.backwards[block.row] else block.start_mm


def _box(scene: CoreScene, tray: Tray, places: tuple[Floats, Floats]) -> dict[str, Any]:
    """Lines from the outside of its one board to that of the other."""
    half = (len(tray.rows_mm) * row_pitch_mm(tray.radius_mm) + WALL_MM) / 2
    front, length = tray.front_mm - BOARD_MM, scene.row_mm + 2 * BOARD_MM
    depths = {"depth_from_m": tray.begin.depth_m, "depth_to_m": tray.end.depth_m}
    size = {"core_mm": 2 * tray.radius_mm, "cut": scene.cut, "rows": len(tray.rows_mm)}
    place = _place(places, front, length, float(tray.rows_mm.mean()), half)
    return {"tray": tray.number, "box": scene.first_box + tray.number} | place | size | depths


def _row(scene: CoreScene, tray: Tray, row: int, places: tuple[Floats, Floats]) -> dict[str, Any]:
    place = _place(places, tray.front_mm, scene.row_mm, tray.rows_mm[row], tray.radius_mm)
    pieces = tray.pieces[tray.pieces["row"] == row]
    ends = pieces["depth_m"] + (pieces["end"] - pieces["start"]) / 1e3
    depths = {
        "depth_from_m": float(pieces["depth_m"][0]) if len(pieces) else None,
        "depth_to_m": float(ends[-1]) if len(pieces) else None,
    }
    return {"tray": tray.number, "row": row, "backwards": bool(tray.backwards[row])} | place | depths


def _block(scene: CoreScene, tray: Tray, block: Block, places: tuple[Floats, Floats]) -> dict[str, Any]:
    front = block_front_mm(scene, tray, block)
    centre = tray.rows_mm[block.row] + float(scene.drift_mm(front + BLOCK_MM / 2))
    place = _place(places, tray.front_mm + front, BLOCK_MM, centre, tray.radius_mm)
    said = {"tray": tray.number, "row": block.row, "depth_m": block.depth_m, "at_mm": block.start_mm}
    return said | place


def _place(places: tuple[Floats, Floats], front: float, length: float, centre: float, reach: float) -> dict[str, int]:
    """Lines and samples whose centres lie on something."""
    way, x = places
    first, last = np.searchsorted(way, front), np.searchsorted(way, front + length, "right") - 1
    left, right = np.searchsorted(x, (centre - reach, centre + reach))
    names = ("first_line", "last_line", "first_sample", "last_sample")
    return dict(zip(names, map(int, (first, last, left, right - 1)), strict=True))


def _runs(scene: CoreScene, trays: list[Tray]) -> list[dict[str, Any]]:
    """Those that the recording begins or ends in are cut there, and not "whole"."""
    numbers = np.concatenate([tray.runs for tray in trays])
    lengths = np.concatenate([tray.pieces["end"] - tray.pieces["start"] for tray in trays]) / 1e3
    begin, end, runs = trays[0].begin, trays[-1].end, []
    for number in range(begin.run, end.run + 1):
        run = run_of(scene, number)
        from_m, to_m = max(run.from_m, begin.depth_m), min(run.to_m, end.depth_m)
        ends = {"depth_from_m": from_m, "depth_to_m": to_m, "whole": (from_m, to_m) == (run.from_m, run.to_m)}
        if to_m > from_m:
            runs.append({"run": number} | ends | {"recovered_m": float(lengths[numbers == number].sum())})
    return runs


def _veins(scene: CoreScene, trays: list[Tray]) -> list[dict[str, Any]]:
    """Those that the core of the recording may show; a vein that is seen from above lies off its depth on the axis, by
    its slope."""
    from_m, to_m, names = trays[0].begin.depth_m, trays[-1].end.depth_m, scene.vein_minerals
    reach = max(scene.diameters_mm) / 2
    found = []
    for vein in geology.veins(scene, from_m, to_m):
        depth, far = float(vein["depth"]), float(vein["half"] + vein["slope"] * reach) + WAVE_MM
        if from_m <= depth / 1e3 < to_m:
            ends = {"depth_from_m": (depth - far) / 1e3, "depth_to_m": (depth + far) / 1e3}
            found.append({"depth_m": depth / 1e3} | ends | {"mineral": names[vein["rock"] - len(scene.lithologies)]})
    return found
