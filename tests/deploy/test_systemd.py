"""The units are what systemd 252 reads, are shut tight, restart what may be restarted, and run a line."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from oreline.config import Config
from oreline.errors import PASSING, CameraLost, CameraNotFound, ConfigError, OrelineError, SystemRefused
from oreline.state_folder import runs
from sinks.log.account import account
from tests.deploy.unit import PYTHON, ROOT, SINK, UNITS, Started, file_of, settings
from tests.system.line import Line

LINE, TARGET = "oreline-line", "oreline@.target"
SINKS = ("log", "belt_2", "cube-of-north")
"""What a site calls its sinks; each has a unit of its own, and all have one file."""
OTHERS = {path.name.removesuffix("@.service") for path in UNITS.glob("*@.service")} - {SINK}
SERVICES = sorted([*OTHERS, *(f"{SINK}-{name}" for name in SINKS)])
STAGES = [name for name in SERVICES if name != LINE]
MOST_EXPOSED = 1.5
TRANSIENT = {OrelineError.exit_code, SystemRefused.exit_code, CameraNotFound.exit_code, CameraLost.exit_code, *PASSING}
READY_S, HEARTBEAT_S, FROZEN_S = 60.0, 5.0, 1.5
RATE_HZ = 150.0
"""Which a busy machine keeps up with: what is lost here is lost by the units."""

each_service = pytest.mark.parametrize("name", SERVICES)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here: apt-get install systemd")
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as they are installed, with an interpreter that is on this machine."""
    folder = tmp_path_factory.mktemp("systemd") / "units"
    shutil.copytree(UNITS, folder)
    for name in (f"{SINK}-{sink}" for sink in SINKS):
        shutil.copy(file_of(name), folder / f"{name}@.service")
    for unit in folder.glob("*.service"):
        unit.write_text(unit.read_text().replace(PYTHON, os.path.realpath(sys.executable)))
    return folder


@pytest.mark.parametrize("file", [*(f"{name}@.service" for name in SERVICES), TARGET])
def test_systemd_has_nothing_to_say_of_a_unit(units: Path, file: str) -> None:
    said = analyze("verify", str(units / file))
    assert (said.returncode, said.stderr) == (0, "")


def test_the_pages_command_verifies_all_units_and_no_folder(units: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "systemd.md").read_text()
    (pattern,) = re.findall(r"systemd-analyze verify /etc/systemd/system/(\S+)", page)
    listed = subprocess.run(["bash", "-c", f"ls -d {pattern}"], cwd=units, capture_output=True, text=True, check=True)
    assert sorted(listed.stdout.split()) == sorted([*(f"{name}@.service" for name in (*SERVICES, SINK)), TARGET])


def test_systemd_would_have_named_a_misspelt_key(units: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "oreline-wrong@.service"
    wrong.write_text((units / f"{STAGES[0]}@.service").read_text().replace("CPUScheduling", "CPUSheduling"))
    assert "CPUShedulingPriority" in analyze("verify", str(wrong)).stderr


@each_service
def test_a_unit_is_shut_tight(units: Path, name: str) -> None:
    said = analyze("security", "--offline=true", str(units / f"{name}@.service")).stdout
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) <= MOST_EXPOSED, said


def refusals(kind: type[OrelineError] = OrelineError) -> set[int]:
    return {kind.exit_code}.union(*(refusals(below) for below in kind.__subclasses__()))


@each_service
def test_a_refusal_is_not_started_again_and_what_may_pass_is(name: str) -> None:
    service = settings(name)["Service"]
    assert {int(code) for code in service["RestartPreventExitStatus"].split()} == refusals() - TRANSIENT
    assert service["Restart"] == "on-failure"


def test_who_needs_what_is_switched_on_later_is_started_for_ever_and_others_are_given_up() -> None:
    patient = {name for name in STAGES if settings(name)["Unit"]["StartLimitIntervalSec"] == "0"}
    assert patient == {*STAGES} - {"oreline-inference"}


def test_systemd_reads_what_all_sinks_share_for_each_of_them(units: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(units, tmp_path / "units"))
    shared = folder / f"{SINK}-.service.d" / "patient.conf"
    shared.write_text(shared.read_text().replace("StartLimit", "StartLimmit"))
    said = {name: "StartLimmit" in analyze("verify", str(folder / f"{name}@.service")).stderr for name in SERVICES}
    assert {name for name, read in said.items() if read} == {f"{SINK}-{name}" for name in SINKS}


def test_a_sinks_process_is_told_its_table_by_the_units_name(tmp_path: Path) -> None:
    (tmp_path / "line.json").write_text(json.dumps({"sinks": {"log": {}}}))
    for name in ("belt_2", "cube-of-north"):
        unit = Started(f"{SINK}-{name}", tmp_path / "line.json", {})
        assert unit.process.wait(READY_S) == ConfigError.exit_code
        assert f"has no [sinks.{name}]: it has [sinks.log]" in unit.end()


