"""The simulated camera as acquisition sees any camera: its features, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import genicam.genapi
import genicam.gentl
import pytest
from harvesters.core import Harvester

from hwsim.camera.layout import EVENTS, HEAD
from hwsim.camera.sim_camera import Event, FaultKind, Quirks, SimCamera, Source
from hwsim.settings import Settings
from oreline.config import Config
from oreline.errors import CameraBusy, ConfigError, RecordingError
from tests.hwsim.host import (
    BANDS,
    SAMPLES,
    Open,
    Plug,
    features,
    frames,
    recording,
)


def test_a_camera_is_listed_with_its_identity_while_it_is_plugged_in(tmp_path: Path, harvester: Harvester) -> None:
    scene = recording(tmp_path / "scene")
    with SimCamera.create(tmp_path, "S1", model="NIR224", user_id="belt", scene=scene, frame_rate=100):
        harvester.update()
        (info,) = harvester.device_info_list
        listed: dict[str, Any] = {
            "id_": "S1",
            "vendor": "Oreline",
            "model": "NIR224",
            "serial_number": "S1",
            "tl_type": "Custom",
        }
        listed |= {"user_defined_name": "belt", "access_status": 1}
        assert {name: getattr(info, name) for name in listed} == listed
    harvester.update()
    assert harvester.device_info_list == []


def test_features_are_written_and_read_back(tmp_path: Path, plug: Plug, host: Open) -> None:
    source = recording(tmp_path / "scene")
    wanted = {"Width": 10, "OffsetX": 4, "PixelFormat": "Mono16", "AcquisitionFrameRate": 50.0}
    wanted |= {"ExposureTime": 1234.5, "Gain": 6.0, "Shutter": "Closed", "TargetSelector": "White"}
    wanted |= {"TriggerMode": "On", "TriggerSource": "Line0", "DeviceUserID": "left", "Height": BANDS}
    camera = plug("S1", scene=source, dark=source, white=source, frame_rate=100)
    nodes = features(host("S1"))
    before = camera.write_seq
    for name, value in wanted.items():
        getattr(nodes, name).value = value
        assert getattr(nodes, name).value == value
    assert camera.wait_write(before, 10) != before
    assert camera.registers()["ExposureTime"] == 1234.5
    assert camera.registers()["DeviceUserID"] == "left"
    assert nodes.PayloadSize.value == 10 * BANDS * 2
    camera.set_register("DeviceTemperature", 31.5)
    assert nodes.DeviceTemperature.value == 31.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("ExposureTime", 10001.0), ("ExposureTime", 0.5), ("AcquisitionFrameRate", 2000.0), ("Gain", 25.0)),
        *(("Width", SAMPLES + 1), ("Width", 0), ("Height", BANDS - 1), ("OffsetX", 1), ("PixelFormat", "Mono8")),
        *(("Shutter", "Closed"), ("TargetSelector", "White"), ("DeviceTemperature", 20.0)),
        *(("DeviceSerialNumber", "S2"), ("PayloadSize", 1), ("AcquisitionMode", "SingleFrame")),
    ],
)
def test_what_a_camera_cannot_do_is_refused(tmp_path: Path, plug: Plug, host: Open, name: str, value: Any) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, exposure_us=900)
    node = getattr(features(host("S1")), name)
    before = node.value
    with pytest.raises(genicam.genapi.GenericException):
        node.value = value
    assert node.value == before


def test_twelve_bit_formats_are_missing_where_the_sensor_has_more(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene")
    plug("S1", scene=scene, frame_rate=100, full_scale_bits=16)
    nodes = features(host("S1"))
    assert nodes.PixelFormat.value == "Mono16"
    with pytest.raises(genicam.genapi.GenericException):
        nodes.PixelFormat.value = "Mono12"


def test_a_region_outside_the_recording_is_refused_at_the_start(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene", samples=10, x_start=5)
    white = recording(tmp_path / "white", samples=SAMPLES)
    plug("S1", scene=scene, white=white, frame_rate=100)
    nodes = features(host("S1"))
    nodes.OffsetX.value = 4
    with pytest.raises(genicam.gentl.InvalidValueException, match="not covered"):
        nodes.AcquisitionStart.execute()


def test_the_format_is_locked_while_the_camera_acquires(tmp_path: Path, plug: Plug, host: Open) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100)
    acquirer = host("S1")
    acquirer.start()
    with pytest.raises(genicam.genapi.AccessException):
        features(acquirer).Width.value = 4
    features(acquirer).ExposureTime.value = 500.0
    acquirer.stop()
    features(acquirer).Width.value = 4


def test_one_serial_number_is_one_camera(tmp_path: Path) -> None:
    scene = recording(tmp_path / "scene")
    camera = SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100)
    with camera, pytest.raises(CameraBusy, match="another serial number"):
        SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100)
    (tmp_path / "S1.simcam").write_bytes(b"left by one that was killed")
    SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100).close()
    assert list(tmp_path.iterdir()) == [scene.path]


def test_what_no_camera_can_play_is_refused(tmp_path: Path) -> None:
    scene, other = recording(tmp_path / "scene"), recording(tmp_path / "other", bands=BANDS + 1)
    truncated = Source(scene.path, scene.offset, scene.lines + 1, scene.bands, scene.samples)
    for source in (truncated, Source(tmp_path / "nowhere", 0, 1, 1, 1), Source(scene.path, 1, 1, 1, 1)):
        with pytest.raises(RecordingError):
            SimCamera.create(tmp_path, "S1", scene=source, frame_rate=100)
    with pytest.raises(RecordingError, match="differ in bands"):
        SimCamera.create(tmp_path, "S1", scene=scene, dark=other, frame_rate=100)
    wrong: list[dict[str, Any]] = [{"frame_rate": 0}, {"exposure_us": 1e9}, {"speed": 0}, {"full_scale_bits": 17}]
    wrong += [{"scene": None}, {"scene": None, "shape": (0, 1)}, {"scene": None, "dark": scene}]
    wrong += [{"faults": [Event(FaultKind.DROP)] * (EVENTS + 1)}]
    usual: dict[str, Any] = {"scene": scene, "frame_rate": 100}
    for arguments in wrong:
        with pytest.raises(ConfigError):
            SimCamera.create(tmp_path, "S1", **(usual | arguments))
        assert not list(tmp_path.glob(".S1.*")), "its file is left"
    with pytest.raises(ConfigError, match="Serial number"):
        SimCamera.create(tmp_path, "../S1", scene=scene, frame_rate=100)
    with (
        pytest.raises(ConfigError, match=r"Did you mean 'Gain'\?"),
        SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100) as camera,
    ):
        camera.set_register("Gian", 1)
    assert sorted(tmp_path.iterdir()) == [other.path, scene.path]


def test_a_dialect_that_nobody_speaks_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"speaks no 'basler'.*basler-ace"):
        Config({"simulator": {"recording": "x", "dialect": "basler"}}).section("simulator", Settings)


@pytest.mark.parametrize("field", ["xml_offset", "xml_bytes"])
def test_a_node_map_outside_of_the_camera_s_file_is_none(tmp_path: Path, harvester: Harvester, field: str) -> None:
    scene = recording(tmp_path / "scene")
    with SimCamera.create(tmp_path, "S1", scene=scene, frame_rate=100, quirks=Quirks("jai")):
        with (tmp_path / "S1.simcam").open("r+b") as file:
            file.seek(HEAD.fields[field][1])
            file.write((1 << 40).to_bytes(8, "little"))
        harvester.update()
        assert harvester.device_info_list == []


def test_frame_ids_are_those_of_a_counter_of_its_width(tmp_path: Path, plug: Plug, host: Open) -> None:
    quirks = Quirks(id_bits=16, id_from_one=True, id_start=65_533)
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True, quirks=quirks)
    acquirer = host("S1")
    acquirer.start()
    assert [frame_id for frame_id, _ in frames(acquirer, 4)] == [65_534, 65_535, 1, 2]
