"""Spectra of what lies on a belt or in a core tray and is no rock: wood, plants, plastics, paint, rubber.

None was measured for this: each is made of absorption bands at the positions that the literature gives, on a smooth
continuum of any brightness, so that a network learns where such things absorb and nothing of one piece. Overtones and
combinations of C-H, O-H and N-H, nm:

- Wood and dry plants, cellulose and lignin with bound water: O-H 1450 to 1585, 1930, 2100; C-H 1200, 1675 (lignin),
  1725, 1780, 2275, 2340, 2480 (Schwanninger, Rodrigues and Fackler, Journal of Near Infrared Spectroscopy 19, 2011;
  Elvidge, International Journal of Remote Sensing 11, 1990).
- Green plants: liquid water 970, 1200, 1450, 1930 over the same (Curran, Remote Sensing of Environment 30, 1989).
- Polyethylene, polypropylene, PVC, PET, polystyrene and ABS, polyamide: CH2 and CH3 1200, 1390 to 1415, 1720 to 1765,
  2310, 2350; aromatic C-H 1130 to 1145, 1660 to 1680, 2130 to 2180; N-H 1490 to 1535, 2050 to 2175 (Workman and Weyer,
  Practical Guide to Interpretive Near-Infrared Spectroscopy, 2007).
- Alkyd paint: ester and aliphatic C-H 1705 to 1735, 2305, 2345. Rubber, filled with carbon black or pale: CH2 and CH3
  1195, 1710 to 1760, 2310 to 2350 and, of the double bond, 1635 and 2130 (as above).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.light_model.continuum import tilt
from oreline.light_model.water import absorption_per_mm

Floats = NDArray[np.float64]
Bands = tuple[tuple[float, float, float], ...]
"""Centre and standard deviation in nm, optical depth."""

WOOD: Bands = (
    (1200, 45, 0.05), (1450, 60, 0.16), (1490, 40, 0.06), (1540, 35, 0.04), (1585, 35, 0.03), (1675, 18, 0.02),
    (1725, 28, 0.035), (1780, 28, 0.035), (1825, 30, 0.03), (1930, 38, 0.22), (2100, 60, 0.17), (2275, 40, 0.14),
    (2340, 28, 0.10), (2480, 50, 0.22),
)  # fmt: skip
MADE: dict[str, Bands] = {
    "polyolefin": (
        (1210, 14, 0.08), (1393, 14, 0.06), (1415, 14, 0.06), (1730, 14, 0.22), (1765, 12, 0.16), (1820, 15, 0.04),
        (2018, 25, 0.03), (2310, 16, 0.35), (2350, 16, 0.35), (2390, 15, 0.15), (2430, 25, 0.25),
    ),
    "PVC": (
        (1195, 14, 0.05), (1395, 15, 0.04), (1425, 15, 0.04), (1716, 18, 0.18), (1740, 14, 0.12), (1930, 30, 0.03),
        (2252, 12, 0.06), (2310, 16, 0.25), (2350, 18, 0.22), (2430, 25, 0.20),
    ),
    "PET": (
        (1130, 12, 0.05), (1175, 12, 0.02), (1410, 15, 0.05), (1660, 12, 0.16), (1725, 18, 0.08), (1910, 15, 0.07),
        (1955, 14, 0.04), (2085, 14, 0.08), (2130, 14, 0.15), (2182, 14, 0.16), (2255, 14, 0.12), (2340, 16, 0.12),
        (2450, 25, 0.22),
    ),
    "styrene": (
        (1143, 10, 0.09), (1205, 14, 0.05), (1410, 14, 0.05), (1680, 10, 0.20), (1725, 14, 0.06), (1757, 14, 0.06),
        (2145, 12, 0.10), (2170, 10, 0.12), (2306, 14, 0.18), (2350, 14, 0.12), (2460, 18, 0.30),
    ),
    "polyamide": (
        (1200, 15, 0.06), (1410, 15, 0.04), (1490, 30, 0.08), (1535, 20, 0.06), (1725, 16, 0.15), (1760, 14, 0.10),
        (1965, 25, 0.08), (2050, 20, 0.16), (2175, 20, 0.12), (2295, 16, 0.20), (2345, 16, 0.20), (2450, 25, 0.25),
    ),
    "paint": (
        (1180, 14, 0.025), (1370, 14, 0.015), (1410, 14, 0.02), (1705, 14, 0.05), (1735, 18, 0.065), (1905, 16, 0.025),
        (2130, 18, 0.025), (2250, 16, 0.05), (2305, 14, 0.075), (2345, 16, 0.065), (2440, 20, 0.10),
    ),
    "rubber": (
        (1195, 18, 0.05), (1395, 18, 0.03), (1420, 18, 0.03), (1635, 12, 0.03), (1710, 18, 0.12), (1755, 18, 0.10),
        (2130, 16, 0.03), (2310, 18, 0.20), (2350, 18, 0.20), (2390, 18, 0.10), (2440, 25, 0.16),
    ),
}  # fmt: skip
"""What is made by people, by kind."""
KINDS = ("wood", "dry plants", "green plants", *MADE)
PLANTS_WATER_MM = {"wood": (0.0, 0.03), "dry plants": (0.0, 0.05), "green plants": (0.1, 1.2)}
"""Liquid water in the tissue, as thick a layer."""
PLANTS_SHARE = 0.5
"""Of all spectra: what belts and trays are full of."""
NUMBER = 480


def spectra(nm: Floats, n: int = NUMBER, seed: int = 11) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Reflectance of n things that are no rock, float32 (n, wavelengths), and of which of KINDS each is: half plants
    and wood in turn, half what people make, in turn."""
    rng, made = np.random.default_rng(seed), tuple(MADE)
    kinds = tuple(
        tuple(PLANTS_WATER_MM)[(0, 1, 0, 2)[number // 2 % 4]] if number % 2 == 0 else made[number // 2 % len(made)]
        for number in range(n)
    )
    depths = [_plant(rng, nm, kind) if kind in PLANTS_WATER_MM else _product(rng, nm, kind) for kind in kinds]
    return np.exp(np.minimum(-np.array(depths), -0.02)).astype(np.float32), kinds


def _plant(rng: np.random.Generator, nm: Floats, kind: str) -> Floats:
    """Optical depth of wood or plants, (wavelengths,): they fall towards long waves."""
    dry = 1.3 * _bands(rng, nm, WOOD, np.exp(rng.normal(0.0, 0.4))) + _grey(rng, nm)
    return dry + rng.uniform(*PLANTS_WATER_MM[kind]) * absorption_per_mm(nm) - rng.normal(-0.1, 0.12) * _place(nm)


def _product(rng: np.random.Generator, nm: Floats, kind: str) -> Floats:
    """Optical depth of a plastic, paint or rubber, (wavelengths,)."""
    return _bands(rng, nm, MADE[kind], np.exp(rng.normal(0.0, 0.4))) + _grey(rng, nm)


def _bands(rng: np.random.Generator, nm: Floats, bands: Bands, amount: float) -> Floats:
    """Optical depth of bands, each a little off, wider or deeper than the table says."""
    total = np.zeros_like(nm)
    for centre, width, depth in bands:
        away = (nm - centre - rng.normal(0.0, 4.0)) / (width * np.exp(rng.normal(0.0, 0.12)))
        total += depth * amount * np.exp(rng.normal(0.0, 0.3)) * np.exp(-0.5 * away**2)
    return total


def _grey(rng: np.random.Generator, nm: Floats) -> Floats:
    """Optical depth of a smooth continuum, as bright as .05 to .95."""
    level, slope, bend = rng.uniform(np.log(0.05), np.log(0.95)), rng.normal(0.0, 0.2, 1), rng.normal(0.0, 0.12, 1)
    return np.asarray(-level - tilt(slope, bend, _place(nm)))


def _place(nm: Floats) -> Floats:
    """-1 at 900 nm, 1 at 2500 nm."""
    return (nm - 1700.0) / 800.0
