"""Acceptance of a new reference beside the one that is in force: a shutter sticks, light leaks in, a panel
gets dirty or is moved, a lamp dies, and none of that may become the measure of all that follows.

All that speaks against it is told together, but for what follows from the rest: a dark that is lit spoils all light,
and values are left out as outliers whatever the reason.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from inference.references.findings import Finding
from inference.references.limits import Limits
from inference.references.measurement import Measurement
from inference.references.panel_checks import panel_faults
from inference.references.reference import Reference
from oreline.recordings.conditions import SAME_EXPOSURE

FEW, AVERAGED = "few_lines", "averaged"
OWN = 0.1
"""Share of the light that a sensor's own pattern may look like, where nothing moves in its dark: that of a spectrometer
in space (EMIT) looks like 8 % of a dim scene's, that of a core scanner like 0.02 % of its panel's."""


def check_reference(new: Reference, old: Reference | None, limits: Limits) -> list[Finding]:
    """Findings against a reference; none where it is good.

    `old`: the one in force. Where it is of another camera or region, the new one is only compared with itself.
    """
    earlier = old if old is not None and comparable(new, old) else None
    findings = [*_lines(new, limits), *_steadiness(new, limits), *_exposures(new), *saturated(new, limits.saturated)]
    findings += _light_findings(new, earlier, limits)
    return findings or _outliers(new, limits)


def _light_findings(new: Reference, old: Reference | None, limits: Limits) -> list[Finding]:
    spoilt = [*(_leak(new, old, limits) if old else []), *_dim(new, limits)][:1] or _lit(new, limits, first=old is None)
    if spoilt:
        return spoilt
    across = _ratio(new, old) if old else np.median(_light(new), axis=0)
    faults = panel_faults(across, limits, compared=old is not None)
    changed = _changed(new, old, limits) if old else []
    return [*changed, *(Finding(code, words, certain=old is not None) for code, words in faults)]


def comparable(new: Reference, old: Reference) -> bool:
    """Whether two references are of the same elements of one camera."""
    return (new.serial, new.wavelengths_nm, new.x_start, new.samples, new.full_scale) == (
        old.serial, old.wavelengths_nm, old.x_start, old.samples, old.full_scale,
    )  # fmt: skip


def _light(reference: Reference) -> NDArray[np.float64]:
    return reference.white.mean - reference.dark.mean


def _ratio(new: Reference, old: Reference) -> NDArray[np.float64]:
    """The panel's light against last time, for the same exposure, float64 (samples,)."""
    expected = _light(old) * exposure_ratio(new, old)
    return np.asarray(np.median(_light(new) / np.maximum(expected, 1.0), axis=0))


def exposure_ratio(new: Reference, old: Reference) -> float:
    """How many times as long the new white was exposed; 1 where that is not known of both."""
    ratio = new.white.exposure / old.white.exposure
    return 1.0 if math.isnan(ratio) else ratio


def _lines(new: Reference, limits: Limits) -> list[Finding]:
    few = [kind for kind in (new.dark, new.white) if kind.has_std and kind.lines < limits.least_lines]
    return [Finding(FEW, _few(few, limits.least_lines))] if few else []


def few_lines(new: Reference, limits: Limits) -> list[Finding]:
    """Findings against a reference that is taken all the same."""
    averaged = [name for name, kind in (("dark", new.dark), ("white", new.white)) if not kind.has_std]
    if averaged:
        words = f"the lines of {' and '.join(averaged)} were averaged before: how sure a reflectance is, is not known"
        return [Finding(AVERAGED, words)]
    few = [kind for kind in (new.dark, new.white) if kind.lines < limits.lines]
    return [Finding(FEW, _few(few, limits.lines))] if few else []


def _few(few: list[Measurement], limit: int) -> str:
    return f"only {min(kind.lines for kind in few)} lines of a kind: capture {limit} or more"


def _outliers(new: Reference, limits: Limits) -> list[Finding]:
    findings = []
    for name, kind in (("dark", new.dark), ("white", new.white)):
        share = kind.rejected / (kind.lines * kind.mean.size)
        if share > limits.outliers:
            words = "something passed before the camera, or shutter or lamp came late"
            findings.append(Finding("outliers", f"{share:.0%} of the {name} is nothing like the rest of it: {words}"))
    return findings


