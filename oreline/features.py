"""Features of absorption: their windows, and how they are measured, as recordings and tables say it."""

from oreline.messages import FeatureInfo

FEATURES = (
    FeatureInfo("1400", 1360.0, 1448.0),
    FeatureInfo("1480", 1456.0, 1520.0),
    FeatureInfo("1900", 1850.0, 2060.0),
    FeatureInfo("2200", 2120.0, 2245.0),
    FeatureInfo("2250", 2232.0, 2280.0),
    FeatureInfo("2320", 2296.0, 2344.0),
    FeatureInfo("2340", 2270.0, 2380.0),
    FeatureInfo("2390", 2376.0, 2432.0),
    FeatureInfo("OH", 2100.0, 2400.0),
    FeatureInfo("water", 1850.0, 2100.0),
)
"""OH and water; alunite, from K to Na; water; Al-OH; Fe-OH; Mg-OH and carbonate; carbonate, from Mg to Ca; Mg-OH; and
the two of crystallinity. The windows of 1400, 2200, 2250, 2320 and 2390 are those of The Spectral Geologist's scalars,
those of OH and water HypPy's; the others are our own."""
METHOD = "hull over the window, least of the quotient of spectrum and hull, parabola through three bands"
LEAST_DEPTH = 0.01
"""Share of the hull; what is not deeper is no feature, its wavelength would be that of the noise."""
CRYSTALLINITY = ("OH", "water")
"""Features whose depths, one divided by the other, are the crystallinity of white mica and illite: the deepest of
2100-2400 nm by the deepest of 1850-2100 nm, as HypPy has it."""
CRYSTALLINITY_CUTS = (0.25, 0.33, 0.5, 1.0, 2.0, 3.0, 4.0)
"""Where HypPy cuts crystallinity into classes, counted from 1."""
