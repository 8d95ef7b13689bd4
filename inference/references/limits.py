"""Limits: a line's configuration of the references that it believes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oreline.config import Section

Share = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(Section):
    """[inference.limits]: beyond them a reference is refused, and the old one stays in force. Those that compare need
    an older reference; without one, what only a comparison could prove is said and taken."""

    refuse: bool = True
    """False: what speaks against a reference is only said, as for a recording, which has the references that it has."""
    lines: Annotated[int, Field(ge=2)] = 100
    """Lines of a kind below which a reference is warned of."""
    least_lines: Annotated[int, Field(ge=2)] = 2
    """Lines of a kind below which a reference is refused."""
    outliers: Share = 0.1
    """Share of a kind's values that is nothing like the rest of it."""
    saturated: Share = 0.2
    """Share of the white's elements that were at full scale."""
    signal: Share = 0.05
    """Least light of the panel in its brightest elements, as a share of full scale."""
    leak: Share = 0.005
    """Share of the panel's light in the dark reference beyond which light leaks in."""
    shutter: Share = 0.03
    """Share of the panel's light in the dark reference beyond which the shutter was open."""
    change: Share = 0.3
    """By how much the panel may be brighter or darker than last time, relative."""
    dark_change: Share = 0.1
    """By how much the dark reference may differ from last time, mean over its elements, as a share of full scale."""
    panel: Share = 0.1
    """By how much some samples of the panel may differ from what they should be, relative."""
    tilt: Share = 0.1
    """By how much one side of the panel may have grown brighter than the other, relative."""
    motion: Share = 0.01
    """Standard deviation of single samples of the panel from line to line beyond their noise, relative."""
    flicker: Share = 0.02
    """Standard deviation of whole lines of the panel from line to line, relative: the lamp's."""
    exposure_ratio: Annotated[float, Field(gt=1, allow_inf_nan=False)] = 20.0
    """Ratio that the exposures (times gain) of white reference and sample may have, either way round."""
    warn_age_h: Positive | None = 8.0
    """Age in hours beyond which a reference is warned of; None: never."""
    age_h: Positive | None = 24.0
    """Age in hours beyond which a line does not start with a reference; None: it always does."""
    warn_temperature_k: Positive | None = 3.0
    """Kelvin between the camera now and its dark and white references, beyond which they are warned of; None: never."""
    temperature_k: Positive | None = 10.0
    """Kelvin between the camera now and its dark and white references, beyond which a line does not start; None: it
    always does."""