def _steadiness(new: Reference, limits: Limits) -> list[Finding]:
    findings, motion, flicker = [], new.white.motion, new.white.flicker
    if motion > limits.motion:
        findings.append(Finding("moving", f"the panel's samples change by {motion:.1%} from line to line: it moves"))
    if flicker > limits.flicker:
        findings.append(Finding("unsteady", f"the light changes by {flicker:.1%} from line to line: the lamp flickers"))
    return findings


def _exposures(new: Reference) -> list[Finding]:
    dark, white = ((kind.exposure_us, kind.gain) for kind in (new.dark, new.white))
    if np.allclose(dark, white, rtol=SAME_EXPOSURE, equal_nan=True):
        return []
    settings = [f"{exposure:g} us and gain {gain:g}" for exposure, gain in (dark, white)]
    words = f"the dark was taken with {settings[0]}, the white with {settings[1]}: take both with one setting"
    return [Finding("exposure", words)]


def saturated(new: Reference, limit: float) -> list[Finding]:
    """Findings where more than that share of the white is at full scale, so that reflectance comes out too high."""
    share = float((new.white.saturated > 0).mean())
    if share <= limit:
        return []
    words = f"{share:.0%} of the white is at full scale, where reflectance comes out too high"
    return [Finding("saturated", f"{words}: expose less, or dim the lamp")]


def _dim(new: Reference, limits: Limits) -> list[Finding]:
    brightest = float(np.percentile(_light(new), 99)) / new.full_scale
    if brightest >= limits.signal:
        return []
    return [
        Finding(
            "too_dark",
            f"the panel gives {brightest:.1%} of full scale at most: check shutter, lamp and panel, or expose more",
        )
    ]


def _lit(new: Reference, limits: Limits, *, first: bool) -> list[Finding]:
    """A dark that is wrong without an earlier one: as bright as the light or, where it is the `first`, with the light's
    spectrum in it. That is looked for along the bands of each sample, since what lies there instead of the panel is not
    everywhere as bright. A sensor's own pattern may look a little like it, but does not move as a belt does."""
    dark, light = new.dark.mean, _light(new)
    if dark.mean() > light.mean():
        return [Finding("shutter", "the dark is as bright as the panel: the shutter did not close")]
    varies, own = dark - dark.mean(axis=0), light - light.mean(axis=0)
    share = float((varies * own).sum() / max((own * own).sum(), 1.0))
    if not first or share <= limits.shutter:
        return []
    certain = share > OWN or new.dark.motion > limits.motion
    return [
        Finding("shutter", f"the dark has {share:.0%} of the panel's light in it: the shutter did not close", certain)
    ]


def _leak(new: Reference, old: Reference, limits: Limits) -> list[Finding]:
    """Light that the dark has more than last time, as a share of the panel's; a warmer sensor has another spectrum.
    Darks of different exposures are not compared."""
    if not np.isclose(new.dark.exposure, old.dark.exposure, rtol=SAME_EXPOSURE):
        return []
    more, light = new.dark.mean - old.dark.mean, _light(old) * (new.dark.exposure / old.white.exposure)
    own = light - light.mean()
    share = float((more * own).sum() / max((own * own).sum(), 1.0))
    if share > limits.shutter:
        return [Finding("shutter", f"the dark has {share:.0%} of the panel's light in it: the shutter did not close")]
    if share > limits.leak:
        return [Finding("leak", f"the dark has {share:.1%} of the panel's light in it: light leaks in")]
    off = float(np.abs(more).mean()) / new.full_scale
    if off > limits.dark_change:
        return [
            Finding(
                "dark_change", f"the dark is off by {off:.0%} of full scale since last time: check cooling and shutter"
            )
        ]
    return []


def _changed(new: Reference, old: Reference, limits: Limits) -> list[Finding]:
    level, exposed = float(np.median(_ratio(new, old))), exposure_ratio(new, old)
    if abs(level - 1) <= limits.change:
        return []
    if abs(exposed - 1) > limits.change and abs(level * exposed - 1) <= limits.change:
        words = (
            f"by its exposure the white should have {exposed:.2g} times as many counts as last time, but it has about "
            "as many: check the camera's exposure and gain"
        )
        return [Finding("exposure", words)]
    return [Finding("change", f"the panel has {level:.0%} of the light it had last time: check lamp and panel")]
