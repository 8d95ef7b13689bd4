"""Colours of minerals, the same in every picture: tints and shades of the colour of their group.

The groups have the colours of The Spectral Geologist, with which the National Virtual Core Library and most spectral
logs of drill core are drawn. Of two minerals that a map may show beside each other the colours differ by at least 10 of
CIEDE2000, for those too who do not see green; where such a viewer could not tell two apart, one of them has a pattern.
"""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]

GROUPS = {
    "silica": 0xFECFE6, "kaolin": 0xFF0000, "white mica": 0xFFFF00, "smectite": 0xC4A997, "other AlOH": 0xFFFBBD,
    "chlorite": 0x00FF00, "dark mica": 0x683B50, "amphibole": 0xFF00FF, "serpentine": 0x9BBD6F,
    "other MgOH": 0x20006A, "epidote": 0x00FFFF, "tourmaline": 0xB95D75, "carbonate": 0x0000FF, "sulphate": 0x68601C,
    "palygorskite and sepiolite": 0xB88C24, "oxide": 0x765246, "sulphide": 0x4D6C3D, "not rock": 0xAAAFAF,
    "invalid": 0x888888,
    "feldspar": 0xF0A060, "garnet": 0xB01040, "olivine": 0xB0D020, "phosphate": 0x4080B0, "vermiculite": 0x86154D,
}  # fmt: skip
"""Red, green and blue, a byte each. The last five have no convention there; these are ours."""
SPECIES: dict[str, dict[str, int]] = {
    "silica": {"quartz": 0xD37CBB, "chalcedony": 0xFFC2E9},
    "feldspar": {"albite": 0xC399AB, "microcline": 0x44271F, "buddingtonite": 0x43A87D},
    "kaolin": {"kaolinite": 0x631800, "halloysite": 0x712D31, "dickite": 0xD90036},
    "white mica": {"muscovite": 0xCBAF00, "illite": 0xFBFF06, "lepidolite": 0xA38B02},
    "smectite": {"montmorillonite": 0x764603, "nontronite": 0x9E8778, "hectorite": 0xBA5D0D},
    "other AlOH": {"topaz": 0xFFFFB1, "pyrophyllite": 0xFFDA09},
    "chlorite": {"chlorite": 0x289C48, "clinochlore": 0x185E33},
    "amphibole": {"actinolite": 0xF125D8, "tremolite": 0xE09CF8},
    "serpentine": {"antigorite": 0x91B13E, "chrysotile": 0x34E920},
    "other MgOH": {"talc": 0x17067C},
    "epidote": {"epidote": 0x28DAEC},
    "carbonate": {"calcite": 0x2D0FED, "dolomite": 0x0883F0, "siderite": 0x0441B2},
    "sulphate": {
        "alunite": 0xAEB293, "jarosite": 0x6C6C43, "natroalunite": 0x4E510C,
        "natrojarosite": 0x91925E, "gypsum": 0x32330F,
    },
    "palygorskite and sepiolite": {"sepiolite": 0xFFCB69},
    "oxide": {"goethite": 0xC02A0B, "hematite": 0xFF7167},
    "sulphide": {"galena": 0xCAD1C6, "pyrite": 0x697067, "sphalerite": 0xA3E7A4},
    "garnet": {"almandine": 0x565C7F, "andradite": 0x5F2977, "grossular": 0xB44A9A},
    "olivine": {"olivine": 0xF9FFE0},
    "phosphate": {"monazite": 0x1C66BE},
    "vermiculite": {"vermiculite": 0x86154D},
    "not rock": {"dry_grass": 0xAAAFAF},
}  # fmt: skip
"""Minerals by group. For a new one choose what is far from the others; a test measures it."""
MEMBERS: dict[str, tuple[str, ...]] = {
    "silica": ("opal",),
    "feldspar": ("orthoclase", "sanidine", "oligoclase", "andesine", "labradorite", "bytownite", "anorthite"),
    "kaolin": ("nacrite",),
    "smectite": ("saponite", "sauconite"),
    "other AlOH": ("gibbsite", "diaspore"),
    "chlorite": ("thuringite", "cookeite"),
    "dark mica": ("phlogopite", "biotite", "siderophyllite", "annite"),
    "amphibole": (
        "hornblende", "riebeckite", "richterite", "anthophyllite", "cummingtonite", "glaucophane",
    ),
    "serpentine": ("serpentine", "lizardite"),
    "other MgOH": ("brucite",),
    "epidote": ("zoisite", "clinozoisite"),
    "tourmaline": ("tourmaline", "elbaite"),
    "carbonate": ("rhodochrosite", "magnesite", "strontianite", "witherite"),
    "sulphate": ("plumbojarosite", "ammoniojarosite"),
    "palygorskite and sepiolite": ("palygorskite",),
    "oxide": ("magnetite", "rutile", "corundum", "cassiterite", "pyrolusite"),
    "sulphide": ("chalcopyrite", "pyrrhotite", "arsenopyrite"),
    "garnet": ("spessartine",),
    "olivine": ("forsterite",),
}  # fmt: skip
"""Minerals of the groups that no model shows by a colour of their own."""
APART = {"no bands": 0xD6CEAA, "other bands": 0x8C6BB1}
"""Of the answer to whose absorption bands a spectrum shows: those of nobody, and those of none that has a group."""
MINERALS = {name: colour for group in SPECIES.values() for name, colour in group.items()}
GROUP_OF = {name: group for table in (MEMBERS, SPECIES) for group, species in table.items() for name in species}
ONLY = " (group)"
"""Behind the name of a group that stands for any of its minerals."""
PATTERNS = {
    "antigorite": 1, "buddingtonite": 1, "chrysotile": 2, "dickite": 1, "dry_grass": 1,
    "gypsum": 2, "halloysite": 1, "hectorite": 2, "natroalunite": 2, "natrojarosite": 2,
    "nontronite": 3, "pyrophyllite": 1, "siderite": 1, "tremolite": 1,
}  # fmt: skip
"""1 and 2: hatched one way or the other; 3: dotted."""


