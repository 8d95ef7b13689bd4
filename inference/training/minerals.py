"""What minerals do in rock, by name: which have bands, which dilute, stain, hold water, or come together."""

from __future__ import annotations

WITHOUT_BANDS = frozenset(
    """albite almandine andesine andradite anhydrite anorthite arsenopyrite augite barite bytownite cassiterite
    celestite chalcopyrite corundum diopside enstatite fluorite forsterite galena goethite grossular halite
    hedenbergite hematite hypersthene labradorite magnetite microcline nepheline oligoclase olivine orthoclase
    pyrite pyrolusite pyrrhotite quartz rhodonite rutile sanidine spessartine sphalerite sulfur thenardite
    wollastonite zircon""".split()  # noqa: SIM905
)
"""Minerals without narrow absorption bands of their own above 1300 nm: neither O-H, carbonate nor water. What iron does
there is broad. Clark and others, Journal of Geophysical Research 95 (1990) 12653."""
DILUENTS = frozenset(
    """quartz albite microcline orthoclase oligoclase andesine labradorite magnetite pyrite galena chalcopyrite
    halite fluorite barite""".split()  # noqa: SIM905
)
STAINS = frozenset(("goethite", "hematite"))
HYDROUS = frozenset(
    """montmorillonite illite opal vermiculite nontronite natrolite stilbite hectorite saponite halloysite jarosite
    heulandite clinoptilolite corrensite palygorskite sepiolite""".split()  # noqa: SIM905
)
"""Minerals that hold water, whose 1400 and 1900 nm bands are those of damp rock."""
ALTERATION = (
    "kaolinite", "dickite", "halloysite", "muscovite", "illite", "montmorillonite", "chlorite", "clinochlore",
    "calcite", "dolomite", "siderite", "gypsum", "jarosite", "alunite", "epidote", "actinolite", "talc",
    "serpentine", "phlogopite", "tourmaline", "pyrophyllite", "nontronite", "tremolite", "hornblende",
)  # fmt: skip
"""Minerals that hydrothermal alteration leaves side by side."""
BAND_GROUPS = (
    "silica", "kaolin", "white mica", "smectite", "other AlOH", "chlorite", "dark mica", "amphibole", "serpentine",
    "other MgOH", "epidote", "tourmaline", "carbonate", "sulphate", "palygorskite and sepiolite",
)  # fmt: skip
"""Groups that a log of core is made of, in the words of the palette: the SWIR groups of The Spectral Geologist. Of
silica it is opal that has bands."""
