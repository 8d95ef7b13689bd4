"""What rock is made of beside its minerals with bands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.training.data import Spectra
from inference.training.end_members import EndMembers
from tests.inference.training.conftest import CLASSES


def everything(spectra: Spectra) -> np.ndarray:
    return np.flatnonzero(~spectra.reserved)


def band(spectrum: np.ndarray, nm: np.ndarray, first: float, last: float) -> float:
    """Depth below the straight line between two wavelengths."""
    inside = (nm >= first) & (nm <= last)
    line = np.linspace(spectrum[inside][0], spectrum[inside][-1], inside.sum())
    return float(1 - (spectrum[inside] / line).min())


def test_the_clay_that_quartz_holds_is_taken_out_of_it(minerals: Spectra) -> None:
    nm, members = np.array(minerals.nm), EndMembers.of(minerals, everything(minerals))
    row = int(np.flatnonzero(minerals.mineral == "quartz")[0])
    assert band(minerals.clean[row], nm, 2120, 2290) > 0.05
    for clean in (members.diluents[0], members.cleaned[members.clean_of[row]]):
        assert band(clean, nm, 2120, 2290) < 0.003
        np.testing.assert_allclose(clean[nm < 2050], minerals.clean[row][nm < 2050], atol=1e-3)


def test_a_stain_of_goethite_is_its_iron_edge_without_its_clay(minerals: Spectra) -> None:
    nm, members = np.array(minerals.nm), EndMembers.of(minerals, everything(minerals))
    stain = np.exp(-members.stains[0])
    assert stain.max() == pytest.approx(1.0)
    assert stain[nm < 1020].max() < 0.5
    assert band(stain, nm, 2120, 2290) < 0.003


def test_water_of_clays_is_their_band_at_1900_nm_and_nothing_else(minerals: Spectra) -> None:
    nm, members = np.array(minerals.nm), EndMembers.of(minerals, everything(minerals))
    assert len(members.at_1900) == 2 * len(
        {"montmorillonite", "illite", "nontronite", "hectorite", "halloysite", "jarosite"}
    )
    beside = (nm < 1825) | (nm > 2095)
    np.testing.assert_allclose(members.at_1900[:, beside], 0.0, atol=1e-6)
    assert (members.at_1900.max(axis=1) > 0.02).all()
    assert ((nm[members.at_1900.argmax(axis=1)] > 1890) & (nm[members.at_1900.argmax(axis=1)] < 1970)).any()


def test_members_are_of_the_rows_that_are_learned_from_and_of_no_other(minerals: Spectra) -> None:
    rows = np.flatnonzero(~np.isin(minerals.mineral, ["quartz", "goethite"]))
    members = EndMembers.of(minerals, rows)
    assert (len(members.diluents), len(members.stains), len(members.cleaned)) == (0, 0, 0)
    assert members.missing == ("diluents", "iron oxides", "minerals without bands")
    assert (members.clean_of == -1).all()


def test_a_library_that_names_no_minerals_has_its_classes_for_names(minerals: Spectra) -> None:
    named = np.array([name if name in CLASSES else "" for name in minerals.mineral])
    members = EndMembers.of(replace(minerals, mineral=named), everything(minerals))
    assert members.missing == ("hydrous minerals",)
