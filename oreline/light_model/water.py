"""Absorption of liquid water."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_PER_MM = (
    *((900, 0.00682), (910, 0.0079), (920, 0.0112), (930, 0.0193), (940, 0.0293), (950, 0.0383), (960, 0.0441)),
    *((970, 0.0453), (980, 0.0437), (1000, 0.0377), (1020, 0.0293), (1050, 0.0169), (1070, 0.0149), (1090, 0.0175)),
    *((1110, 0.0236), (1120, 0.0301), (1150, 0.0983), (1160, 0.116), (1200, 0.126), (1270, 0.108), (1290, 0.118)),
    *((1330, 0.211), (1340, 0.27), (1350, 0.38), (1360, 0.411), (1370, 0.52), (1390, 0.96), (1400, 1.4)),
    *((1410, 2.3), (1420, 2.86), (1430, 3.12), (1450, 3.15), (1470, 2.86), (1520, 1.45), (1590, 0.779)),
    *((1650, 0.576), (1690, 0.565), (1720, 0.61), (1760, 0.744), (1790, 0.93), (1820, 0.954), (1840, 1.05)),
    *((1850, 1.3), (1860, 1.98), (1870, 3.37), (1880, 4.92), (1890, 6.35), (1900, 7.53), (1910, 11.1)),
    *((1920, 12.0), (1940, 12.4), (1950, 11.9), (1980, 9.0), (2030, 4.91), (2090, 2.93), (2140, 2.23)),
    *((2200, 1.93), (2240, 2.01), (2310, 2.65), (2430, 5.87), (2480, 8.77), (2500, 9.54)),
)
"""Wavelength in nm, absorption coefficient 4 pi k / wavelength in 1/mm at 25 °C; k after Segelstein, The complex
refractive index of water, University of Missouri-Kansas City 1981, thinned so that what lies between is within 4 %."""


def absorption_per_mm(nm: ArrayLike) -> NDArray[np.float64]:
    """Absorption coefficient of water in 1/mm (Napierian), of the shape of `nm`, 900 to 2500 nm; beyond, the end's."""
    at, coefficient = np.array(_PER_MM).T
    return np.asarray(np.exp(np.interp(np.asarray(nm, np.float64), at, np.log(coefficient))))
