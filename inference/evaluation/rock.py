"""Real rock as The Spectral Geologist (TSG) logged it: it judges, and no row of it trains a model.

TSG is a reference, not truth. Where two minerals of one sample are near each other in weight, its first group is a
toss: that is why "either" stands beside "right", and the correlation with its share of kaolin beside both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Answers, Reflectance
from inference.evaluation.weak_bands import has_window
from oreline.errors import SpectraRefused
from oreline.palette import group_of_tsg
from oreline.point_spectra import gaps, read_points, resampled

ASPECTRAL = "invalid"
NAMED = (
    "kaolin", "white mica", "smectite", "carbonate", "chlorite", "other MgOH", "amphibole", "epidote", "sulphate",
)  # fmt: skip
"""Groups whose samples are judged: the models' minerals with bands are of these."""
PAIR = ("kaolin", "white mica")
HELD = 0.5
"""Least weight of the two together where their share is compared."""
STRETCH = 12
"""Neighbouring samples, alike for being neighbours, that the bootstrap draws as one: .1 m of core."""
MAGNESITE = "magnesite"
"""In no library of ours."""
MINERALS, GROUPED, WEIGHED = (tuple(f"{what}{place} sTSAS" for place in (1, 2)) for what in ("Min", "Grp", "Wt"))
"""TSG's columns of its first and second mineral in the SWIR."""


class NotLogged(SpectraRefused):
    """Spectra whose minerals TSG did not name."""


class Camera(Protocol):
    """A camera, or a model's card in place of one."""

    @property
    def name(self) -> str: ...

    @property
    def wavelengths_nm(self) -> Sequence[float] | NDArray[np.float64]: ...

    @property
    def fwhm_nm(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False)
class Rock:
    """n samples. `seen` float32 (bands, n); `minerals`, `groups` and `weights`, (2, n): TSG's first and second answer
    in the SWIR, groups in the words of the palette, "" and NaN for none; `depth_m` and `section`, row of the tray,
    (n,), NaN where they are not known. `logged`: whether the camera sees the bands by which rock is logged."""

    name: str
    seen: Reflectance
    minerals: NDArray[np.str_]
    groups: NDArray[np.str_]
    weights: NDArray[np.float64]
    depth_m: NDArray[np.float64]
    section: NDArray[np.float64]
    logged: bool = True

    @classmethod
    def load(cls, path: Path, camera: Camera) -> Rock:
        """A data set of TSG as a camera would see it. Raises NotLogged where it is none or was not logged in the
        SWIR, SpectraRefused where it does not cover the camera."""
        points = read_points(path)
        if not {*MINERALS, *GROUPED} <= set(points.columns):
            raise NotLogged(f"{path} holds no minerals of TSG's SWIR library ({MINERALS[0]}): nothing to judge by")
        seen, _ = resampled(points, camera.wavelengths_nm, camera.fwhm_nm)
        missing = np.asarray(~np.isfinite(seen).all(axis=0))
        if missing.any():
            first, last = gaps(camera.wavelengths_nm, missing)[0]
            raise SpectraRefused(f"{path} does not cover {first:.0f} to {last:.0f} nm of {camera.name}")
        unknown = np.full(len(points), np.nan)
        return cls(
            name=points.path.stem.removesuffix("_tsg"),
            seen=np.ascontiguousarray(seen.T, np.float32),
            minerals=np.stack([points.columns[name] for name in MINERALS]),
            groups=np.array([[group_of_tsg(one) for one in points.columns[name]] for name in GROUPED]),
            weights=np.stack([points.columns.get(name, unknown) for name in WEIGHED]).astype(np.float64),
            depth_m=points.columns.get("depth_m", unknown).astype(np.float64),
            section=points.columns.get("section", unknown).astype(np.float64),
            logged=has_window(camera.wavelengths_nm),
        )

    @property
    def unit(self) -> NDArray[np.str_]:
        """What the bootstrap draws."""
        return np.array([f"{self.name} {number // STRETCH}" for number in range(self.seen.shape[1])])

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Samples whose first group is one of NAMED."""
        return np.isin(self.groups[0], NAMED)

    @property
    def kaolin_share(self) -> NDArray[np.float64]:
        """TSG's share kaolin/(kaolin + white mica), (n,), NaN where the two are not HELD of a sample's weight or the
        sample is not judged."""
        held = [np.where(self.groups == name, np.nan_to_num(self.weights), 0.0).sum(axis=0) for name in PAIR]
        total = held[0] + held[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.judged & (total > HELD), held[0] / total, np.nan)


def kaolin_share(answers: Answers) -> NDArray[np.float64]:
    """A network's share kaolin/(kaolin + white mica), (n,)."""
    names, sums = answers.band_groups
    kaolin, mica = (sums[:, names == name].sum(axis=1).astype(np.float64) for name in PAIR)
    return np.asarray(kaolin / np.maximum(kaolin + mica, 1e-9))
