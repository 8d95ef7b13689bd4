"""Spectra of a file that says what they are: a column `truth` or `species` beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Answers, Reflectance
from inference.evaluation.bootstrap import mean_of, weights
from inference.evaluation.decisions import Thresholds, group_told, species_told
from inference.evaluation.measures import NETWORK, Measured, Sampled
from inference.evaluation.rock import Camera
from inference.evaluation.thresholds import groups
from oreline.errors import SpectraRefused
from oreline.point_spectra import PointSpectra, gaps, read_points, resampled

TRUTH = ("truth", "species", "mineral")
SPECIMEN = ("specimen", "sample_id", "sample")
"""Columns, in the order in which they are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """n spectra. `seen` float32 (bands, n); `truth` and `specimen` (n,); `left_out`: spectra without a name, or with a
    part of the range deleted."""

    name: str
    seen: Reflectance
    truth: NDArray[np.str_]
    specimen: NDArray[np.str_]
    left_out: int

    @classmethod
    def load(cls, path: Path, camera: Camera) -> Named:
        """The spectra of any file that `oreline classify` reads. Raises SpectraRefused where nothing says what they
        are, or they do not cover the camera."""
        points = read_points(path)
        truth = _column(points, TRUTH)
        if truth is None:
            raise SpectraRefused(f"{path} does not say what its spectra are: add a column {TRUTH[0]!r} of minerals")
        specimen = _column(points, SPECIMEN)
        seen, _ = resampled(points, camera.wavelengths_nm, camera.fwhm_nm)
        whole = np.asarray(np.isfinite(seen).all(axis=1))
        used = whole & (truth != "")
        if not used.any():
            first, last = (gaps(camera.wavelengths_nm, np.asarray(~np.isfinite(seen).any(axis=0))) or [(0.0, 0.0)])[0]
            missing = f"{first:.0f} to {last:.0f} nm of {camera.name} are missing" if first else "none has a name"
            raise SpectraRefused(f"{path} has no spectrum to judge by: {missing}")
        own = np.array(points.names) if specimen is None else specimen
        return cls(path.name, np.ascontiguousarray(seen[used].T), truth[used], own[used], int((~used).sum()))

    def without(self, specimens: frozenset[str]) -> Named:
        """Those of other rocks."""
        kept = ~np.isin(self.specimen, list(specimens))
        return Named(self.name, self.seen[:, kept], self.truth[kept], self.specimen[kept], self.left_out)


def named_measures(named: Named, answers: Answers, thresholds: Thresholds) -> list[Measured]:
    """How the model named what is in its list, and whether it named what is not."""
    known = np.isin(named.truth, answers.heads.classes)
    return [
        Measured(f"{named.name}, {what}", f"spectra of {named.name}", int(of.sum()), len(units), figures)
        for what, of, figures in (
            ("in the list", known, _known(named, answers, thresholds, known)),
            ("not in the list", ~known, _strange(named, answers, thresholds, ~known)),
        )
        if len(units := np.unique(named.specimen[of]))
    ]


def _known(named: Named, answers: Answers, thresholds: Thresholds, of: NDArray[np.bool_]) -> Sampled:
    truth, told = named.truth, species_told(answers, thresholds)
    right = answers.best == truth
    return _shares(named, of, {
        "species": right,
        "group": groups(answers.best) == groups(truth),
        "told": told,
        "told and right": np.where(told, right, np.nan),
        "group told": group_told(answers, thresholds),
        "not rock": answers.not_rock_first | answers.not_rock_second,
    })  # fmt: skip


def _strange(named: Named, answers: Answers, thresholds: Thresholds, of: NDArray[np.bool_]) -> Sampled:
    return _shares(named, of, {
        "named as a species": species_told(answers, thresholds),
        "named as a group": group_told(answers, thresholds),
        "not rock": answers.not_rock_first | answers.not_rock_second,
    })  # fmt: skip


def _shares(named: Named, of: NDArray[np.bool_], values: dict[str, NDArray[Any]]) -> Sampled:
    weight = weights(named.specimen[of])
    return {(NETWORK, name): mean_of(value[of].astype(np.float64), weight)[None] for name, value in values.items()}


def _column(points: PointSpectra, names: tuple[str, ...]) -> NDArray[np.str_] | None:
    by_name = {name.strip().casefold(): column for name, column in points.columns.items()}
    there = [np.char.strip(by_name[name].astype(str)) for name in names if name in by_name]
    return None if not there else np.array([next(filter(None, said), "") for said in zip(*there, strict=True)])
