"""Mosaic as a cloud-optimised GeoTIFF, tiled and with overviews. Its y is minus the depth in m, its x goes across the
core in m: the hole goes down in every viewer, and row r of the file is row r of the mosaic.

Codes are a byte with a table of colours, and a name each among the band's tags. Features are float32, NaN where there
is none. False colour has alpha.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window as Place

from oreline.files import replacing
from sinks.core.pictures import ink
from sinks.core.pictures.layers import Codes, Colour
from sinks.core.pictures.mosaic import Grid, Mosaic, State, Window, windows

TILE, ROWS = 512, 4096
"""Side of a tile, and rows that are made at a time."""
STATES = {State.OUTSIDE: 249, State.NOT_SCANNED: 250, State.LOSS: 251}
"""Codes of what is no core."""
NAMES = {State.OUTSIDE: "beside the core", **ink.WORDS}


def write_geotiff(mosaic: Mosaic, path: Path, about: Mapping[str, str]) -> None:
    """Write a mosaic; `about`: what else the file's tags say."""
    grid, layer = mosaic.grid, mosaic.layer
    plain = path.with_name(path.name + ".plain.new")
    with replacing(path) as draft:
        try:
            with rasterio.open(plain, "w", **_profile(mosaic)) as file:
                file.update_tags(
                    **about, LAYER=layer.title, DEPTH_FROM_M=f"{grid.from_m:.9g}", DEPTH_STEP_M=f"{grid.step_m:.9g}",
                    AXES="x: across the core in m, y: minus the depth in m",
                )  # fmt: skip
                for window in windows(mosaic, ROWS):
                    rows = Place(0, window.first, grid.width, len(window.state))
                    file.write(_bands(mosaic, window), window=rows)
                _name(file, mosaic)
            copy(plain, draft, driver="COG", compress="deflate", predictor="yes", overview_resampling="nearest")
        finally:
            with suppress(OSError):
                plain.unlink()


def transform_of(grid: Grid) -> Affine:
    """From columns and rows to metres."""
    across = grid.across_mm / 1e3
    return Affine(across, 0.0, -across * grid.width / 2, 0.0, -grid.step_m, -grid.from_m)


def _profile(mosaic: Mosaic) -> dict[str, Any]:
    grid, layer = mosaic.grid, mosaic.layer
    bands = 4 if isinstance(layer, Colour) else 1
    dtype, nodata = ("uint8", STATES[State.OUTSIDE]) if isinstance(layer, Codes) else ("float32", np.nan)
    kinds = (
        {"photometric": "RGB", "alpha": "YES", "dtype": "uint8"} if bands == 4 else {"dtype": dtype, "nodata": nodata}
    )
    tiles = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate", "BIGTIFF": "IF_SAFER"}
    return {
        "driver": "GTiff", "width": grid.width, "height": grid.rows, "count": bands, "transform": transform_of(grid),
        **kinds, **tiles,
    }  # fmt: skip


def _name(file: Any, mosaic: Mosaic) -> None:
    """Say what the values are, once all have been met."""
    layer = mosaic.layer
    if isinstance(layer, Codes):
        names = {code: info.name for code, info in layer.known.items()}
        colours = {code: (*info.colour, 255) for code, info in layer.known.items()}
        for state, code in STATES.items():
            names[code], colours[code] = NAMES[state], _COLOURS[state]
        file.write_colormap(1, colours)
        file.update_tags(1, **{f"CLASS_{code}": name for code, name in names.items()})
    if not isinstance(layer, Colour):
        file.set_band_description(1, layer.name)


def _bands(mosaic: Mosaic, window: Window) -> NDArray[Any]:
    """Values of a window as the file has them, (bands, rows, width)."""
    is_core = window.state == State.CORE
    if isinstance(mosaic.layer, Colour):
        alpha = np.where(is_core, np.uint8(255), np.uint8(0))
        return np.concatenate([np.moveaxis(window.values, -1, 0), alpha[None]])
    values = window.values.copy()
    if isinstance(mosaic.layer, Codes):
        for state, code in STATES.items():
            values[window.state == state] = code
    return np.asarray(values[None])


_COLOURS = {State.OUTSIDE: (*ink.PAPER, 0), State.NOT_SCANNED: (*ink.UNSEEN[0], 255), State.LOSS: (*ink.LOST[1], 255)}
