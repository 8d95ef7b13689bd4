"""A unit file, and a stand-in for systemd that runs it: its ExecStart, its watchdog's time, a socket that hears it."""

from __future__ import annotations

import configparser
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
SINK = "oreline-sink"
PYTHON, CONFIGURATION = "/opt/oreline/bin/python", "/etc/oreline/%i.toml"


def settings(name: str) -> configparser.ConfigParser:
    """A unit, what all share, and what it has of its own behind that; of keys that stand there more than once, the
    last."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    words = name.split("-")
    shared = ["-".join([*words[:n], ".service.d"]) for n in range(1, len(words))]
    dropped_in = [path for folder in (*shared, f"{name}@.service.d") for path in UNITS.glob(f"{folder}/*.conf")]
    unit.read([file_of(name), *sorted(dropped_in, key=lambda path: path.name)])
    return unit


def file_of(name: str) -> Path:
    """The file that a unit of that name is installed from: of a sink's, the one for all."""
    return UNITS / f"{SINK if name.startswith(f'{SINK}-') else name}@.service"


class Started:
    """A unit's process, with this configuration; killed at the end."""

    def __init__(self, name: str, config: Path, environment: dict[str, str]) -> None:
        self._unit = settings(name)["Service"]
        address = config.parent / f"{name}.notify"
        address.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(address))
        words = shlex.split(
            self._unit["ExecStart"]
            .replace("%p", name)
            .replace(PYTHON, sys.executable)
            .replace(CONFIGURATION, str(config))
        )
        told = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": str(int(self._unit["WatchdogSec"]) * 1_000_000)}
        self.process = subprocess.Popen(
            words,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment, **told},
            cwd=config.parent,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Started:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> str:
        """Kill it. Returns what it complained of."""
        self.process.kill()
        said = self.process.communicate()[1]
        self._notify.close()
        return said

    def hears(self, word: str, timeout_s: float) -> bool:
        """Whether it says this within that time, or has said it and was not listened to yet."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self._notify.settimeout(left)
            try:
                if word in self._notify.recv(4096).decode().splitlines():
                    return True
            except TimeoutError:
                pass
        return False

    def forget(self) -> None:
        """What it has said until now."""
        self._notify.setblocking(False)
        try:
            while self._notify.recv(4096):
                pass
        except BlockingIOError:
            pass

    def stop(self) -> int:
        """As `systemctl stop` does. Returns the exit code."""
        self.process.send_signal(signal.Signals[self._unit["KillSignal"]])
        return self.process.wait(float(self._unit["TimeoutStopSec"]))
