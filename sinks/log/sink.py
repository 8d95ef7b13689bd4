"""The log: every line and every gap once, then a table and a picture of the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Literal

from oreline.answers import Which
from oreline.config import Section
from oreline.errors import RecordingError, StoreFailed
from oreline.expected import Expected
from oreline.facts import refuse_other
from oreline.incidents import Follower, Incident, in_order
from oreline.messages import Message
from oreline.sink import STONES, Policy
from sinks.log import parquet, picture
from sinks.log.account import account
from sinks.log.journal import JOURNAL, Journal
from sinks.log.reading import reading
from sinks.log.shares import shares
from sinks.log.stone_table import export_stones
from sinks.log.stones import StoneLog

INCIDENTS = "incidents.parquet"
LOOK_NS = 1_000_000_000
MAPS: dict[str, tuple[str, Which]] = {"label_map": ("", "labels"), "bands_map": ("_bands", "bands")}
"""By artefact: the end of its files' names, and the answer that it shows."""


class LogSettings(Section):
    """A journal of every line, and its exports when the run ends."""

    synchronous: Literal["normal", "full"] = "normal"
    """"normal" survives the death of any process, "full" a power cut too, at an fsync a commit."""
    parquet: bool = True
    """Export of the run's lines, and of all incidents, as Parquet files."""
    label_map: bool = True
    """Export of the run's labels as pages of a label map, PNG pictures; and of whose absorption bands, of a model that
    tells it."""
    title: str = ""
    """Title of label maps; the output folder's name where it is not given."""


class Log:
    """Writes `journal.sqlite` in the output folder, and exports each run beside it when it is closed."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    companions: ClassVar[tuple[str, ...]] = (STONES,)
    Settings: ClassVar[type[Section]] = LogSettings

    def __init__(self, settings: LogSettings, journal: Journal, follower: Follower, clock: Callable[[], int]) -> None:
        self._settings, self._journal, self._follower, self._clock = settings, journal, follower, clock
        self._incidents: list[Incident] = []
        self._look_ns = 0
        self._pending: list[Message] = []
        self._stones = StoneLog(journal)
        self._report: dict[str, Any] | None = None

    @classmethod
    def check(cls, settings: LogSettings, expected: Expected) -> None:  # noqa: ARG003
        """Raises ConfigError where nothing makes labels."""
        expected.must_have(cls.stream)

    @classmethod
    def open(cls, settings: LogSettings, output: Path, clock: Callable[[], int] = time.monotonic_ns) -> Log:
        """Open or create the journal. Raises RecordingError where it is damaged or another process writes it,
        ConfigError where the export of incidents would replace a file of somebody else's."""
        output.mkdir(parents=True, exist_ok=True)
        if settings.parquet:
            refuse_other(output / INCIDENTS, parquet.is_incidents)
        return cls(settings, Journal(output / JOURNAL, settings.synchronous), Follower(output), clock)

    def resume(self) -> tuple[bytes, int] | None:
        return self._journal.position()

    def companion(self, stream: str) -> StoneLog:  # noqa: ARG002
        """Takes stones into the same journal."""
        return self._stones

    def consume(self, messages: list[Message]) -> None:
        self._pending += messages

    def commit(self) -> None:
        """One transaction. Raises StoreFailed, and then keeps what was consumed, so that it can be called again."""
        if self._pending:
            self._journal.write(self._pending, self._clock())
            self._pending.clear()
        self.idle()

    def idle(self) -> None:
        """Take in, once a second, what the processes of this output folder have reported; not while lines wait for
        the journal, whom one more that waits for it would hold up."""
        if not self._pending and self._clock() >= self._look_ns:
            self._look_ns = self._clock() + LOOK_NS
            self._take_in()

    def _take_in(self) -> None:
        """Incidents into the journal; those that find no room are tried again."""
        self._journal.refuse_gone()
        self._incidents += in_order(self._follower.read())
        if self._incidents:
            with suppress(StoreFailed):
                self._journal.take(self._incidents)
                self._incidents.clear()

    def close(self) -> dict[str, Any]:
        """Export the runs that no export has seen yet, the interrupted ones before this one included. Where the last
        commit failed, the next start does that: its lines come again then. A journal that is not in its place is put
        there again before."""
        if self._report is None:
            self._journal.put_back()
            self._take_in()
            position, duplicates = self._journal.position(), self._journal.duplicates
            artefacts = self._export(position[0]) if position and not self._pending and not self._stones.pending else {}
            counts = self._counts(position[0]) if position else {}
            stones = self._stones.counts(position[0]) if position and self._stones.resume() else None
            self._journal.close()
            self._follower.close()
            told = {} if stones is None else {"stones": {**stones, "duplicates": self._stones.duplicates}}
            self._report = {**counts, **told, "duplicates": duplicates, "artefacts": artefacts}
        return self._report

    def _counts(self, run: bytes) -> dict[str, Any]:
        with reading(self._journal.path) as db:
            return {"run": run.hex(), **account(self._journal.path), "shares": shares(db, run)}

    def _export(self, newest: bytes) -> dict[str, str]:
        artefacts = {"journal": str(self._journal.path)}
        try:
            with reading(self._journal.path) as db:
                for run in dict.fromkeys([*self._journal.unexported(), newest]):
                    suffix = "" if run == newest else f"_{run.hex()[:12]}"
                    artefacts |= {name + suffix: str(path) for name, path in self._files(db, run).items()}
                    self._journal.mark_exported(run)
                table = self._journal.path.with_name(INCIDENTS)
                if self._settings.parquet and parquet.export_incidents(db, table):
                    artefacts["incidents"] = str(table)
        except OSError as error:
            folder = self._journal.path.parent
            raise RecordingError(
                f"the journal is complete, but its export to {folder} failed: {error.strerror or error}; free "
                "space, and start the log once more on that folder"
            ) from error
        return artefacts

    def _files(self, db: Any, run: bytes) -> dict[str, Path]:
        folder, name = self._journal.path.parent, run.hex()[:12]
        files = {}
        if self._settings.parquet:
            files["parquet"] = folder / f"lines_{name}.parquet"
            parquet.export(db, run, files["parquet"])
            table = folder / f"stones_{name}.parquet"
            if export_stones(db, run, table):
                files["stones"] = table
        for map_, (ending, which) in MAPS.items() if self._settings.label_map else ():
            maps = picture.export(db, run, folder / f"map_{name}{ending}", self._settings.title, which)
            files |= {map_ if i == 0 else f"{map_}_{i:03d}": path for i, path in enumerate(maps)}
        return files
