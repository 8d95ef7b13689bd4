"""A small library of made minerals, and makers of networks that know them well, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from inference.evaluation.answers import Ask, Heads, Reflectance
from inference.evaluation.baselines import Pixels, features
from inference.evaluation.library import Library
from inference.evaluation.sets import Rows
from inference.evaluation.verdict import Verdict, judge
from oreline.cameras import CAMERAS
from oreline.palette import group_of

BANDS_NM = {
    "kaolinite": (2206, 1414),
    "muscovite": (2200, 2350),
    "calcite": (2340, 1990),
    "quartz": (),
    "talc": (2312,),
}
"""By species; talc is of the strangers."""
SPECIMENS, ROWS = 8, 2


def library(camera: str = "swir288") -> Library:
    """Of each species some specimens of two rows, each of its own brightness and depth."""
    rng = np.random.default_rng(5)
    nm = np.arange(880.0, 2560.0, 4.0)
    rows, species, specimen, role = [], [], [], []
    for name, bands in BANDS_NM.items():
        for number in range(SPECIMENS):
            level, depth, tilt = rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.5), rng.normal(0, 0.05)
            for _ in range(ROWS):
                log = sum(-depth * np.exp(-0.5 * ((nm - band) / 18) ** 2) for band in bands)
                rows.append(level * np.exp(log + tilt * (nm - 1700) / 800) + rng.normal(0, 1e-4, nm.size))
                species.append("" if name == "talc" else name)
                specimen.append(f"{name} {number}")
                role.append("unknown_open" if name == "talc" else "open")
    spectra = np.array(rows, np.float32)
    return Library(
        spectra, nm.astype(np.float32), np.array(species), np.array(specimen), np.array(role), CAMERAS[camera], "0" * 64
    )


class Nearest:
    """Networks that compare with the mean spectrum of each class, and are the surer the nearer it is."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.heads = Heads(tuple(sorted(set(library.species[library.known].tolist()))))
        self.trained: list[Rows] = []

    def network(self, rows: Rows, _seed: int) -> Ask:
        self.trained.append(rows)
        species = self.library.species[rows]
        read = features(self.library.seen(self.library.spectra[rows]))
        known = np.stack([read[species == name].mean(axis=0) for name in self.heads.classes])

        def ask(seen: Reflectance) -> np.ndarray:
            far = ((features(seen)[:, None] - known) ** 2).sum(axis=2)
            return np.asarray(-3.0 * np.sqrt(far), np.float32)

        return ask

    def pixels(self, rows: Rows, seed: int, _n: int) -> Pixels:
        chosen = np.random.default_rng(seed).choice(rows, 200)
        species = self.library.species[chosen]
        seen = self.library.seen(self.library.spectra[chosen])
        read = lambda r: np.ascontiguousarray(features(r).T)  # noqa: E731
        return Pixels(read(seen), species, species, {name: group_of(name) for name in self.heads.classes}, read)

    def rock(self, rows: Rows, _seed: int) -> Reflectance | None:
        return self.library.seen(self.library.spectra[rows])


class Ignorant(Nearest):
    """Networks whose answers have nothing to do with the spectrum."""

    def network(self, _rows: Rows, seed: int) -> Ask:
        rng = np.random.default_rng(seed)
        return lambda seen: rng.normal(size=(seen.shape[1], len(self.heads.classes))).astype(np.float32)


@pytest.fixture(scope="session")
def small() -> Library:
    return library()


@pytest.fixture(scope="session")
def knowing(small: Library) -> Verdict:
    """Of networks that know, two seeds."""
    return judge(small, Nearest(small), (), (1, 2))


@pytest.fixture(scope="session")
def ignorant(small: Library) -> Verdict:
    """Of networks that do not, one."""
    return judge(small, Ignorant(small), (), (1,))
