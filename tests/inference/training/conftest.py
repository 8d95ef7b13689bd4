"""A small library of real minerals, with a quartz and a goethite that hold a little clay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwsim.spectra import load as simulated
from inference.training.data import Spectra, load
from oreline.cameras import CAMERAS

CLASSES = ("calcite", "chlorite", "goethite", "kaolinite", "muscovite", "quartz")


@pytest.fixture(scope="session")
def mineral_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two spectra, coarse and fine, of each mineral of the simulator, each a specimen. Six are classes; topaz is kept
    apart."""
    library = simulated()
    nm, names = library.wavelengths_nm, [name for name in library.names if name != "dry_grass"]
    clay = 1 - 0.1 * np.exp(-(((nm - 2205) / 15) ** 2))
    made = {"quartz": 0.7 * clay, "goethite": np.interp(nm, [900, 1300, 2500], [0.1, 0.6, 0.55]) * clay}
    pure = {name: library.reflectance[library.index(name)] for name in names} | made
    minerals = [name for name in pure for _ in range(2)]
    path = tmp_path_factory.mktemp("minerals") / "minerals.npz"
    np.savez(
        path,
        spectra=np.array([spectrum**grain for spectrum in pure.values() for grain in (0.9, 1.1)], np.float32),
        wavelength_nm=nm.astype(np.float32),
        mineral=np.array(minerals),
        species=np.array([name if name in CLASSES else "" for name in minerals]),
        sample_id=np.array(minerals),
        role=np.array(["unknown_open" if name == "topaz" else "open" for name in minerals]),
    )
    return path


@pytest.fixture(scope="session")
def minerals(mineral_file: Path) -> Spectra:
    """The library as the camera swir288 sees it."""
    return load(mineral_file, CAMERAS["swir288"])
