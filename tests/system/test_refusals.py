"""A technician takes and chooses references on a running line: what is wrong is refused for what it is, with its own
words, and lines go on under the good one; what is right comes into force at one line."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from rich.console import Console

from hwsim.camera.recording_source import prepare
from hwsim.camera.sim_camera import Event, FaultKind, SimCamera
from inference.commands.choose import choose
from inference.commands.take import TakeReference
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.config import Config
from oreline.errors import ReferenceRefused
from oreline.recordings.finding import find_recording
from tests.system.line import ROOT

LINES, RATE, EXPOSURE_US = 100, 450.0, 2000.0


class Site:
    """A running line, the camera that it looks through, and the technician's commands."""

    def __init__(self, folder: Path, camera: SimCamera) -> None:
        self.camera, self.folder = camera, folder
        self.tables: dict[str, Any] = {
            "line": {"name": "site", "output": str(folder / "out"), "state": str(folder / "state")},
            "acquisition": {
                "serial": "SITE", "preset": "swir288", "ring_lines": 2048, "temperature_s": 0.1,
                "features": [["PixelFormat", "Mono12"], ["AcquisitionFrameRate", RATE], ["ExposureTime", EXPOSURE_US]],
                "steps": [
                    {"kind": "dark", "lines": LINES, "features": [["Shutter", "Closed"]]},
                    {"kind": "white", "lines": LINES, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
                    {"kind": "scene", "features": [["TargetSelector", "Scene"]]},
                ],
            },
            "inference": {"model": "swir288"},
            "sinks": {"log": {}},
        }  # fmt: skip
        self.config = Config(self.tables)
        self.store = Store(self.config.line.references_folder)
        (folder / "line.json").write_text(json.dumps(self.tables))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "oreline.cli.main", "run", f"{folder}/line.json", "--json", f"{folder}/report.json"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
            env={**os.environ, "ORELINE_SIMCAM": str(folder / "cameras")},
        )  # fmt: skip

    def take(self, kind: str, *events: Event) -> str:
        """`oreline calibrate dark|white`, while these faults happen to its lines."""
        self.camera.inject(*events)
        return TakeReference(self.config, kind, LINES).take(Console(quiet=True))

    def choose(self, reference: Reference) -> str:
        """`oreline calibrate use`, of one that came from elsewhere."""
        self.store.keep(reference)
        return choose(self.config, reference.id, "used")

    @property
    def in_force(self) -> Reference:
        return self.store.load(self.store.chosen)

    def until(self, said: Callable[[dict[str, Any]], bool], timeout_s: float = 90.0) -> None:
        """Until an entry of the history says so."""
        deadline = monotonic() + timeout_s
        while not any(said(entry) for entry in self.store.history()):
            assert self.process.poll() is None, self.process.communicate()[0]
            assert monotonic() < deadline
            sleep(0.05)

    def end(self) -> dict[str, Any]:
        """Ctrl-C, and the report."""
        self.process.terminate()
        output = self.process.communicate(timeout=60)[0]
        assert self.process.returncode == 0, output
        said: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return said


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, short_belt: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    found = find_recording(short_belt)
    sources = prepare(found, folder / "converted")
    with SimCamera.create(
        folder / "cameras", "SITE", scene=sources["scene"], dark=sources["dark"], white=sources["white"], loop=True,
        frame_rate=RATE, full_scale_bits=12,
    ) as camera:  # fmt: skip
        running = Site(folder, camera)
        try:
            running.until(lambda entry: entry["what"] == "in_force")
            yield running
        finally:
            with suppress(ProcessLookupError):
                running.process.kill()
            running.process.communicate()


def white(kind: FaultKind, amount: float = 0.0, **places: int) -> Event:
    return Event(kind, n=LINES, amount=amount, view="white", **places)


