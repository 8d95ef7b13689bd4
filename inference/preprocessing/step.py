"""What every step of preprocessing is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Spectra = NDArray[np.float32]
Wavelengths = Sequence[float]
Ready = Callable[[Spectra], Spectra]


class Layout(NamedTuple):
    """Rows of features, float32 (features, samples): `blocks` of `bands` rows one after the other, then `scalars`."""

    blocks: int
    bands: int
    scalars: int = 0

    @property
    def features(self) -> int:
        return self.blocks * self.bands + self.scalars


class Part(BaseModel):
    """Anything that a card says of preprocessing."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Step(Part, ABC):
    """What is done with spectra, float32 (bands, samples)."""

    @abstractmethod
    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        """The wavelengths after this step, and what does it. Raises ModelMismatch where these bands do not serve."""

    def layout(self, nm: Wavelengths) -> Layout:
        """Layout of what it leaves. `nm`: the wavelengths after it."""
        return Layout(1, len(nm))
