"""Session file of a simulated hole, as a technician types it: boxes and depth blocks, with depths to the centimetre.

Where core is missing he says only where the scene tells him to (`told`); otherwise that it is missing at the base of
its run, or at the top where the scene loses it there. A box whose core ends above its last block, since a stub of the
run is yet to come, ends at that block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hwsim.scenes.core import SIZES_MM, CoreScene
from hwsim.worlds import World
from oreline.files import write_whole
from oreline.toml_writer import toml_of

SESSION = "session.toml"
TO_MM = 10.0
"""Steps of a block's place in its row."""
Facts = Sequence[Mapping[str, Any]]


def write_session(world: World, folder: Path) -> None:
    """Write the session file of a hole into a folder; there is none of a belt."""
    if isinstance(world.scene, CoreScene):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / SESSION, toml_of(session_of(world.scene, world.facts())).encode())


def session_of(scene: CoreScene, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The session of a hole, from what `hwsim.worlds.core_facts` says of it; keys as a session file has them."""
    boxes = _boxes(scene, facts["boxes"], facts["blocks"])
    session: dict[str, Any] = {
        "rows_begin": scene.rows_begin,
        "direction": scene.direction,
        "tray": scene.tray,
        "loss": "placed" if "losses" in scene.told else "top" if scene.loss_at == "top" else "base",
        "row_mm": scene.row_mm,
        "pixel_mm": scene.pixel_mm,
        "line_mm": scene.pitch_mm,
        "hole": {"id": scene.hole, "max_depth_m": boxes[-1]["to_m"]},
        "boxes": boxes,
    }
    if "losses" in scene.told and facts["losses"]:
        session["losses"] = [_depths(loss) for loss in facts["losses"]]
    if "runs" in scene.told:
        session["runs"] = [_depths(run) | {"recovered_m": round(run["recovered_m"], 2)} for run in facts["runs"]]
    return session


def _boxes(scene: CoreScene, boxes: Facts, blocks: Facts) -> list[dict[str, Any]]:
    sizes = {mm: size for size, mm in SIZES_MM.items()}
    typed: list[dict[str, Any]] = []
    for box in boxes:
        own = [block for block in blocks if block["tray"] == box["tray"]]
        last = max((block["depth_m"] for block in own), default=box["depth_to_m"])
        begins = typed[-1]["to_m"] if typed else _metres(box["depth_from_m"])
        ends = {"from_m": begins, "to_m": _metres(max(last, box["depth_to_m"]))}
        size = {"rows": box["rows"], "core": sizes.get(box["core_mm"], box["core_mm"]), "cut": box["cut"]}
        said = {"blocks": [_block(scene, block) for block in own]} if own else {}
        typed.append({"number": box["box"]} | ends | size | said)
    return typed


def _block(scene: CoreScene, block: Mapping[str, Any]) -> dict[str, Any]:
    said = {"row": block["row"] + 1, "depth_m": _metres(block["depth_m"])}
    return said | ({"at_mm": TO_MM * round(block["at_mm"] / TO_MM)} if "places" in scene.told else {})


def _depths(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {"from_m": _metres(fact["depth_from_m"]), "to_m": _metres(fact["depth_to_m"])}


def _metres(depth_m: float) -> float:
    return round(depth_m, 2)
