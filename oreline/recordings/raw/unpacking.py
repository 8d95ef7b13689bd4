"""Unpacking: a packed recording as one of plain ENVI files, in a folder of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
from crc32c import crc32c

from oreline.errors import ConfigError, RecordingError
from oreline.messages import Kind
from oreline.recordings.envi_header import read_fields
from oreline.recordings.names import CAPTURE, HEADER, STAMPS
from oreline.recordings.raw import lines as table
from oreline.recordings.raw import manifest, packing
from oreline.recordings.raw.layout import DATA, LINES, data_of, gaps_of, kinds_in, path_of
from oreline.recordings.raw.view import LineCount
from oreline.recordings.recording import open_recording


def unpack(folder: Path, out: Path) -> Path:
    """Write the raw recording `folder` to the folder `out`, which is not there yet, and appears when it is whole. What
    is not packed is copied. Raises ConfigError, and RecordingError where a line is damaged."""
    said = manifest.read(folder)
    if out.exists():
        raise ConfigError(f"{out} is there already: name a folder that is not")
    draft = out.with_name(f".{out.name}.new") / out.name
    shutil.rmtree(draft.parent, ignore_errors=True)
    (draft / CAPTURE).mkdir(parents=True)
    try:
        for kind in kinds_in(folder):
            _unpack_view(folder, draft, kind)
        shutil.copyfile(gaps_of(folder), gaps_of(draft))
        manifest.write(draft, manifest.sealed(draft, said | {"name": out.name}, {}))
        draft.rename(out)
    finally:
        shutil.rmtree(draft.parent, ignore_errors=True)
    return out


def _unpack_view(folder: Path, draft: Path, kind: Kind) -> None:
    recording = open_recording(data_of(folder, kind))
    rows, size = table.read_lines(path_of(folder, kind, LINES))[: recording.lines], 0
    with path_of(draft, kind, DATA).open("xb") as data, path_of(draft, kind, LINES).open("xb") as account:
        account.write(table.HEAD)
        for index, known in enumerate(rows):
            counts = np.ascontiguousarray(recording.line(index), "<u2").reshape(-1).view(np.uint8).data
            if crc32c(counts) != known["crc32c"]:
                raise RecordingError(f"{recording.path}: line {index} is damaged: run `oreline repair {folder}` first")
            size += data.write(counts)
            account.write(
                table.format_row((*(int(known[name]) for name in table.OF_STAMP), size, int(known["crc32c"])))
            )
        os.fsync(data.fileno())
    shutil.copyfile(path_of(folder, kind, STAMPS), path_of(draft, kind, STAMPS))
    fields = read_fields(path_of(folder, kind, HEADER))
    plain = {key: text for key, text in fields.items() if key != packing.PACKING}
    LineCount.create(path_of(draft, kind, HEADER), plain).say(len(rows))
