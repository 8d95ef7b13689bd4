"""Certificates that a reference carries along: the white panel's curve, and the camera's radiometric
coefficients. Each is a file, read for the bands and columns of the reference, with its sha256."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.references.files import sha256_of
from inference.references.reference import Reference
from oreline.errors import RecordingError, ReferenceRefused
from oreline.number_table import TableError, read_columns
from oreline.recordings.recording import open_recording

WAVELENGTH_TOLERANCE_NM = 2.0
"""A band may be so far from where its coefficients say that it is, as wavelengths are rounded."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files that go with every reference that is taken from now on; None where there is none."""

    panel: Path | None = None
    coefficients: Path | None = None
    coefficients_unit: str = ""

    def applied(self, reference: Reference) -> Reference:
        """The reference with them. Raises ReferenceRefused where a file does not fit it."""
        if self.panel is not None:
            curve = panel_curve(self.panel, reference.wavelengths_nm)
            reference = replace(
                reference, panel=curve, panel_name=self.panel.name, panel_sha256=sha256_of(self.panel), id=""
            )
        if self.coefficients is not None:
            values = radiometric(self.coefficients, reference)
            reference = replace(reference, coefficients=values, coefficients_unit=self.coefficients_unit, id="")
        return reference


def panel_curve(path: Path, wavelengths_nm: tuple[float, ...]) -> NDArray[np.float64]:
    """Certified reflectance of a panel at the bands, float64 (bands,), by straight lines between its points.

    The file is text, a wavelength in nm and a reflectance from 0 to 1 on each line. Raises ReferenceRefused for values
    that no panel has, or a range that does not cover the bands.
    """
    nm, reflectance = _table(path, "panel_file").T
    if np.any(np.diff(nm) <= 0) or not np.all((reflectance > 0) & (reflectance <= 1.2)):
        raise ReferenceRefused(
            f"{path} is no panel's certificate: wavelengths in nm rise, reflectance is from 0 to 1, not in percent",
            "panel_file",
        )  # fmt: skip
    low, high = min(wavelengths_nm), max(wavelengths_nm)
    if nm[0] > low or nm[-1] < high:
        raise ReferenceRefused(
            f"{path} covers {nm[0]:g} to {nm[-1]:g} nm, the camera {low:g} to {high:g}: take one that covers all",
            "panel_file",
        )  # fmt: skip
    return np.asarray(np.interp(wavelengths_nm, nm, reflectance))


def radiometric(path: Path, reference: Reference) -> NDArray[np.float64]:
    """Radiance of a count that came in a microsecond, float64 (bands, samples).

    The file is ENVI of one line, for the whole sensor or for just these columns, or text whose second column has one
    value a band. Raises ReferenceRefused where it does not fit.
    """
    bands, samples, first = len(reference.wavelengths_nm), reference.samples, reference.x_start
    if path.suffix.lower() in (".txt", ".csv"):
        table = _table(path, "coefficients")
        _refuse_other_bands(path, table[:, 0], reference.wavelengths_nm)
        values = np.repeat(table[:, 1:2], samples, axis=1)
    else:
        try:
            values = np.array(open_recording(path).cube[0], np.float64)
        except (RecordingError, IndexError) as error:
            raise ReferenceRefused(f"the coefficients cannot be read: {error}", "coefficients") from None
        values = values[:, first : first + samples] if values.shape[1] >= first + samples else values
    if values.shape != (bands, samples) or not np.all(np.isfinite(values) & (values >= 0)):
        raise ReferenceRefused(
            f"{path} has {values.shape} coefficients, the reference {(bands, samples)} elements, and none may be below "
            "zero: take the file of this camera", "coefficients",
        )  # fmt: skip
    return values


def _refuse_other_bands(path: Path, column: NDArray[np.float64], wavelengths_nm: tuple[float, ...]) -> None:
    """The first column is the wavelength of each band, or its number."""
    counted = (np.arange(len(column)), np.arange(1, len(column) + 1))
    known = not np.array_equal(wavelengths_nm, counted[1])
    if len(column) != len(wavelengths_nm) or not known or any(np.array_equal(column, count) for count in counted):
        return
    away = np.abs(column - wavelengths_nm)
    if away.max() > WAVELENGTH_TOLERANCE_NM:
        band = int(np.argmax(away > WAVELENGTH_TOLERANCE_NM))
        raise ReferenceRefused(
            f"{path} has {column[band]:g} nm for band {band}, not {wavelengths_nm[band]:g} nm: give a line for "
            "each band of this camera, in its order", "coefficients",
        )  # fmt: skip


def _table(path: Path, code: str) -> NDArray[np.float64]:
    try:
        return read_columns(path)
    except OSError as error:
        raise ReferenceRefused(f"{path} cannot be read: {error.strerror or error}", code) from None
    except TableError as error:
        raise ReferenceRefused(
            f"{path} cannot be read: {error}; give a wavelength in nm and a value a line", code
        ) from None
