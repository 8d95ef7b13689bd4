"""A mosaic's GeoTIFF, as a reader that nobody here wrote sees it: depth is its coordinate, colours are the table's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from oreline.messages import UNKNOWN, FeatureInfo
from oreline.palette import MINERALS, rgb
from sinks.core.depth import HoleDepth, Missing
from sinks.core.pictures.geotiff import STATES, write_geotiff
from sinks.core.pictures.layers import Colour, Feature, Layer, minerals
from sinks.core.pictures.mosaic import Grid, Mosaic, State
from tests.sinks.core.pictures.holes import plain

pytestmark = pytest.mark.filterwarnings("error")


def mosaic(layer: Layer | None = None, rows: int = 700) -> Mosaic:
    """Kaolinite, with a vein of muscovite at 100.25 m and a loss from 100.6 m on."""
    codes = np.zeros((600, 8), int)
    codes[249:252] = 1
    codes[0, :3] = UNKNOWN
    scan, box = plain(codes.tolist(), from_m=100.0)
    hole = HoleDepth({1: box}, (Missing(100.6, 100.7, "base"),), (), ())
    return Mosaic(Grid(100.0, 0.001, rows, 10, 1.0), hole, layer or minerals(), lambda _: scan)


def test_depth_is_its_coordinate_and_values_have_names_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "mosaic.tif"
    write_geotiff(mosaic(), path, {"HOLE": "PE257D"})
    assert [one.name for one in tmp_path.iterdir()] == ["mosaic.tif"]
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.profile["tiled"]
        assert file.tags()["HOLE"] == "PE257D"
        row, column = file.index(0.0, -100.2505)
        x, y = file.xy(row, column)
        codes, names, colours = file.read(1), file.tags(1), file.colormap(1)
        assert (file.nodata, file.crs) == (STATES[State.OUTSIDE], None)
    assert (row, y) == (250, pytest.approx(-100.2505))
    assert abs(x) <= 0.0005
    assert names[f"CLASS_{codes[row, column]}"] == "muscovite"
    assert colours[int(codes[row, column])] == (*rgb(MINERALS["muscovite"]), 255)
    assert names[f"CLASS_{codes[650, column]}"] == "core is missing"
    assert names[f"CLASS_{codes[0, 1]}"] == "unknown"
    assert names[f"CLASS_{codes[row, 0]}"] == "beside the core"


def test_features_are_numbers_and_false_colour_is_opaque_where_core_is(tmp_path: Path) -> None:
    scan, _ = plain([[0] * 8] * 600)
    nm = np.full((600, 1, 2, 8), 2203.5, np.float32)
    nm[:, :, 1] = 0.2
    scan = replace(scan, features=nm, feature_infos=(FeatureInfo("2200", 2120, 2245),))
    shown = mosaic(Feature("2200W", 2190, 2215))
    held = Mosaic(shown.grid, shown.hole, shown.layer, lambda _: scan)
    write_geotiff(held, tmp_path / "feature.tif", {})
    with rasterio.open(tmp_path / "feature.tif") as file:
        values = file.read(1)
    assert (values[:600, 1:9] == np.float32(2203.5)).all()
    assert np.isnan(values[600:]).all()
    look = Colour((2200, 1650, 1250), lambda one: np.full((*one.codes.shape, 3), 77, np.uint8))
    write_geotiff(mosaic(look), tmp_path / "colour.tif", {})
    with rasterio.open(tmp_path / "colour.tif") as file:
        assert [one.name for one in file.colorinterp] == ["red", "green", "blue", "alpha"]
        assert (file.read(4)[:, 4] == np.where(np.arange(700) < 600, 255, 0)).all()
        assert (file.read([1, 2, 3])[:, :600, 1:9] == 77).all()
