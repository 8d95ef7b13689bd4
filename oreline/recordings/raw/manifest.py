"""Manifest of a raw recording: how each view was taken, what it holds, what never came, and the sha256 of each file.

It is written when a view begins, and when the recording ends or is repaired; only then is it `complete`.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import RecordingError
from oreline.files import replacing
from oreline.messages import Kind, StreamInfo
from oreline.recordings.names import HEADER
from oreline.recordings.raw import gaps
from oreline.recordings.raw import lines as table
from oreline.recordings.raw.layout import LINES, MANIFEST, data_of, files_of, gaps_of, kinds_in, path_of

VERSION = 1
SETTING = (
    "camera", "serial", "samples", "offset_x", "full_scale", "exposure_us", "gain", "line_rate_hz", "counts_per_line",
    "pitch_mm",
)  # fmt: skip
"""What the lines of a view have in common, beside the wavelengths, which stand in its header."""
Manifest = dict[str, Any]


def begun(folder: Path, info: StreamInfo, part: int) -> Manifest:
    """The manifest of a recording that begins."""
    clock = {**asdict(info.clock), "boot": info.clock.boot.hex(), "time": info.clock.text}
    return {
        "version": VERSION,
        "name": folder.name,
        "run": info.run.hex(),
        "part": part,
        "complete": False,
        "first": info.seq,
        "clock": clock,
        "views": {},
    }


def setting_of(info: StreamInfo) -> dict[str, Any]:
    """How a view is taken, as its manifest has it; null where nobody knows."""
    wavelengths = hashlib.sha256(np.array(info.wavelengths_nm, "<f8").tobytes()).hexdigest()
    return {**{key: _plain(getattr(info, key)) for key in SETTING}, "wavelengths_sha256": wavelengths}


def temperature_of(info: StreamInfo) -> list[list[float]]:
    """The camera's temperature from a line on, as its sequence number and degrees; none where it tells none."""
    return [] if math.isnan(info.temperature_c) else [[info.seq, info.temperature_c]]


def next_of(manifest: Manifest) -> int:
    """One past the last line that a sealed manifest tells of."""
    return max((view["seq"][1] + 1 for view in manifest["views"].values() if view.get("seq")), default=0)


def read(folder: Path) -> Manifest:
    """The manifest of a recording. Raises RecordingError where it cannot be read."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["version"] != VERSION or not isinstance(manifest["views"], dict):
            raise ValueError(f"version {manifest['version']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path} is no manifest of a raw recording of this release: {error}") from error
    return dict(manifest)


def write(folder: Path, manifest: Manifest, *, durable: bool = True) -> None:
    """Write it whole and, unless `durable` is False, wait for the disk before it takes the old one's place. Raises
    OSError."""
    with replacing(folder / MANIFEST) as draft, draft.open("xb", buffering=0) as file:
        file.write(f"{json.dumps(manifest, indent=2)}\n".encode())
        if durable:
            os.fsync(file.fileno())


def sealed(folder: Path, manifest: Manifest, known: Mapping[Path, str]) -> Manifest:
    """A manifest that says what the files hold. `known`: the sha256 of files that need not be read again."""
    views = {
        kind.name.lower(): manifest["views"].get(kind.name.lower(), {}) | _held(folder, kind)
        for kind in kinds_in(folder)
    }
    missing = gaps.read(gaps_of(folder))
    files = {str(path.relative_to(folder)): _file(path, known.get(path)) for path in files_of(folder)}
    return manifest | {
        "complete": True,
        "views": views,
        "missing": {"lines": sum(gap.n for gap in missing), "gaps": len(missing)},
        "files": files,
    }


def _held(folder: Path, kind: Kind) -> dict[str, Any]:
    """What the files of a view hold."""
    rows = path_of(folder, kind, LINES)
    lines = table.rows_in(rows)
    ends = [table.read_row(rows, index) for index in (0, lines - 1)] if lines else []
    spans = {key: [end[key] for end in ends] for key in ("seq", "t_ns", "encoder")}
    names = {"header": path_of(folder, kind, HEADER).name, "data": data_of(folder, kind).name}
    return {**names, "lines": lines, **spans}


def _file(path: Path, sha256: str | None) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256 or sha256_of(path)}


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
