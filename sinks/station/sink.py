"""Station as a sink: lines in blocks to the hub, from the sink's thread to the loop's."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

from oreline.config import Config, Section
from oreline.expected import Expected
from oreline.messages import EndOfStream, Gap, LabelLine, Message, StreamInfo
from oreline.sink import STONES, Policy, Sink
from sinks.station import line_commands, sorter_commands
from sinks.station.faces import FACES, opened, show
from sinks.station.hub import Hub
from sinks.station.lines import block_of
from sinks.station.settings import StationSettings
from sinks.station.shifts.keeper import Keeper
from sinks.station.stones import StoneTaker

FLUSH_NS = 33_000_000
"""Lines are handed over in blocks of so long."""
END_S = 3.0


class Station(Sink):
    """Sink that hands all it gets over to the hub; the station is no place of record, so it commits nothing."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    budget_ms: ClassVar[float] = 1000.0
    companions: ClassVar[tuple[str, ...]] = (STONES,)
    Settings: ClassVar[type[Section]] = StationSettings

    def __init__(self, settings: StationSettings) -> None:
        self._settings = settings
        self._lines: list[LabelLine] = []
        self._flushed_ns = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._failure: Exception | None = None
        self._thread, self._up = Thread(target=self._work, name="station", daemon=True), Event()

    @classmethod
    def check(cls, settings: StationSettings, expected: Expected) -> None:
        """Raises the refusal of a file of accounts, or of a stream that nothing makes."""
        expected.must_have(cls.stream)
        if settings.accounts is not None:
            importlib.import_module("sinks.station.accounts.file").refuse_none(settings.accounts)

    @classmethod
    def open(cls, settings: StationSettings, output: Path) -> Station:  # noqa: ARG003
        return cls(settings)

    def join(self, config: Config) -> None:
        """Make the hub, open the faces, and have them at work on a loop in a thread of its own."""
        self.hub = Hub(config, self._settings)
        line_commands.register(self.hub)
        sorter_commands.register(self.hub)
        self._keeper = self.hub.shifts = Keeper(self._settings.shifts, self.hub)
        self._faces = [self._face(name) for name in FACES if getattr(self._settings, name, None) is not None]
        self._thread.start()
        self._up.wait()

    def companion(self, stream: str) -> StoneTaker:  # noqa: ARG002
        """Takes stones into the same hub."""
        return StoneTaker(self.hub, self._tell)

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self._failure = error

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._up.set()
        faces = [asyncio.ensure_future(face) for face in self._faces]
        await asyncio.sleep(0)  # Each has begun, so that it lets go of its port whatever ends the hub.
        jobs = [asyncio.ensure_future(self.hub.run()), asyncio.ensure_future(self._keeper.run()), *faces]
        try:
            await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                if not job.cancelling():  # One that ends already would be cut short.
                    job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    def _face(self, name: str) -> Coroutine[Any, Any, None]:
        """A face that is open, to be kept at work. Raises an OrelineError where it cannot be opened."""
        again = partial(opened, name, getattr(self._settings, name), self.hub)
        return show(name, again(), again)

    def resume(self) -> None:
        """What is on the belt now is what a station shows."""
        return

    def consume(self, messages: list[Message]) -> None:
        for one in messages:
            if isinstance(one, LabelLine):
                self._lines.append(one)
                continue
            self._flush()
            if isinstance(one, StreamInfo):
                self._tell(self.hub.take_info, one)
            elif isinstance(one, Gap):
                self._tell(self.hub.take_gap, one)
            elif isinstance(one, EndOfStream):
                self._tell(self.hub.take_end, one)

    def commit(self) -> None:
        """Hand over a block when one is due; until then let lines gather, since to take them one by one costs more.
        Raises what has ended the loop."""
        if self._failure is not None:
            raise self._failure
        time.sleep(max(0, self._flushed_ns + FLUSH_NS - time.monotonic_ns()) * 1e-9)
        self._flush()

    def idle(self) -> None:
        self.commit()

    def _flush(self) -> None:
        self._flushed_ns = time.monotonic_ns()
        if self._lines:
            self._tell(self._take, self._lines, self._flushed_ns)
            self._lines = []

    def _take(self, lines: list[LabelLine], taken_ns: int) -> None:
        if self.hub.answer is not None:
            self.hub.take_block(block_of(lines, self.hub.answer, taken_ns))
            self.hub.take_reference(lines[-1].reference_id)

    def _tell(self, function: Callable[..., object], *arguments: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> dict[str, Any]:
        """Show the end, close the faces, and end the loop."""
        self._flush()
        if self._task is not None:
            self._tell(self._task.cancel)
            self._thread.join(END_S)
            self._keeper.close()
        return {"artefacts": {}}
