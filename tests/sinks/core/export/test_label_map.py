"""Label map of a box, as readers that others wrote see it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
import spectral
from rasterio.errors import NotGeoreferencedWarning

from oreline.answers import answer_of
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo
from sinks.core.export.label_map import write_label_map
from sinks.core.scan import Scan

CLASSES = (
    ClassInfo("muscovite", (203, 175, 0)),
    ClassInfo("white mica (group)", (255, 255, 0)),
    ClassInfo("calcite", (45, 15, 237)),
)


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Path:
    codes = np.random.default_rng(4).choice(np.array([0, 1, 2, UNKNOWN, BACKGROUND, INVALID], np.uint8), (40, 30))
    missing = np.zeros(40, bool)
    missing[7:9] = True
    told = answer_of("labels", CLASSES, ())
    scan = Scan(
        box=12, run="00" * 16, seqs=np.arange(40), along_mm=np.arange(40.0), pixel_mm=0.5, answer=told, codes=codes,
        reasons=np.full((40, 30), 255, np.uint8), reason_names=(), rock=codes < 3, missing=missing,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("maps") / "OR001_box012.hdr"
    write_label_map(path, scan, "OR001")
    np.save(path.with_suffix(".npy"), np.where(missing[:, None], INVALID, codes))
    return path


def test_spectral_reads_labels_names_and_palette(header: Path) -> None:
    image = spectral.open_image(str(header))
    names, lookup = image.metadata["class names"], np.array(image.metadata["class lookup"], int).reshape(-1, 3)
    codes = np.load(header.with_suffix(".npy"))
    read = np.asarray(image.load(dtype=np.uint8))[:, :, 0]
    expected = {
        0: "muscovite",
        1: "white mica (group)",
        2: "calcite",
        UNKNOWN: "unknown",
        BACKGROUND: "background",
        INVALID: "invalid",
    }
    for code, name in expected.items():
        assert {names[value] for value in np.unique(read[codes == code])} == {name}
    assert image.metadata["pixel size"][:2] == ["0.0005", "0.0005"]
    assert [tuple(row) for row in lookup[:3]] == [info.colour for info in CLASSES]


def test_gdal_reads_the_same_palette(header: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(header.with_suffix(".img")) as file:
            read, palette, tags = file.read(1), file.colormap(1), file.tags(ns="ENVI")
    assert [palette[value][:3] for value in range(3)] == [info.colour for info in CLASSES]
    assert (read[np.load(header.with_suffix(".npy")) < 3] < 3).all()
    assert "OR001" in tags["description"]
    assert file.count == 1
