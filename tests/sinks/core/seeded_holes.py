"""Simulated holes of a few trays, each otherwise than the last, as a core log sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.render.core_truth import CoreTruth
from hwsim.render.session import session_of
from hwsim.scenes.core import SIZES_MM, CoreScene
from hwsim.worlds.core import CoreWorld
from oreline.answers import answer_of
from oreline.messages import ClassInfo
from sinks.core.depth import HoleDepth, RowFind
from sinks.core.scan import NO_REASON, Scan
from sinks.core.session import Session


@dataclass(frozen=True, eq=False)
class Hole:
    """A simulated hole, what its session tells, and its boxes as they are seen by one who knows every label."""

    scene: CoreScene
    truth: CoreTruth
    session: Session
    scans: dict[int, Scan]

    @property
    def alongs(self) -> dict[int, NDArray[np.float64]]:
        return {box: scan.along_mm for box, scan in self.scans.items()}


def scene_of(seed: int) -> CoreScene:
    """A hole by its number: sizes of core, whole or half; rows in any order, of several lengths; losses anywhere, shown
    or closed up, of any length; stubs; sound and broken rock; pixels of several sizes, that need not be square, and
    trays that do not pass evenly."""
    draw = np.random.default_rng([19, seed])
    pixel_mm = float(draw.choice([0.8, 1.0, 1.25]))
    loss_at = str(draw.choice(["base", "top", "inside", "mixed"]))
    return CoreScene.model_validate({
        "seed": seed,
        "trays": int(draw.integers(1, 4)),
        "pixel_mm": pixel_mm,
        "line_mm": float(draw.choice([1.0, 0.8, 1.2])) * pixel_mm,
        "row_mm": float(round(draw.uniform(350.0, 800.0))),
        "diameters_mm": [str(size) for size in draw.choice(list(SIZES_MM), 2)],
        "cut": str(draw.choice(["whole", "half"])),
        "tray": str(draw.choice(["wood", "metal"])),
        "askew_deg": float(draw.choice([0.0, 0.0, -1.2, 1.5])),
        "rows_begin": str(draw.choice(["top", "bottom"])),
        "direction": str(draw.choice(["left-right", "right-left", "snake", "snake-right"])),
        "first_box": int(draw.integers(1, 40)),
        "depth_m": round(draw.uniform(20.0, 900.0), 2),
        "run_m": float(draw.choice([0.75, 1.0, 1.5, 3.05])),
        "loss": float(draw.choice([0.0, 0.05, 0.15, 0.25])),
        "loss_at": loss_at,
        "loss_shown_mm": float(draw.choice([0.0, 60.0, 2000.0])),
        "stubs": float(draw.choice([0.0, 0.7])),
        "broken": float(draw.choice([0.0, 0.12, 0.5])),
        "fits": True,
        "fractures_per_m": draw.uniform(2.0, 9.0),
        "told": ["losses"] if loss_at in ("inside", "mixed") else [],
        "veins_per_m": 2.0,
        "vein_minerals": ["gypsum"],
        "vein_mm": 8.0,
        "motion": {"jitter": float(draw.choice([0.0, 0.05]))},
    })  # fmt: skip


def hole_of(seed: int) -> Hole:
    """The hole of a number, painted."""
    scene = scene_of(seed)
    world = CoreWorld(scene)
    truth = CoreTruth.of(world)
    session = Session.model_validate(session_of(scene, truth.facts))
    way = world.way_mm(np.arange(world.lines))
    return Hole(scene, truth, session, {box["box"]: _scan(truth, box, way) for box in truth.facts["boxes"]})


def _scan(truth: CoreTruth, box: dict[str, Any], way: NDArray[np.float64]) -> Scan:
    lines = slice(box["first_line"], box["last_line"] + 1)
    codes = truth.labels[lines]
    answer = answer_of("labels", tuple(ClassInfo(name, (0, 0, 0)) for name in truth.minerals), ())
    return Scan(
        box["box"], "ab" * 16, np.arange(lines.start, lines.stop), way[lines] - way[lines.start],
        truth.facts["pixel_mm"], answer, codes, np.full(codes.shape, NO_REASON, np.uint8), (),
        np.isfinite(truth.depth_m[lines]), np.zeros(len(codes), np.bool_),
    )  # fmt: skip


def depths_of(hole: HoleDepth) -> dict[str, NDArray[Any]]:
    """The table of depths that the judge reads."""
    parts = []
    for box in hole.boxes.values():
        for row in box.rows:
            lines = np.flatnonzero(np.isfinite(row.depth_m))
            own = {"box": np.full(len(lines), box.box), "row": np.full(len(lines), row.find.row), "line": lines}
            parts.append(own | {"depth_m": row.depth_m[lines]} | _samples(row.find, lines))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _samples(find: RowFind, lines: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    return {"first_sample": find.first[lines], "stop_sample": find.stop[lines]}


def runs_of(hole: HoleDepth) -> dict[str, NDArray[Any]]:
    """The table of runs."""
    return {name: np.array([getattr(run, name) for run in hole.recovery]) for name in ("from_m", "to_m", "recovered_m")}
