"""From what a run leaves in its folder to what a plant manager reads."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from hwsim.plant import Route
from hwsim.plant.program import FEED
from hwsim.plant.report import ore_of, plant_report, show
from oreline.config import Config
from oreline.recordings.envi_writer import EnviWriter
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.settings import ConveyorSettings
from tests.hwsim.bench import AT, COUNTS, LINE_RATE, MS, PIXEL_MM, SAMPLES, VALVES, Laid, feed_of, routes, shots_at

ORE, BARREN, LAST = Laid(100, 40, 12, 12), Laid(100, 80, 12, 12, "chalcedony"), Laid(380, 40, 12, 12)
LINES, START = 400, 10_000
SORTER = ConveyorSettings(recipe=Recipe(ore=("calcite",)), distance_counts=AT, valves=VALVES).model_dump(mode="json")
"""What a conveyor's report says of its settings."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A run whose sorter hit ORE and nothing else, over a belt with BARREN and LAST as well."""
    feed = feed_of([ORE, BARREN, LAST], LINES)
    folder = tmp_path / "scene"
    folder.mkdir()
    truth = {"stones": [asdict(s) for s in feed.stones], "counts_per_line": COUNTS, "encoder_start": START}
    (folder / "belt_truth.json").write_text(json.dumps(truth))
    ids = EnviWriter.create(folder / "belt_stones.hdr", samples=SAMPLES, bands=1, dtype=np.int32)
    for line in feed.ids:
        ids.write(line[None])
    ids.close()
    leave(tmp_path, routes((0, Route.SORT), (START + LINES * 10, Route.SORT)))
    scene = {"lines": LINES, "pixel_mm": PIXEL_MM, "counts_per_line": COUNTS, "encoder_start": START}
    return Config(
        {
            "line": {"output": str(tmp_path)},
            "simulator": {"scene": scene, "frame_rate": LINE_RATE},
            "plant": {"ejector": {"speed_spread": 0.0}},
        }
    )


def leave(output: Path, changes: Any, *feeds: tuple[int, int, bool]) -> None:
    """What the plant's process leaves."""
    rows = shots_at(ORE)
    rows["encoder"] += START
    np.savez(output / "commands.npz", rows=rows, changes=changes, feeds=np.array([*feeds], FEED))
    counted = {"batches": 3, "rows": len(rows), "late": 2, "refused": 0, "dropped": 1, "safe_states": 1}
    (output / "plant.json").write_text(json.dumps(counted | {"valve_faults": 1}))


def shown(report: dict[str, Any]) -> str:
    page = io.StringIO()
    show(report, Console(file=page, width=100))
    return page.getvalue()


def test_the_manager_reads_mass_grade_recovery_and_what_went_wrong(config: Config) -> None:
    report = plant_report(config, SORTER)
    assert (report["ejected"], report["missed"], report["wrong"], report["passed"]) == (1, 1, 0, 1)
    assert report["recovery"] == pytest.approx(0.5)
    assert report["concentrate"]["grade"] == 1
    assert report["tails"]["grade"] == pytest.approx(2710 / (2710 + 2600))
    assert report["misplaced_ore_kg"] == pytest.approx(report["concentrate"]["mass_kg"])
    assert (report["late"], report["dropped"], report["valve_faults"], report["air_shots"]) == (2, 1, 1, 0)
    assert json.loads(json.dumps(report)) == report
    page = shown(report)
    for word in ("concentrate", "recovery 50.0%", "into the air 0", "late 2", "valve faults 1"):
        assert word in page


def test_a_safe_state_is_reported_with_its_duration(config: Config) -> None:
    changes = routes((0, Route.SORT), (START + 3000, Route.REJECT), (START + LINES * 10, Route.SORT))
    changes["t_ns"] = np.array([0, 1000, 3500]) * MS
    changes["silent_ns"][1] = 148 * MS
    leave(config.line.output, changes)
    report = plant_report(config, SORTER)
    assert report["diversions"] == [{"route": "reject", "from_count": START + 3000, "seconds": 2.5, "silent_ms": 148.0}]
    assert report["ejected"] == 0
    assert "reject all: 2.5 s, after 148 ms without a heartbeat" in shown(report)


def test_how_long_the_feeder_was_held_and_how_far_the_belt_ran_meanwhile_is_reported(config: Config) -> None:
    feeds = [(0, START, False), (2500, START + 40, True), (6000, START + 4000, False), (6500, START + 4000, False)]
    changes = routes((0, Route.SORT), (START + LINES * 10, Route.SORT))
    leave(config.line.output, changes, *((t_ms * MS, count, on) for t_ms, count, on in feeds))
    report = plant_report(config, SORTER)
    way = 40 * PIXEL_MM / COUNTS
    assert report["held"] == [{"seconds": 2.5, "mm": pytest.approx(way)}, {"seconds": 0.5, "mm": 0.0}]
    assert f"feeder held 2 times, 3.0 s in all, in which the belt ran {way:.0f} mm" in shown(report)


def test_only_what_the_belt_brought_is_judged(config: Config) -> None:
    changes = routes((0, Route.SORT), (START + 3000, Route.SORT))
    leave(config.line.output, changes)
    report = plant_report(config, SORTER)
    assert report["feed"]["stones"] == 2
    assert report["recovery"] == 1


def test_a_belt_without_stones_has_no_grade(config: Config) -> None:
    leave(config.line.output, routes((0, Route.SORT), (START, Route.SORT)))
    report = plant_report(config, SORTER)
    assert (report["feed"]["grade"], report["recovery"]) == (None, None)
    assert "recovery -" in shown(report)


def test_a_group_of_the_recipe_is_the_ore_of_all_its_minerals(config: Config) -> None:
    of_a_group = {**SORTER, "recipe": {**SORTER["recipe"], "ore": ["carbonate"]}}
    assert plant_report(config, of_a_group) == plant_report(config, SORTER)


def test_a_class_goes_before_a_group_of_its_name() -> None:
    stones = feed_of([Laid(100, 40, 12, 12, "chlorite"), Laid(100, 80, 12, 12, "clinochlore")], LINES).stones
    assert ore_of(["chlorite"], stones) == {"chlorite"}
    assert ore_of(["sulphate", "clinochlore"], stones) == {"clinochlore"}
