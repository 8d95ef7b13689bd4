"""Label maps in ENVI files, read back into labels and classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo
from oreline.palette import colour_of, numbered
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.recording import Recording, open_recording

NO_CLASS = {info.name: label for label, info in SPECIAL_CLASSES.items()} | {"unclassified": BACKGROUND}
"""Names that stand for no class, and the label of each; ENVI calls "unclassified" what nobody has labelled."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """`labels`: uint8 (lines, samples), indices into `classes`, or UNKNOWN, BACKGROUND, INVALID."""

    labels: NDArray[np.uint8]
    classes: tuple[ClassInfo, ...]


def read_labels(path: Path) -> LabelMap:
    """Read a label map, ours or another program's. Raises RecordingError where it is none."""
    recording = open_recording(path)
    if recording.bands != 1 or recording.dtype != np.uint8 or "class names" not in recording.metadata:
        raise RecordingError(f"{path} is no label map: it needs one band of bytes, and class names in its header")
    names = _values(recording, "class names")
    colours = _colours(recording, names)
    codes, classes = np.full(256, UNKNOWN, np.uint8), list[ClassInfo]()
    for code, name in enumerate(names[:256]):
        codes[code] = NO_CLASS.get(name.lower(), len(classes))
        if name.lower() not in NO_CLASS:
            classes.append(ClassInfo(name, colours[code]))
    return LabelMap(codes[recording.cube[:, 0]], tuple(classes))


def _values(recording: Recording, field: str) -> list[str]:
    return [value.strip() for value in recording.metadata.get(field, "").strip("{} ").split(",")]


def _colours(recording: Recording, names: list[str]) -> list[tuple[int, int, int]]:
    """Of the header, or of our own where it has none."""
    try:
        parts = np.array(_values(recording, "class lookup"), np.uint8).reshape(len(names), 3)
    except (ValueError, OverflowError):
        return [colour_of(name, numbered(code)) for code, name in enumerate(names)]
    return [(int(red), int(green), int(blue)) for red, green, blue in parts]
