"""NDJSON: one JSON object for each line of the stream, in a file that other programs follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from oreline.answers import counts_of
from oreline.config import Section
from oreline.errors import RecordingError, StoreFailed
from oreline.files import append_whole
from oreline.messages import Gap, LabelLine, Message, StreamInfo
from oreline.sink import Policy, Sink

START, TAIL_BYTES = b'{"run": "', 65_536
"""Of every object, and more than the longest has."""


class NdjsonSettings(Section):
    """A file of JSON objects, one for each line or gap: where it is, and how many samples each class has, and each
    group and reason of a model that tells them."""

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
    def open(cls, settings: NdjsonSettings, output: Path) -> Ndjson:
        return cls(output / f"{settings.name}.ndjson")

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
            elif isinstance(one, Gap):
                self._add(one.run, one, reason=one.reason.name.lower())

    def _add(self, run: bytes, one: LabelLine | Gap, **what: object) -> None:
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
