"""Scripts of faults: the same seed makes the same list, and what cannot happen is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harvesters.core import Harvester
from pydantic import TypeAdapter, ValidationError

from hwsim.camera.event import Event
from hwsim.camera.faults import Fault, plan
from hwsim.camera.layout import EVENTS, FOR_EVER, FaultKind
from oreline.errors import ConfigError
from oreline.recordings.envi_writer import EnviWriter
from tests.hwsim.host import frames, until

ONE_OF_EACH: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("drop", "burst_drop", "incomplete", "duplicate_id", "out_of_order", "id_reset")),
    *({"kind": kind} for kind in ("saturated_line", "black_line", "encoder_rollover", "encoder_reversal")),
    *({"kind": kind} for kind in ("register_error", "event_error", "failed_start", "disconnect", "silence")),
    *({"kind": kind, "n": 5} for kind in ("lamp_failure", "lamp_flicker", "lamp_drift")),
    *({"kind": "time_jump", "ns": -5}, {"kind": "jitter", "us": 300}, {"kind": "stall", "ms": 20}),
    *({"kind": "short_payload", "missing": 2}, {"kind": "encoder_slip", "counts": 7}, {"kind": "stuck_shutter"}),
    *({"kind": "light_leak", "share": 0.1}, {"kind": "dirty_white", "share": 0.1, "start": 1, "stop": 3}),
    *({"kind": kind, "share": 0.1} for kind in ("tilted_white", "moving_white")),
]


def faults(*tables: dict[str, Any]) -> tuple[Fault, ...]:
    return TypeAdapter(tuple[Fault, ...]).validate_python(tables)


def test_every_kind_can_be_scripted_and_becomes_an_event_of_its_kind() -> None:
    events = plan(faults(*(table | {"line": 100} for table in ONE_OF_EACH)), 1000, 100.0)
    assert {event.kind for event in events} == set(FaultKind)
    first = {event.kind: event for event in events if event.kind is not FaultKind.DROP}
    assert all(event.line == 100 for event in first.values())
    assert first[FaultKind.TIME_JUMP] == Event(
        FaultKind.TIME_JUMP, 100, FOR_EVER, -5.0, "scene", first[FaultKind.TIME_JUMP].seed
    )
    assert (first[FaultKind.STALL].amount, first[FaultKind.STALL].memory) == (20.0, 16)
    assert first[FaultKind.DIRTY_WHITE].view == "white"
    assert first[FaultKind.LIGHT_LEAK].view == "dark"


def test_a_time_is_the_line_that_is_exposed_then() -> None:
    assert [event.line for event in plan(faults({"kind": "drop", "at_s": 1.5}), 1000, 100.0)] == [150]


def test_every_so_many_lines_up_to_the_end_of_the_scene() -> None:
    assert [event.line for event in plan(faults({"kind": "drop", "every": 300}), 1000, 1.0)] == [300, 600, 900]


def test_the_same_seed_makes_the_same_faults_and_another_one_others() -> None:
    def lines(seed: int) -> list[Event]:
        script = [{"kind": "incomplete", "probability": 0.05, "n": 2}, {"kind": "burst_drop", "line": 50, "n": 6}]
        return plan(faults(*(table | {"seed": seed} for table in script)), 1000, 1.0)

    assert lines(1) == lines(1) != lines(2)
    starts = [event.line for event in lines(1) if event.kind is FaultKind.INCOMPLETE]
    assert 25 < len(starts) < 75
    burst = [event.line for event in lines(1) if event.kind is FaultKind.DROP]
    assert len(set(burst)) == 6
    assert 50 <= min(burst) <= max(burst) < 90


def test_bursts_by_chance_stay_within_the_scene() -> None:
    events = plan(faults({"kind": "burst_drop", "probability": 1, "n": 3, "within": 30}), 100, 1.0)
    assert len(events) == 9
    assert max(event.line for event in events) < 90


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ([{"kind": "drop", "line": 1000}], "drop at line 1000: the scene has 1000 lines"),
        ([{"kind": "drop", "line": 10, "n": 5}, {"kind": "drop", "line": 14}], "lines 10 and 14: they meet"),
        ([{"kind": "out_of_order", "line": 10}, {"kind": "out_of_order", "line": 11}], "they meet"),
        ([{"kind": "time_jump", "line": 10, "ns": 1}, {"kind": "time_jump", "line": 900, "ns": 1}], "they meet"),
        ([{"kind": "encoder_rollover", "line": 1}, {"kind": "encoder_rollover", "line": 9}], "they meet"),
        ([{"kind": "drop", "every": 2}, {"kind": "incomplete", "probability": 1}], f"a camera keeps {EVENTS}"),
    ],
)
def test_what_cannot_be_done_is_refused_beforehand(tables: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        plan(faults(*tables), 1000, 1.0)


def test_a_scene_without_an_end_takes_lines_but_no_chance() -> None:
    assert plan(faults({"kind": "drop", "line": 10**9}), None, 1.0)[0].line == 10**9
    with pytest.raises(ConfigError, match="drop: every and probability need a scene that ends"):
        plan(faults({"kind": "drop", "probability": 0.1}), None, 1.0)


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "drop"},
        {"kind": "drop", "line": 1, "at_s": 1.0},
        {"kind": "drop", "line": -1},
        {"kind": "drop", "line": 1, "lines": 3},
        {"kind": "drap", "line": 1},
        {"kind": "burst_drop", "line": 1, "n": 5, "within": 4},
        {"kind": "lamp_failure", "line": 1, "n": 5, "view": "dark"},
        {"kind": "jitter", "line": 1, "us": 0},
    ],
)
def test_a_wrong_table_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        faults(table)


def test_a_line_s_file_scripts_faults_and_the_camera_leaves_the_truth_beside_the_output(
    tmp_path: Path, harvester: Harvester
) -> None:
    with EnviWriter.create(tmp_path / "rock.hdr", samples=5, bands=3, dtype=np.uint16, suffix=".raw") as writer:
        for line in range(20):
            writer.write(np.full((3, 5), line, np.uint16))
    simulator = {"recording": str(tmp_path / "rock.hdr"), "serial": "S1", "speed": "max"}
    script = [{"kind": "drop", "line": 7, "n": 2}, {"kind": "black_line", "line": 3}]
    line = {"line": {"output": str(tmp_path / "out")}, "simulator": simulator | {"faults": script}}
    (tmp_path / "line.json").write_text(json.dumps(line))
    command = [sys.executable, "-m", "hwsim", "camera", str(tmp_path / "line.json")]
    with subprocess.Popen(command) as process:
        try:
            until(lambda: (tmp_path / "S1.simcam").exists(), 60)
            harvester.update()
            with harvester.create({"serial_number": "S1"}) as acquirer:
                acquirer.start()
                seen = [(frame_id, int(pixels[0, 0])) for frame_id, pixels in frames(acquirer, 18)]
        finally:
            process.terminate()
    assert seen == [(i, 0 if i == 3 else i) for i in range(20) if i not in (7, 8)]
    told = json.loads((tmp_path / "out" / "faults.json").read_text())
    wanted = [("black_line", 1, 3, 3), ("drop", 2, 7, 8)]
    assert [(t["kind"], *(t["outcome"][k] for k in ("done", "first_id", "last_id"))) for t in told] == wanted