def colour_of(mineral: str, otherwise: Colour) -> Colour:
    """By its name, and `otherwise` for one that has no colour here."""
    return rgb(MINERALS[mineral]) if mineral in MINERALS else otherwise


def colour_of_group(group: str, otherwise: Colour) -> Colour:
    """By its name, and `otherwise` for one that has no colour here."""
    known = GROUPS | APART
    return rgb(known[group]) if group in known else otherwise


def group_of(mineral: str) -> str:
    """The group of a mineral, "" for one that is not known here."""
    return GROUP_OF.get(mineral, "")


def group_of_tsg(name: str) -> str:
    """A group of The Spectral Geologist in the words of this table, "" for none."""
    words = {group.casefold(): group for group in GROUPS}
    special = {"pal-sep": "palygorskite and sepiolite", "notarok": "not rock"}
    folded = name.casefold()
    return special.get(folded) or words.get(folded.replace("-", " "), folded)


def pattern_of(mineral: str, number: int) -> int:
    """By its name, 0 for none. A group among minerals is dotted, and among groups plain, in the colour of spectral
    logs alone; what has no name here has a pattern by its number, since its colour may be anything."""
    if mineral.endswith(ONLY):
        return 3
    if mineral in GROUPS:
        return 0
    return PATTERNS.get(mineral, 0) if mineral in MINERALS else 1 + number % 3


def numbered(number: int) -> Colour:
    """For what has no name here: hues a golden angle apart, bright and pale in turn."""
    saturation, value = ((0.85, 0.95), (0.55, 0.95), (0.85, 0.70))[number % 3]
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def tint(colour: Colour, number: int) -> Colour:
    """Of a group's colour, for its mineral `number` of those that have none here: paler and darker in turn."""
    part, end = ((0.5, 255), (0.45, 0), (0.75, 255), (0.7, 0), (0.25, 255), (0.2, 0))[number % 6]
    red, green, blue = (round(one + part * (end - one)) for one in colour)
    return red, green, blue


def rgb(colour: int) -> Colour:
    """Red, green and blue of 0xRRGGBB."""
    red, green, blue = colour.to_bytes(3)
    return red, green, blue
