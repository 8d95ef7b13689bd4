"""A PLC on loopback, in a thread of the test, and a conveyor that is connected to it; a browser, and axe for it."""

from __future__ import annotations

import asyncio
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hwsim.plant import Settings, VirtualPlc, run
from sinks.conveyor import Conveyor
from tests.sinks.conveyor.belts import PATIENT, Clock, settings

Eventually = Callable[[Callable[[], object]], None]


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


def standing_still() -> int:
    """The clock of a PLC with time: it is never safe because it has heard nothing for so many real milliseconds."""
    return 0


@pytest.fixture
def program() -> VirtualPlc:
    """What the PLC on loopback runs."""
    return VirtualPlc(clock=standing_still)


@pytest.fixture
def plc_on_loopback(program: VirtualPlc) -> Iterator[RunningPlc]:
    plc = RunningPlc(program)
    plc.start()
    yield plc
    plc.halt()


@pytest.fixture
def eventually() -> Eventually:
    """Poll until a condition holds, for 20 s at most."""

    def poll(condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.001)

    return poll


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wanted() -> dict[str, Any]:
    """Settings of a conveyor that are not the usual ones, for a test to give."""
    return {}


@pytest.fixture
def conveyor(plc_on_loopback: RunningPlc, clock: Clock, tmp_path: Path, wanted: dict[str, Any]) -> Conveyor:
    return Conveyor.open(settings(port=plc_on_loopback.port, **PATIENT, **wanted), tmp_path, clock)


def idling(conveyor: Conveyor, eventually: Eventually) -> Eventually:
    """Let a conveyor idle until a condition holds."""

    def poll(condition: Callable[[], object]) -> None:
        def idled() -> object:
            conveyor.idle()
            return condition()

        eventually(idled)

    return poll


@pytest.fixture
def until(conveyor: Conveyor, eventually: Eventually) -> Eventually:
    return idling(conveyor, eventually)


@pytest.fixture
def sorter_at(clock: Clock, tmp_path: Path) -> Iterator[Callable[[VirtualPlc], Conveyor]]:
    """A conveyor at a PLC of one's own."""
    running: list[RunningPlc] = []

    def start(program: VirtualPlc) -> Conveyor:
        running.append(RunningPlc(program))
        running[-1].start()
        return Conveyor.open(settings(port=running[-1].port, **PATIENT), tmp_path, clock)

    yield start
    for one in running:
        one.halt()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra test")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], list[Any]]:
    """What axe finds serious in a page, as it stands."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm: apt-get install npm")
    folder: Path = tmp_path_factory.mktemp("axe")
    got = subprocess.run(["npm", "pack", "axe-core@4.10.3"], cwd=folder, capture_output=True, text=True)
    if got.returncode:
        pytest.skip("axe-core cannot be fetched")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder)
    script = (folder / "package" / "axe.min.js").read_text(encoding="utf-8")

    def look(page: Any) -> list[Any]:
        page.evaluate(script)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            (one["id"], node["html"], node["failureSummary"])
            for one in result["violations"]
            for node in one["nodes"]
            if one["impact"] in ("serious", "critical")
        ]

    return look
