"""From the simulator's settings to the recording that the camera plays: found, or rendered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hwsim.render.scene import render
from hwsim.settings import Settings
from oreline.recordings.finding import RecordingSet, find_recording


def recording_of(
    settings: Settings, output: Path, progress: Callable[[int, int], None] | None = None
) -> RecordingSet | None:
    """The recording to play, rendered into `output` first where the settings ask for a scene; None for a live one."""
    if settings.live:
        return None
    if settings.recording is not None:
        return find_recording(settings.recording, references=settings.references)
    assert settings.scene is not None
    return render(settings.scene, output / settings.folder, progress)
