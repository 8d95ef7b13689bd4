"""A camera in a process of its own, and a consumer of what it delivers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from hwsim.camera.sim_camera import SimCamera
from oreline.config import Config
from oreline.messages import EndOfStream, Message, RawLine, StreamInfo
from oreline.sink import Policy
from oreline.stream import Inbox
from tests.hwsim.host import until


@dataclass
class Running:
    """The real acquisition process, and what an inference process would see of it."""

    process: subprocess.Popen[str]
    inbox: Inbox

    def says(self, words: str) -> None:
        """Wait until the process has said so."""
        assert self.process.stderr
        for said in self.process.stderr:
            if words in said:
                return
        pytest.fail(f"it ended and never said {words!r}")

    def messages(self, timeout_s: float = 60.0) -> Iterator[Message]:
        """Everything up to the end of the stream, each acknowledged after it was looked at, but for a description that
        is no news: who hears nothing for half a second, while a camera takes its time to start, asks and is told again.
        """
        deadline, known = monotonic() + timeout_s, None
        while monotonic() < deadline:
            for message in self.inbox.receive(50):
                if isinstance(message, StreamInfo):
                    if message == known:
                        continue
                    known = message
                yield message
                if isinstance(message, EndOfStream):
                    self.inbox.ack()
                    return
            self.inbox.ack()
            assert self.process.poll() in (None, 0), self.process.stderr and self.process.stderr.read()
        pytest.fail("the stream did not end")


class Played:
    """Acquisition from a stepped camera, which exposes lines only when it is told to: nothing goes on while a test
    thinks. `got` is what has come of it; `starts`, how often the camera was started for what was exposed."""

    def __init__(self, camera: SimCamera, running: Running) -> None:
        self._camera, self._messages = camera, running.messages()
        self.starts = camera.counters()["starts"]
        self.got: list[Message] = []

    def start(self, n: int) -> None:
        """Expose so many lines, when the camera has been started once more."""
        self.starts += 1
        until(lambda: self._camera.counters()["starts"] == self.starts and self._camera.acquiring)
        self._camera.step(n)

    def receive(self, n: int | None = None) -> None:
        """So many lines, or everything."""
        while n is None or n > 0:
            message = next(self._messages, None)
            if message is None:
                return
            self.got.append(message)
            if n is not None:
                n -= isinstance(message, RawLine)


Start = Callable[..., Any]


@pytest.fixture
def acquire(tmp_path: Path) -> Start:
    """Run acquisition with settings; ends it if the test has not."""

    @contextmanager
    def start(state: Path = tmp_path, **settings: Any) -> Iterator[Running]:
        config = Config({"line": {"output": str(state / "out"), "state": str(state)}, "acquisition": settings})
        config.save(state / "line.json")
        process = subprocess.Popen(
            [sys.executable, "-m", "acquisition", str(state / "line.json")],
            env={**os.environ, "ORELINE_SIMCAM": str(tmp_path / "cameras")},
            stderr=subprocess.PIPE,
            text=True,
        )
        line = config.line
        inbox = Inbox(line.endpoint("raw"), "inference", Policy.COMPLETE, ring=line.ring("raw"), borrow=True)
        try:
            with process:
                try:
                    yield Running(process, inbox)
                    inbox.close()
                    process.wait(10)
                finally:
                    process.kill()
        finally:
            inbox.close()

    return start
