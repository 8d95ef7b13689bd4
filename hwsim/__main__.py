"""The simulated world: `python -m hwsim camera|plant LINE.toml`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hwsim import conveyor
from hwsim.camera import SimCamera
from hwsim.replay import prepare, sensor_bits
from hwsim.scenery import recording_of
from hwsim.settings import Settings
from oreline.config import Config
from oreline.process import Shell, guarded

CAMERAS = "/dev/shm/oreline-simcam"  # noqa: S108  (where the producer looks, too)


def camera(path: str) -> None:
    """Be a camera until told to stop; its frames are paced inside the producer, not here."""
    config = Config.load(Path(path))
    settings, output = config.section("simulator", Settings), config.line.output
    shell = Shell("camera", output)
    recordings = recording_of(settings, output)
    sources = prepare(recordings, output / settings.folder)
    lossless = settings.speed == "max"
    with SimCamera.create(
        Path(os.environ.get("ORELINE_SIMCAM", CAMERAS)),
        settings.serial,
        scene=sources["scene"],
        dark=sources.get("dark"),
        white=sources.get("white"),
        full_scale_bits=sensor_bits(recordings),
        frame_rate=settings.frame_rate,
        speed=1.0 if settings.speed == "max" else settings.speed,
        lossless=lossless,
        patient=settings.patient,
        loop=settings.loop,
        counts_per_line=settings.counts_per_line,
    ) as simulated:
        shell.ready()
        shell.wait()
        shell.report(counters=simulated.counters())


def plant(path: str) -> None:
    """Be the PLC until told to stop."""
    config = Config.load(Path(path))
    settings, output = config.section("plant", conveyor.Settings), config.line.output
    shell = Shell("plant", output)
    shell.report(**conveyor.serve(settings, output, lambda _port: shell.ready(), shell))


if __name__ == "__main__":
    role, line = sys.argv[1:3]
    sys.exit(guarded(lambda: {"camera": camera, "plant": plant}[role](line)))
