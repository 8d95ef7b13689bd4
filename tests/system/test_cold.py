"""What a process compiles, it has compiled when it says that it is ready: its watchdog waits for nothing afterwards."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest

from oreline.config import Config
from tests.system.line import ROOT

END_S = 120.0


@contextmanager
def ready(folder: Path, module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of a line that has said that it is ready, and whose kernels are in a cache of its own, empty before."""
    address = folder / f"{module}.sock"
    environment = {"NOTIFY_SOCKET": str(address), "NUMBA_CACHE_DIR": str(folder / module)}
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as heard:
        heard.bind(str(address))
        command = [sys.executable, "-m", module, *arguments, str(folder / "line.json")]
        with subprocess.Popen(command, cwd=ROOT, env=os.environ | environment) as process:
            try:
                while not (select([heard], [], [], 1.0)[0] and b"READY=1" in heard.recv(4096)):
                    assert process.poll() is None
                yield process
            finally:
                process.kill()


def compiled(folder: Path, module: str) -> set[str]:
    """What the process has compiled: all of it is cached."""
    return {path.name for path in (folder / module).glob("*/*.nbc")}


def line(folder: Path, **inference: Any) -> None:
    """A live camera, whose sensor has pixels that blink, and what its lines become."""
    steps = [
        {"kind": "dark", "lines": 300, "features": [["Shutter", "Closed"]]},
        {"kind": "white", "lines": 300, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
        {"kind": "scene", "lines": 70, "features": [["TargetSelector", "Scene"]]},
    ]
    tables = {
        "line": {"output": str(folder / "out"), "state": str(folder)},
        "simulator": {"scene": {"camera": "nir224", "lines": 1000}, "live": True, "speed": "max"},
        "acquisition": {
            "serial": "SIM0001", "preset": "nir224", "ring_lines": 1024, "features": [["PixelFormat", "Mono12"]],
            "steps": steps,
        },
        "inference": {"model": "nir224", **inference},
    }  # fmt: skip
    Config(tables).save(folder / "line.json")


STRIP = {"first": 0, "samples": 8, "correct": True}
EVERYTHING = {"streams": ["labels", "reflectance", "features"], "uncertainty": True, "strip": STRIP}


@pytest.mark.long
def test_a_process_that_is_ready_compiles_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line(tmp_path, **EVERYTHING)
    monkeypatch.setenv("ORELINE_SIMCAM", str(tmp_path / "cameras"))
    with ExitStack() as stack:
        stack.enter_context(ready(tmp_path, "hwsim", "camera"))
        stage = stack.enter_context(ready(tmp_path, "inference"))
        before = {module: compiled(tmp_path, module) for module in ("hwsim", "inference")}
        stack.enter_context(ready(tmp_path, "acquisition"))
        assert stage.wait(END_S) == 0
        for module, names in before.items():
            assert names
            assert not compiled(tmp_path, module) - names, f"{module} compiled this after it was ready"
