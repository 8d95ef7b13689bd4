"""A mineral's colour, the same in every picture: far from that of any other, and from those of what is no mineral."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]

MINERALS = {
    "actinolite": 0x107080, "albite": 0x9070F0, "almandine": 0xF030D0, "alunite": 0xF0D010, "andradite": 0xB06090,
    "antigorite": 0x90D0F0, "buddingtonite": 0xF0C0A0, "calcite": 0x504090, "chalcedony": 0x70B020,
    "chlorite": 0x6010D0, "chrysotile": 0x10B090, "clinochlore": 0x10F0D0, "dickite": 0xF08080, "dolomite": 0xF090F0,
    "dry_grass": 0xA0F080, "epidote": 0x1090F0, "galena": 0xA020A0, "goethite": 0x808030, "grossular": 0xE0C0F0,
    "gypsum": 0x801050, "halloysite": 0x305030, "hectorite": 0x7070A0, "hematite": 0xA0C080, "illite": 0x3050D0,
    "jarosite": 0x107010, "kaolinite": 0x1010F0, "lepidolite": 0x90A0F0, "microcline": 0x40A0C0, "monazite": 0xA01020,
    "montmorillonite": 0xB010F0, "muscovite": 0x10F010, "natroalunite": 0xE0F0B0, "natrojarosite": 0xB07060,
    "nontronite": 0xC060D0, "olivine": 0xF060B0, "pyrite": 0xC090C0, "pyrophyllite": 0x805060, "quartz": 0x7010A0,
    "sepiolite": 0xB0A010, "siderite": 0x10D080, "sphalerite": 0xF06010, "talc": 0x804010, "topaz": 0xD08010,
    "tremolite": 0xD05060, "vermiculite": 0xC0A070,
}  # fmt: skip
"""Red, green and blue, a byte each. For a new one choose what is far from the others; a test measures it."""


def colour_of(mineral: str, otherwise: Colour) -> Colour:
    """By its name, and `otherwise` for one that has no colour here."""
    if mineral not in MINERALS:
        return otherwise
    red, green, blue = MINERALS[mineral].to_bytes(3)
    return red, green, blue


def numbered(number: int) -> Colour:
    """For what has no name here: hues a golden angle apart, bright and pale in turn."""
    saturation, value = ((0.85, 0.95), (0.55, 0.95), (0.85, 0.70))[number % 3]
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)
