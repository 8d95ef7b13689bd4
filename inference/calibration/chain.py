"""Correction chain, prepared in float64 for one stream; the kernels only compute.

    s = S - D                               dark at the sample's exposure and temperature
    s' = s                                  bad pixels from their neighbours
    l = s' (1 + c1 s' + c2 s'^2 + ...)      non-linearity
    m = K l                                 smile and keystone, K a sparse operator
    R = rho m / K l(W - D_w) . (t_w g_w)/(t_s g_s)    ratio, rho the panel's certified reflectance, or
    L = k m / (t_s g_s)                     radiance

All but K is per element, so that what is left of it is a dark, a gain and a polynomial. The white goes through the same
steps first. Where its signal is under a limit, or under so many times its own noise, the gain is NaN: never a number.

What is not known is carried along as NaN in an array that is 0 elsewhere. All steps are linear, so such an array can go
through them beside the values, and what has become of it is added to them: it changes no number, and makes NaN of
each value that anything unknown has gone into.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.calibration import bad_pixels, uncertainty
from inference.calibration.bad_pixels import RepairPlan
from inference.calibration.dark_model import Dark, dark_at
from inference.calibration.geometry import Diagonals, operators
from inference.calibration.noise_model import NoiseModel
from inference.calibration.settings import Correction
from inference.flags import Quality
from inference.references.reference import Reference
from oreline.errors import ConfigError, ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recordings.conditions import SAME_EXPOSURE

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CorrectionTables:
    """Tables of the kernels, all float64 (bands, samples) but where said otherwise.

    `dark` counts. `gain`: of a corrected count, NaN where nothing can be concluded. `white`: signal of the white on the
    corrected grid. `curve`: c1, c2, c3 for a signal in counts, (3,). `smile`, `keystone`: None for a straight sensor.
    `flags`: `Quality` bits of every line, uint8 (samples,). `variance`: a, b, c of the uncertainty,
    (3, bands, samples). `bad`: bits of `bad_pixels.PixelFault`, uint8 (bands, samples).
    """

    dark: Array
    gain: Array
    white: Array
    curve: Array
    repairs: RepairPlan
    smile: Diagonals | None
    keystone: Diagonals | None
    flags: NDArray[np.uint8]
    variance: Array
    bad: NDArray[np.uint8]

    @property
    def straight(self) -> bool:
        return self.smile is None and self.keystone is None


def build_chain(reference: Reference, info: StreamInfo, correction: Correction) -> CorrectionTables:
    """Prepare the chain for a stream. Raises ReferenceRefused where the reference does not serve it, ConfigError where
    a file does not."""
    region = _finite(reference.region(info))
    ratio = region.panel[:, None] * region.exposure_ratio(info)
    dark, of_white = _darks(region, info, correction)
    counts, signal = dark.of(region.all_darks), region.white.mean - of_white.of(region.all_darks)
    noise, curve = NoiseModel.estimate(region), _curve(info, correction)
    bad, k = _bad(region, info, noise, correction), _coefficients(region, info, correction)
    repairs = RepairPlan.of(bad != 0, signal if k is None else _inverse(k), correction.largest_gap)
    smile, keystone = operators(correction, info)
    geometry = [step for step in (keystone, smile) if step is not None]
    white, lost = linear(repairs(signal), curve), _unknown(repairs.lost)
    faint = _faint(region, of_white, white, correction) if k is None else ~(k > 0)
    white = white + repairs(_unknown(faint | (counts < 0) | (counts > info.full_scale)))
    for step in geometry:
        white, lost = step(white), step(lost)
    gain = (ratio * _inverse(white) if k is None else k + _unknown_in(white)) + _unknown_in(lost)
    gain = np.where((gain > 0) & (gain < np.inf), gain, np.nan)
    warmer = counts - region.dark.mean
    terms = uncertainty.terms(region, noise, (dark, of_white), info.gain, warmer, white, gain, correction)
    variance = _carried(terms, repairs, geometry) + _unknown_in(gain)
    saturated = (region.white.saturated > 0) & (k is None)
    flags = _flags(saturated, repairs, gain, np.isnan(lost), geometry)
    return CorrectionTables(counts, gain, white, curve, repairs, smile, keystone, flags, variance, bad)


def _unknown(where: NDArray[np.bool_]) -> Array:
    """NaN where something is not known, 0 elsewhere."""
    return np.where(where, np.nan, 0.0)


def _unknown_in(values: Array) -> Array:
    """NaN where a value is NaN, 0 elsewhere, for finite values."""
    return 0.0 * values


def _curve(info: StreamInfo, correction: Correction) -> Array:
    """The polynomial's coefficients for a signal in counts."""
    curve = np.zeros(3)
    curve[: len(correction.nonlinearity)] = correction.nonlinearity
    return curve / float(info.full_scale) ** np.arange(1, 4)


def _finite(region: Reference) -> Reference:
    """Without light where anything that was measured is not a number; so nothing is concluded there."""
    every = (*region.all_darks, region.white)
    known = np.all([np.isfinite(one.mean) & (np.isfinite(one.std) | ~one.has_std) for one in every], axis=0)
    if known.all():
        return region
    dark, *darks, white = (
        replace(one, mean=np.where(known, one.mean, 0.0), std=np.where(known, one.std, 0.0)) for one in every
    )
    return replace(region, dark=dark, darks=tuple(darks), white=white)


