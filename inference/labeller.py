"""Labeller: counts in, labels of one line out. The pipeline knows of models no more than what stands here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.calibration.calibrator import Calibrator
from inference.features.line import LineFeatures
from oreline.messages import ClassInfo, LayerInfo, StreamInfo

Counts = NDArray[np.uint16]


class Labels(NamedTuple):
    """Answer of a labeller, each array (samples,). Who asked may write to `labels`, `confidence` and `layers`.

    `labels`: uint8, class index or a code of `oreline.messages`. `confidence`: uint8, 255 is certain, 0 where no class
    was asked for. `mean`: reflectance, float32, NaN where it is not known. `invalid`: `Quality` bits, uint8. `lamp`:
    the light that the mean was corrected for, 1 being that of the white reference. `layers`: uint8 (planes, samples),
    those of the model's layers; None where it has none.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    mean: NDArray[np.float32]
    invalid: NDArray[np.uint8]
    lamp: float = 1.0
    layers: NDArray[np.uint8] | None = None


class Labeller(Protocol):
    """A model made ready for one reference and one stream, with buffers of its own: one a lane."""

    def label(self, run: Sequence[Counts], at: int) -> Labels:
        """Labels of the line `run[at]`.

        `run`: lines that follow each other, uint16 (bands, samples): as many before and after it as its model asks for,
        fewer where the scene begins or ends, a line is missing, or the camera was set or described anew. All are of the
        stream and under the reference that the labeller was made for. They are read only, and only during the call.
        """


class Model(Protocol):
    """A model at work. `id`: named by each line of labels. `classes`: what labels stand for. `layers`: what is told
    beside them. `before`, `after`: how many lines its labellers want on either side of the one that is labelled; one
    after it is a line's time of delay."""

    @property
    def id(self) -> str: ...
    @property
    def classes(self) -> tuple[ClassInfo, ...]: ...
    @property
    def layers(self) -> tuple[LayerInfo, ...]: ...
    @property
    def before(self) -> int: ...
    @property
    def after(self) -> int: ...

    def check(self, info: StreamInfo) -> None:
        """Raise ModelMismatch where the model does not fit a stream."""

    def compile(self) -> None:
        """Have everything compiled that would be at its first use."""

    def labeller(self, calibrator: Calibrator) -> Labeller:
        """A labeller for what the calibrator was made for. It may use the calibrator itself, or only its tables."""


@dataclass(frozen=True, eq=False)
class Lane:
    """Everything that one thread makes results of lines by. `labeller`: None where nothing is labelled, `features`:
    where none are measured."""

    calibrator: Calibrator
    labeller: Labeller | None
    features: LineFeatures | None = None
