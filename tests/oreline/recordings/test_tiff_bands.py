"""What other programs' TIFFs say of their bands reaches the recording."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from oreline.errors import RecordingError
from oreline.recordings.recording import open_recording

CUBE = np.arange(5 * 3 * 4, dtype=np.uint16).reshape(5, 3, 4)
NM = (900.5, 1000.0, 1100.25)


def items(name: str, values: Any, more: str = "") -> str:
    return "".join(f'<Item name="{name}" sample="{i}"{more}>{value}</Item>' for i, value in enumerate(values))


def gdal(path: Path, xml: str, no_data: str = "") -> Path:
    tags = [(42112, 2, 0, f"<GDALMetadata>{xml}</GDALMetadata>", True)]
    tags += [(42113, 2, 0, no_data, True)] if no_data else []
    tifffile.imwrite(path, CUBE.transpose(1, 0, 2), planarconfig="separate", photometric="minisblack", extratags=tags)
    return path


MICROMETRES = tuple(nm / 1000 for nm in NM)


@pytest.mark.parametrize(
    "xml",
    [
        items("DESCRIPTION", NM, ' role="description"'),
        "".join(f'<Item role="description" sample="{i}" name="DESCRIPTION">{nm} nm</Item>' for i, nm in enumerate(NM)),
        items("DESCRIPTION", [f"Band {i} ({nm} Nanometers)" for i, nm in enumerate(NM, 1)]),
        items("DESCRIPTION", [f"{um} Micrometers" for um in MICROMETRES]),
        items("DESCRIPTION", [f"b{i}: {um} &#181;m" for i, um in enumerate(MICROMETRES)]),
        items("DESCRIPTION", MICROMETRES),
        items("wavelength", NM) + items("wavelength_units", ["Nanometers"] * 3),
        items("wavelength", MICROMETRES) + items("wavelength_units", ["Micrometers"] * 3),
        items("CENTRAL_WAVELENGTH_UM", MICROMETRES, ' domain="IMAGERY"') + items("FWHM_UM", [0.01] * 3),
        f'<Item name="wavelength" domain="ENVI">{{{", ".join(map(str, NM))}}}</Item>'
        '<Item name="wavelength_units" domain="ENVI">Nanometers</Item>',
        "".join(f'<Item name="Band_{i}">{nm} Nanometers</Item>' for i, nm in enumerate(NM, 1)),
    ],
)
def test_wavelengths_that_gdal_keeps_are_read(tmp_path, xml):
    assert open_recording(gdal(tmp_path / "a.tif", xml)).wavelengths_nm == pytest.approx(NM)


@pytest.mark.parametrize(
    "xml",
    [
        items("DESCRIPTION", ["red", "green", "nir"]),
        items("DESCRIPTION", [1, 2, 3]),
        items("DESCRIPTION", ["Band 1", "Band 2", "Band 3"]),
        items("DESCRIPTION", NM[:2]),
        items("wavelength", ["n/a"] * 3),
        "<Item",
        "",
        '<!DOCTYPE a [<!ENTITY b "900">]>' + items("DESCRIPTION", NM),
    ],
)
def test_names_that_are_no_wavelengths_are_none(tmp_path, xml):
    assert open_recording(gdal(tmp_path / "a.tif", xml)).wavelengths_nm == ()


def test_an_unknown_unit_is_said(tmp_path):
    found = open_recording(gdal(tmp_path / "a.tif", items("wavelength", NM) + items("wavelength_units", ["ells"] * 3)))
    assert found.wavelengths_nm == ()
    assert "'ells' is no unit of wavelength" in found.notes[0]


def test_bad_bands_and_no_data_are_read(tmp_path):
    found = open_recording(gdal(tmp_path / "a.tif", items("bbl", [1, 0, 1]), no_data="0"))
    assert (found.bad_bands, found.ignored) == ((1,), 0.0)
    assert math.isnan(open_recording(gdal(tmp_path / "b.tif", "", no_data="nan")).ignored or 0.0)


def test_labels_of_imagej_are_read(tmp_path):
    planes, labels = CUBE.transpose(1, 0, 2), [f"{nm} nm" for nm in NM]
    tifffile.imwrite(tmp_path / "a.tif", planes, imagej=True, metadata={"axes": "CYX", "Labels": labels})
    found = open_recording(tmp_path / "a.tif")
    assert found.wavelengths_nm == NM
    np.testing.assert_array_equal(found.cube, CUBE)


@pytest.mark.parametrize(
    "metadata",
    [
        {"wavelength": list(NM)},
        {"Wavelengths": list(MICROMETRES), "wavelength_units": "um"},
        {"wavelengths_nm": list(NM)},
    ],
)
def test_wavelengths_in_json_are_read(tmp_path, metadata):
    planes = CUBE.transpose(1, 0, 2)
    tifffile.imwrite(tmp_path / "a.tif", planes, metadata=metadata, photometric="minisblack")
    assert "wavelength" in json.dumps(metadata).lower()
    assert open_recording(tmp_path / "a.tif").wavelengths_nm == pytest.approx(NM)


def test_pages_that_are_named_by_their_wavelength_are_read(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for plane, nm in zip(CUBE.transpose(1, 0, 2), NM, strict=True):
            file.write(plane, description=f"{nm} nm", photometric="minisblack", metadata=None, contiguous=False)
    found = open_recording(tmp_path / "a.tif")
    assert found.wavelengths_nm == NM
    np.testing.assert_array_equal(found.cube, CUBE)


def test_a_width_before_the_wavelength_is_not_taken_for_it(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for nm, page in zip(NM, CUBE.transpose(1, 0, 2), strict=True):
            file.write(page, photometric="minisblack", description=f"FWHM 5.0 nm, centre {nm} nm", metadata=None)
    assert open_recording(path).wavelengths_nm == NM


@pytest.mark.parametrize("shapes", [((5, 4), (2, 5, 4)), ((3, 3), (3, 5, 4))])
def test_bands_that_are_images_of_their_own_are_not_lost_without_a_word(tmp_path, shapes):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for shape, dtype in zip(shapes, ("u4", "u2"), strict=True):
            file.write(np.zeros(shape, dtype), photometric="minisblack", metadata=None)
    with pytest.raises(RecordingError, match=r"holds 2 images: .*; save the bands as one image of one kind"):
        open_recording(tmp_path / "a.tif")


def test_scales_and_offsets_of_gdal_are_heard(tmp_path):
    recording = open_recording(gdal(tmp_path / "a.tif", items("SCALE", [0.1] * 3) + items("OFFSET", [0, 5, 0])))
    assert recording.metadata["data gain values"] == "{0.1, 0.1, 0.1}"
    assert recording.metadata["data offset values"] == "{0, 5, 0}"


def test_wavelengths_that_no_camera_sees_are_not_taken_and_the_unit_is_named(tmp_path):
    found = open_recording(gdal(tmp_path / "a.tif", items("wavelength", [9e-7, 1e-6, 1.1e-6])))
    assert found.wavelengths_nm == ()
    assert "wavelengths are not known: micrometres make one of 0.0009 nm, which no camera sees" in found.notes
