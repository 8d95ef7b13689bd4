"""A hole of the simulator, its boxes as a perfect camera sees them, each line at its true depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.scenes.core import CoreScene
from hwsim.worlds.core import CoreWorld
from hwsim.worlds.geology import veins
from hwsim.worlds.tray import BLOCK_MM
from oreline.answers import answer_of
from oreline.messages import UNKNOWN, ClassInfo, FeatureInfo
from oreline.palette import colour_of
from sinks.core.depth import BoxDepth, HoleDepth, Kind, Missing, RowDepth, RowFind
from sinks.core.scan import Scan
from sinks.core.session import Block, Box, Hole, Session

REASONS = ("not rock", "too dark", "noisy", "no bands", "not in the list", "unsure")


@dataclass(frozen=True, slots=True, eq=False)
class Drilled:
    """A hole: what is known of it, how it was seen, and the world that it was seen in."""

    world: CoreWorld
    session: Session
    depth: HoleDepth
    scans: dict[int, Scan]

    def scan_of(self, box: int) -> Scan:
        return self.scans[box]

    def veins_m(self) -> list[float]:
        """Depths of the axes of veins that cross the core's middle."""
        boxes = self.session.boxes
        found = veins(self.world.scene, boxes[0].from_m, boxes[-1].to_m)["depth"] / 1e3
        return [float(depth) for depth in found if boxes[0].from_m < depth < boxes[-1].to_m]


def drilled(*, unknown: float = 0.02, backwards: bool = False, **changes: Any) -> Drilled:
    """`unknown`: share of the rock that nobody can tell. `backwards`: depth grows from the last line to the first."""
    scene = CoreScene(**changes)
    world = CoreWorld(scene)
    facts = world.facts()
    seen = {number + 1: _seen(world, facts, number, unknown, backwards) for number in range(scene.trays)}
    boxes = tuple(_box(world, facts, number) for number in range(scene.trays))
    losses = tuple(Missing(one["depth_from_m"], one["depth_to_m"], "placed") for one in facts["losses"])
    depth = HoleDepth({number: box for number, (_, box) in seen.items()}, losses, (), ())
    session = Session(hole=Hole(id="SIM1"), boxes=boxes)
    return Drilled(world, session, depth, {number: scan for number, (scan, _) in seen.items()})


def _box(world: CoreWorld, facts: dict[str, Any], number: int) -> Box:
    rows = [row for row in facts["rows"] if row["tray"] == number]
    blocks = [one for one in facts["blocks"] if one["tray"] == number]
    diameter = world.scene.diameters_mm[min(number, len(world.scene.diameters_mm) - 1)]
    return Box(
        number=number + 1, from_m=rows[0]["depth_from_m"], to_m=rows[-1]["depth_to_m"], rows=len(rows), core=diameter,
        blocks=tuple(Block(row=one["row"] + 1, depth_m=one["depth_m"]) for one in blocks),
    )  # fmt: skip


