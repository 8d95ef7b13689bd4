"""Settings: a line's configuration of the way from counts to reflectance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from oreline.config import Section

Share = Annotated[float, Field(ge=0, lt=1)]
Coefficients = Annotated[tuple[float, ...], Field(max_length=3)]


class DarkColumns(Section):
    """[inference.correction.shade]: samples that no light falls on. What their dark has become is taken off."""

    first: Annotated[int, Field(ge=0)]
    """First of those samples, from 0."""
    samples: Annotated[int, Field(gt=0)]
    """Number of those samples."""


class Correction(Section):
    """[inference.correction]: the steps from counts to reflectance, each of which is left out where it says nothing."""

    quantity: Literal["reflectance", "radiance"] = "reflectance"
    """"radiance" needs a reference with coefficients, and no model."""
    black_level: Annotated[float, Field(ge=0)] | None = None
    """The camera's count without any exposure: one dark then serves all exposures."""
    dark_exposure_limit: Annotated[float, Field(ge=0)] = 0.1
    """By how much, relative, an exposure may differ from the only dark's where the black level is not known."""
    bad_pixels: Path | None = None
    """Bad pixels of the sensor: an image, ENVI or TIFF, negative or else not 0; or text, a band and a sample a
    row; or a HySpex camera's recording or settings."""
    bad_bands: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """Bands, from 0, that are bad in every sample, as the `bbl` of an ENVI header lists them."""
    no_data: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """The count that stands for no data in a recording: a sample that has it in any band is invalid."""
    find_bad_pixels: bool = False
    """Whether elements that dark and white show to be hot, dead or noisy are bad."""
    largest_gap: Annotated[int, Field(ge=1)] = 4
    """So many bad pixels side by side along the bands are repaired, more are lost."""
    nonlinearity: Coefficients = ()
    """c1, c2, c3 of the polynomial that makes signals linear, of the signal in full scales."""
    smile_bands: tuple[float, ...] = ()
    """Shift of the band centres, in bands: a polynomial of the place across, -1 at the first sample of the sensor's
    `geometry_samples` to 1, from the constant up."""
    keystone_pixels: tuple[float, ...] = ()
    """Shift of what a band sees, in samples: a polynomial of the band's place, -1 at the first band to 1."""
    geometry_samples: Annotated[int, Field(ge=0)] = 0
    """Samples of the whole sensor that the smile is given for; 0 are those of the stream."""
    geometry: Path | None = None
    """Instead of both: an ENVI file of two lines (2, bands, samples), the smile and keystone of each element."""
    least_signal: Annotated[float, Field(gt=0, lt=1)] = 0.005
    """Least signal that is taken for a white reference, as a share of full scale."""
    least_snr: Annotated[float, Field(ge=0)] = 10.0
    """The least ratio of that signal to its own noise, that of the mean of all lines."""
    panel_uncertainty: Share = 0.0
    """Relative standard uncertainty of the panel's certified reflectance, or of the radiance coefficients."""
    shade: DarkColumns | None = None
    """Samples that no light falls on, to follow the dark by."""


NOTHING = Correction()
"""No step but dark and ratio."""
