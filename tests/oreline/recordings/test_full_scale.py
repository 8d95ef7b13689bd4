"""The full scale is what headers say or, where they do not, or cannot be right, what the counts show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import RecordingError
from oreline.recordings import recording
from oreline.recordings.full_scale import full_scale_of
from oreline.recordings.recording import Recording, open_recording
from tests.oreline.recordings.test_recording import write

RNG = np.random.default_rng(3)


def cube(most: int, dtype: str = "u2") -> np.ndarray:
    counts = RNG.integers(0, most, (6, 3, 4))
    counts[2, 1, 3] = most
    return counts.astype(dtype)


def recordings(folder: Path, scene: np.ndarray, white: np.ndarray, **fields: Any) -> tuple[Recording, list[Recording]]:
    rock, reference = write(folder / "scene.hdr", scene, **fields), write(folder / "white.hdr", white)
    return open_recording(rock), [open_recording(reference)]


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"full scale": 4000}, 4000),
        ({"bit depth": 14}, 16_383),
        ({"ceiling": 4095}, 4095),
        ({"bits per pixel": 12}, 4095),
    ],
)
def test_it_is_what_the_header_says(tmp_path: Path, fields: dict[str, int], count: int) -> None:
    found = full_scale_of(*recordings(tmp_path, cube(900), cube(3000), **fields))
    assert (found.count, found.note) == (count, "")


@pytest.mark.parametrize(
    ("most", "count"),
    [
        (255, 255),
        (256, 1023),
        (1000, 1023),
        (1024, 4095),
        (4095, 4095),
        (4096, 16_383),
        (16_384, 65_535),
        (65_535, 65_535),
    ],
)
@pytest.mark.parametrize("dtype", ["u2", "f4", "i4"])
def test_it_is_the_least_usual_depth_that_holds_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, count: int, dtype: str
) -> None:
    monkeypatch.setattr(recording, "PIECE_BYTES", 60)
    found = full_scale_of(*recordings(tmp_path, cube(most // 2, dtype), cube(most, dtype)))
    assert found.count == count
    assert f"{count} by the counts" in found.note


def test_counts_that_were_shifted_up_saturate_below_the_last(tmp_path: Path) -> None:
    scene, white = cube(4000) << 4, cube(4095) << 4
    assert full_scale_of(*recordings(tmp_path, scene, white)).count == 4095 << 4


def test_a_depth_that_the_counts_disprove_is_not_believed(tmp_path: Path) -> None:
    found = full_scale_of(*recordings(tmp_path, cube(4000) << 4, cube(4095) << 4, **{"bit depth": 12}))
    assert found.count == 65_520
    assert "say a full scale of 4095, but there are counts up to 65520" in found.note


def test_headers_that_say_different_things_are_refused(tmp_path: Path) -> None:
    scene = open_recording(write(tmp_path / "rock.hdr", cube(900), **{"bit depth": 12}))
    white = open_recording(write(tmp_path / "white.hdr", cube(900), **{"full scale": 16_383}))
    with pytest.raises(RecordingError, match=r"different full scales: rock\.raw 4095, white\.raw 16383"):
        full_scale_of(scene, [white])


def test_the_shared_core_is_of_12_bits(shared_data: Path) -> None:
    folder = shared_data / "raw" / "core_vnir"
    names = "CORE_XYZ.tif", "DARKREF_CORE_XYZ.tif", "WHITEREF_CORE_XYZ.tif"
    scene, *references = (open_recording(folder / name) for name in names)
    assert full_scale_of(scene, references).count == 4095
