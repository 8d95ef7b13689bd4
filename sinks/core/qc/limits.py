"""Limits beyond which a box is looked at, or scanned again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oreline.config import Section

Share = Annotated[float, Field(ge=0, le=1)]


class QcLimits(Section):
    """When a technician is to look at a box, or to scan it again."""

    reference_h: Annotated[float, Field(gt=0)] = 4.0
    """Age of dark and white, in hours, beyond which new ones are asked for."""
    drift: Share = 0.05
    """Change of the white's light since the reference before."""
    tilt: Share = 0.03
    """Change of its colour: how far the change of any band departs from that of all."""
    saturated: Share = 0.002
    """Share of the rock that was too bright; ten times that asks for another scan."""
    dark_column: Share = 0.25
    """How much less light a column has than those beside it, where dust or a scratch is taken to lie on it."""
    edge_lines: Share = 0.02
    """Share of lines whose rock is cut by an end of the field of view."""
    missing_mm: Annotated[float, Field(gt=0)] = 5.0
    """Longest stretch of missing lines with which a box passes."""
    encoder_steps: Share = 0.01
    """Share of lines between which the encoder went half a step more or less than it should, or was not read."""
    unknown: Share = 0.5
    """Share of the rock that has no mineral."""
    noisy: Share = 0.2
    """Share of the rock that is too dark or too noisy to tell; three times that asks for another scan."""
    wavelength_nm: Annotated[float, Field(gt=0)] = 1.0
    """How far features of a standard may lie from their certified places below 2000 nm; half as much again above."""
    standard_h: Annotated[float, Field(gt=0)] = 12.0
    """Age of the last check of wavelengths, in hours, beyond which another is asked for, once there was one."""
