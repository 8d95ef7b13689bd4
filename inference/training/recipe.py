"""How pixels stray from their mineral: every range that training draws from.

A pair holds the ends of a uniform range, log-uniform where it says so; a single number is a share of the pixels or a
standard deviation. The figures were found by leaving each out, see docs/decisions/0036-rock-and-two-answers.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from oreline.cameras import camera_preset

Range = tuple[float, float]
LOGGED_NM = 2400.0
"""Up to here reach the bands by which rock is logged: of Al-OH, Fe-OH, Mg-OH and carbonate."""


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Pixels of pure specimens: a belt's stones, a hand specimen under the camera."""

    mixed: float = 0.8
    """Share of the pixels that hold a second mineral,"""
    minor: Range = (0.0, 0.45)
    """and how much of it."""
    grain: Range = (0.7, 1.4)
    """Exponent of reflectance, more for coarser grains."""
    film: float = 0.3
    """Share of the pixels under a film of water."""
    gain: Range = (0.55, 1.25)
    """Of lamp and facet,"""
    slope: float = 0.06
    """their slope over the range,"""
    bend: float = 0.03
    """and their bend."""
    electrons: Range = (2e4, 2e6)
    """At white, log-uniform: a signal-to-noise ratio of 100 to 1,000 at a reflectance of 0.5."""
    read: float = 60.0
    """Noise of the amplifier, electrons."""
    offset: float = 0.002
    """Dark drift, in reflectance."""


@dataclass(frozen=True, slots=True)
class Rock:
    """Pixels of rock, where minerals with bands are few, mixed, stained and wet."""

    mixed: float = 0.5
    """Share of the pixels that hold a second mineral with bands,"""
    minor: Range = (0.0, 0.5)
    """and how much of the two it is."""
    alteration: float = 0.7
    """Share of the second minerals that are taken from those of hydrothermal alteration, mineral by mineral."""
    intimate: float = 0.5
    """Share of the mixtures and dilutions that are of grains, the rest being of areas."""
    undiluted: float = 0.25
    """Share of the pixels that are minerals with bands alone."""
    mineral: Range = (0.08, 1.0)
    """Of a diluted pixel the share of minerals with bands, log-uniform."""
    grey: float = 0.5
    """Share of the diluents that are a grey of no mineral,"""
    greys: Range = (0.05, 0.9)
    """how bright,"""
    grey_slope: float = 0.2
    """and how it rises over the range, relative to its brightness."""
    grain: float = 0.25
    """Standard deviation of the logarithm of the grain's exponent."""
    stained: float = 0.5
    """Share of the pixels under a stain of iron,"""
    stain: Range = (0.0, 1.3)
    """and how much of goethite's or hematite's own depth it has."""
    hydrous: float = 0.5
    """Share of the pixels that are damp,"""
    water: Range = (0.0, 0.8)
    """and how much of a hydrous mineral's 1900 nm band they have; of its 1400 nm band any part of that."""
    film: float = 0.15
    """Share of the pixels under a film of water."""
    slope: float = 0.25
    """Of the logarithm of the continuum,"""
    bend: float = 0.125
    """its bend,"""
    bumps: float = 0.04
    """and each of its nine smooth bumps."""
    gain: Range = (0.4, 1.2)
    """Of lamp and facet."""
    snr: Range = (60.0, 500.0)
    """Mean reflectance over noise, log-uniform."""
    offset: float = 0.003
    """Dark drift, in reflectance."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Shares of the kinds of pixels, and each kind's own ranges."""

    rock: float = 0.5
    """Share of the pixels that are rock, the rest being laboratory pixels."""
    not_rock: float = 0.06
    """Share that is wood, plastic, paint, rubber or plants,"""
    not_rock_minor: float = 0.6
    """in which a second mineral has so much of its usual share,"""
    not_rock_least: float = 0.5
    """and which is diluted to no less than this."""
    other: float = 0.25
    """Of the others, the share of minerals that are no class."""
    film_mm: Range = (0.01, 0.25)
    """Thickness of a film of water, log-uniform."""
    laboratory: Laboratory = field(default_factory=Laboratory)
    in_rock: Rock = field(default_factory=Rock)

    def flat(self) -> dict[str, float | Range]:
        """All of it by name, as a card keeps it: `laboratory.gain`."""
        found: dict[str, float | Range] = {}
        for name, value in asdict(self).items():
            parts = {f"{name}.{part}": one for part, one in value.items()} if isinstance(value, dict) else {name: value}
            found |= parts
        return found


USUAL = Recipe()
_NEAR = Recipe(rock=0.0)
"""To 1700 nm a camera sees too little of core to log it, whatever is learned."""


def recipe_of(preset: str) -> Recipe:
    """The recipe for a camera."""
    return _NEAR if camera_preset(preset).last_nm < LOGGED_NM else USUAL
