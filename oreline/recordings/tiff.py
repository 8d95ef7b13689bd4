"""TIFF cubes as GDAL and rasterio write them: what the tags say, and the decoded values.

Some dialects spread an image over several files, which their tags name. Those are not followed: the image is that of
the file alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from oreline.errors import RecordingError

_DESCRIPTION = re.compile(r'<Item name="DESCRIPTION" sample="(\d+)"[^>]*>\s*(\d+(?:\.\d+)?)\s*(?:nm)?\s*</Item>')
_LARGEST = 4 << 30
_PIXEL_SCALE, _TIEPOINT, _GEO_KEYS, _GDAL_METADATA = 33550, 33922, 34735, 42112


@dataclass(frozen=True)
class TiffLayout:
    """Shape and tags. `interleave` is "bip" for chunky pixels and "bsq" for one plane (or page) a band."""

    samples: int
    bands: int
    lines: int
    interleave: str
    dtype: np.dtype[Any]
    wavelengths_nm: tuple[float, ...]
    x_start: int
    metadata: dict[str, str]


def read_layout(path: Path) -> TiffLayout:
    """What a TIFF holds, without decoding it. Raises RecordingError where it is no image of bands.

    Wavelengths are GDAL's band descriptions, in nanometres; () unless every band has one. `x_start` is the model
    tie point's x where pixels are 1 wide and no map projection is given, as a crop of a recording is stored.
    """
    with _opened(path) as file:
        series, tags = file.series[0], {tag.code: tag.value for tag in file.pages.first.tags}
        metadata = str(tags.get(_GDAL_METADATA, ""))
        axes = series.axes.replace("Y", "").replace("X", "")
        if series.dtype is None or len(axes) > 1 or "YX" not in series.axes:
            raise RecordingError(f"{path}: {series.axes} {series.shape} is no cube of bands, lines and samples")
        size = dict(zip(series.axes, series.shape, strict=True))
        bands = size[axes] if axes else 1
        return TiffLayout(
            samples=size["X"],
            bands=bands,
            lines=size["Y"],
            interleave="bsq" if series.axes.endswith("YX") else "bip",
            dtype=np.dtype(series.dtype).newbyteorder("="),
            wavelengths_nm=_wavelengths(metadata, bands),
            x_start=_x_start(tags),
            metadata={"gdal metadata": metadata},
        )


def read_cube(path: Path, layout: TiffLayout) -> NDArray[Any]:
    """All values (lines, bands, samples), decoded into memory. Raises RecordingError, also above 4 GiB."""
    size = layout.lines * layout.bands * layout.samples * layout.dtype.itemsize
    if size > _LARGEST:
        raise RecordingError(
            f"{path} decodes to {size >> 30} GiB: convert it to ENVI BIL, which is read piece by piece"
        )
    planes = layout.interleave == "bsq"
    rest = (layout.lines, layout.samples)
    with _opened(path) as file:
        values = file.asarray(series=0).reshape((layout.bands, *rest) if planes else (*rest, layout.bands))
    return np.moveaxis(values, 0, 1) if planes else np.moveaxis(values, 2, 1)


def _check_size(path: Path, file: tifffile.TiffFile) -> None:
    """What is stored as it is cannot be larger than its file."""
    stored = file.pages.first.compression == tifffile.COMPRESSION.NONE
    if stored and file.series[0].nbytes > file.filehandle.size:
        raise RecordingError(f"{path} is cut short: its tags promise {file.series[0].nbytes} bytes; copy it again")


@contextmanager
def _opened(path: Path) -> Iterator[tifffile.TiffFile]:
    try:
        with tifffile.TiffFile(path, is_ome=False, is_mmstack=False, is_ndtiff=False) as file:
            _check_size(path, file)
            yield file
    except RecordingError:
        raise
    except Exception as error:  # whatever the parser and its codecs raise on damaged bytes
        raise RecordingError(f"{path} is not a TIFF that can be read, or it is damaged: {error}") from error


def _wavelengths(metadata: str, bands: int) -> tuple[float, ...]:
    found = {int(sample): float(value) for sample, value in _DESCRIPTION.findall(metadata)}
    return tuple(found[band] for band in range(bands)) if set(found) >= set(range(bands)) else ()


def _x_start(tags: dict[int, Any]) -> int:
    scale, tie = tags.get(_PIXEL_SCALE, ()), tags.get(_TIEPOINT, ())
    if _GEO_KEYS in tags or len(tie) < 6 or not scale or scale[0] != 1:
        return 0
    start = float(tie[3]) - float(tie[0])
    return int(start) if start.is_integer() and 0 <= start < 1 << 20 else 0
