"""What goes wrong with cameras, made to happen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import genicam.genapi
import genicam.gentl
import numpy as np
import pytest
from harvesters.core import Harvester

from hwsim.camera.sim_camera import PRODUCER, Event, FaultKind, Link, SimCamera
from tests.hwsim.host import (
    BANDS,
    SAMPLES,
    Count,
    Open,
    Plug,
    counts_of,
    features,
    frames,
    lines_of,
    recording,
    until,
)


def test_a_camera_in_use_is_busy_for_another_process(tmp_path: Path, plug: Plug, host: Open) -> None:
    program = f"""
from harvesters.core import Harvester
h = Harvester(); h.add_file({str(PRODUCER)!r}); h.update()
print(h.device_info_list[0].access_status)
try:
    h.create({{"serial_number": "S1"}})
except Exception as error:
    print(type(error).__name__)
"""
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100)
    host("S1")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.stdout.split() == ["4", "AccessDeniedException"], result.stderr


def test_a_push_without_a_free_buffer_is_an_underrun(tmp_path: Path, plug: Plug, host: Open) -> None:
    camera = plug("S1", scene=None, shape=(BANDS, SAMPLES), frame_rate=100, slots=64)
    acquirer = host("S1")
    acquirer.start()
    frame = np.zeros((BANDS, SAMPLES), np.uint16)
    assert all(camera.push(frame) for _ in range(20))
    until(lambda: camera.counters()["produced"] == 20)
    assert camera.counters()["underruns"] == 20 - 8
    assert [frame_id for frame_id, _ in frames(acquirer, 8)] == list(range(8))
    assert camera.push(frame, flags=0)
    assert frames(acquirer, 1)[0][0] == 20


def test_a_dropped_frame_leaves_a_gap_in_the_ids(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene")
    camera = plug("S1", scene=scene, frame_rate=100, lossless=True)
    camera.drop(3)
    acquirer = host("S1")
    acquirer.start()
    seen = frames(acquirer, scene.lines - 3)
    assert [frame_id for frame_id, _ in seen] == list(range(3, scene.lines))
    assert all(np.array_equal(pixels, counts_of(scene)[frame_id]) for frame_id, pixels in seen)
    assert camera.counters()["dropped"] == 3


def test_an_incomplete_frame_is_flagged(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene")
    camera = plug("S1", scene=scene, frame_rate=100, lossless=True)
    camera.incomplete(2)
    acquirer = host("S1")
    noticed = Count()
    acquirer.add_callback(acquirer.Events.INCOMPLETE_BUFFER, noticed)
    acquirer.start()
    assert [acquirer.try_fetch(timeout=10, is_raw=True) for _ in range(2)] == [None, None]
    assert frames(acquirer, 1)[0][0] == 2
    assert noticed.n == camera.counters()["incomplete"] == 2


def test_a_duplicate_frame_has_the_id_of_the_one_before(tmp_path: Path, plug: Plug, host: Open) -> None:
    camera = plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True)
    camera.inject(Event(FaultKind.DUPLICATE_ID))
    acquirer = host("S1")
    acquirer.start()
    assert [frame_id for frame_id, _ in frames(acquirer, 4)] == [0, 0, 2, 3]


def test_accesses_can_be_made_to_fail(tmp_path: Path, plug: Plug, host: Open) -> None:
    camera = plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100)
    acquirer = host("S1")
    camera.inject(Event(FaultKind.REGISTER_ERROR))
    with pytest.raises(genicam.gentl.IoException):
        features(acquirer).ExposureTime.value  # noqa: B018
    camera.inject(Event(FaultKind.FAILED_START))
    with pytest.raises(genicam.gentl.IoException):
        acquirer.start()


def test_a_reset_camera_is_away_for_a_while_and_comes_back_with_its_defaults(
    tmp_path: Path, plug: Plug, host: Open
) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, reboot_s=0.5)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.Width.value, nodes.Gain.value, nodes.PixelFormat.value = 10, 6.0, "Mono16"
    acquirer.start()
    nodes.DeviceReset.execute()
    with pytest.raises(genicam.gentl.IoException):
        nodes.DeviceTemperature.value  # noqa: B018
    until(lambda: acquirer.device.access_status != 3)
    assert (nodes.Width.value, nodes.Gain.value, nodes.PixelFormat.value) == (SAMPLES, 0.0, "Mono12")
    assert nodes.TLParamsLocked.value == 0


@pytest.mark.parametrize("link", [Link.DOWN, Link.SILENT])
def test_an_unplugged_camera_is_lost_and_comes_back(tmp_path: Path, harvester: Harvester, link: Link) -> None:
    scene = recording(tmp_path / "scene")
    with SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100, lossless=True) as camera:
        harvester.update()
        acquirer = harvester.create({"serial_number": "S1"})
        acquirer.start()
        camera.link = link
        assert acquirer.device.access_status == 3
        error = genicam.gentl.IoException if link is Link.DOWN else genicam.gentl.TimeoutException
        with pytest.raises(error):
            features(acquirer).ExposureTime.value  # noqa: B018
        with pytest.raises(error):
            acquirer.destroy()
        acquirer.destroy()
        camera.link = Link.UP
        harvester.update()
        with harvester.create({"serial_number": "S1"}) as again:
            again.start()
            assert np.array_equal(lines_of(again, 5), counts_of(scene)[:5])


def test_a_camera_that_was_disconnected_can_be_opened_again_after_a_while(tmp_path: Path, harvester: Harvester) -> None:
    scene = recording(tmp_path / "scene")
    gone = Event(FaultKind.DISCONNECT, 10, amount=600.0)
    with SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=1000, faults=[gone]) as camera:
        harvester.update()
        acquirer = harvester.create({"serial_number": "S1"})
        acquirer.start()
        until(lambda: camera.faults.outcomes[0].done == 1)
        with pytest.raises(genicam.gentl.IoException):
            acquirer.destroy()
        acquirer.destroy()
        harvester.update()
        assert harvester.device_info_list == []
        until(lambda: harvester.update() or len(harvester.device_info_list) == 1)
        with harvester.create({"serial_number": "S1"}) as again:
            again.num_buffers = 64
            again.start()
            assert np.array_equal(lines_of(again, scene.lines), counts_of(scene))
    assert camera.faults.outcomes[0].done == 1
