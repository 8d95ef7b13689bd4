"""From the simulator's settings to what the camera plays: find or render a recording, convert where need be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hwsim.camera import Source
from hwsim.replay import prepare
from hwsim.scene import render_belt
from hwsim.settings import Settings
from oreline.recording import RecordingSet, find_recording


def recording_of(settings: Settings, output: Path, progress: Callable[[int, int], None] | None = None) -> RecordingSet:
    """The recording to play, rendered into `output` first where the settings ask for a scene."""
    if settings.recording is not None:
        return find_recording(settings.recording)
    assert settings.scene is not None
    return render_belt(settings.scene, output / settings.folder, progress)


def sources_of(settings: Settings, output: Path) -> dict[str, Source]:
    """What the camera maps: "scene" and, where they exist, "dark" and "white"."""
    return prepare(recording_of(settings, output), output / settings.folder)
