"""Things that are no rock, made from where they are known to absorb."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.spectra import load as simulated
from inference.training.not_rock import KINDS, spectra

NM = np.arange(900.0, 2501.0, 2.0)


def deepest(kind: str, first: float, last: float) -> float:
    """Where most spectra of a kind absorb most between two wavelengths, below the straight line between them."""
    made, kinds = spectra(NM, 240)
    inside = (first <= NM) & (last >= NM)
    mine = made[[one == kind for one in kinds]][:, inside]
    line = np.linspace(mine[:, 0], mine[:, -1], inside.sum(), axis=1)
    return float(np.median(NM[inside][(mine / line).argmin(axis=1)]))


@pytest.mark.parametrize(
    ("kind", "first", "last", "centre"),
    [
        ("wood", 1850, 2030, 1932),
        ("wood", 2000, 2220, 2100),
        ("green plants", 1300, 1650, 1450),
        ("polyolefin", 1640, 1840, 1732),
        ("PVC", 1640, 1830, 1718),
        ("PET", 1600, 1700, 1660),
        ("styrene", 1630, 1710, 1680),
        ("polyamide", 2010, 2130, 2050),
        ("rubber", 1660, 1740, 1710),
    ],
)
def test_each_absorbs_where_the_literature_says(kind: str, first: float, last: float, centre: float) -> None:
    assert deepest(kind, first, last) == pytest.approx(centre, abs=12)


def test_dry_plants_absorb_where_the_measured_dry_grass_does() -> None:
    library = simulated()
    grass = library.reflectance[library.index("dry_grass")]
    for first, last in ((2010, 2210), (2200, 2300), (1850, 2020)):
        inside = (library.wavelengths_nm >= first) & (library.wavelengths_nm <= last)
        line = np.linspace(grass[inside][0], grass[inside][-1], inside.sum())
        measured = library.wavelengths_nm[inside][(grass[inside] / line).argmin()]
        assert deepest("dry plants", first, last) == pytest.approx(measured, abs=25)


def test_all_kinds_are_there_half_of_them_plants_and_each_of_every_brightness() -> None:
    made, kinds = spectra(NM)
    assert set(kinds) == set(KINDS)
    plants = np.isin(kinds, ["wood", "dry plants", "green plants"])
    assert plants.mean() == pytest.approx(0.5, abs=0.01)
    assert made.shape == (len(kinds), len(NM))
    assert (made > 0).all()
    assert (made < 1).all()
    assert np.quantile(made.mean(axis=1), [0.1, 0.9])[1] > 4 * np.quantile(made.mean(axis=1), 0.1)


def test_the_same_seed_makes_the_same_spectra() -> None:
    assert spectra(NM, 20)[0].tobytes() == spectra(NM, 20)[0].tobytes()
    assert spectra(NM, 20, seed=12)[0].tobytes() != spectra(NM, 20)[0].tobytes()
