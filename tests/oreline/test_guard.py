"""What surrounds every command: how it ends before it has begun, and what the processes that it starts load."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oreline.stops import STOPS
from tests.conftest import ROOT

INTERRUPTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "{name}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv[:] = ["oreline", "--help"]
{begin}
"""
BEGINNINGS = {
    "oreline": "from oreline.__main__ import main; main()",
    "python -m oreline": "import runpy; runpy.run_module('oreline', run_name='__main__')",
}
CHILD = """
import subprocess, sys
from oreline.guard import keep_from_strangers
keep_from_strangers()
child = [sys.executable, "-c", "import stranger"]
sys.exit(subprocess.run(child, cwd=sys.argv[1], stderr=subprocess.DEVNULL).returncode)
"""


def python(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("begin", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize(
    ("name", "code", "said"), [("oreline.guard", -signal.SIGINT, ""), ("oreline.cli.main", 130, "oreline: stopped\n")]
)
def test_ctrl_c_while_a_command_begins_is_no_traceback(begin: str, name: str, code: int, said: str) -> None:
    ran = python("-c", INTERRUPTED.format(name=name, begin=begin))
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", said)


STOPPED_AGAIN = """
import os, sys
from oreline.__main__ import main
class Last:
    def __del__(self, kill=os.kill, number={number}, pid=os.getpid()):
        kill(pid, number)
last = Last()
def stopped():
    raise KeyboardInterrupt
if {code}:
    import oreline.cli.main
    oreline.cli.main.commands = stopped
sys.argv[:] = ["oreline", "--help"]
main()
"""
CRASHED = """
import os, signal
from oreline.guard import guarded
guarded(lambda: os.kill(os.getpid(), signal.SIGSEGV))
"""


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize(("code", "said"), [(130, "oreline: stopped\n"), (0, "")])
def test_a_stop_after_the_last_words_changes_nothing(number: int, code: int, said: str) -> None:
    ran = python("-c", STOPPED_AGAIN.format(number=int(number), code=code))
    assert (ran.returncode, ran.stderr) == (code, said)


@pytest.mark.parametrize("number", STOPS)
def test_whatever_asks_a_command_to_stop_ends_it_in_order(number: int, tmp_path: Path) -> None:
    scene = ["sim", "scene", "--lines", "100000", "--out", tmp_path]
    command = [sys.executable, "-m", "oreline", *map(str, scene)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as run:
        while not (tmp_path / "capture").exists():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert (run.returncode, said) == (130, "oreline: stopped\n")


def test_a_crash_before_there_is_a_log_file_leaves_its_traceback_on_stderr() -> None:
    ran = python("-c", CRASHED)
    assert ran.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in ran.stderr


@pytest.mark.parametrize("entry", ["", ".", "lib", "../{name}"])
def test_a_process_loads_nothing_from_a_path_that_is_relative_to_where_it_runs(tmp_path: Path, entry: str) -> None:
    for folder in (tmp_path, tmp_path / "lib"):
        folder.mkdir(exist_ok=True)
        (folder / "stranger.py").touch()
    path = f"{ROOT}:{entry.format(name=tmp_path.name)}"
    assert python("-c", CHILD, tmp_path, PYTHONPATH=path).returncode == 1
    assert python("-c", CHILD, tmp_path, PYTHONPATH=f"{path}:{tmp_path}").returncode == 0
