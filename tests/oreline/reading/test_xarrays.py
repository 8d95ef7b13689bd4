"""xarray of journals and recordings, by the names that its users look things up by."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import ConfigError, RecordingError
from oreline.messages import BACKGROUND
from oreline.reading import journal, recording, to_xarray
from oreline.testing import LAYERS, end_of_stream, label_line, stream_info
from tests.oreline.reading.test_journals import write

HEADER = """ENVI
samples = 3
lines = 4
bands = 2
data type = 12
interleave = {interleave}
byte order = 0
x start = 10
{more}
"""


def record(folder: Path, more: str, interleave: str = "bil", stamps: bool = True) -> np.ndarray[Any, Any]:
    """A recording of 4 lines, and its cube (lines, bands, samples)."""
    cube = np.arange(24, dtype="<u2").reshape(4, 2, 3)
    order = {"bil": (0, 1, 2), "bip": (0, 2, 1), "bsq": (1, 0, 2)}[interleave]
    (folder / "box.hdr").write_text(HEADER.format(interleave=interleave, more=more))
    cube.transpose(order).tofile(folder / "box.raw")
    if stamps:
        np.array([[line * 1000, line * 8] for line in range(4)], "<i8").tofile(folder / "box.stamps")
    return cube


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
def test_a_recording_is_looked_up_by_wavelength_and_encoder(tmp_path: Path, interleave: str) -> None:
    cube = record(tmp_path, "wavelength units = Micrometers\nwavelength = {1.4, 2.2}\nbbl = {0, 1}", interleave)
    data = to_xarray(recording(tmp_path))
    assert data["values"].dims == ("line", "wavelength", "sample")
    assert data["values"].values.tolist() == cube.tolist()
    assert data["values"].sel(wavelength=2180, method="nearest")[1].values.tolist() == cube[1, 1].tolist()
    assert data.swap_dims(line="encoder")["values"].sel(encoder=16).values.tolist() == cube[2].tolist()
    assert data.sample.values.tolist() == [10, 11, 12]
    assert data.wavelength.attrs["units"] == "nm"
    assert data.good.values.tolist() == [False, True]
    assert data.t_ns.values.tolist() == [0, 1000, 2000, 3000]


def test_a_recording_without_wavelengths_and_stamps_says_no_more_than_it_knows(tmp_path: Path) -> None:
    record(tmp_path, "", stamps=False)
    data = to_xarray(recording(tmp_path / "box.hdr"))
    assert data["values"].dims == ("line", "band", "sample")
    assert set(data.coords) == {"line", "sample", "good"}


def test_a_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no recording"):
        recording(tmp_path)


def test_labels_say_what_they_stand_for_and_where_they_lie(tmp_path: Path) -> None:
    info = stream_info(layers=LAYERS, offset_x=100)
    write(tmp_path, info, *(label_line(seq, info, np.full(32, seq)) for seq in range(3)), end_of_stream(info, 3))
    data = to_xarray(journal(tmp_path))
    assert data.labels.sel(line=2, sample=131).item() == 2
    meanings = dict(zip(data.labels.flag_values.tolist(), data.labels.flag_meanings.split(), strict=True))
    assert (meanings[0], meanings[BACKGROUND]) == ("calcite", "background")
    assert data.swap_dims(line="encoder").labels.sel(encoder=10).values.tolist() == [1] * 32
    assert data["probability"].shape == (3, 3, 32)
    assert data.time.dtype == np.dtype("datetime64[ns]")


def test_without_the_extra_it_is_said_how_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, "")
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ConfigError, match=r"needs xarray, of the extra \[reading\]: .* -m pip install"):
        to_xarray(recording(tmp_path))
