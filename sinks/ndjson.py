"""NDJSON: one JSON object for each line, or each stone, of the stream, in a file that other programs follow."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from oreline.answers import counts_of
from oreline.config import Section
from oreline.errors import RecordingError, StoreFailed
from oreline.expected import Expected
from oreline.files import append_whole
from oreline.messages import Gap, LabelLine, Line, Message, StoneRecord, StreamInfo
from oreline.sink import STONES, Policy, Sink

TOLD = ("first_line", "last_line", "first_sample", "stop_sample", "pixels", "why", "product", "recipe", "cut", "clump")
START, TAIL_BYTES = b'{"run": "', 65_536
"""Of every object, and more than the longest has."""


class NdjsonSettings(Section):
    """A file of JSON objects, one for each line or gap: where it is, and how many samples each class has, and each
    group and reason of a model that tells them; or one for each stone."""

    stream: Literal["labels", "stones"] = "labels"
    """What an object is about: a line, or a stone that has passed the sorter of this line, or of that of `remote`."""

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=64)] = "lines"
    """Name of the file, without `.ndjson`. It grows from run to run."""


class Ndjson(Sink):
    """A file of JSON objects. After a crash, what is not whole at its end is cut off, and comes again."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    stream: ClassVar[str] = "labels"
    acts_on_plant: ClassVar[bool] = False
    Settings: ClassVar[type[Section]] = NdjsonSettings

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("ab+", buffering=0)
        self._info: StreamInfo | None = None
        self._pending = list[bytes]()

    @classmethod
    def check(cls, settings: NdjsonSettings, expected: Expected) -> None:
        """Raises ConfigError where nothing makes labels; who makes stones is no affair of inference."""
        if settings.stream == cls.stream:
            expected.must_have(cls.stream)

    @classmethod
    def open(cls, settings: NdjsonSettings, output: Path) -> Ndjson:
        kind = StoneNdjson if settings.stream == StoneNdjson.stream else cls
        return kind(output / f"{settings.name}.ndjson")

    def resume(self) -> tuple[bytes, int] | None:
        self._file.seek(max(0, self._file.seek(0, 2) - TAIL_BYTES))
        *whole, part = self._file.read().split(b"\n")
        if not all(one.startswith(START[: len(one)]) for one in (part, *whole[-1:])):
            raise RecordingError(f"{self._path} is no file of this sink: move it away, or give another name")
        self._file.truncate(self._file.tell() - len(part))
        last = json.loads(whole[-1]) if whole else None
        return last and (bytes.fromhex(last["run"]), last["first"] + last["n"])

    def consume(self, messages: list[Message]) -> None:
        for one in messages:
            if isinstance(one, StreamInfo):
                self._info = one
            elif isinstance(one, LabelLine) and self._info is not None:
                where = {"t_ns": one.stamp.t_ns, "encoder": one.stamp.encoder}
                self._add(one.stamp.run, one, **where, **counts_of(one, self._info))
            elif isinstance(one, StoneRecord) and self._info is not None:
                self._add(one.stamp.run, one, **_about(one, self._info))
            elif isinstance(one, Gap):
                self._add(one.run, one, reason=one.reason.name.lower())

    def _add(self, run: bytes, one: Line | Gap, **what: object) -> None:
        self._pending.append(json.dumps({"run": run.hex(), "first": one.first, "n": one.n, **what}).encode() + b"\n")

    def commit(self) -> None:
        try:
            append_whole(self._file, b"".join(self._pending))
        except OSError as error:
            raise StoreFailed(f"{self._path}: {error.strerror}") from error
        self._pending.clear()

    def close(self) -> dict[str, Any]:
        self._file.close()
        return {"artefacts": {"ndjson": str(self._path)}}


class StoneNdjson(Ndjson):
    """The same of stones."""

    stream: ClassVar[str] = STONES


def _about(stone: StoneRecord, info: StreamInfo) -> dict[str, Any]:
    """What is told of a stone: as the journal has it, but for its outline."""
    names = [*(one.name for one in info.classes), "unknown"]
    classes = {name: n for name, n in zip(names, stone.counts.tolist(), strict=True) if n}
    valves = [valve for valve in range(stone.valves.bit_length()) if stone.valves >> valve & 1]
    measure = stone.measure if math.isfinite(stone.measure) else None
    where = {"t_ns": stone.stamp.t_ns, "encoder": stone.stamp.encoder, **{name: getattr(stone, name) for name in TOLD}}
    return {**where, "decision": stone.decision.name.lower(), "measure": measure, "valves": valves, "classes": classes}
