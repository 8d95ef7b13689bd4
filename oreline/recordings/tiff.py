"""TIFF cubes as GDAL and rasterio write them: what the tags say, and the decoded values.

Some dialects spread an image over several files, which their tags name. Those are not followed: the image is that of
the file alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.recordings.envi_header import braces
from oreline.recordings.tiff_bands import GdalItems, bands_of, json_names

logging.getLogger("tifffile").setLevel(logging.CRITICAL)
"""It complains of each tag that it cannot read, also of those that nobody asks it for."""
_LARGEST = 4 << 30
_PIXEL_SCALE, _TIEPOINT, _GEO_KEYS, _GDAL_METADATA, _GDAL_NO_DATA = 33550, 33922, 34735, 42112, 42113
_SCALES = {"data gain values": "scale", "data offset values": "offset"}
_PAGE_NAME, _DESCRIPTION = 285, 270


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
    bad_bands: tuple[int, ...] = ()
    ignored: float | None = None
    notes: tuple[str, ...] = ()


def read_layout(path: Path) -> TiffLayout:
    """What a TIFF holds, without decoding it. Raises RecordingError where it is no image of bands.

    Wavelengths are () unless every band has one: see `tiff_bands`. `x_start` is the model tie point's x where pixels
    are 1 wide and no map projection is given, as a crop of a recording is stored.
    """
    with _opened(path) as file:
        series, tags = file.series[0], {tag.code: tag.value for tag in file.pages.first.tags}
        metadata = str(tags.get(_GDAL_METADATA, ""))
        axes = series.axes.replace("Y", "").replace("X", "")
        if series.dtype is None or len(axes) > 1 or "YX" not in series.axes:
            raise RecordingError(f"{path}: {series.axes} {series.shape} is no cube of bands, lines and samples")
        size = dict(zip(series.axes, series.shape, strict=True))
        bands = size[axes] if axes else 1
        items = GdalItems.parse(metadata)
        scales = {key: braces(items.column((name,), bands)) for key, name in _SCALES.items()}
        said = bands_of(items, bands, _names(file, bands))
        return TiffLayout(
            samples=size["X"],
            bands=bands,
            lines=size["Y"],
            interleave="bsq" if series.axes.endswith("YX") else "bip",
            dtype=np.dtype(series.dtype).newbyteorder("="),
            wavelengths_nm=said.wavelengths_nm,
            x_start=_x_start(tags),
            metadata={"gdal metadata": metadata, **scales, **items.image},
            bad_bands=said.bad_bands,
            ignored=_ignored(str(tags.get(_GDAL_NO_DATA, ""))),
            notes=said.notes,
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


def _refuse_several(path: Path, file: tifffile.TiffFile) -> None:
    """The image is the first, and all of it: others may be smaller views of it and masks."""
    first, *others = file.series
    rest = [one for one in others if not (one.keyframe.is_mask or one.keyframe.is_reduced)]
    if any(one.nbytes >= first.nbytes or one.keyframe.shape[:2] == first.keyframe.shape[:2] for one in rest):
        shapes = ", ".join(f"{one.shape} {one.dtype}" for one in (first, *rest)[:4])
        raise RecordingError(f"{path} holds {len(rest) + 1} images: {shapes}; save the bands as one image of one kind")


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
            _refuse_several(path, file)
            yield file
    except RecordingError:
        raise
    except Exception as error:  # whatever the parser and its codecs raise on damaged bytes
        raise RecordingError(f"{path} is not a TIFF that can be read, or it is damaged: {error}") from error


def _names(file: tifffile.TiffFile, bands: int) -> list[list[str]]:
    """Names of the bands that other programs than GDAL give, by each way that this file has."""
    labels = (file.imagej_metadata or {}).get("Labels", []) if file.is_imagej else []
    described = [json_names(found) for found in file.shaped_metadata or () if isinstance(found, Mapping)]
    found = [list(map(str, labels)), *described]
    if bands > 1 and len(file.pages) == bands:
        tags = [page.tags for page in file.pages if isinstance(page, tifffile.TiffPage)]
        found += [[str(of.valueof(code, "")) for of in tags] for code in (_PAGE_NAME, _DESCRIPTION)]
    return found


def _ignored(text: str) -> float | None:
    """GDAL's value for no data, NaN included; None where there is none."""
    try:
        return float(text.strip("\0 ")) if text.strip("\0 ") else None
    except ValueError:
        return None


def _x_start(tags: dict[int, Any]) -> int:
    scale, tie = tags.get(_PIXEL_SCALE, ()), tags.get(_TIEPOINT, ())
    if _GEO_KEYS in tags or len(tie) < 6 or not scale or scale[0] != 1:
        return 0
    start = float(tie[3]) - float(tie[0])
    return int(start) if start.is_integer() and 0 <= start < 1 << 20 else 0
