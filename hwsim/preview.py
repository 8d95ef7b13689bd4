"""A picture of a rendered scene: reflectance in false colours, beside the true minerals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oreline.errors import RecordingError
from oreline.recording import Recording, RecordingSet, open_recording

PLACES = (0.78, 0.5, 0.22)
"""Red, green and blue: where in the range of wavelengths."""


def preview(recordings: RecordingSet, path: Path, lines: int = 600) -> None:
    """Write a PNG of the first lines, samples across: left what the camera sees, right the truth.

    Raises RecordingError where the references or the truth are missing, as `render_belt` leaves them.
    """
    scene = recordings.scene
    truth = open_recording(scene.path.parents[1] / f"{scene.path.stem}_truth.hdr")
    Image.fromarray(np.hstack([_false_colours(recordings, lines), _minerals(truth, lines)])).save(path)


def _false_colours(recordings: RecordingSet, lines: int) -> NDArray[np.uint8]:
    scene, dark, white = recordings.scene, recordings.dark, recordings.white
    if dark is None or white is None:
        raise RecordingError(f"{scene.path} has no references: a picture needs DARKREF_ and WHITEREF_ beside it")
    bands = [int(place * (scene.bands - 1)) for place in PLACES]
    floor = dark.cube[:, bands].mean(axis=0)
    span = np.maximum(white.cube[:, bands].mean(axis=0) - floor, 1.0)
    reflectance = (scene.cube[:lines, bands] - floor) / span
    brightness: NDArray[np.uint8] = (255 * np.clip(reflectance, 0, 1) ** 0.6).astype(np.uint8)
    return brightness.transpose(0, 2, 1)


def _minerals(truth: Recording, lines: int) -> NDArray[np.uint8]:
    colours: NDArray[np.uint8] = np.array(truth.metadata["class lookup"].strip("{} ").split(","), np.uint8).reshape(
        -1, 3
    )
    picture: NDArray[np.uint8] = colours[truth.cube[:lines, 0]]
    return picture
