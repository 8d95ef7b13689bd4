"""A line of core on a bench: trays in a journal, and a core sink that is sent what a test lets it have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.config import Config
from oreline.messages import BACKGROUND, Message, StreamInfo
from oreline.testing import RUN, end_of_stream, label_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.settings import CoreSettings
from sinks.core.live.sink import Core
from sinks.log.journal import Journal

TRAY, TABLE, SAMPLES = 300, 40, 32
BOXES = "".join(
    f"[[boxes]]\nnumber = {n}\nfrom_m = {100 + n}\nto_m = {101 + n}\nrows = 1\ncore = 10\n" for n in range(1, 5)
)
SESSION = f'hole = {{ id = "DH-1" }}\n{BOXES}'


def tray(lines: int = TRAY) -> NDArray[np.uint8]:
    """Labels of a tray with a row of core, uint8 (lines, samples)."""
    labels = np.full((lines, SAMPLES), BACKGROUND, np.uint8)
    labels[:, 8:20] = 1
    return labels


def table(lines: int = TABLE) -> NDArray[np.uint8]:
    return np.full((lines, SAMPLES), BACKGROUND, np.uint8)


def trays(n: int) -> NDArray[np.uint8]:
    return np.concatenate([table(), *(part for _ in range(n) for part in (tray(), table()))])


def messages(labels: NDArray[np.uint8], run: bytes = RUN) -> tuple[StreamInfo, list[Message]]:
    info = stream_info(run=run, samples=SAMPLES)
    return info, [label_line(seq, info, one) for seq, one in enumerate(labels)]


class Bench:
    """Bench in a folder: `journal`: what the log has; `sink`: the core sink that is at work."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.output = folder, folder / "out"
        self.output.mkdir(exist_ok=True)
        self.session = folder / "hole.toml"
        if not self.session.exists():
            self.session.write_text(SESSION)
        line = {"output": str(self.output), "state": str(folder / "state")}
        core = {"session": str(self.session), **settings}
        self.config = Config({"line": line, "sinks": {"log": {}, "core": core}})
        self.settings = CoreSettings.model_validate(core)
        (folder / "line.json").write_text("{}")

    def log(self, *parts: Iterable[Message]) -> None:
        journal = Journal(self.output / "journal.sqlite")
        for part in parts:
            journal.write(list(part), 0)
        journal.close()

    def start(self) -> Core:
        sink = Core.open(self.settings, self.output)
        sink.join(self.config)
        return sink

    def scans(self) -> list[tuple[int, int, int, str]]:
        return [(one.box, one.first_seq, one.last_seq, one.cut) for one in self.all_scans()]

    def all_scans(self) -> tuple[BoxScan, ...]:
        return HoleFolder.of(self.output, "DH-1").scans.read().all


def feed(sink: Core, *batches: Iterable[Message]) -> None:
    for batch in batches:
        sink.consume(list(batch))
        sink.commit()


def ended(info: StreamInfo, lines: list[Message]) -> list[Message]:
    return [end_of_stream(info, len(lines))]
