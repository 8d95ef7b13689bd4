"""Wavelengths in whatever unit they are written: each becomes nanometres, or a refusal that names the unit.

Units are told by their names in any language that begins them alike, by their signs, in any case and with or without
accents. A wavenumber v in 1/cm is 1e7/v nm, a frequency f in GHz c/f; widths follow by the derivative.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LIGHT_NM_GHZ = 299_792_458.0
"""Speed of light in nm GHz (exact, by the definition of the metre)."""
MICROMETRES_BELOW = 30.0
"""Where no unit is said, numbers below this are micrometres: no camera sees 30 nm."""
HEAT_NM = 1e5
"""No camera sees longer waves."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of wavelength: nm = factor x value, or with `inverse` factor / value."""

    name: str
    factor: float
    inverse: bool = False

    def nanometres(self, value: float) -> float:
        """A centre in nm; 0 stays 0, by which headers mean "not known"."""
        if not self.inverse:
            return self.factor * value
        return self.factor / value if value else 0.0

    def width(self, width: float, centre: float) -> float:
        """A width in nm at a centre, both in this unit."""
        if not self.inverse:
            return self.factor * width
        return self.factor * width / centre**2 if centre else 0.0


NANOMETRES, MICROMETRES = Unit("nanometres", 1.0), Unit("micrometres", 1e3)
_BEGINNINGS = {
    "millimicro": NANOMETRES,
    "nano": NANOMETRES,
    "micro": MICROMETRES,
    "milli": Unit("millimetres", 1e6),
    "centi": Unit("centimetres", 1e7),
    "angstr": Unit("angstroms", 0.1),
    "wavenum": Unit("wavenumbers (1/cm)", 1e7, inverse=True),
    "met": Unit("metres", 1e9),
}
_SIGNS = {
    "nm": NANOMETRES,
    "um": MICROMETRES,
    "\u03bcm": MICROMETRES,
    "\u03bc": MICROMETRES,
    "mum": MICROMETRES,
    "mm": _BEGINNINGS["milli"],
    "cm": _BEGINNINGS["centi"],
    "m": _BEGINNINGS["met"],
    "a": _BEGINNINGS["angstr"],
    "cm-1": _BEGINNINGS["wavenum"],
    "1/cm": _BEGINNINGS["wavenum"],
    "thz": Unit("terahertz", LIGHT_NM_GHZ / 1e3, inverse=True),
    "ghz": Unit("gigahertz", LIGHT_NM_GHZ, inverse=True),
    "mhz": Unit("megahertz", LIGHT_NM_GHZ * 1e3, inverse=True),
}
_UNSAID = {"", "unknown", "none", "na", "n/a", "null", "undefined", "unspecified", "notspecified"}
_NO_LENGTHS = ("index", "indices", "band", "channel", "number")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u0131": "i"})
"""Dashes as word processors and superscripts have them; and the i of software that is Turkish where it should not."""
_NUMBER = r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
_DESCRIBED = re.compile(rf"(?<![\w.,])({_NUMBER})[\s_(\[]*([^\W\d_]+(?:\^?-1)?|1/cm)\.?", re.UNICODE)
_BARE = re.compile(rf"\s*({_NUMBER})\s*")


class UnknownUnit(ValueError):
    """A unit that is none of those known here."""


def unit_of(word: str) -> Unit | None:
    """The unit that a word names, None for a mere count of bands. Raises UnknownUnit; see `is_unsaid` before."""
    plain = _plain(word)
    if plain in _SIGNS:
        return _SIGNS[plain]
    for beginning, unit in _BEGINNINGS.items():
        if plain.startswith(beginning):
            return unit
    if plain.startswith(_NO_LENGTHS):
        return None
    known = "Nanometers, Micrometers, Millimeters, Centimeters, Meters, Angstroms, Wavenumber, GHz, MHz, Index, Unknown"
    raise UnknownUnit(f"{word[:40]!r} is no unit of wavelength: write {known}")


def known(wavelengths_nm: Sequence[float]) -> tuple[float, ...]:
    """Wavelengths of which each is known; () where one is not, which headers write as 0."""
    return tuple(wavelengths_nm) if wavelengths_nm and min(wavelengths_nm) > 0 else ()


def unseen(nm: Sequence[float]) -> float | None:
    """The first of wavelengths in nm that no camera sees, None where there is none. 0 stands for one that is not known,
    and what only counts the bands is none."""
    if list(nm) == list(range(1, len(nm) + 1)):
        return None
    return next((one for one in nm if one and not MICROMETRES_BELOW <= one <= HEAT_NM), None)


def is_unsaid(word: str) -> bool:
    """Whether a word in the place of a unit says that none is known."""
    return _plain(word) in _UNSAID


def guessed(values: Sequence[float]) -> Unit | None:
    """The unit of numbers without one; None where they only count the bands, from 0 or 1."""
    first = values[0] if values else 0.0
    if len(values) > 2 and first in (0.0, 1.0) and all(value == first + i for i, value in enumerate(values)):
        return None
    return MICROMETRES if values and max(values) < MICROMETRES_BELOW else NANOMETRES


def described(texts: Sequence[str]) -> tuple[float, ...]:
    """Wavelengths in nm of bands that are named by them, such as "Band 3 (1.05 um)" or "1050.0"; () unless all are.

    A number without a unit counts only where it is all that is said. Where every name is such a number, the unit is
    guessed.
    """
    bare = [_BARE.fullmatch(text) for text in texts]
    if texts and all(bare):
        values = [_float(found[1]) for found in bare if found]
        unit = guessed(values)
        return tuple(unit.nanometres(value) for value in values) if unit else ()
    found = [_one(text) for text in texts]
    return tuple(nm for nm in found if nm) if all(found) and (len(set(found)) > 1 or len(found) == 1) else ()


def _one(text: str) -> float | None:
    """The first length in a text that is a wavelength, not a width, in nm."""
    for number, word in _DESCRIBED.findall(unicodedata.normalize("NFKC", text).translate(_MINUS)):
        try:
            unit = unit_of(word)
        except UnknownUnit:
            continue
        if unit and _plain(word) not in ("m", "a") and unseen([nm := unit.nanometres(_float(number))]) is None:
            return nm
    return None


def _float(number: str) -> float:
    return float(number.replace(",", "."))


def _plain(word: str) -> str:
    """Without case, accents, blanks and punctuation."""
    letters = unicodedata.normalize("NFKD", word.casefold()).translate(_MINUS)
    kept = "".join(c for c in letters if c.isalnum() or c in "-/")
    return kept.removesuffix("s") if len(kept) > 3 else kept