def _inverse(values: Array) -> Array:
    """1/x where x is above zero, NaN elsewhere."""
    return np.asarray(np.divide(1.0, values, out=np.full(values.shape, np.nan), where=values > 0))


def linear(signal: Array, curve: Array) -> Array:
    """Signals made linear, float64 (bands, samples) of counts. EMVA Standard 1288 measures what is left."""
    return np.asarray(signal * (1.0 + signal * (curve[0] + signal * (curve[1] + signal * curve[2]))))


def _darks(region: Reference, info: StreamInfo, correction: Correction) -> tuple[Dark, Dark]:
    """Darks of the stream and of its white: the one captured with it, where both have one exposure, as far as
    that is known."""

    def at(exposure: float, temperature_c: float) -> Dark:
        return dark_at(
            region.all_darks, exposure, temperature_c,
            black_level=correction.black_level, limit=correction.dark_exposure_limit,
        )  # fmt: skip

    white = region.white
    own = Dark(np.eye(1, len(region.all_darks))[0])
    together = not abs(white.exposure / region.dark.exposure - 1.0) > SAME_EXPOSURE
    return (
        at(info.exposure_us * info.gain, info.temperature_c),
        own if together else at(white.exposure, white.temperature_c),
    )


def _bad(region: Reference, info: StreamInfo, noise: NoiseModel, correction: Correction) -> NDArray[np.uint8]:
    bad = np.zeros((info.bands, info.samples), np.uint8)
    if correction.find_bad_pixels:
        bad |= bad_pixels.detect(region, noise)
    if correction.bad_pixels is not None:
        listed = bad_pixels.load_map(correction.bad_pixels, info.bands, info.offset_x, info.samples)
        bad |= np.where(listed, np.uint8(bad_pixels.PixelFault.LISTED), np.uint8(0))
    if any(band >= info.bands for band in correction.bad_bands):
        raise ConfigError(f"bad_bands names band {max(correction.bad_bands)}, the stream has 0..{info.bands - 1}")
    bad[list(correction.bad_bands)] |= np.uint8(bad_pixels.PixelFault.LISTED)
    return bad


def _coefficients(region: Reference, info: StreamInfo, correction: Correction) -> Array | None:
    """Radiance of a count of this stream, where radiance is wanted."""
    if correction.quantity == "reflectance":
        return None
    if region.coefficients is None:
        raise ReferenceRefused(
            f"reference {region.id} has no radiometric coefficients: import them, or ask for reflectance"
        )
    return np.asarray(region.coefficients / (info.exposure_us * info.gain))


def _faint(region: Reference, dark: Dark, white: Array, correction: Correction) -> NDArray[np.bool_]:
    """Elements where the white's signal is under one of the limits, as far as its noise is known."""
    variance = np.nan_to_num(region.white.std**2 / region.white.lines + uncertainty.weighted(region, dark, dark))
    enough = white >= correction.least_signal * region.full_scale
    return np.asarray(~(enough & (white >= correction.least_snr * np.sqrt(variance))))


def _flags(
    saturated: NDArray[np.bool_], repairs: RepairPlan, gain: Array, lost: NDArray[np.bool_], geometry: list[Diagonals]
) -> NDArray[np.uint8]:
    """Quality bits that are known of each sample before any line has come. `saturated`: where the white was."""
    bad = np.zeros(gain.shape, np.bool_)
    bad.ravel()[repairs.index] = True
    doubtful, mended = saturated & ~bad, bad & ~repairs.lost
    for step in geometry:
        doubtful, mended = (np.nan_to_num(step(mask.astype(np.float64))) != 0.0 for mask in (doubtful, mended))
    places = (
        (Quality.DOUBTFUL, doubtful),
        (Quality.REFERENCE, np.isnan(gain) & ~lost),
        (Quality.REPAIRED, mended),
        (Quality.LOST, lost),
    )
    flags = np.zeros(gain.shape[1], np.uint8)
    for flag, where in places:
        flags |= np.where(where.any(axis=0), np.uint8(flag), np.uint8(0))
    return flags


def _carried(terms: Array, repairs: RepairPlan, geometry: list[Diagonals]) -> Array:
    """The terms of the variance, (3, bands, samples), of what was repaired and resampled.

    The gain that they were made with is that of the place where a value ends. Where that is NaN, but the element is
    used for its neighbours, the largest of its band stands for it.
    """
    flat = terms.reshape(3, -1)
    near, far = (1.0 - repairs.share) ** 2, repairs.share**2
    flat[:, repairs.index] = near * flat[:, repairs.below] + far * flat[:, repairs.above]
    unknown = np.isnan(terms)
    if geometry and unknown.any():
        terms = np.where(unknown, np.max(terms, axis=2, keepdims=True, initial=0.0, where=~unknown), terms)
    for step in geometry:
        terms = np.stack([step.squared()(table) for table in terms])
    return terms
