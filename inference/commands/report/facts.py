"""The facts of a report: the reference, the good one before it, its noise, bad pixels, findings and history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.calibration.bad_pixels import PixelFault, detect
from inference.calibration.noise_model import NoiseModel
from inference.commands.report.coverage import bootstrap
from inference.references.acceptance import check_reference, comparable, few_lines
from inference.references.files import MANIFEST, load
from inference.references.findings import Finding
from inference.references.limits import Limits
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.config import Config
from oreline.errors import ReferenceRefused


@dataclass(frozen=True, eq=False)
class Facts:
    """`before`: the good reference that this one is compared with, None where there is none. `snr`: of one line of the
    white, float64 (bands, samples). `bad`: bits of `PixelFault`, uint8 (bands, samples). `coverage`: stated and true
    shares of errors that are within the uncertainty."""

    reference: Reference
    before: Reference | None
    noise: NoiseModel
    snr: NDArray[np.float64]
    bad: NDArray[np.uint8]
    coverage: list[tuple[float, float]]
    findings: list[Finding]
    chosen: bool
    history: list[dict[str, Any]]

    @property
    def light(self) -> NDArray[np.float64]:
        """Light that the panel adds to the dark, counts, float64 (bands, samples)."""
        return self.reference.white.mean - self.reference.dark.mean

    @property
    def has_noise(self) -> bool:
        """Whether it is known how much the lines of dark and white vary."""
        return self.reference.dark.has_std and self.reference.white.has_std

    @property
    def bad_counts(self) -> dict[str, int]:
        """Number of bad elements, by reason."""
        return {str(kind.name).lower(): int(np.count_nonzero(self.bad & kind)) for kind in PixelFault}


def gather(source: Path) -> Facts:
    """Of a line's chosen reference, `source` being its TOML file, or of the reference in the folder `source`. Raises
    ReferenceRefused, ConfigError."""
    limits = Limits()
    if source.is_dir():
        reference, store = load(source), Store(source.resolve().parent)
    else:
        config = Config.load(source)
        limits, store = config.section("inference.limits", Limits), Store(config.line.references_folder)
        if not store.chosen:
            raise ReferenceRefused(f"no reference is chosen in {store.folder}: take a dark and a white", "none")
        reference = store.load(store.chosen)
    before = _before(store, reference)
    noise = NoiseModel.estimate(reference)
    light = reference.white.mean - reference.dark.mean
    return Facts(
        reference, before, noise, light / np.maximum(reference.white.std, 0.1), detect(reference, noise),
        bootstrap(reference).curve(), [*check_reference(reference, before, limits), *few_lines(reference, limits)],
        store.chosen == reference.id, store.history(),
    )  # fmt: skip


def _before(store: Store, reference: Reference) -> Reference | None:
    """The last one that was good, was captured earlier and is of the same elements."""
    good = dict.fromkeys(
        entry["id"] for entry in store.history() if entry["what"] in ("captured", "imported", "in_force")
    )
    earlier = []
    for identity in good:
        if identity != reference.id and (store.folder / identity / MANIFEST).is_file():
            other = store.load(identity)
            if comparable(other, reference) and other.captured <= reference.captured:
                earlier.append(other)
    return max(earlier, key=lambda one: one.captured) if earlier else None