def test_each_stage_goes_before_the_one_that_it_serves_in_real_time() -> None:
    priority = {name: int(settings(name)["Service"]["CPUSchedulingPriority"]) for name in STAGES}
    sinks = {name: 30 for name in STAGES if name.startswith("oreline-sink-")}
    assert priority == {"oreline-acquisition": 50, "oreline-inference": 40, **sinks}


def test_each_sink_has_a_unit_and_each_unit_waits_for_the_run_before_to_be_finished() -> None:
    before = re.findall(r"(oreline-[\w-]+)@%i", settings(LINE)["Unit"]["Before"])
    for name in (f"{SINK}-{sink}" for sink in SINKS):
        assert settings(name)["Unit"]["After"] == f"{LINE}@%i.service"
        assert settings(name)["Unit"]["Before"] == "oreline-inference@%i.service"
        before.append(name)
    assert {*before} == {*STAGES}
    assert all(settings(name)["Unit"]["Requires"] == f"{LINE}@%i.service" for name in STAGES)


@pytest.fixture
def plant(line: Line) -> Iterator[Line]:
    """The simulated camera without end, and a line's file for acquisition, inference and a log."""
    del line.tables["plant"], line.tables["sinks"]["conveyor"]
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"] |= {"loop": True, "frame_rate": RATE_HZ}
    line.tables["acquisition"]["features"][1] = ["AcquisitionFrameRate", RATE_HZ]
    (line.folder / "line.json").write_text(json.dumps(line.tables))
    camera = [sys.executable, "-m", "hwsim", "camera", str(line.folder / "line.json")]
    environment = {**os.environ, **cameras(line)}
    with subprocess.Popen(camera, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        yield line
        process.kill()


def cameras(line: Line) -> dict[str, str]:
    return {"ORELINE_SIMCAM": str(line.folder / "cameras")}


def start(line: Line, name: str) -> Started:
    """As `systemctl start` does: it returns when the unit is ready."""
    unit = Started(name, line.folder / "line.json", cameras(line))
    if not unit.hears("READY=1", READY_S):
        pytest.fail(f"{name} was not ready: {unit.end()}")
    return unit


def started(line: Line, stack: ExitStack) -> list[Started]:
    """The units of a line in their order; those that end in order end the other way round."""
    names = (LINE, "oreline-sink-log", "oreline-inference", "oreline-acquisition")
    return [stack.enter_context(start(line, name)) for name in names]


def journalled_runs(line: Line) -> list[bytes]:
    with closing(sqlite3.connect(line.output / "journal.sqlite")) as db:
        return [run for (run,) in db.execute("SELECT run FROM runs ORDER BY rowid")]


@pytest.mark.long
def test_a_line_of_units_feeds_its_watchdogs_while_it_works_and_ends_in_order_and_begins_anew(plant: Line) -> None:
    for _ in range(2):
        before = plant.journalled()
        with ExitStack() as stack:
            holder, log, inference, acquisition = started(plant, stack)
            plant.wait_for_lines(before + 300)
            assert runs(Config(plant.tables))
            for unit in (holder, log, inference, acquisition):
                unit.forget()
                assert unit.hears("WATCHDOG=1", HEARTBEAT_S)
            assert acquisition.stop() == 0
            assert acquisition.hears("STOPPING=1", HEARTBEAT_S)
            assert [unit.process.wait(10) for unit in (inference, log)] == [0, 0]
            assert holder.stop() == 0
    first, second = (account(plant.output / "journal.sqlite", run) for run in journalled_runs(plant))
    for run in (first, second):
        assert run["closed"] == 1
        assert (run["unaccounted"], run["doubled"], run["lost"]) == (0, 0, 0)
        assert run["labelled"] > 0


@pytest.mark.long
def test_a_frozen_unit_feeds_nothing_and_one_that_rightly_waits_for_it_does(plant: Line) -> None:
    with ExitStack() as stack:
        _, log, inference, acquisition = started(plant, stack)
        plant.wait_for_lines(300)
        inference.process.send_signal(signal.SIGSTOP)
        for unit in (log, inference, acquisition):
            unit.forget()
        assert not inference.hears("WATCHDOG=1", FROZEN_S)
        assert log.hears("WATCHDOG=1", HEARTBEAT_S)
        assert acquisition.hears("WATCHDOG=1", HEARTBEAT_S)
        inference.process.send_signal(signal.SIGCONT)
        assert inference.hears("WATCHDOG=1", HEARTBEAT_S)


@pytest.mark.long
def test_a_run_that_was_cut_short_is_finished_before_the_line_starts_again(plant: Line) -> None:
    with ExitStack() as stack:
        started(plant, stack)
        plant.wait_for_lines(300)
    with start(plant, LINE) as again:
        assert again.stop() == 0
    (run,) = journalled_runs(plant)
    found = account(plant.output / "journal.sqlite", run)
    assert (found["closed"], found["unaccounted"], found["doubled"]) == (1, 0, 0)
    assert found["labelled"] >= 300