def _seen(
    world: CoreWorld, facts: dict[str, Any], number: int, unknown: float, backwards: bool
) -> tuple[Scan, BoxDepth]:
    scene, tray = world.scene, world.tray(number)
    way = world.way_mm(np.arange(world.lines))
    first = int(np.searchsorted(way, tray.front_mm - 30))
    stop = int(np.searchsorted(way, tray.front_mm + scene.row_mm + 30))
    _, truth = world.paint(first, stop - first)
    fractions = truth.fractions()
    codes, rock = truth.labels(fractions), truth.ids > 0
    rng = np.random.default_rng(number)
    unsure = rock & (rng.random(codes.shape) < unknown)
    codes[unsure] = UNKNOWN
    features = np.full((len(codes), 1, 2, codes.shape[1]), np.nan, np.float32)
    features[:, 0, 0] = 2203 + 6 * np.sin(np.nan_to_num(truth.depth_m) * 4) + rng.normal(0, 0.5, codes.shape)
    features[:, 0, 1] = 0.2 * np.clip(fractions[:, 0], 0, 1)
    features[~rock[:, None, None].repeat(1, 1).repeat(2, 2)] = np.nan
    turn = slice(None, None, -1 if backwards else 1)
    rows = [
        _row(truth, row, way[first:stop] - tray.front_mm, tray.blocks, backwards)
        for row in facts["rows"]
        if row["tray"] == number
    ]
    classes = tuple(ClassInfo(name, colour_of(name, (90, 90, 90))) for name in scene.all_minerals)
    scan = Scan(
        box=number + 1, run="ab" * 16, seqs=np.arange(first, stop), along_mm=(way[first:stop] - way[first]),
        pixel_mm=scene.pixel_mm, answer=answer_of("labels", classes, ()), codes=codes[turn, turn],
        reasons=np.where(unsure, 5, 255).astype(np.uint8)[turn, turn], reason_names=REASONS, rock=rock[turn, turn],
        missing=np.zeros(len(codes), bool), features=features[turn, ..., turn],
        feature_infos=(FeatureInfo("2200", 2120, 2245),), provenance={"model": "truth"},
    )  # fmt: skip
    return scan, BoxDepth(number + 1, tuple(rows))


def _row(truth: Any, row: dict[str, Any], y_mm: Any, blocks: Any, backwards: bool) -> RowDepth:
    left, right = row["first_sample"], row["last_sample"] + 1
    seen = truth.depth_m[:, left:right].astype(float)
    middle = seen[:, seen.shape[1] // 2]
    kind = np.where(np.isfinite(middle), Kind.ROCK, Kind.EMPTY).astype(np.uint8)
    for start in (start for of, start, _ in blocks if of == row["row"]):
        kind[(y_mm >= start) & (y_mm < start + BLOCK_MM)] = Kind.BLOCK
    length = np.where(np.isfinite(middle), np.nanmedian(np.diff(middle)), 0.0)
    turn = slice(None, None, -1 if backwards else 1)
    samples = truth.ids.shape[1]
    ends = (samples - right, samples - left) if backwards else (left, right)
    first, stop = (np.full(len(middle), end, np.int32) for end in ends)
    filled = np.isfinite(seen).mean(axis=1, dtype=np.float32)
    find = RowFind(row["row"] + 1, first, stop, kind[turn], filled[turn], backwards)
    return RowDepth(find, middle[turn], np.where(np.isfinite(middle), 5e-4, np.nan)[turn], length[turn])


def plain(
    codes: list[list[int]],
    *,
    from_m: float = 0.0,
    missing: Sequence[int] = (),
    first: Sequence[int] | None = None,
    stop: Sequence[int] | None = None,
    reasons: list[list[int]] | None = None,
    classes: Sequence[str] = ("kaolinite", "muscovite"),
) -> tuple[Scan, BoxDepth]:
    """A box of one row whose lines are 1 mm of hole each."""
    seen = np.array(codes, np.uint8)
    lines, samples = seen.shape
    along = np.arange(lines, dtype=float)
    ends = (np.array(end or [one] * lines, np.int32) for end, one in ((first, 0), (stop, samples)))
    find = RowFind(1, *ends, np.full(lines, Kind.ROCK, np.uint8), np.ones(lines, np.float32), False)
    infos = tuple(ClassInfo(name, colour_of(name, (90, 90, 90))) for name in classes)
    scan = Scan(
        box=1, run="ab" * 16, seqs=np.arange(lines), along_mm=along, pixel_mm=1.0,
        answer=answer_of("labels", infos, ()), codes=seen,
        reasons=np.full(seen.shape, 255, np.uint8) if reasons is None else np.array(reasons, np.uint8),
        reason_names=REASONS, rock=seen < 250, missing=np.isin(np.arange(lines), missing),
    )  # fmt: skip
    depth = from_m + (along + 0.5) / 1e3
    return scan, BoxDepth(1, (RowDepth(find, depth, np.full(lines, 1e-3), np.full(lines, 1e-3)),))
