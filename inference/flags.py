"""Flags: what is to be said of a sample besides its numbers."""

from __future__ import annotations

from enum import IntFlag


class Quality(IntFlag):
    """Reasons why a sample is flagged. A flagged value is never silent; from SATURATED, REFERENCE, LOST and NO_DATA
    nothing is to be concluded, the others only say how the value came about."""

    SATURATED = 1
    """A count of this line is at full scale."""
    REFERENCE = 2
    """White is hardly above dark, or hardly above its noise, in at least one band: that reflectance is NaN."""
    DOUBTFUL = 4
    """The white was saturated in at least one band, so reflectance there is too high; it is computed all the same."""
    REPAIRED = 8
    """A bad pixel was replaced from its neighbours along the bands."""
    LOST = 16
    """Too many bad pixels side by side, or beyond the sensor's edge: that reflectance is NaN."""
    NEGATIVE = 32
    """Reflectance is below zero in at least one band; it is kept."""
    NO_DATA = 64
    """The recording holds no data for it, by the value that its header gives for that: all its reflectance is NaN."""


UNUSABLE = int(Quality.SATURATED | Quality.REFERENCE | Quality.LOST | Quality.NO_DATA)
"""Bits of `invalid` from which nothing is to be concluded."""
