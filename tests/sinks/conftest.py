"""A PLC on loopback, in a thread of the test."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from hwsim.plant import Settings, VirtualPlc, run


@dataclass
class RunningPlc:
    program: VirtualPlc
    port: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        ready: queue.Queue[int] = queue.Queue()
        self.stop.clear()
        settings = Settings(port=self.port, scan_ms=1)
        self.thread = threading.Thread(
            target=lambda: asyncio.run(run(self.program, settings, ready.put, self.stop)), daemon=True
        )
        self.thread.start()
        self.port = ready.get(timeout=20)

    def halt(self) -> None:
        """Switch it off; what it has counted stays."""
        self.stop.set()
        assert self.thread is not None
        self.thread.join(20)


@pytest.fixture
def plc_on_loopback() -> Iterator[RunningPlc]:
    plc = RunningPlc(VirtualPlc())
    plc.start()
    yield plc
    plc.halt()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Poll until a condition holds, for 20 s at most."""

    def poll(condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.001)

    return poll