REFUSALS: dict[str, tuple[str, Event, str]] = {
    "shutter": ("dark", Event(FaultKind.STUCK_SHUTTER, n=LINES, view="dark"), "the shutter did not close"),
    "leak": ("dark", Event(FaultKind.LIGHT_LEAK, n=LINES, amount=0.3, view="dark"), "light leaks in"),
    "outliers": ("dark", Event(FaultKind.SATURATED_LINE, n=20, view="dark"), "20% of the dark is nothing like the"),
    "saturated": ("white", white(FaultKind.SATURATED_LINE), "100% of the white is at full scale"),
    "too_dark": ("white", white(FaultKind.LAMP_FAILURE, 0.03), "of full scale at most: check shutter, lamp"),
    "change": ("white", white(FaultKind.LAMP_FAILURE, 0.5), "the panel has 50% of the light it had last time"),
    "partial": ("white", white(FaultKind.DIRTY_WHITE, 0.98, start=300, stop=384), "only samples 0..299 of 0..383"),
    "dirty": ("white", white(FaultKind.DIRTY_WHITE, 0.3, start=100, stop=140), "samples 100..139 of the panel have 7"),
    "tilted": ("white", white(FaultKind.TILTED_WHITE, 0.3), "at one side to 85% at the other"),
    "moving": ("white", white(FaultKind.MOVING_WHITE, 0.05), "from line to line: it moves"),
    "unsteady": ("white", white(FaultKind.LAMP_FLICKER, 0.2), "the lamp flickers"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_what_is_wrong_with_a_capture_is_refused_in_its_own_words(site: Site, code: str) -> None:
    kind, event, words = REFUSALS[code]
    good = site.in_force.id
    with pytest.raises(ReferenceRefused) as refusal:
        site.take(kind, event)
    assert f"[{code}]" in str(refusal.value)
    assert words in str(refusal.value)
    assert refusal.value.exit_code == 30
    assert site.store.chosen == good


def test_all_that_is_wrong_is_said_together(site: Site) -> None:
    with pytest.raises(ReferenceRefused) as refusal:
        site.take("white", white(FaultKind.TILTED_WHITE, 0.3), white(FaultKind.LAMP_FLICKER, 0.2))
    assert all(code in str(refusal.value) for code in ("[tilted]", "[unsteady]"))


def test_a_white_that_was_exposed_otherwise_than_the_dark_is_refused(site: Site) -> None:
    tables = deepcopy(site.tables)
    for step, factor in ((1, 0.5), (2, 1.0)):
        tables["acquisition"]["steps"][step]["features"].append(["ExposureTime", factor * EXPOSURE_US])
    with pytest.raises(ReferenceRefused, match=r"take both with one setting \[exposure\]"):
        TakeReference(Config(tables), "white", LINES).take(Console(quiet=True))


def from_another_camera(good: Reference) -> Reference:
    return replace(good, serial="OTHER", id="")


def from_yesterday(good: Reference) -> Reference:
    then = (datetime.now(UTC) - timedelta(hours=30)).isoformat(timespec="seconds")
    return replace(good, white=replace(good.white, captured=then), captured=then, id="")


def from_much_longer_exposures(good: Reference) -> Reference:
    dark, light = (replace(kind, exposure_us=30 * kind.exposure_us) for kind in (good.dark, good.white))
    return replace(good, dark=dark, white=light, id="")


def from_a_cold_morning(good: Reference) -> Reference:
    dark, light = (replace(kind, temperature_c=kind.temperature_c - 12) for kind in (good.dark, good.white))
    return replace(good, dark=dark, white=light, id="")


CHOICES = {
    "camera": (from_another_camera, "the reference is of camera 'OTHER', the stream of 'SITE'"),
    "stale_age": (from_yesterday, "30.0 h old, a line does not start beyond 24"),
    "stale_temperature": (from_a_cold_morning, "12.0 K from where"),
    "exposure_ratio": (from_much_longer_exposures, "exposed 30 times as much as the stream is"),
}


@pytest.mark.parametrize("code", CHOICES)
def test_a_choice_that_does_not_fit_the_line_is_refused_in_its_own_words(site: Site, code: str) -> None:
    make, words = CHOICES[code]
    good = site.in_force
    with pytest.raises(ReferenceRefused) as refusal:
        site.choose(make(good))
    assert words in str(refusal.value)
    assert refusal.value.code == code
    assert site.store.chosen == good.id


def test_a_camera_that_gets_warm_is_warned_of_while_lines_go_on(site: Site) -> None:
    site.camera.set_register("DeviceTemperature", 29.0)
    site.until(lambda entry: entry["what"] == "warned" and entry["doubts"][0]["code"] == "stale_temperature")
    site.camera.set_register("DeviceTemperature", 25.0)


def test_who_chooses_what_is_in_force_already_is_told_so_at_once(site: Site) -> None:
    assert site.choose(site.in_force).startswith(f"reference {site.store.chosen} is the chosen one already")


def test_good_ones_come_into_force_at_one_line_and_every_line_says_which_it_used(site: Site) -> None:
    words = [site.take("dark"), site.take("white"), choose(site.config, None, "reverted")]
    assert all("is in force from line" in one for one in words)
    report = site.end()
    changes = [(e["line"], e["id"]) for e in site.store.history() if e["what"] == "in_force"]
    with sqlite3.connect(site.folder / "out" / "journal.sqlite") as db:
        lines = db.execute("SELECT seq, calibration FROM lines ORDER BY seq").fetchall()
    db.close()
    assert len(changes) >= 4
    for seq, calibration in lines:
        assert calibration == [identity for line, identity in changes if line <= seq][-1]
    assert (report["unaccounted"], report["lost"]) == (0, 0)
    noticed = report["incidents"]["inference"]
    wanted = {*REFUSALS, *CHOICES, "exposure"}
    assert {f"reference_{code}" for code in wanted} <= set(noticed)
    assert noticed["reference_tilted"] == 2
