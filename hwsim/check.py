"""Refusals of the simulated camera, found in a line's file, and the stream that it will send."""

from __future__ import annotations

from pathlib import Path

from hwsim.camera import faults
from hwsim.camera.recording_source import VIEWS
from hwsim.camera.sim_camera import check_values
from hwsim.render.session import SESSION
from hwsim.scenes.core import CoreScene
from hwsim.settings import Settings
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.recordings.finding import RecordingSet, find_recording


def check(config: Config, expected: Expected, findings: Findings) -> None:
    """The simulator's table, where there is one."""
    if "simulator" not in config.tables:
        return
    settings = config.section("simulator", Settings)
    expected.serial, expected.line_rate_hz = settings.serial, settings.frame_rate
    expected.exposure_us = 0.9e6 / settings.frame_rate
    speed = 1.0 if isinstance(settings.speed, str) else settings.speed
    with findings.noted("[simulator]"):
        check_values(settings.serial, settings.frame_rate, expected.exposure_us, speed)
    with findings.noted("[simulator]"):
        lines = _look_at(settings, config.line.output, expected)
        faults.plan(settings.faults, lines, settings.frame_rate)


def _look_at(settings: Settings, output: Path, expected: Expected) -> int | None:
    """Add its view to `expected`. Returns the lines of that; None without an end, or where rendering decides."""
    expected.camera = settings.serial
    if settings.recording is not None:
        recordings = find_recording(settings.recording, references=settings.references)
        scene, expected.views = recordings.scene, frozenset(VIEWS) & frozenset(recordings.present())
        expected.exposure_us = exposure = (
            settings.exposure_us or scene.conditions.exposure_us or 0.9e6 / settings.frame_rate
        )
        check_values(settings.serial, settings.frame_rate, exposure, 1.0)
        expected.bands, expected.samples = scene.bands, scene.samples
        _open(recordings)
        if settings.start_line >= scene.lines:
            raise ConfigError(f"start_line = {settings.start_line}: the recording has {scene.lines} lines, from 0")
        return None if settings.loop else scene.lines
    assert settings.scene is not None
    if isinstance(settings.scene, CoreScene) and not settings.live:
        expected.files = frozenset({output / settings.folder / SESSION})
    preset, expected.views = settings.scene.preset, frozenset(VIEWS)
    expected.bands, expected.samples = preset.bands, preset.samples
    expected.exposure_us = None if settings.live else expected.exposure_us
    return None if settings.live or settings.loop else getattr(settings.scene, "lines", None)


def _open(recordings: RecordingSet) -> None:
    """Raises OSError where a file cannot be read."""
    for recording in recordings.present().values():
        with recording.path.open("rb"):
            pass
