"""World: spectra, a way to paint any of its lines, and the truth about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene
from hwsim.sensor.sensor import Pixels
from hwsim.worlds.motion import way_mm
from hwsim.worlds.palette import Palette
from oreline.messages import BACKGROUND


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Truth of some lines, (lines, samples) each; a pixel on an edge belongs to what covers more of it.

    `ids`: int32, the stone or piece of core, from 1; 0 where there is no rock. `one`, `two`: uint16, the spectra of the
    rock that is seen, and `share`: float32, that of `two`. `depth_m`: float32, down the hole, NaN where there
    is no core; None on a belt. `made_of`: as in the palette.
    """

    first_line: int
    ids: NDArray[np.int32]
    one: NDArray[np.uint16]
    two: NDArray[np.uint16]
    share: NDArray[np.float32]
    depth_m: NDArray[np.float32] | None
    made_of: NDArray[np.float32]

    @classmethod
    def of(cls, first_line: int, pixels: Pixels, made_of: NDArray[np.float32], *, depth: bool = False) -> Truth:
        """Lines without any rock, to be painted on."""
        shape = pixels.one.shape
        depth_m = np.full(shape, np.nan, np.float32) if depth else None
        share, ids = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        return cls(first_line, ids, pixels.one.copy(), pixels.two.copy(), share, depth_m, made_of)

    def fractions(self) -> NDArray[np.float32]:
        """Of each mineral in the rock, float32 (lines, minerals, samples); they sum to 1 on rock, to 0 elsewhere."""
        share = self.share[..., None]
        seen = (1.0 - share) * self.made_of[self.one] + share * self.made_of[self.two]
        return np.ascontiguousarray(np.moveaxis(seen, 2, 1), np.float32)

    @staticmethod
    def labels(fractions: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The mineral of which there is most, or BACKGROUND, uint8 (lines, samples)."""
        main = fractions.argmax(axis=1).astype(np.uint8)
        return np.where(fractions.any(axis=1), main, np.uint8(BACKGROUND))


class World(ABC):
    """A scene that can be painted: line 0 is the first of its recording, and it goes on for ever after the last.

    `spectra`: reflectance as the camera of the scene sees it, float32 (bands, spectra), the white panel last.
    `x_mm`: places of the samples across, (samples,).
    """

    def __init__(self, scene: BeltScene | CoreScene, palette: Palette) -> None:
        self.scene, self.palette = scene, palette
        self.x_mm: NDArray[np.float64] = np.arange(scene.preset.samples) * np.float64(scene.pixel_mm)
        self.spectra = self.spectra_at(scene.preset.wavelengths_nm)

    @property
    def lines(self) -> int:
        """Of the recording."""
        return self.scene.lines

    def spectra_at(self, nm: ArrayLike) -> NDArray[np.float32]:
        """Reflectance in bands of the camera's width at other centres, float32 (len(nm), spectra)."""
        return self.palette.at(nm, self.scene.preset.fwhm_nm)

    def way_mm(self, line: ArrayLike) -> NDArray[np.float64]:
        """Way of the belt or tray since line 0, in mm."""
        return way_mm(self.scene, line)

    def encoder(self, line: int) -> int:
        """The count at a line."""
        return int(self.encoders(np.array([line]))[0])

    def encoders(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """The counts at some lines, int64 of their shape."""
        counts = self.way_mm(lines) * (self.scene.counts_per_line / self.scene.pitch_mm)
        return self.scene.encoder_start + np.rint(counts).astype(np.int64)

    def paint(self, first_line: int, lines: int) -> tuple[Pixels, Truth]:
        """Pixels of some lines, and the truth about them; the same whenever it is asked for."""
        pixels, truth = self._paint(first_line, lines)
        strip = np.s_[:, : self.scene.strip_samples]
        for values in (pixels.b, pixels.slope, pixels.glint, truth.ids, truth.share):
            values[strip] = 0
        pixels.one[strip], pixels.a[strip] = self.spectra.shape[1] - 1, 1
        truth.one[strip] = truth.two[strip] = self.palette.around
        if truth.depth_m is not None:
            truth.depth_m[strip] = np.nan
        return pixels, truth

    @abstractmethod
    def _paint(self, first_line: int, lines: int) -> tuple[Pixels, Truth]:
        """The same without the strip."""

    @abstractmethod
    def describe(self, piece: int) -> dict[str, Any]:
        """Facts of a stone or piece of core beside its pixels, as JSON takes them."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Facts of the recording as a whole, as JSON takes them."""
