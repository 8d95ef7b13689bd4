"""Report of the plant on a run: where the mass went, how rich it is, what went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hwsim.plant.belt import Motion
from hwsim.plant.judge import Aim, Bar, Feed, Result, judge
from hwsim.plant.program import Route
from hwsim.plant.server import Settings
from hwsim.plant.stones import TrueStone, load_truth
from hwsim.settings import Settings as Simulator
from hwsim.spectra import load
from hwsim.worlds.motion import way_mm
from oreline.config import Config
from oreline.palette import group_of
from oreline.recordings.recording import open_recording

STREAMS = ("feed", "concentrate", "tails")
COUNTS = ("late", "dropped", "refused", "valve_faults")


def plant_report(config: Config, sorter: Mapping[str, Any]) -> dict[str, Any]:
    """Report on the stones that the camera saw whole, for JSON; a share of nothing is null. `sorter`: the settings by
    which the conveyor says that it sorted.

    "feed", "concentrate", "tails": "stones", "mass_kg", "ore_kg", "grade" (share of ore by mass). "recovery": share of
    the feed's ore in the concentrate; "mass_pull": of its mass. "ejected", "missed", "wrong", "passed": stones, by what
    the recipe wants of them; "misplaced_ore_kg", "misplaced_waste_kg": the mass of the missed and the wrong. "shots",
    "air_shots": pulses of a valve, and those that met no stone. "late": rows that came after they were due, "dropped":
    rows that a safe state kept from firing, "refused": batches that made no sense, "valve_faults": valves that did not
    answer. "diversions": when all stones went one way, see `diversions`; "held": when none was to be fed, see `held`.

    Raises RecordingError where the scene's truth cannot be read.
    """
    settings = config.section("plant", Settings)
    with np.load(config.line.output / settings.commands, allow_pickle=False) as commands:
        rows, changes, feeds = commands["rows"], commands["changes"], commands["feeds"]
    feed, bar = _site(config, settings, sorter, int(changes["count"][-1]))
    recipe = sorter["recipe"]
    aim = Aim(ore_of(recipe["ore"], feed.stones), recipe["min_fraction"], recipe["min_pixels"])
    counted = json.loads((config.line.output / "plant.json").read_text(encoding="utf-8"))
    facts = as_dict(judge(rows, changes, feed, bar, aim)) | {name: counted[name] for name in COUNTS}
    return facts | {"diversions": diversions(changes), "held": held(feeds, feed.mm_per_count)}


def ore_of(names: Sequence[str], stones: Iterable[TrueStone]) -> frozenset[str]:
    """The minerals of some stones that a recipe's ore means: classes of a model, and all of a group that no class is
    named as."""
    groups = set(names) - set(load().species)
    minerals = {mineral for stone in stones for mineral in stone.species}
    return frozenset(mineral for mineral in minerals if mineral in names or group_of(mineral) in groups)


def as_dict(result: Result) -> dict[str, Any]:
    """A result with its shares."""
    facts = asdict(result) | {"recovery": result.recovery, "mass_pull": result.mass_pull}
    for name in STREAMS:
        facts[name]["grade"] = getattr(result, name).grade
    return facts


def diversions(changes: NDArray[Any]) -> list[dict[str, Any]]:
    """Each time that the PLC did not sort (changes of dtype CHANGE): "route", "from_count" of the belt, "seconds" that
    it took, and how long the heartbeat had stood still when it began, "silent_ms"."""
    return [
        {
            "route": Route(int(change["route"])).name.lower(),
            "from_count": int(change["count"]),
            "seconds": int(after["t_ns"] - change["t_ns"]) / 1e9,
            "silent_ms": int(change["silent_ns"]) / 1e6,
        }
        for change, after in pairwise(changes)
        if change["route"] != Route.SORT
    ]


def held(feeds: NDArray[Any], mm_per_count: float) -> list[dict[str, Any]]:
    """Each time that the feeder was held (feeds of dtype FEED): how long, "seconds", and how far the belt ran meanwhile
    with what lay on it, "mm"."""
    return [
        {
            "seconds": int(after["t_ns"] - feed["t_ns"]) / 1e9,
            "mm": int(after["count"] - feed["count"]) * mm_per_count,
        }
        for feed, after in pairwise(feeds)
        if not feed["on"]
    ]


def show(report: dict[str, Any], console: Console) -> None:
    """Print a report of the plant for a person."""
    table = Table("", "stones", "mass kg", "ore kg", "grade", box=None, pad_edge=False)
    for name in STREAMS:
        stream = report[name]
        masses = (f"{stream['mass_kg']:.3f}", f"{stream['ore_kg']:.3f}")
        table.add_row(name, str(stream["stones"]), *masses, _percent(stream["grade"]))
    console.print(table)
    console.print(f"recovery {_percent(report['recovery'])}, mass pull {_percent(report['mass_pull'])}")
    console.print(f"misplaced: ore {report['misplaced_ore_kg']:.3f} kg, waste {report['misplaced_waste_kg']:.3f} kg")
    console.print(f"shots {report['shots']}, into the air {report['air_shots']}")
    console.print(", ".join(f"{name.replace('_', ' ')} {report[name]}" for name in COUNTS))
    seconds, mm = (sum(stop[unit] for stop in report["held"]) for unit in ("seconds", "mm"))
    console.print(f"feeder held {len(report['held'])} times, {seconds:.1f} s in all, in which the belt ran {mm:.0f} mm")
    for stop in report["diversions"]:
        console.print(
            f"{stop['route']} all: {stop['seconds']:.1f} s, after {stop['silent_ms']:.0f} ms without a heartbeat"
        )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _site(config: Config, settings: Settings, sorter: Mapping[str, Any], last_count: int) -> tuple[Feed, Bar]:
    """Stones that the scene laid on the belt, until its encoder was at `last_count`, and the nozzles, as the sorter
    takes them."""
    simulator = config.section("simulator", Simulator)
    scene = simulator.scene
    assert scene is not None
    folder = config.line.output / simulator.folder
    truth = load_truth(folder / f"{scene.name}_truth.json")
    ids = open_recording(folder / f"{scene.name}_stones.hdr").cube[:, 0]
    mm_per_count = scene.pitch_mm / truth.counts_per_line
    counts = truth.encoder_start + way_mm(scene, np.arange(len(ids))) / mm_per_count
    motion = Motion(counts, simulator.frame_rate)
    feed = Feed(truth.stones, ids, counts, motion, scene.pixel_mm, mm_per_count)
    distance = settings.ejector.bar(sorter["distance_counts"], truth.counts_per_line, motion.mean_speed)
    bar = Bar(settings.ejector, sorter["valves"], distance, settings.faults)
    return feed.whole(range(int((counts < last_count).sum()))), bar
