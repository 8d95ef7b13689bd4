"""`oreline config check` finds all that `oreline run` would refuse without a camera, and a right file is right."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from inference.models import SHIPPED
from oreline import errors
from oreline.__main__ import main
from oreline.cameras import CAMERAS
from oreline.config import Config
from oreline.recordings.envi_writer import EnviWriter
from oreline.supervision.check import by_hand, check, unheard
from oreline.supervision.launch import launch
from oreline.terminal import Ticker
from tests.system.line import ROOT

DEMO = tomllib.loads((ROOT / "deploy" / "examples" / "demo.toml").read_text())
Tables = dict[str, Any]


@pytest.fixture
def demo(tmp_path: Path) -> Tables:
    """The demo's tables, with results in a folder of the test."""
    tables = deepcopy(DEMO)
    tables["line"] |= {"output": str(tmp_path / "out"), "state": str(tmp_path / "s")}
    return tables


@pytest.fixture
def recorded(demo: Tables, tmp_path: Path) -> Tables:
    """The demo's line, but its camera plays a recording with a dark and a white beside it."""
    preset = CAMERAS["swir288"]
    for name in ("DARKREF_rock", "WHITEREF_rock", "rock"):
        with EnviWriter.create(
            tmp_path / "rec" / f"{name}.hdr", samples=16, bands=preset.bands, dtype=np.uint16, suffix=".raw",
            wavelengths_nm=preset.wavelengths_nm,
        ) as file:  # fmt: skip
            for _ in range(10):
                file.write(np.full((preset.bands, 16), 900, np.uint16))
    demo["simulator"] = {"recording": str(tmp_path / "rec"), "frame_rate": 450.0}
    return demo


def put(tables: Tables, key: str, value: Any) -> None:
    """Set a nested key; None takes it out."""
    *path, last = key.split(".")
    for name in path:
        tables = tables[int(name)] if isinstance(tables, list) else tables.setdefault(name, {})
    if value is None:
        del tables[last]
    else:
        tables[last] = value


def refused(tables: Tables) -> errors.OrelineError:
    with pytest.raises(errors.OrelineError) as refusal:
        check(Config(tables, "line.toml"))
    return refusal.value


@pytest.mark.parametrize("name", ["demo", "recorded"])
def test_what_is_right_is_right_and_nothing_is_made(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    tables = request.getfixturevalue(name)
    check(Config(tables, "line.toml"))
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "s").exists()


