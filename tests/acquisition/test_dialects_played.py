"""Cameras of other makers and versions of the standard, played by the simulated one, through harvesters: node maps,
formats of pixels, images that are not as they were said, and what settles late."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import node_map
from acquisition.dialects import PIXEL_FORMATS
from acquisition.genicam import GenicamSource
from acquisition.settings import Settings
from acquisition.source import CameraInfo, Frame
from hwsim.camera.dialects import DIALECTS
from hwsim.camera.sim_camera import Event, FaultKind, Quirks, SimCamera, Source
from oreline.errors import FeatureError
from oreline.messages import Gap, RawLine, Reason, StreamInfo
from tests.acquisition.process import Start
from tests.hwsim.host import until

LINES, BANDS, SAMPLES = 4, 7, 5
Played = Callable[..., tuple[SimCamera, GenicamSource]]


@pytest.fixture
def counts(tmp_path: Path) -> NDArray[np.uint16]:
    """An odd number of pixels of eight bits, which any format carries; in scene.raw."""
    counts = np.random.default_rng(1).integers(0, 256, (LINES, BANDS, SAMPLES), dtype=np.uint16)
    counts.tofile(tmp_path / "scene.raw")
    return counts


@pytest.fixture
def played(tmp_path: Path, counts: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """Plugs a camera with these quirks in and opens it with these settings."""
    monkeypatch.setenv("ORELINE_SIMCAM", str(tmp_path))
    with ExitStack() as stack:

        def play(quirks: Quirks, settings: dict[str, Any], **arguments: Any) -> tuple[SimCamera, GenicamSource]:
            scene = Source(tmp_path / "scene.raw", 0, LINES, BANDS, SAMPLES)
            usual = {"frame_rate": 100.0, "exposure_us": 2520.0, "lossless": True, "scene": scene, "quirks": quirks}
            camera = stack.enter_context(SimCamera.create(tmp_path, "SIM1", **(usual | arguments)))
            source = GenicamSource(Settings.model_validate({"serial": "SIM1", "buffers": 8} | settings))
            stack.callback(source.close)
            return camera, source

        yield play


def next_frame(source: GenicamSource) -> Frame:
    frames: list[Frame | None] = [None]

    def came() -> bool:
        frames[0] = source.fetch(0.1)
        return frames[0] is not None

    until(came)
    assert frames[0] is not None
    return frames[0]


def told(info: CameraInfo) -> tuple[float, ...]:
    return info.exposure_us, round(20 * math.log10(info.gain), 6), info.line_rate_hz, info.full_scale


@pytest.mark.parametrize(
    ("dialect", "settings", "expected"),
    [
        (None, {}, (2520.0, 6.0, 100.0, 65535)),
        (None, {"full_scale": 1023}, (2520.0, 6.0, 100.0, 1023)),
        ("basler-ace", {"gain_unit": "factor", "gain_step": 1 / 32}, (2520.0, 6.0206, 100.0, 4095)),
        ("basler-scout", {"gain_unit": "dB", "gain_step": 0.0359}, (2520.0, 5.9953, 100.0, 65535)),
        ("jai", {"exposure_step_us": 31.5}, (2520.0, 6.0, 100.0, 65535)),
        ("dalsa", {"gain_unit": "factor"}, (2520.0, 6.0, 100.0, 65535)),
        ("genie", {}, (2520.0, 6.0, 100.0, 65535)),
        ("flycapture", {}, (2520.0, 6.0, 100.0, 65535)),
        ("xenics", {"gain": 10.0}, (2520.0, 20.0, 100.0, 16383)),
    ],
)
def test_what_a_camera_says_is_understood_in_its_dialect(
    played: Played, dialect: str | None, settings: dict[str, Any], expected: tuple[float, ...]
) -> None:
    camera, source = played(Quirks(dialect), settings, temperature=31.5)
    camera.set_register("Gain", 6.0)
    source.configure([("PixelFormat", "Mono16")])
    assert told(source.describe()) == pytest.approx(expected, abs=1e-4)
    assert source.temperature() == pytest.approx(31.5)


@pytest.mark.parametrize(
    ("dialect", "words"), [("basler-scout", "gain is GainRaw = 167"), ("jai", "ExposureTimeRaw = 80")]
)
def test_what_cannot_be_understood_is_refused(played: Played, dialect: str, words: str) -> None:
    camera, source = played(Quirks(dialect), {})
    camera.set_register("Gain", 6.0)
    with pytest.raises(FeatureError, match=words):
        source.describe()


@pytest.mark.parametrize(
    ("dialect", "features", "register", "value"),
    [
        ("basler-ace", [("ExposureTimeAbs", 1000.0)], "ExposureTime", 1000.0),
        ("basler-ace", [("GainRaw", 320)], "Gain", 20.0),
        ("basler-scout", [("ExposureTimeRaw", 100)], "ExposureTime", 2000.0),
        ("basler-scout", [("ExposureTimeRaw", 100.0)], "ExposureTime", 2000.0),
        ("dalsa", [("Gain", 10.0)], "Gain", 20.0),
        ("genie", [("FrameRate", 50_000)], "AcquisitionFrameRate", 50.0),
        ("flycapture", [("Shutter", 1.5)], "ExposureTime", 1500.0),
        ("xenics", [("AcquisitionFramePeriod", 20.0)], "AcquisitionFrameRate", 50.0),
    ],
)
def test_a_camera_is_set_in_its_dialect(
    played: Played, dialect: str, features: list[tuple[str, Any]], register: str, value: float
) -> None:
    camera, source = played(Quirks(dialect), {})
    source.configure(features)
    assert camera.registers()[register] == pytest.approx(value)


@pytest.mark.parametrize(("feature", "value", "like"), [("ExposureTimeRaw", 60.5, "80"), ("TriggerMode", 1, "'Off'")])
def test_a_value_of_another_kind_is_refused_with_one_that_the_feature_holds(
    played: Played, feature: str, value: float, like: str
) -> None:
    _, source = played(Quirks("jai"), {})
    with pytest.raises(FeatureError, match=f"{feature} = {value} was refused: its values are like {like}"):
        source.configure([(feature, value)])


def test_every_dialect_is_one_that_is_tested() -> None:
    assert set(DIALECTS) == {
        "basler-ace",
        "basler-scout",
        "jai",
        "dalsa",
        "genie",
        "flycapture",
        "xenics",
        "regions",
        "cached",
    }


@pytest.mark.parametrize("pixel_format", PIXEL_FORMATS)
def test_every_format_comes_as_the_counts_that_were_sent(
    played: Played, counts: NDArray[np.uint16], pixel_format: str
) -> None:
    _, source = played(Quirks(), {}, full_scale_bits=8)
    source.configure([("PixelFormat", pixel_format)])
    source.describe()
    source.start()
    for line in counts:
        frame = next_frame(source)
        assert frame.counts.dtype == np.uint16
        assert np.array_equal(frame.counts, line)
        source.release(frame)
    source.stop()


def test_a_first_frame_of_another_height_is_refused_until_its_rows_are_said(
    played: Played, counts: NDArray[np.uint16]
) -> None:
    _, source = played(Quirks("regions"), {})
    assert source.describe().bands == 1024
    source.start()
    with pytest.raises(
        FeatureError, match=rf"1024 x {SAMPLES}, but it sends {BANDS} x {SAMPLES}: set acquisition.bands"
    ):
        next_frame(source)
    source.close()
    source = GenicamSource(Settings(serial="SIM1", bands=BANDS))
    assert source.describe().bands == BANDS
    source.start()
    assert np.array_equal(next_frame(source).counts, counts[0])
    source.close()


@pytest.mark.parametrize("quirks", [Quirks(settle_s=0.02), Quirks("cached")], ids=["late", "cached"])
def test_an_exposure_that_is_rounded_after_it_was_read_back_is_refused(played: Played, quirks: Quirks) -> None:
    _, source = played(replace(quirks, exposure_step_us=100.0), {"settle_s": 0.1})
    with pytest.raises(FeatureError, match=r"ExposureTime = 1234\.0 was taken as 1200\.0"):
        source.configure([("ExposureTime", 1234.0)])
    source.configure([("ExposureTime", 1200.0)])


def test_nobody_waits_for_an_exposure_to_settle_who_is_about_to_stop(played: Played) -> None:
    _, source = played(Quirks(settle_s=0.02, exposure_step_us=100.0), {"settle_s": 30.0})
    asked: list[float] = []
    source.configure([("ExposureTime", 1234.0)], lambda seconds: bool(asked.append(seconds)))
    assert asked == [30.0]


@pytest.mark.parametrize("left", [0, 3])
def test_nobody_waits_for_a_slow_feature_who_is_about_to_stop(left: int) -> None:
    class Slow:
        """Takes nothing."""

        value = property(lambda _: 7, lambda _, _value: None)

    nodes: Any = SimpleNamespace(has_node=lambda _: True, get_node=lambda _: Slow())
    asked = []

    def wait(seconds: float) -> bool:
        asked.append(seconds)
        return len(asked) <= left

    node_map.configure(nodes, [("Binning", 8)], 30.0, wait)
    assert len(asked) == left + 1


def test_an_exposure_that_changes_while_lines_come_is_said_with_the_next_ones(
    acquire: Start, tmp_path: Path, counts: NDArray[np.uint16]
) -> None:
    scene = Source(tmp_path / "scene.raw", 0, LINES, BANDS, SAMPLES)
    with (
        SimCamera.create(tmp_path / "cameras", "SIM1", scene=scene, frame_rate=200.0, loop=True) as camera,
        acquire(serial="SIM1", temperature_s=0.05, features=[["ExposureTime", 1234.0]]) as running,
    ):
        exposures, running_still = [], True
        for message in running.messages():
            if isinstance(message, StreamInfo):
                exposures.append(message.exposure_us)
            elif running_still and isinstance(message, RawLine):
                camera.set_register("ExposureTime", 1200.0)
                running_still = exposures[-1] != 1200.0
                if not running_still:
                    running.process.terminate()
    assert exposures == [1234.0, 1200.0]


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(id_bits=16, id_from_one=True, id_start=65_500),
        Quirks(id_bits=16, id_start=65_500),
        Quirks(id_bits=32, id_start=(1 << 32) - 36),
    ],
    ids=["16 bits without 0", "16 bits", "32 bits"],
)
def test_frames_that_are_lost_late_or_doubled_about_a_wrap_are_counted_exactly(
    acquire: Start, tmp_path: Path, counts: NDArray[np.uint16], quirks: Quirks
) -> None:
    scene = Source(tmp_path / "scene.raw", 0, LINES, BANDS, SAMPLES)
    faults = [
        Event(FaultKind.DROP, line=30, n=4),
        Event(FaultKind.OUT_OF_ORDER, line=37),
        Event(FaultKind.DROP, line=40),
    ]
    with (
        SimCamera.create(
            tmp_path / "cameras",
            "SIM1",
            scene=scene,
            frame_rate=200.0,
            lossless=True,
            loop=True,
            quirks=quirks,
            faults=faults,
        ),
        acquire(serial="SIM1", on_full="wait", steps=[{"lines": 60}]) as running,
    ):
        got = list(running.messages())
    lost = [30, 31, 32, 33, 37, 40]
    gaps = [message for message in got if isinstance(message, Gap)]
    assert [seq for gap in gaps for seq in range(gap.first, gap.first + gap.n)] == lost
    assert {gap.reason for gap in gaps} == {Reason.DROPPED}
    lines = [message.stamp.seq for message in got if isinstance(message, RawLine)]
    assert lines == [seq for seq in range(60) if seq not in lost]
