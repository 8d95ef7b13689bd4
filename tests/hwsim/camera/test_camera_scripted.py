"""Scripted faults of frames, clock, encoder and link: each exactly at its line, and the truth about it written down."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import genicam.gentl
import numpy as np
import pytest
from harvesters.core import ImageAcquirer

from hwsim.camera import faults
from hwsim.camera.sim_camera import Event, FaultKind, SimCamera
from oreline.errors import ConfigError
from tests.hwsim.camera.test_faults import ONE_OF_EACH
from tests.hwsim.camera.test_faults import faults as script
from tests.hwsim.host import (
    BANDS,
    SAMPLES,
    Count,
    Open,
    Plug,
    Seen,
    counts_of,
    features,
    frames,
    recording,
    until,
    watch,
)

LINES, AT = 40, 15


@pytest.fixture
def play(tmp_path: Path, plug: Plug, host: Open) -> Any:
    """Start a camera of LINES lines, whose encoder counts 10 a line from 1000 on, with these faults."""

    def start(*tables: dict[str, Any], **arguments: Any) -> tuple[SimCamera, ImageAcquirer]:
        scene = recording(tmp_path / "scene", LINES)
        usual: dict[str, Any] = {"frame_rate": 100.0, "lossless": True, "counts_per_line": 10.0, "encoder_start": 1000}
        arguments = usual | arguments
        events = faults.plan(script(*tables), LINES, arguments["frame_rate"])
        camera = plug("S1", scene=scene, faults=events, **arguments)
        acquirer = host("S1")
        acquirer.num_buffers = 64
        features(acquirer).ChunkModeActive.value = True
        acquirer.start()
        return camera, acquirer

    return start


def outcome(camera: SimCamera, of: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = faults.truth(camera)[of]["outcome"]
    return told


def assert_untouched(seen: list[Seen], scene: np.ndarray, but: range = range(0)) -> None:
    """Every frame is the line that its id says, with its encoder, except for ids in `but`."""
    for frame in seen:
        if frame.id not in but:
            assert frame.encoder == 1000 + 10 * frame.id
            assert np.array_equal(frame.pixels, scene[frame.id])


@pytest.fixture
def scene(tmp_path: Path) -> np.ndarray:
    return counts_of(recording(tmp_path / "scene", LINES))


def test_dropped_frames_are_those_of_the_script(play: Any, scene: np.ndarray, tmp_path: Path) -> None:
    camera, acquirer = play({"kind": "drop", "line": AT, "n": 3})
    seen = watch(acquirer, LINES - 3)
    assert [frame.id for frame in seen] == [i for i in range(LINES) if i not in range(AT, AT + 3)]
    assert_untouched(seen, scene)
    faults.write(tmp_path / "out" / "faults.json", camera)
    assert faults.is_truth(tmp_path / "out" / "faults.json")
    (told,) = json.loads((tmp_path / "out" / "faults.json").read_text())
    assert (told["kind"], told["line"], told["n"], told["view"]) == ("drop", AT, 3, "scene")
    wanted = {"done": 3, "lost": 3, "line": AT, "first_id": AT, "last_id": AT + 2}
    assert wanted.items() <= told["outcome"].items()
    assert seen[0].t_ns < told["outcome"]["t_ns"] < seen[-1].t_ns


def test_a_burst_loses_frames_here_and_there(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "burst_drop", "line": AT, "n": 4, "within": 9})
    seen = watch(acquirer, LINES - 4)
    missing = set(range(LINES)) - {frame.id for frame in seen}
    assert missing == {told["outcome"]["first_id"] for told in faults.truth(camera)}
    assert missing <= set(range(AT, AT + 9))
    assert_untouched(seen, scene)


def test_an_incomplete_frame_is_discarded_by_the_host(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "incomplete", "line": AT, "n": 2})
    noticed = Count()
    acquirer.add_callback(acquirer.Events.INCOMPLETE_BUFFER, noticed)
    seen = watch(acquirer, AT)
    assert [acquirer.try_fetch(timeout=10, is_raw=True) for _ in range(2)] == [None, None]
    seen += watch(acquirer, LINES - AT - 2)
    assert (noticed.n, outcome(camera)["done"], outcome(camera)["first_id"]) == (2, 2, AT)
    assert [frame.id for frame in seen] == [i for i in range(LINES) if i not in (AT, AT + 1)]
    assert_untouched(seen, scene)


def test_a_short_payload_is_shorter_than_it_should_be_and_not_called_incomplete(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "short_payload", "line": AT, "missing": 60})
    payload = features(acquirer).PayloadSize.value
    seen = watch(acquirer, LINES)
    assert [payload - frame.filled for frame in seen] == [60 * (i == AT) for i in range(LINES)]
    assert outcome(camera)["value"] == 60
    assert_untouched(seen, scene, range(AT, AT + 1))


def test_a_duplicate_id_and_frames_out_of_order(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "duplicate_id", "line": AT}, {"kind": "out_of_order", "line": AT + 5})
    seen = watch(acquirer, LINES)
    wanted = list(range(LINES))
    wanted[AT] = AT - 1
    wanted[AT + 5], wanted[AT + 6] = AT + 6, AT + 5
    assert [frame.id for frame in seen] == wanted
    assert np.array_equal(seen[AT].pixels, scene[AT])
    assert_untouched(seen[:AT] + seen[AT + 1 :], scene)
    assert [outcome(camera, i)["done"] for i in range(2)] == [1, 1]
    assert outcome(camera, 1)["first_id"] == AT + 5


def test_the_last_line_has_none_to_change_places_with(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "out_of_order", "line": LINES - 1})
    seen = watch(acquirer, LINES)
    assert [frame.id for frame in seen] == list(range(LINES))
    assert_untouched(seen, scene)
    assert outcome(camera)["done"] == 0


def test_ids_begin_again_where_the_camera_reboots(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "id_reset", "line": AT})
    seen = watch(acquirer, LINES)
    assert [frame.id for frame in seen] == [*range(AT), *range(LINES - AT)]
    assert all(np.array_equal(frame.pixels, line) for frame, line in zip(seen, scene, strict=True))
    assert (outcome(camera)["line"], outcome(camera)["first_id"]) == (AT, 0)


def test_the_clock_jumps_for_some_lines_and_for_ever(play: Any, scene: np.ndarray) -> None:
    jumps = [{"kind": "time_jump", "line": 5, "ns": -3_000, "n": 4}, {"kind": "time_jump", "line": AT, "ns": 10**12}]
    camera, acquirer = play(*jumps, frame_rate=1000.0, lossless=False)
    seen = watch(acquirer, LINES)
    late = [frame.t_ns - seen[0].t_ns - i * 1_000_000 for i, frame in enumerate(seen)]
    assert late == [0] * 5 + [-3_000] * 4 + [0] * (AT - 9) + [10**12] * (LINES - AT)
    assert_untouched(seen, scene)
    assert [outcome(camera, i)["done"] for i in range(2)] == [4, LINES - AT]


def test_the_encoder_slips_turns_back_and_rolls_over(play: Any, scene: np.ndarray) -> None:
    slip = {"kind": "encoder_slip", "line": 10, "counts": 500}
    back = {"kind": "encoder_reversal", "line": 20, "n": 5}
    camera, acquirer = play(slip, back)
    seen = watch(acquirer, LINES)
    steps = np.diff([frame.encoder for frame in seen]).tolist()
    assert steps == [510 if i == 10 else -10 if 20 <= i < 25 else 10 for i in range(1, LINES)]
    assert_untouched(seen, scene, range(10, LINES))
    assert [outcome(camera, i)["done"] for i in range(2)] == [1, 5]
    assert camera.counters()["encoder"] == 1000 + 10 * (LINES - 1), "the belt has not turned back"


@pytest.mark.parametrize("bits", [16, 32])
def test_a_counter_comes_to_zero_at_its_line(play: Any, bits: int) -> None:
    camera, acquirer = play({"kind": "encoder_rollover", "line": AT, "bits": bits})
    seen = watch(acquirer, LINES)
    assert [frame.encoder for frame in seen] == [10 * (i - AT) % (1 << bits) for i in range(LINES)]
    assert (outcome(camera)["done"], outcome(camera)["line"], outcome(camera)["first_id"]) == (1, AT, AT)


def test_late_frames_come_in_order_with_true_time_stamps(play: Any, scene: np.ndarray) -> None:
    late = {"kind": "jitter", "line": AT, "us": 3000, "n": LINES - AT}
    camera, acquirer = play(late, frame_rate=1000.0, lossless=False)
    seen = watch(acquirer, LINES)
    now = time.monotonic_ns()
    assert [frame.t_ns - seen[0].t_ns for frame in seen] == [i * 1_000_000 for i in range(LINES)]
    assert_untouched(seen, scene)
    assert (outcome(camera)["done"], outcome(camera)["first_id"]) == (LINES - AT, AT)
    assert 0 < outcome(camera)["value"] < 3000
    assert now - seen[-1].t_ns >= outcome(camera)["value"] * 1000


def test_frames_that_are_pushed_while_the_link_is_silent_are_lost(plug: Plug, host: Open) -> None:
    silence = Event(FaultKind.SILENCE, 2, amount=100.0)
    camera = plug("S1", scene=None, shape=(BANDS, SAMPLES), frame_rate=100.0, faults=[silence])
    acquirer = host("S1")
    acquirer.start()
    for _ in range(5):
        camera.push(np.zeros((BANDS, SAMPLES), np.uint16))
    until(lambda: camera.counters()["dropped"] == 3)
    until(lambda: acquirer.device.access_status != 3)
    camera.push(np.zeros((BANDS, SAMPLES), np.uint16))
    assert [frame_id for frame_id, _ in frames(acquirer, 3)] == [0, 1, 5]
    assert (outcome(camera)["lost"], outcome(camera)["first_id"], outcome(camera)["last_id"]) == (3, 2, 4)


def test_after_a_stall_comes_what_the_memory_holds_and_the_rest_is_lost(play: Any, scene: np.ndarray) -> None:
    stall = {"kind": "stall", "line": AT, "ms": 15, "memory": 4}
    camera, acquirer = play(stall, frame_rate=1000.0, lossless=False)
    until(lambda: camera.counters()["produced"] == LINES)
    lost = outcome(camera)["lost"]
    assert 10 <= lost <= LINES - AT - 4
    seen = watch(acquirer, LINES - lost)
    assert [frame.id for frame in seen] == [i for i in range(LINES) if i not in range(AT + 4, AT + 4 + lost)]
    assert [frame.t_ns - seen[0].t_ns for frame in seen] == [frame.id * 1_000_000 for frame in seen]
    assert_untouched(seen, scene)


@pytest.mark.parametrize(("kind", "error"), [("disconnect", "IoException"), ("silence", "TimeoutException")])
def test_a_link_goes_and_comes_back_and_the_lines_meanwhile_are_lost(
    play: Any, scene: np.ndarray, kind: str, error: str
) -> None:
    camera, acquirer = play({"kind": kind, "line": AT, "ms": 400}, frame_rate=50.0, lossless=False)
    seen = watch(acquirer, AT)
    until(lambda: outcome(camera)["done"] == 1)
    assert acquirer.device.access_status == 3
    with pytest.raises(getattr(genicam.gentl, error)):
        features(acquirer).DeviceTemperature.value  # noqa: B018
    until(lambda: acquirer.device.access_status != 3)
    until(lambda: camera.counters()["produced"] == LINES)
    lost = outcome(camera)["lost"]
    assert lost >= 10
    seen += watch(acquirer, LINES - AT - lost)
    assert [frame.id for frame in seen] == [i for i in range(LINES) if i not in range(AT, AT + lost)]
    assert (outcome(camera)["first_id"], outcome(camera)["last_id"]) == (AT, AT + lost - 1)
    assert_untouched(seen, scene)


def test_accesses_fail_from_the_exposure_of_a_line_on(play: Any) -> None:
    tables = [{"kind": kind, "line": AT} for kind in ("register_error", "event_error", "failed_start")]
    camera, acquirer = play(*tables, lossless=False, stepped=True)
    nodes = features(acquirer)
    camera.step(AT)
    watch(acquirer, AT)
    assert nodes.ExposureTime.value == 9000
    assert [outcome(camera, i)["done"] for i in range(3)] == [0, 0, 0]
    camera.step()
    until(lambda: camera.counters()["delivered"] == AT + 1)
    with pytest.raises(genicam.gentl.IoException):
        nodes.DeviceTemperature.value  # noqa: B018
    with pytest.raises(genicam.gentl.IoException):
        acquirer.try_fetch(timeout=1, is_raw=True)
    assert watch(acquirer, 1)[0].id == AT
    acquirer.stop()
    with pytest.raises(genicam.gentl.IoException):
        acquirer.start()
    assert nodes.DeviceTemperature.value == 25
    assert [(outcome(camera, i)["done"], outcome(camera, i)["line"]) for i in range(3)] == [(1, AT + 1)] * 3


def test_a_fault_happens_once_though_the_scene_is_played_again(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "drop", "line": AT}, {"kind": "drop", "line": LINES - 1, "n": 5})
    watch(acquirer, LINES - 2)
    until(lambda: outcome(camera, 1)["done"] == 1)
    acquirer.stop()
    acquirer.start()
    seen = watch(acquirer, LINES - 1)
    assert [frame.id for frame in seen] == list(range(LINES - 1))
    assert_untouched(seen, scene)
    assert [outcome(camera, i)["done"] for i in range(2)] == [1, 2]


def test_one_run_has_them_all_and_each_is_done_as_often_as_it_was_asked_for(
    tmp_path: Path, plug: Plug, host: Open
) -> None:
    others = {"register_error", "event_error", "failed_start", "disconnect", "silence"}
    others |= {"stuck_shutter", "light_leak", "dirty_white", "tilted_white", "moving_white"}
    lasting = {"time_jump": {"n": 3}, "jitter": {"n": 3}}
    tables = [table | lasting.get(table["kind"], {}) for table in ONE_OF_EACH if table["kind"] not in others]
    tables = [table | {"line": 5 + 50 * i} for i, table in enumerate(tables)]
    scene = recording(tmp_path / "scene", 50 * len(tables))
    events = faults.plan(script(*tables), scene.lines, 100.0)
    camera = plug("S1", scene=scene, frame_rate=100.0, lossless=True, faults=events)
    acquirer = host("S1")
    acquirer.start()
    seen = 0
    while (buffer := acquirer.try_fetch(timeout=0.1, is_raw=True)) or camera.counters()["produced"] < scene.lines:
        seen += buffer is not None
        if buffer is not None:
            buffer.parent.queue_buffer(buffer)
    counters, told = camera.counters(), faults.truth(camera)
    assert {event.kind.name.lower() for event in events} == {table["kind"] for table in tables} - {"burst_drop"}
    assert [t["outcome"]["done"] for t in told] == [t["n"] for t in told]
    assert [t["outcome"]["line"] for t in told] == [t["line"] for t in told]
    assert counters["dropped"] == sum(t["outcome"]["lost"] for t in told) == 11
    assert (counters["incomplete"], seen) == (1, scene.lines - 11 - 1)


def test_a_lost_line_shows_no_other_fault_and_none_makes_up_for_it(play: Any, scene: np.ndarray) -> None:
    camera, acquirer = play({"kind": "drop", "line": AT}, {"kind": "black_line", "line": AT, "n": 2})
    seen = watch(acquirer, LINES - 1)
    assert_untouched(seen, scene, range(AT, AT + 2))
    assert not seen[AT].pixels.any()
    assert [outcome(camera, i)["done"] for i in range(2)] == [1, 1]
    assert (outcome(camera, 1)["line"], outcome(camera, 1)["first_id"]) == (AT + 1, AT + 1)


def test_a_full_table_takes_no_more(play: Any) -> None:
    camera, _ = play(*[{"kind": "drop", "every": 1}])
    camera.inject(*camera.faults.events * (1024 // (LINES - 1) - 1))
    for _ in range(1024 - len(camera.faults.events)):
        camera.drop()
    with pytest.raises(ConfigError, match="a table of 1024"):
        camera.drop()
    assert len(camera.faults.events) == 1024
