"""`oreline sim camera` and `sim plant` say that they are on when they are, and not before."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwsim.camera.sim_camera import SimCamera
from hwsim.cli import app
from hwsim.render import scene
from oreline.errors import CameraBusy, StoreFailed, SystemRefused
from oreline.recordings.envi_writer import EnviWriter
from oreline.stops import STOPS
from tests.system.line import ROOT


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ORELINE_SIMCAM": str(folder / "cameras")}
    return subprocess.Popen(
        [sys.executable, "-m", "oreline", "sim", *words], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@contextmanager
def working(folder: Path, *words: str, number: int = signal.SIGINT) -> Iterator[str]:
    """What it says first; it is ended by a signal, in order."""
    with command(folder, *words) as process:
        assert process.stdout is not None
        yield process.stdout.readline()
        process.send_signal(number)
        _, words_ = process.communicate()
        assert process.returncode == 0, words_


def refused(folder: Path, *words: str) -> tuple[int, str, str]:
    with command(folder, *words) as process:
        out, err = process.communicate()
    return process.returncode, out, err


def recording(folder: Path) -> None:
    with EnviWriter.create(
        folder / "rec" / "rock.hdr",
        samples=8,
        bands=4,
        dtype=np.uint16,
        suffix=".raw",
        wavelengths_nm=range(1000, 1400, 100),
    ) as file:
        for _ in range(20):
            file.write(np.full((4, 8), 900, np.uint16))


def test_a_plant_is_on_when_its_port_answers(tmp_path: Path) -> None:
    with working(tmp_path, "plant", "--port", "0") as said:
        port = int(said.removeprefix("PLC at port ").partition(";")[0])
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_plant_whose_port_is_taken_never_says_that_it_is_on(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        code, out, err = refused(tmp_path, "plant", "--port", port)
    assert (code, out) == (SystemRefused.exit_code, "")
    assert err == (
        f"oreline: cannot listen at 127.0.0.1:{port}: choose a free port, or 0, and an address of this host\n"
    )


@pytest.mark.parametrize("number", STOPS)
def test_a_camera_is_on_when_hosts_find_it_and_is_taken_away_when_it_is_stopped(tmp_path: Path, number: int) -> None:
    recording(tmp_path)
    plugged = tmp_path / "cameras" / "SIM7.simcam"
    with working(tmp_path, "camera", "--recording", "rec", "--serial", "SIM7", number=number) as said:
        assert said.startswith("camera SIM7 is on; ")
        assert plugged.exists()
    assert not plugged.exists()


def test_a_camera_that_is_there_already_never_says_that_it_is_on(tmp_path: Path) -> None:
    recording(tmp_path)
    with SimCamera.create(tmp_path / "cameras", "SIM7", scene=None, shape=(4, 8), frame_rate=100.0):
        code, out, err = refused(tmp_path, "camera", "--recording", "rec", "--serial", "SIM7")
    assert (code, out) == (CameraBusy.exit_code, "")
    assert "another process simulates this camera" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scene", "--lines", "0"), "--lines"),
        (("faults", "--lines", "0"), "--lines"),
        (("plant", "--port", "99999"), "--port"),
        (("scene", "--world", "core", "--lines", "5"), "give --set trays=2"),
        (("scene", "--set", "surface.dist=1"), "unknown key 'surface.dist'. Did you mean 'dust'?"),
        (("scene", "--set", "sead=1"), "unknown key 'sead'. Did you mean 'seed'?"),
        (("scene", "--set", "seed.x=1"), "seed is no table, it is 1"),
    ],
)
def test_a_bound_or_a_key_is_refused_in_the_words_that_were_given(tmp_path: Path, words: tuple[str, ...], said: str):
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code != 0
    assert said in ran.output + str(ran.exception)


def test_a_disk_that_is_full_is_told_how_much_was_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    said = r"a\.raw \(300,000 bytes\): No space left on device; free space"
    with pytest.raises(StoreFailed, match=said), scene._allocated(tmp_path / "a.raw", 300_000):
        pass
    assert not (tmp_path / "a.raw").exists()