WRONG: dict[str, tuple[dict[str, Any], type[errors.OrelineError], str]] = {
    "model": ({"inference.model": "swir289"}, errors.ModelError, "Did you mean 'swir288'"),
    "model for other bands": ({"inference.model": "nir224"}, errors.ModelMismatch, "reads 224 bands"),
    "model's preset": ({"acquisition.preset": "swir289"}, errors.ConfigError, "Did you mean 'swir288'"),
    "preset for other bands": ({"acquisition.preset": "nir224"}, errors.ConfigError, "delivers 288 bands, but 224"),
    "no wavelengths": ({"acquisition.preset": None}, errors.ModelMismatch, "swir288"),
    "scene's camera": ({"simulator.scene.camera": "swir289"}, errors.ConfigError, "Did you mean 'swir288'"),
    "recording": (
        {"simulator.scene": None, "simulator.recording": "nowhere"}, errors.RecordingError, "nowhere does not exist"
    ),
    "rate of the camera": ({"simulator.frame_rate": 2e6}, errors.ConfigError, "0.1 Hz to 1 MHz"),
    "rate and exposure": (
        {"acquisition.features": [["ExposureTime", 9000.0]]}, errors.FeatureError, "450 lines a second leave 2222.22 us"
    ),
    "rate and exposure by other names": (
        {"acquisition.features": [["ExposureTimeAbs", 9000.0], ["AcquisitionFrameRateAbs", 400.0]]},
        errors.FeatureError, "400 lines a second leave 2500 us"
    ),
    "rate of the host": (
        {"acquisition.features": [["AcquisitionFrameRate", 5000.0]]}, errors.FeatureError, "it is exposed 2000 us"
    ),
    "rows that are said": ({"acquisition.bands": 100}, errors.ConfigError, "delivers 100 bands, but 288"),
    "dialect": ({"simulator.dialect": "basler"}, errors.ConfigError, "basler-ace"),
    "serial": ({"acquisition.serial": "SIM0002"}, errors.CameraNotFound, "has 'SIM0001'"),
    "producer": ({"acquisition.producer": "/opt/no.cti"}, errors.ProducerNotFound, "/opt/no.cti"),
    "source": ({"acquisition.source": "genicamm"}, errors.ConfigError, "Did you mean 'genicam'"),
    "keys of acquisition": (
        {"acquisition.listen": "tcp://10.0.0.5:7401"}, errors.SecurityError, "make keys with `oreline keys make`"
    ),
    "keys of inference": (
        {"inference.listen": {"labels": "tcp://10.0.0.5:7402"}}, errors.SecurityError, "anyone could read the stream"
    ),
    "keys of a sink": (
        {"sinks.far": {"sink": "log", "remote": "tcp://10.0.0.5:7402"}}, errors.SecurityError, "nobody knows who"
    ),
    "keys of a sorter": (
        {"sinks.conveyor.listen": "tcp://10.0.0.5:7404"}, errors.SecurityError, "anyone could read the stream"
    ),
    "keys of a log of stones": (
        {"sinks.log.remotes": {"stones": "tcp://10.0.0.5:7404"}}, errors.SecurityError, "nobody knows who"
    ),
    "a further stream that a log does not take": (
        {"sinks.log.remotes": {"raw": "tcp://127.0.0.1:7404"}}, errors.ConfigError, "log takes stones beside its own"
    ),
    "port of stones": (
        {"inference.metrics_port": 7404, "sinks.conveyor.listen": "tcp://127.0.0.1:7404"}, errors.ConfigError,
        "inference.metrics_port and sinks.conveyor.listen",
    ),
    "keys that are not there": (
        {"line.keys": "keys", "inference.listen": {"labels": "tcp://10.0.0.5:7402"}}, errors.SecurityError,
        "no key keys/inference.secret",
    ),
    "ports": (
        {"acquisition.metrics_port": 9100, "sinks.log.metrics_port": 9100}, errors.ConfigError,
        "acquisition.metrics_port and sinks.log.metrics_port are both port 9100",
    ),
    "port of the plant": (
        {"inference.metrics_port": 5020}, errors.ConfigError, "inference.metrics_port and plant.port are both port 5020"
    ),
    "ports of streams": (
        {"inference.metrics_port": 7402, "inference.listen": {"labels": "tcp://127.0.0.1:7402"}}, errors.ConfigError,
        "inference.metrics_port and inference.listen.labels",
    ),
    "ore": ({"sinks.conveyor.recipe.ore": ["calcit"]}, errors.ConfigError, "Did you mean 'calcite'"),
    "distance": ({"sinks.conveyor.distance_counts": 100}, errors.ConfigError, "could come after its stone has passed"),
    "stream": ({"sinks.spectra": {"sink": "record"}}, errors.ConfigError, "add 'reflectance' to inference.streams"),
    "uncertainty": (
        {"inference.streams": ["labels", "reflectance"], "sinks.sure": {"sink": "record", "what": "uncertainty"}},
        errors.ConfigError, "inference.uncertainty = true",
    ),
    "layers": ({"inference.layers": ["probabilty"]}, errors.ConfigError, "Did you mean 'probability'"),
    "labels without a model": ({"inference.model": None}, errors.ConfigError, "name a model in inference.model"),
    "references": (
        {"acquisition.steps": [{"kind": "scene", "lines": 9000}]}, errors.ReferenceRefused, "no dark and white"
    ),
    "reference": ({"inference.reference": "nowhere"}, errors.ReferenceRefused, "no reference at nowhere"),
    "panel": ({"inference.panel": "nowhere.txt"}, errors.ReferenceRefused, "nowhere.txt cannot be read"),
    "strip": ({"inference.strip": {"first": 380, "samples": 9}}, errors.ConfigError, "a line has 384"),
    "largest line": (
        {"inference.streams": ["labels", "reflectance"], "inference.largest_line": 1000}, errors.ConfigError,
        "a line has 110592 values",
    ),
    "features": (
        {
            "inference.model": None, "inference.streams": ["features"],
            "acquisition.preset": None, "acquisition.wavelengths_nm": [400.0 + 2 * band for band in range(288)],
        },
        errors.ConfigError, "cover the window of no feature",
    ),
    "fault": (
        {"simulator.faults": [{"kind": "drop", "line": 9999}]}, errors.ConfigError, "the scene has 9000 lines"
    ),
    "name of a sink": ({"sinks.inference": {"sink": "log"}}, errors.ConfigError, "a sink's name"),
    "output": ({"line.output": "/proc/nothing"}, errors.SystemRefused, "/proc/nothing"),
    "references folder": ({"line.references": "/dev/null/x"}, errors.SystemRefused, "/dev/null/x: Not a directory"),
    "state": ({"line.state": "/proc/nothing"}, errors.SystemRefused, "/proc/nothing"),
    "state's sockets": ({"line.state": "/tmp/" + "x" * 120}, errors.ConfigError, "too many for a socket"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_run_would_refuse_is_found(what: str, demo: Tables) -> None:
    changes, kind, words = WRONG[what]
    for key, value in changes.items():
        put(demo, key, value)
    error = refused(demo)
    assert type(error) is kind, error
    assert words in str(error)


@pytest.mark.parametrize("view", ["DARKREF", "WHITEREF"])
def test_a_step_that_asks_for_a_reference_that_was_not_recorded_is_found(recorded: Tables, view: str) -> None:
    for path in Path(recorded["simulator"]["recording"]).glob(f"{view}*"):
        path.unlink()
    error = refused(recorded)
    assert type(error) is errors.RecordingError
    assert f"add {view}_NAME" in str(error)


def test_a_start_beyond_the_end_of_a_recording_is_found(recorded: Tables) -> None:
    recorded["simulator"]["start_line"] = 10
    assert "the recording has 10 lines, from 0" in str(refused(recorded))


def damage(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[-9] ^= 1
        (folder / name).write_bytes(content)

    return change


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (damage("model.pt"), errors.ModelError),
        (damage("golden.npz"), errors.ModelError),
        (damage("card.json"), errors.ModelUntrusted),
        (damage("card.sig"), errors.ModelUntrusted),
        (lambda folder: (folder / "card.sig").unlink(), errors.ModelUntrusted),
        (lambda folder: (folder / "model.pt").unlink(), errors.ModelError),
    ],
    ids=["network", "golden", "card", "signature", "no signature", "no network"],
)
def test_a_model_that_was_changed_is_found(
    demo: Tables, tmp_path: Path, harm: Callable[[Path], None], kind: type[errors.OrelineError]
) -> None:
    copytree(SHIPPED / "swir288", tmp_path / "model")
    demo["inference"]["model"] = str(tmp_path / "model")
    check(Config(demo, "line.toml"))
    harm(tmp_path / "model")
    assert type(refused(demo)) is kind


def test_all_that_is_wrong_is_said_together(demo: Tables) -> None:
    for key, value in (
        ("inference.model", "swir289"),
        ("acquisition.serial", "X"),
        ("sinks.conveyor.distance_counts", 9),
    ):
        put(demo, key, value)
    said = str(refused(demo))
    assert all(
        words in said for words in ("line.toml is not right:", "'swir288'", "serial = 'X'", "distance_counts = 9")
    )


def test_wrong_keys_in_several_tables_are_said_together_each_once(demo: Tables) -> None:
    wrong = {
        "line.nmae": "name", "simulator.frame_rat": "frame_rate", "acquisition.seriel": "serial",
        "inference.modle": "model", "sinks.log.budget": "budget_ms", "sinks.conveyor.deadlin_ms": "deadline_ms",
    }  # fmt: skip
    for key in wrong:
        put(demo, key, 1)
    put(demo, "sinks.other", {"sink": "lgo"})
    said = str(refused(demo))
    for key, meant in wrong.items():
        assert said.count(f"unknown key '{key.rpartition('.')[2]}'. Did you mean '{meant}'?") == 1, said
    assert "\n[sinks.other]: there is no sink 'lgo'" in said


def test_what_is_beyond_its_keys_is_said_beside_a_wrong_key(demo: Tables) -> None:
    put(demo, "simulator.frame_rat", 1)
    put(demo, "inference.model", "swir289")
    assert "'frame_rate'" in str(refused(demo))
    assert "'swir288'" in str(refused(demo))


def test_unknown_tables_are_said_together() -> None:
    with pytest.raises(errors.ConfigError, match=r"(?s)'acquisition'.*'sinks'"):
        Config({"acquisiton": {}, "sink": {}})


@pytest.mark.parametrize("command", ["config check", "run"])
def test_an_empty_file_is_no_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line.toml").touch()
    monkeypatch.setattr(sys, "argv", ["oreline", *command.split(), "line.toml"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == errors.ConfigError.exit_code
    assert "line.toml has no camera: add a table [acquisition]" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["line.toml"]


def test_a_sink_whose_inference_is_on_another_host_needs_no_camera(tmp_path: Path) -> None:
    tables = {
        "line": {"output": str(tmp_path / "out")},
        "sinks": {"archive": {"sink": "log", "remote": "tcp://127.0.0.1:7402"}},
    }
    config = Config(tables, "office.toml")
    check(config)
    assert by_hand(config) == [f"{sys.executable} -m sinks archive office.toml"]
    with pytest.raises(errors.ConfigError, match=r"office\.toml has no camera here.* -m sinks archive office\.toml"):
        launch(config, Ticker(Console(quiet=True)))
    assert not (tmp_path / "out").exists()


def test_a_line_without_a_sink_is_told_so(demo: Tables) -> None:
    assert not unheard(Config(demo, "line.toml"))
    del demo["sinks"]
    config = Config(demo, "line.toml")
    check(config)
    assert unheard(config)
