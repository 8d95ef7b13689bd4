"""The simulated world: `python -m hwsim camera|plant LINE.toml`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hwsim import plant as plants
from hwsim.camera import faults
from hwsim.camera.live_camera import LiveCamera
from hwsim.camera.recording_source import prepare
from hwsim.camera.shared_file import cameras
from hwsim.camera.sim_camera import Quirks, SimCamera
from hwsim.render.scenery import recording_of
from hwsim.render.session import write_session
from hwsim.sensor.sensor import Sensor
from hwsim.settings import Settings
from hwsim.worlds import world_of
from oreline.config import Config
from oreline.facts import refuse_other
from oreline.guard import guarded
from oreline.incidents import refused, report
from oreline.recordings.finding import RecordingSet
from oreline.recordings.full_scale import full_scale_of
from oreline.service import Service

TRUTH = "faults.json"
"""In the output folder."""


def camera(path: str, on: Callable[[], None] = lambda: None) -> None:
    """Be a camera until told to stop. `on` is called when hosts can find it."""
    config = Config.load(Path(path))
    settings, output = config.section("simulator", Settings), config.line.output
    service = Service("camera", output)
    if settings.faults:
        refuse_other(output / TRUTH, faults.is_truth)
    recordings = recording_of(settings, output)
    if recordings is None:
        _live(settings, output / settings.folder, service, on)
    else:
        _replayed(settings, recordings, output / settings.folder, service, on)


def _replayed(
    settings: Settings, recordings: RecordingSet, folder: Path, service: Service, on: Callable[[], None]
) -> None:
    """Play recordings; their frames are paced inside the producer, not here."""
    sources, references = prepare(recordings, folder), recordings.references().values()
    with _plugged(
        settings,
        None if settings.loop else sources["scene"].lines,
        scene=sources["scene"],
        dark=sources.get("dark"),
        white=sources.get("white"),
        full_scale_bits=(settings.full_scale or full_scale_of(recordings.scene, references).count).bit_length(),
        exposure_us=settings.exposure_us or recordings.scene.conditions.exposure_us,
        gain=settings.gain or recordings.scene.conditions.gain or 1.0,
        loop=settings.loop,
        start_line=settings.start_line,
        counts_per_line=settings.counts_per_line,
    ) as simulated:
        if missing := recordings.scene.missing_lines:
            _say(service, f"{recordings.scene.path} lacks {missing} lines; those that are whole are played")
        service.ready()
        on()
        if settings.speed == "step":
            _step(simulated, service)
        else:
            service.wait()
        _report(service, simulated, missing_lines=missing)


def _step(simulated: SimCamera, service: Service) -> None:
    """Expose as many lines as each line of the standard input says, one for an empty one, until it ends."""
    for text in sys.stdin:
        if service.stopping:
            break
        simulated.step(int(text) if text.strip().isdecimal() else 1)


def _live(settings: Settings, folder: Path, service: Service, on: Callable[[], None]) -> None:
    """Render a scene as it is seen; of core, with the session of its first trays in the folder."""
    assert settings.scene is not None
    world, sensor, preset = world_of(settings.scene), Sensor.of(settings.scene), settings.scene.preset
    write_session(world, folder)
    speed = None if isinstance(settings.speed, str) else settings.speed
    with _plugged(
        settings,
        None,
        scene=None,
        shape=(preset.bands, preset.samples),
        full_scale_bits=settings.scene.full_scale.bit_length(),
        exposure_us=sensor.exposure_us * min(1.0, preset.line_rate_hz / settings.frame_rate),
        dark_level=sensor.dark,
    ) as simulated:
        live = LiveCamera(simulated, world, sensor, speed, lambda words: _say(service, words))
        service.ready()
        on()
        live.run(service.is_set)
        _report(service, simulated, rendered=live.rendered, lost=live.lost, world_line=live.line)


def _plugged(settings: Settings, lines: int | None, **view: Any) -> SimCamera:
    """A camera that sees this at the settings' pace, with their faults; `lines` of the scene, None without an end."""
    return SimCamera.create(
        cameras(),
        settings.serial,
        frame_rate=settings.frame_rate,
        speed=1.0 if isinstance(settings.speed, str) else settings.speed,
        stepped=settings.speed == "step",
        lossless=settings.speed == "max",
        patient=settings.patient,
        quirks=Quirks(settings.dialect),
        faults=faults.plan(settings.faults, lines, settings.frame_rate),
        **view,
    )


def _report(service: Service, simulated: SimCamera, **facts: int) -> None:
    service.report(counters=simulated.counters(), **facts)
    if simulated.faults.events:
        faults.write(service.output / TRUTH, simulated)


def _say(service: Service, words: str) -> None:
    service.tell(f"STATUS={words}")
    report(service.name, "simulator", words)


def plant(path: str, on: Callable[[int], None] = lambda _: None) -> None:
    """Be the PLC until told to stop. `on` is called with its port when it listens there."""
    config = Config.load(Path(path))
    settings, output = config.section("plant", plants.Settings), config.line.output
    service = Service("plant", output)

    def ready(port: int) -> None:
        service.ready()
        on(port)

    service.report(**plants.serve(settings, output, ready, service))


ROLES: dict[str, Callable[[str], None]] = {"camera": camera, "plant": plant}

if __name__ == "__main__":
    parser = ArgumentParser("python -m hwsim", description=__doc__)
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("line", metavar="LINE.toml")
    arguments = parser.parse_args()
    sys.exit(guarded(lambda: ROLES[arguments.role](arguments.line), say=refused))
