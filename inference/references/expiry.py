"""Expiry of a reference: it ages, and the camera gets warmer or cooler than it was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from inference.references.findings import Finding
from inference.references.limits import Limits
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import StreamInfo


@dataclass(frozen=True, slots=True)
class Stale(Finding):
    """A limit that a reference has passed. `refused`: that with which no line starts."""

    refused: bool = False


def staleness(reference: Reference, info: StreamInfo, limits: Limits, now: datetime | None = None) -> list[Stale]:
    """Limits of age and temperature that are passed; what is not known passes none."""
    hours = reference.age_s(now) / 3600
    kelvin = _off(reference, info.temperature_c)
    measures = (
        ("stale_age", f"reference {reference.id} is {hours:.1f} h old", hours, limits.warn_age_h, limits.age_h),
        (
            "stale_temperature",
            f"the camera has {info.temperature_c:.1f} C, {kelvin:.1f} K from where reference {reference.id} was taken",
            kelvin, limits.warn_temperature_k, limits.temperature_k,
        ),
    )  # fmt: skip
    findings = []
    for code, words, value, warn, refuse in measures:
        refused = refuse is not None and value > refuse
        if refused or (warn is not None and value > warn):
            limit = f"a line does not start beyond {refuse:g}" if refused else f"the limit is {warn:g}"
            findings.append(Stale(code, f"{words}, {limit}: capture dark and white again", refused=refused))
    return findings


def refuse_stale(reference: Reference, info: StreamInfo, limits: Limits) -> None:
    """Raises ReferenceRefused where a line may not start with the reference, saying all that speaks against it."""
    hard = [one for one in staleness(reference, info, limits) if one.refused]
    if hard:
        raise ReferenceRefused("; ".join(one.words for one in hard), hard[0].code)


def _off(reference: Reference, temperature_c: float) -> float:
    """Kelvin between the camera now and the white reference, or the nearest dark one, whichever is more; NaN where
    unknown."""
    white = abs(temperature_c - reference.white.temperature_c)
    dark = min(abs(temperature_c - one.temperature_c) for one in (reference.dark, *reference.darks))
    return max(white, dark) if not math.isnan(white) and not math.isnan(dark) else math.nan
