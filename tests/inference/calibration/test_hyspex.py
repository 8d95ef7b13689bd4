"""A list of bad pixels as a HySpex camera writes it, of which nobody says how its numbers count."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.calibration.bad_pixels import load_map
from oreline.errors import ConfigError

BANDS, SAMPLES = 30, 50
HOT = ((0, 3), (7, 0), (12, 31), (12, 32), (29, 49))
WEAK = ((4, 17), (21, 44))
BAD = sorted((*HOT, *WEAK))
COUNTED = {
    "along the samples, from 0": lambda band, sample: band * SAMPLES + sample,
    "along the samples, from 1": lambda band, sample: band * SAMPLES + sample + 1,
    "along the bands, from 0": lambda band, sample: sample * BANDS + band,
    "along the bands, from 1": lambda band, sample: sample * BANDS + band + 1,
}

in_each_way = pytest.mark.parametrize("counted", COUNTED.values(), ids=COUNTED)


def sensor() -> tuple[np.ndarray, np.ndarray]:
    """Response and background of a sensor with hot and weak elements."""
    rng = np.random.default_rng(1)
    response = np.hanning(SAMPLES + 20)[10:-10] * rng.normal(1.0, 0.01, (BANDS, SAMPLES))
    background = rng.normal(300.0, 3.0, (BANDS, SAMPLES))
    for band, sample in HOT:
        background[band, sample] += 400.0
    for band, sample in WEAK:
        response[band, sample] *= 0.3
    return response, background


def header(numbers: list[int]) -> bytes:
    """Field by field, as the public readers of these files have it."""
    texts = [200, 120], [44], [64, 200, 200, 200, 200, 200, 32, 32, 200, 200]
    start = b"HYSPEX\0\0" + np.array([0, 3142], "<u4").tobytes() + bytes(sum(texts[0]))
    start += bytes(8) + bytes(8) + bytes(sum(texts[1])) + bytes(5 * 4) + bytes(sum(texts[2]))
    start += b"\1" + bytes(4 * 4) + np.array([BANDS, SAMPLES], "<u4").tobytes() + bytes(27 * 4)
    start += np.array([len(numbers)], "<u4").tobytes() + bytes(7 * 4) + bytes(6 * 8) + bytes(6 * 4)
    response, background = sensor()
    tables = [np.linspace(950, 2500, BANDS), np.full(BANDS, 0.7), response.ravel(), background.ravel()]
    return start + np.concatenate(tables).astype("<f8").tobytes() + np.array(numbers, "<u4").tobytes()


def settings_text(numbers: list[int]) -> str:
    response, _ = sensor()
    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in response)
    listed = " ".join(str(number) for number in numbers)
    return (
        f"serialnumber = 3142\nspectral_size = {BANDS}\nspatial_size = {SAMPLES}\nnobp = {len(numbers)}\n"
        f"spectral_calib =\n950.0 960.0\nRE =\n{rows}\nQE = 0.7\nbad_pixels =\n{listed}\n"
    )


@in_each_way
def test_a_recording_shows_itself_how_its_list_counts(tmp_path: Path, counted: object) -> None:
    (tmp_path / "a.hyspex").write_bytes(header([counted(*place) for place in BAD]) + bytes(1000))
    assert [tuple(place) for place in np.argwhere(load_map(tmp_path / "a.hyspex", BANDS, 0, SAMPLES))] == BAD


@in_each_way
def test_settings_do_too(tmp_path: Path, counted: object) -> None:
    (tmp_path / "a.set").write_text(settings_text([counted(*place) for place in WEAK]))
    assert [tuple(place) for place in np.argwhere(load_map(tmp_path / "a.set", BANDS, 0, SAMPLES))] == sorted(WEAK)


def test_a_camera_without_bad_elements_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.hyspex").write_bytes(header([]))
    (tmp_path / "a.set").write_text(settings_text([]))
    assert not load_map(tmp_path / "a.hyspex", BANDS, 0, SAMPLES).any()
    assert not load_map(tmp_path / "a.set", BANDS, 0, SAMPLES).any()


def test_a_list_that_fits_nothing_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.hyspex").write_bytes(header([5, 600, 777, 1201]))
    with pytest.raises(ConfigError, match=r"lists 4 bad pixels.*0% of them.*a band and a sample in each row"):
        load_map(tmp_path / "a.hyspex", BANDS, 0, SAMPLES)
    (tmp_path / "a.hyspex").write_bytes(header([BANDS * SAMPLES + 7]))
    with pytest.raises(ConfigError, match="does not show where they are"):
        load_map(tmp_path / "a.hyspex", BANDS, 0, SAMPLES)


def test_another_file_or_camera_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.hyspex"
    path.write_bytes(header([3]))
    with pytest.raises(ConfigError, match="maps 30 bands, the camera has 31: give the map of this camera"):
        load_map(path, BANDS + 1, 0, SAMPLES)
    with pytest.raises(ConfigError, match="whole sensor"):
        load_map(path, BANDS, 40, 20)
    path.write_bytes(header([3])[:-1])
    with pytest.raises(ConfigError, match="ends within its header"):
        load_map(path, BANDS, 0, SAMPLES)
    path.write_bytes(bytes(5000))
    with pytest.raises(ConfigError, match="does not begin with such a header"):
        load_map(path, BANDS, 0, SAMPLES)
    (tmp_path / "a.set").write_text("spectral_size = 30\n")
    with pytest.raises(ConfigError, match="spatial_size"):
        load_map(tmp_path / "a.set", BANDS, 0, SAMPLES)
    with pytest.raises(ConfigError, match="No such file"):
        load_map(tmp_path / "b.hyspex", BANDS, 0, SAMPLES)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=9)), max_size=6), st.booleans())
def test_whatever_is_in_the_file_only_its_refusal_comes_out(
    tmp_path: Path, changes: list[tuple[int, bytes]], text: bool
) -> None:
    good = settings_text([7, 8]).encode() if text else header([3, 350])
    content = bytearray(good)
    for at, patch in changes:
        content[at % len(content) : at % len(content) + len(patch)] = patch
    path = tmp_path / ("a.set" if text else "a.hyspex")
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            bad = load_map(path, BANDS, 0, SAMPLES)
        except ConfigError:
            return
    assert bad.shape == (BANDS, SAMPLES)
