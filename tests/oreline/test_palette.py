"""Colours of minerals: anyone can tell any two from each other, and each from what is no mineral."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from hwsim.spectra import load
from inference.classification.card import FILE, Card
from oreline.messages import ClassInfo
from oreline.palette import GROUPS, MINERALS, SPECIES, colour_of, group_of_tsg, pattern_of, rgb
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.label_picture import Paint
from tests.conftest import ROOT

APART = 10.0
"""Of CIEDE2000."""
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
MACHADO = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]])
"""Deuteranopia in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1."""
TO_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
VIENOT = np.linalg.inv(TO_LMS) @ np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]) @ TO_LMS
"""The same: Viénot, Brettel and Mollon 1999."""
SIGHTS = {"normal": np.eye(3), "deuteranopia (Machado)": MACHADO, "deuteranopia (Vienot)": VIENOT}

Floats = NDArray[np.float64]


def lab(colour: tuple[int, int, int], sight: Floats) -> Floats:
    """CIE L*a*b* (D65) of an sRGB colour as that sight sees it."""
    parts = np.asarray(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(sight @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: Floats, other: Floats) -> float:
    """Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.radians(h1 + turn / 2 if c1 * c2 else h1 + h2)
    t = (
        1 - 0.17 * np.cos(hue - np.radians(30)) + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6)) - 0.20 * np.cos(4 * hue - np.radians(63))
    )  # fmt: skip
    bend = np.exp(-((((np.degrees(hue) % 360) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * bend))
    dl = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
        ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
    ],
)
def test_distance_is_that_of_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], apart: float
) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(apart, abs=1e-4)


def alike(classes: dict[str, ClassInfo], sight: str) -> dict[str, float]:
    """Pairs of colours that such a viewer cannot tell apart, and that no pattern tells either."""
    seen = {name: lab(info.colour, SIGHTS[sight]) for name, info in classes.items()}
    patterns = {name: pattern_of(name, 0) if name in MINERALS else 0 for name in classes}
    far = {
        f"{a} and {b}": ciede2000(seen[a], seen[b])
        for a, b in combinations(classes, 2)
        if sight == "normal" or patterns[a] == patterns[b]
    }
    return {pair: apart for pair, apart in far.items() if apart < APART}


OTHERS = {info.name: info for info in SPECIAL_CLASSES.values()}


@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_minerals_look_alike_nor_like_what_is_none(sight: str) -> None:
    minerals = {name: ClassInfo(name, colour_of(name, (0, 0, 0))) for name in MINERALS}
    assert alike(minerals | OTHERS, sight) == {}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("model", ["nir224", "swir288"])
def test_a_models_minerals_are_told_apart_and_are_as_in_a_scenes_preview(model: str, sight: str) -> None:
    card = Card.model_validate_json((ROOT / "inference" / "models" / model / FILE).read_text())
    shown = {info.name: info for info in card.labels}
    assert alike(shown | OTHERS, sight) == {}
    assert {name: info.colour for name, info in shown.items()} == {name: colour_of(name, (0, 0, 0)) for name in shown}
    library = load()
    assert {species or name for name, species in zip(library.names, library.species, strict=True)} <= set(MINERALS)


def test_colours_alone_tell_most_of_a_models_minerals_apart() -> None:
    card = Card.model_validate_json((ROOT / "inference" / "models" / "swir288" / FILE).read_text())
    assert [info.name for info in card.labels if pattern_of(info.name, 0)] == ["nontronite"]


def hue(colour: int) -> float:
    """Of CIE L*a*b*, degrees."""
    _, a, b = lab(rgb(colour), SIGHTS["normal"])
    return float(np.degrees(np.arctan2(b, a)))


def test_a_species_is_a_tint_or_a_shade_of_its_groups_conventional_colour() -> None:
    ours = {"feldspar", "garnet", "olivine", "phosphate"}
    turned = {
        name: abs((hue(colour) - hue(GROUPS[group]) + 180) % 360 - 180)
        for group, species in SPECIES.items()
        if group not in ours
        for name, colour in species.items()
    }
    assert {name: by for name, by in turned.items() if by > 35} == {}


CONVENTION = {
    "silica": "FECFE6", "kaolin": "FF0000", "white mica": "FFFF00", "smectite": "C4A997", "other AlOH": "FFFBBD",
    "chlorite": "00FF00", "dark mica": "683B50", "amphibole": "FF00FF", "serpentine": "9BBD6F", "other MgOH": "20006A",
    "epidote": "00FFFF", "tourmaline": "B95D75", "carbonate": "0000FF", "sulphate": "68601C",
    "palygorskite and sepiolite": "B88C24", "not rock": "AAAFAF", "invalid": "888888",
}  # fmt: skip


def test_groups_have_the_colours_that_spectral_logs_are_drawn_with() -> None:
    assert {name: f"{GROUPS[name]:06X}" for name in CONVENTION} == CONVENTION


def test_a_map_of_groups_is_painted_in_these_colours_and_no_others() -> None:
    groups = tuple(ClassInfo(name, rgb(int(colour, 16))) for name, colour in CONVENTION.items())
    shown = Paint(groups)(np.repeat(np.arange(len(groups), dtype=np.uint8), 36).reshape(-1, 36))
    assert [tuple(colour) for colour in np.unique(shown.reshape(-1, 3), axis=0)] == sorted(one.colour for one in groups)


def test_every_group_of_a_log_has_the_word_of_the_palette() -> None:
    logged = "KAOLIN WHITE-MICA SMECTITE OTHER-ALOH CHLORITE DARK-MICA AMPHIBOLE SERPENTINE OTHER-MGOH EPIDOTE".split()  # noqa: SIM905
    logged += ["TOURMALINE", "CARBONATE", "SULPHATE", "PAL-SEP", "SILICA", "NOTAROK", "INVALID"]
    assert {group_of_tsg(name) for name in logged} <= set(GROUPS)
    assert group_of_tsg("") == ""
