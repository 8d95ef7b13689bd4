"""A hole of the simulator, scanned: its veins lie in mosaic, box and table where the simulator has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from typer.testing import CliRunner

from hwsim.worlds.geology import veins
from oreline.cli.core import app
from oreline.errors import ConfigError
from oreline.palette import GROUPS, MINERALS, rgb
from sinks.core.hole_folder import HoleFolder
from sinks.core.intervals import intervals, steps
from sinks.core.page.columns import values
from sinks.core.pictures import ink
from sinks.core.pictures.mosaic import lines_at
from sinks.core.pictures.sheets import EDGE, HEAD, SCALE
from sinks.core.source import Source, source_of
from sinks.core.table import FROM, MINERAL, TO
from tests.sinks.core.commands.conftest import SCENE


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    return done.output


def depths_of_veins(from_m: float, to_m: float) -> list[float]:
    return [float(depth) for depth in veins(SCENE, from_m, to_m)["depth"] / 1e3 if from_m < depth < to_m]


def test_veins_lie_where_they_are_in_mosaic_sheet_map_and_table(hole: HoleFolder, tmp_path: Path) -> None:
    run("mosaic", hole.path, "--to", tmp_path / "hole.tif")
    said = run("mosaic", hole.path, "--to", tmp_path / "hole.png")
    source = source_of(hole.path)
    expected = depths_of_veins(*source.ends_m)
    assert len(expected) > 15
    with rasterio.open(tmp_path / "hole.tif") as file:
        codes, names, middle = file.read(1), file.tags(1), file.width // 2
        rows = [file.index(0.0, -depth)[0] for depth in expected]
    are_veins = [int(key.removeprefix("CLASS_")) for key, name in names.items() if name in SCENE.vein_minerals]
    for row in rows:
        assert np.isin(codes[row - PIXELS : row + PIXELS + 1, middle], are_veins).any(), f"mosaic, row {row}"
    assert str(tmp_path / "hole_000.png") in said
    shown, colours = strip(tmp_path / "hole_000.png"), [rgb(MINERALS[name]) for name in SCENE.vein_minerals]
    for row in (row for row in rows if row < len(shown)):
        near = shown[row - PIXELS : row + PIXELS + 1]
        assert any((near == colour).all(axis=1).any() for colour in colours), f"sheet, row {row}"
    for depth in expected:
        assert np.isin(mapped(source, depth), are_veins).any(), f"map, {depth:.3f} m"
    table = intervals(source.samples(), steps(*source.ends_m, 0.005))
    share = np.sum([values(table, MINERAL + name) for name in SCENE.vein_minerals], axis=0)
    for depth in expected:
        here = (values(table, FROM) <= depth + 0.002) & (values(table, TO) > depth - 0.002)
        assert share[here].max() > 0, f"table, {depth:.3f} m"


PIXELS = 2


def strip(path: Path) -> np.ndarray:
    """Colours along the middle of the core in a sheet's first strip."""
    with Image.open(path) as image:
        seen = np.asarray(image.convert("RGB"))
    column = seen[HEAD:, EDGE + SCALE + 64 // 2]
    return column[: np.flatnonzero((column == ink.SOFT).all(axis=1))[0]]


def mapped(source: Source, depth_m: float) -> np.ndarray:
    """Labels of the scan about a depth, in the middle of its row."""
    for number, box in source.depth.boxes.items():
        for row in box.rows:
            line = int(lines_at(row, np.array([depth_m]))[0])
            if line >= 0:
                sample = int(row.find.first[line] + row.find.stop[line]) // 2
                return source.scan_of(number).codes[max(0, line - PIXELS) : line + PIXELS + 1, sample]
    raise AssertionError(f"no core at {depth_m} m")


def test_a_box_has_its_picture(hole: HoleFolder, tmp_path: Path) -> None:
    assert "box 2 of SIM1" in run("picture", hole.path, "--box", 2, "--to", tmp_path / "box.png", "--show", "groups")
    with Image.open(tmp_path / "box.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    assert {rgb(GROUPS["kaolin"]), rgb(GROUPS["not rock"])} <= colours


def test_a_part_of_a_hole_is_shown_as_finely_as_it_is_asked_for(hole: HoleFolder, tmp_path: Path) -> None:
    run("mosaic", hole.path, "--to", tmp_path / "part.tif", "--from-m", 100.5, "--to-m", 101.5, "--row-mm", 2)
    with rasterio.open(tmp_path / "part.tif") as file:
        assert (file.height, file.transform.f, file.transform.e) == (500, -100.5, -0.002)
    with pytest.raises(ConfigError, match="nothing from 5 to 4 m"):
        run("mosaic", hole.path, "--to", tmp_path / "none.tif", "--from-m", 5, "--to-m", 4)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("out.tif", "--show", "mineral"), "did you mean 'minerals'"),
        (("out.tif", "--show", "colour"), "no reflectance of the run was recorded"),
        (("out.jpg",), "neither NAME.png"),
        (("out.tif", "--show", "groups", "--ends", "1", "2"), "--ends are those of a feature"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    hole: HoleFolder, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    out, *rest = arguments
    with pytest.raises(ConfigError, match=f"(?i){why}"):
        run("mosaic", hole.path, "--to", tmp_path / out, *rest)
    assert list(tmp_path.iterdir()) == []


def test_a_box_that_was_not_scanned_has_no_picture(hole: HoleFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="box 9: it has not been scanned; there are 1, 2"):
        run("picture", hole.path, "--box", 9, "--to", tmp_path / "box.png")
