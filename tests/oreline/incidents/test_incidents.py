"""What a process says of itself: at once, seldom, with a time of day, on the terminal and in its file."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from oreline.incidents import INCIDENTS, KINDS, Follower, Incident, Log, Severity, in_order, kind_of
from oreline.incidents import file as files
from oreline.incidents.file import LogFile
from oreline.moment import Moment
from oreline.testing import RUN
from tests.faults.hands import small_disk, take_away

ROOT = Path(__file__).parents[3]
SECOND_NS = 1_000_000_000
BOOT = bytes(range(16))
START = Moment(1_772_370_309_123_000_000, 3600, 50 * SECOND_NS, BOOT)
PROGRAM = """
import sys
from pathlib import Path
from oreline.incidents import open_log, report
open_log("acquisition", Path(sys.argv[1]))
"""


@dataclass
class Clock:
    """Both clocks of a host, which a test moves."""

    at: Moment = START

    def __call__(self) -> Moment:
        return self.at

    def move(self, seconds: float, *, wall_s: float | None = None) -> None:
        wall_ns = self.at.wall_ns + int((seconds if wall_s is None else wall_s) * SECOND_NS)
        self.at = replace(self.at, wall_ns=wall_ns, t_ns=self.at.t_ns + int(seconds * SECOND_NS))


def read(output: Path) -> list[Incident]:
    follower = Follower(output)
    found = follower.read()
    follower.close()
    return in_order(found)


def log_of(output: Path, clock: Clock | None = None, process: str = "acquisition") -> Log:
    return Log(process, LogFile(output / "logs" / f"{process}.jsonl"), clock or Clock())


def wait_for(condition: Callable[[], bool]) -> None:
    end = monotonic() + 20
    while not condition():
        assert monotonic() < end, "it never came true"
        sleep(0.005)


def test_an_incident_stands_in_the_file_and_on_the_terminal_with_its_time_of_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_of(tmp_path)
    log.report("acquisition", "camera_lost", "SIM0001 is gone; trying to open it again", run=RUN, seq=117)
    log.close()
    (one,) = read(tmp_path)
    assert one == Incident(
        "2026-03-01T14:05:09.123+01:00", Severity.ALARM, "acquisition", "acquisition", "camera_lost", 1, RUN.hex(), 117,
        "SIM0001 is gone; trying to open it again", 50 * SECOND_NS, BOOT.hex(), one.life, 1,
    )  # fmt: skip
    assert capsys.readouterr().err == (
        "2026-03-01T14:05:09.123+01:00 alarm acquisition camera_lost at line 117: SIM0001 is gone; trying to open it "
        "again\n"
    )


def test_what_happens_again_and_again_is_said_once_in_ten_seconds_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, before = Clock(), INCIDENTS.labels("raw", "bad_message")._value.get()
    log = log_of(tmp_path, clock)
    for second in range(15):
        log.report("raw", "bad_message", f"word {second}", n=2)
        clock.move(1.0)
    log.close()
    assert [(one.words, one.n) for one in read(tmp_path)] == [("word 0", 2), ("word 10", 20), ("word 14", 8)]
    assert capsys.readouterr().err.count("bad_message") == 3
    assert INCIDENTS.labels("raw", "bad_message")._value.get() == before + 30


def test_what_was_held_back_is_said_when_its_time_has_come_though_nothing_follows(tmp_path: Path) -> None:
    clock = Clock()
    log = log_of(tmp_path, clock)
    log.report("acquisition", "jitter")
    log.report("acquisition", "jitter")
    wait_for(lambda: len(read(tmp_path)) == 1)
    clock.move(10.0)
    wait_for(lambda: len(read(tmp_path)) == 2)
    log.close()


def test_each_kind_of_each_stage_is_news_of_its_own(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for stage in ("log", "inference"):
        for kind in ("restarted", "silent"):
            log.report(stage, kind)
    log.close()
    assert len(read(tmp_path)) == 4


def test_a_wall_clock_that_is_set_back_changes_no_order(tmp_path: Path) -> None:
    clock = Clock()
    log = log_of(tmp_path, clock)
    for kind in ("camera_lost", "plc_lost", "lamp"):
        log.report("", kind)
        clock.move(1.0, wall_s=-3600.0)
    log.close()
    found = read(tmp_path)
    assert [one.kind for one in found] == ["camera_lost", "plc_lost", "lamp"]
    assert [one.time[11:13] for one in found] == ["14", "13", "12"]


def test_incidents_of_an_earlier_boot_come_first_though_its_clock_went_further(tmp_path: Path) -> None:
    clock = Clock()
    before = log_of(tmp_path, clock)
    before.report("", "camera_lost")
    before.close()
    clock.at = replace(clock.at, wall_ns=clock.at.wall_ns + 60 * SECOND_NS, t_ns=SECOND_NS, boot=bytes(16))
    after = log_of(tmp_path, clock)
    after.report("", "lamp")
    after.close()
    assert [one.kind for one in read(tmp_path)] == ["camera_lost", "lamp"]


def test_files_are_turned_over_and_whoever_follows_them_gets_each_incident_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 2000)
    clock, follower, found = Clock(), Follower(tmp_path), []
    log = log_of(tmp_path, clock)
    for n in range(60):
        log.report("acquisition", "jitter", f"the {n}th")
        clock.move(10.0)
        if n % 5 == 0:
            wait_for(lambda n=n: found.extend(follower.read()) or len(found) == n + 1)  # type: ignore[misc]
    log.close()
    found += follower.read()
    follower.close()
    assert [one.number for one in found] == list(range(1, 61))
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == ["acquisition.jsonl", *(f"acquisition.jsonl.{age}" for age in range(1, files.KEPT + 1))]
    assert sum(path.stat().st_size for path in (tmp_path / "logs").iterdir()) <= 2000 * len(kept)


def test_a_file_that_is_turned_over_just_before_it_is_opened_is_read_and_so_is_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    for kind, folder in (("camera_lost", tmp_path), ("plc_lost", new)):
        log = log_of(folder)
        log.report("", kind)
        log.close()
    path, opened = tmp_path / "logs" / "acquisition.jsonl", os.open

    def turned_over(name: Path, flags: int) -> int:
        if name == path and not path.with_name("acquisition.jsonl.1").exists():
            path.replace(path.with_name("acquisition.jsonl.1"))
            (new / "logs" / "acquisition.jsonl").replace(path)
        return opened(name, flags)

    monkeypatch.setattr(os, "open", turned_over)
    follower = Follower(tmp_path)
    assert [one.kind for one in (*follower.read(), *follower.read())] == ["plc_lost", "camera_lost"]
    follower.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    if not small_disk(folder, 1 << 20):
        pytest.skip("a disk that can be filled is mounted by root only")
    yield folder
    take_away(folder)


def test_a_full_disk_holds_nobody_up_and_gets_all_of_it_when_there_is_room(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    log = log_of(disk, clock)
    log.report("acquisition", "camera_lost")
    wait_for(lambda: len(read(disk)) == 1)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
    for n in range(30):
        log.report("acquisition", f"kind {n}", "so many words " * 20)
    wait_for(lambda: "cannot be written: No space left" in capsys.readouterr().err)
    ballast.unlink()
    wait_for(lambda: len(read(disk)) == 32)
    log.close()
    found = read(disk)
    assert sorted(one.number for one in found) == list(range(1, 33))
    assert {one.kind for one in found} >= {"camera_lost", "kind 29", "no_log_file"}


def test_a_folder_that_cannot_be_made_is_said_and_harms_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder belongs")
    log = log_of(tmp_path)
    log.report("acquisition", "camera_lost", "gone")
    log.close()
    said = capsys.readouterr().err
    assert "camera_lost: gone" in said
    assert "no_log_file" in said


def test_a_log_that_was_removed_goes_on_in_a_new_one(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs" / "one.jsonl")
    file.append([b"before\n"])
    shutil.rmtree(tmp_path / "logs")
    file.append([b"after\n"])
    assert file.path.read_bytes() == b"after\n"


def test_what_is_no_incident_is_passed_over(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    log.report("acquisition", "camera_lost")
    log.close()
    path = tmp_path / "logs" / "acquisition.jsonl"
    good = path.read_bytes()
    bad = [
        good.replace(b'"boot": "00', b'"boot": "xx'),
        good.replace(b"+01:00", b""),
        good.replace(b"50000", b"9" * 30),
    ]
    damaged = [*bad, good[:40] + b"\n", b"Fatal Python error: Segmentation fault\n", b"\n", b"[]\n", b"\xff\xfe\n"]
    assert all(one != good for one in bad)
    path.write_bytes(b"".join(damaged) + good + good[:-1])
    assert len(read(tmp_path)) == 1
    with path.open("ab") as file:
        file.write(b"\n")
    assert len(read(tmp_path)) == 2


def ran(tmp_path: Path, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM + program, str(tmp_path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("where", ["", "from threading import Thread\nThread(target=lambda: 1 / 0).start()", "1 / 0"])
def test_an_error_that_nobody_caught_stands_in_the_file_with_its_traceback(tmp_path: Path, where: str) -> None:
    done = ran(tmp_path, where)
    found = [one for one in read(tmp_path) if one.kind == "crashed"]
    assert len(found) == bool(where)
    assert all(one.severity is Severity.ALARM and "Traceback" in one.words for one in found)
    assert all(one.words.endswith("ZeroDivisionError: division by zero") for one in found)
    assert done.stderr == "".join(f"{one}\n" for one in found)


def test_what_libraries_say_has_a_time_of_day_too(tmp_path: Path) -> None:
    done = ran(tmp_path, "import logging, warnings\nlogging.getLogger('x').error('oh %d', 7)\nwarnings.warn('ah')")
    assert [one.words for one in read(tmp_path)] == ["x: oh 7", "UserWarning: ah"]
    assert done.stderr == "".join(f"{one}\n" for one in read(tmp_path))


def test_a_crash_of_the_interpreter_leaves_its_traceback_in_the_file(tmp_path: Path) -> None:
    done = ran(
        tmp_path, "report('', 'jitter')\nimport time, os, signal\ntime.sleep(0.5)\nos.kill(os.getpid(), signal.SIGSEGV)"
    )
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in (tmp_path / "logs" / "acquisition.jsonl").read_text()
    assert [one.kind for one in read(tmp_path)] == ["jitter"]


def test_a_crash_of_one_that_has_reported_nothing_leaves_its_traceback_in_the_file(tmp_path: Path) -> None:
    done = ran(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in (tmp_path / "logs" / "acquisition.jsonl").read_text()


def test_a_file_that_cannot_be_made_when_one_is_full_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oreline.incidents.file.MOST_BYTES", 100)
    path, opened, numbers = tmp_path / "acquisition.jsonl", os.open, list[int]()
    file = LogFile(path, numbers.append)
    file.append([b"first " * 15 + b"\n"])

    def no_more(name: Path, *flags: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), name)

    monkeypatch.setattr(os, "open", no_more)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for n in range(5):
        file.append([b"%d" % n * 15 + b"\n"])
        assert file.failure
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    monkeypatch.setattr(os, "open", opened)
    file.append([])
    kept = sorted(one.name for one in tmp_path.iterdir())
    assert (kept, len(numbers)) == (["acquisition.jsonl", "acquisition.jsonl.1"], 1)
    assert path.read_bytes() == b"".join(b"%d" % n * 15 + b"\n" for n in range(5))
    os.close(numbers[0])


def test_a_terminal_that_takes_nothing_holds_nobody_up(tmp_path: Path) -> None:
    program = "for n in range(2000): report('', f'kind {n}', 'words ' * 20)\nprint('done')"
    command = [sys.executable, "-c", PROGRAM + program, str(tmp_path)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == b"done\n"
        assert run.wait(30) == 0
        run.stderr.close()
    follower = Follower(tmp_path)
    assert len(follower.read()) > 1000
    follower.close()


def test_every_kind_that_is_reported_has_a_severity_and_a_meaning() -> None:
    reported = set()
    for package in ("oreline", "acquisition", "inference", "sinks", "hwsim"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    at = {"report": 1, "incident": 0, "alarm": 0}.get(name)
                    if at is not None and len(node.args) > at:
                        reported |= {one.value for one in ast.walk(node.args[at]) if isinstance(one, ast.Constant)} - {
                            "reference_"
                        }
    assert reported <= set(KINDS)
    assert len(reported) > 20
    assert kind_of("reference_leak") is KINDS["reference_CODE"]
    assert kind_of("unheard_of").severity is Severity.WARNING
