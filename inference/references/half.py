"""Half a reference: a dark or a white alone, with the stream that it was taken from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from inference.references.measurement import Measurement
from oreline.errors import ReferenceRefused, WireError
from oreline.messages import Kind, StreamInfo
from oreline.wire import decode, encode


@dataclass(frozen=True, slots=True, eq=False)
class PartialReference:
    """Lines of one kind, measured."""

    kind: Kind
    info: StreamInfo
    measured: Measurement

    def save(self, path: Path) -> None:
        """Write as .npz, whole or not at all."""
        m = self.measured
        description = {f"info_{n}": np.frombuffer(frame, np.uint8) for n, frame in enumerate(encode(self.info))}
        draft = path.with_name(f".{path.name}")
        with draft.open("wb") as file:
            np.savez(
                file, allow_pickle=False, kind=int(self.kind), facts=json.dumps(m.facts()), mean=m.mean,
                spread=m.spread, saturated=m.saturated, **description,
            )  # fmt: skip
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> PartialReference:
        """Read what `save` wrote. Raises ReferenceRefused."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                info = decode([file[name].tobytes() for name in sorted(file.files) if name.startswith("info_")])
                arrays = (file[name] for name in ("mean", "spread", "saturated"))
                measured = Measurement.from_facts(json.loads(str(file["facts"])), *arrays)
                kind = Kind(int(file["kind"]))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, WireError):
            raise ReferenceRefused(f"{path} is damaged: delete it, and capture again", "damaged") from None
        assert isinstance(info, StreamInfo)
        return cls(kind, info, measured)
