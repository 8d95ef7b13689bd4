"""What a TIFF's tags say of its bands, in the words of the programs that write such files.

GDAL and what is built on it keep XML in a tag of its own: an item of a band, or of the image, by name. ImageJ names
slices, tifffile writes JSON, and cameras' own software puts the wavelength into the description of each page.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from oreline.recordings import wavelengths
from oreline.recordings.wavelengths import NANOMETRES, UnknownUnit

_CENTRES = ("wavelength", "wavelengths", "center_wavelength", "central_wavelength", "centre_wavelength")
_UNITS = ("wavelength_units", "wavelength_unit", "wavelengths_units")
_MICROMETRES = ("central_wavelength_um", "center_wavelength_um", "centre_wavelength_um")
_LARGEST_XML = 8 << 20


@dataclass(frozen=True, slots=True)
class TiffBands:
    """Centres in nm, one a band or (); `bad_bands` from 0; `notes`, each a sentence."""

    wavelengths_nm: tuple[float, ...] = ()
    bad_bands: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class GdalItems:
    """GDAL's metadata, names in lower case: `image` of the whole, `bands` of each band by its number from 0."""

    image: dict[str, str] = field(default_factory=dict)
    bands: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def parse(cls, xml: str) -> GdalItems:
        """Items of the tag, none where it is no such XML. Documents with definitions of their own are not read."""
        items = cls()
        if not xml.strip() or len(xml) > _LARGEST_XML or "<!" in xml.replace("<!--", "").replace("<![CDATA[", ""):
            return items
        try:
            root = ElementTree.fromstring(xml.strip("\0 \r\n\t"))  # noqa: S314 - no definitions, so nothing expands
        except (ElementTree.ParseError, ValueError):
            return items
        for item in root.iter("Item"):
            name, sample = item.get("name", "").lower(), item.get("sample", "")
            place = items.bands[int(sample)] if sample.isascii() and sample.isdigit() else items.image
            place.setdefault(name, (item.text or "").strip())
        return items

    def column(self, names: Sequence[str], bands: int) -> list[str]:
        """What each band says under the first of some names, [] unless all do."""
        if len(self.bands) < bands:
            return []
        items = [self.bands.get(band, {}) for band in range(bands)]
        found = [next((item[name] for name in names if name in item), "") for item in items]
        return found if all(found) else []

    def one(self, names: Sequence[str]) -> str:
        """What the image, or else its first band, says under the first of some names."""
        places = self.image, self.bands.get(0, {})
        return next((place[name] for place in places for name in names if name in place), "")


def bands_of(items: GdalItems, bands: int, others: Sequence[Sequence[str]]) -> TiffBands:
    """What is known of `bands` bands. `others`: names that all bands have elsewhere in the file, likeliest first."""
    notes: list[str] = []
    centres = _of_items(items, bands, notes)
    of_image = [text for name, text in items.image.items() if name.startswith("band_")]
    named = [items.column(("description",), bands), of_image]
    for names in (*named, *others):
        centres = centres or (wavelengths.described(names) if len(names) == bands else ())
    good = items.column(("bbl",), bands) or _parts(items.one(("bbl",)))
    values = [_number(text) for text in good]
    bad = tuple(b for b, value in enumerate(values) if value == 0) if len(values) == bands else ()
    return TiffBands(centres, bad, tuple(notes))


def json_names(description: Mapping[str, Any]) -> list[str]:
    """Wavelengths in a description that is JSON, as text with its unit where one is said."""
    lower = {str(key).lower(): value for key, value in description.items()}
    for key in (*_CENTRES, "wavelengths_nm", "wavelength_nm"):
        values = lower.get(key)
        if isinstance(values, list):
            unit = "nm" if key.endswith("_nm") else next((str(lower[u]) for u in _UNITS if u in lower), "")
            return [f"{value} {unit}".strip() for value in values]
    return []


def _of_items(items: GdalItems, bands: int, notes: list[str]) -> tuple[float, ...]:
    micrometres = [_number(text) for text in items.column(_MICROMETRES, bands)]
    if micrometres and all(map(math.isfinite, micrometres)):
        return tuple(round(1e3 * value, 6) for value in micrometres)
    texts = items.column(_CENTRES, bands) or _parts(items.one(_CENTRES))
    values = [_number(text) for text in texts]
    if len(values) != bands or not all(map(math.isfinite, values)):
        return wavelengths.described(texts) if len(texts) == bands else ()
    word = items.one(_UNITS)
    try:
        unit = wavelengths.guessed(values) if wavelengths.is_unsaid(word) else wavelengths.unit_of(word)
    except UnknownUnit as error:
        notes.append(f"wavelengths are not known: {error}")
        return ()
    if unit is None:
        return ()
    if unit != NANOMETRES and wavelengths.is_unsaid(word):
        notes.append(f"no wavelength unit is said: {unit.name}, by the numbers")
    scaled = tuple(round(unit.nanometres(value), 6) for value in values)
    if (odd := wavelengths.unseen(scaled)) is None:
        return scaled
    notes.append(f"wavelengths are not known: {unit.name} make one of {odd:g} nm, which no camera sees")
    return ()


def _parts(text: str) -> list[str]:
    return [part for part in text.strip("{}[]() ").replace(",", " ").split() if part]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
