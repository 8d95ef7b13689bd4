"""`oreline core qc`: verdicts as a technician reads them, and wavelengths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import ConfigError, WavelengthsOff
from oreline.facts import leave_facts
from oreline.recordings.envi_writer import EnviWriter
from sinks.core.box_scans import BoxScan
from sinks.core.commands import qc
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.line_file import limits_of, line_of
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.standard import find_standard
from sinks.core.qc.verdicts import keep
from sinks.core.qc.wavelengths import checks_of, last_words, of_wavelengths
from sinks.core.session import Session
from sinks.core.session_file import write_session
from tests.sinks.core.qc.test_references import LIMITS

RUN = "ab" * 16


@pytest.fixture
def folder(tmp_path: Path) -> HoleFolder:
    folder = HoleFolder.of(tmp_path, "DH-1")
    folder.path.mkdir(parents=True)
    write_session(folder.session, Session.model_validate({"hole": {"id": "DH-1"}}))
    for first in (0, 2000):
        folder.scans.add(BoxScan(1, 0, RUN, first, first + 999, "", "now"))
    return folder


def recorded(path: Path, off_nm: float) -> Path:
    """Reflectance of the rare earths' standard by a camera that is off by so much."""
    nm = np.linspace(930.0, 2500.0, 288)
    absorbance = sum(
        0.4 * np.exp(-0.5 * ((nm - off_nm - one.nm) / 9) ** 2) for one in find_standard("rare-earths").features
    )
    with EnviWriter.create(path, samples=4, bands=288, dtype="f4", wavelengths_nm=tuple(nm)) as file:
        file.write(np.repeat(np.exp(-absorbance)[:, None], 4, axis=1).astype(np.float32))
    return path


def test_verdicts_are_said_with_why_and_what_to_do(folder: HoleFolder) -> None:
    keep(folder, Verdict(1, 1, (Finding("no_light", Level.RESCAN, {"n": "9"}),)))
    assert list(qc.verdicts(folder.path, again=False)) == [
        "box 1, not in force: rescan",
        "  rescan: 9 lines had no light. Look at lamp and shutter, and scan the box again.",
        "box 1, scan 2: not judged yet",
    ]


def test_a_hole_without_a_scan_says_so(tmp_path: Path) -> None:
    folder = HoleFolder.of(tmp_path, "DH-2")
    folder.path.mkdir(parents=True)
    write_session(folder.session, Session.model_validate({"hole": {"id": "DH-2"}}))
    (said,) = qc.verdicts(folder.path, again=False)
    assert "oreline core register" in said


def test_a_camera_that_is_off_fails_is_noted_and_boxes_say_so_until_it_passes(
    folder: HoleFolder, tmp_path: Path
) -> None:
    with pytest.raises(WavelengthsOff, match=r"off by up to 3\.\d nm"):
        list(qc.wavelengths(folder.path, recorded(tmp_path / "a.hdr", 3.0), "rare-earths", "ana"))
    at = datetime.now(UTC) + timedelta(hours=1)
    assert [one.check for one in of_wavelengths(folder, at, LIMITS)] == ["wavelength"]
    said = list(qc.wavelengths(folder.path, recorded(tmp_path / "b.hdr", 0.2), "rare-earths", "ana"))
    assert said[-1] == "pass"
    assert list(of_wavelengths(folder, at, LIMITS)) == []
    assert [one.check for one in of_wavelengths(folder, at + timedelta(hours=13), LIMITS)] == ["wavelength_age"]
    assert [one["passes"] for one in checks_of(folder)] == [False, True]
    assert last_words(folder).startswith("pass, up to 0.2")
    with (folder.qc / "wavelengths.jsonl").open("a") as file:
        file.write('{"at": 3}\nno')
    assert len(checks_of(folder)) == 2


def test_limits_are_those_of_the_line(folder: HoleFolder) -> None:
    assert limits_of(folder).wavelength_nm == 1.0
    core = {"session": "hole.toml", "qc": {"wavelength_nm": 5.0}}
    tables = {"line": {"output": str(folder.output)}, "sinks": {"log": {}, "core": core}}
    leave_facts(folder.output, "line", tables)
    assert limits_of(folder).wavelength_nm == 5.0
    assert line_of(folder).line.output == folder.output


def test_a_folder_that_is_no_hole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder of a hole"):
        list(qc.verdicts(tmp_path, again=False))
