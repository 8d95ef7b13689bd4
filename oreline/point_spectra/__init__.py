"""Point spectra: files of spectrometers, spectral libraries and core scanners, as reflectance on rising wavelengths.

`read_points(path)` reads any of them; each format is a file of this package, and a line in `formats.FORMATS`.
"""

from oreline.point_spectra.formats import FORMATS, read_points
from oreline.point_spectra.points import PointSpectra, Said
from oreline.point_spectra.resampling import gaps, resampled

__all__ = ["FORMATS", "PointSpectra", "Said", "gaps", "read_points", "resampled"]
