"""Several views of a spectrum side by side, for cameras of 224, 288 and 360 bands: what they are, and the same bits
wherever a sample stands."""

from __future__ import annotations

import json
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.signal import savgol_filter

from inference.preprocessing import block_kernels as kernels
from inference.preprocessing.blocks import Blocks, LogBlock, LogDerivative, Scalars, SnvBlock
from inference.preprocessing.step import Layout
from inference.preprocessing.steps import Bands, Chain, Snv, Steps, preprocessed
from inference.training.inputs import INPUTS
from oreline.cameras import CAMERAS
from oreline.errors import ModelMismatch
from oreline.jit import line_kernel

CUTS = (1330.0, 1640.0, 1840.0, 2090.0)
SCALARS = Scalars(log_mean=0.01, log_contrast=0.003, log_spreads=0.00075)
ALL: Steps = (Blocks(blocks=(LogBlock(), LogDerivative(cuts_nm=CUTS), SnvBlock()), scalars=SCALARS),)
each_camera = pytest.mark.parametrize("camera", CAMERAS)


def grid(camera: str) -> tuple[float, ...]:
    return tuple(CAMERAS[camera].wavelengths_nm.tolist())


def spectra(bands: int, samples: int = 7, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = np.cumsum(rng.normal(0, 0.01, (bands, samples)), axis=0)
    return np.ascontiguousarray(np.exp(smooth - rng.uniform(0.2, 3, samples)), np.float32)


def windows(camera: str) -> list[slice]:
    nm = np.array(grid(camera))
    ends = [0, *(int(abs(nm - cut).argmin()) for cut in CUTS if cut < nm[-1]), len(nm)]
    return [slice(*pair) for pair in pairwise(ends)]


@each_camera
def test_features_are_what_their_definitions_say(camera: str) -> None:
    nm, values = grid(camera), spectra(len(grid(camera)))
    made, bands = preprocessed(ALL, nm, values), len(nm)
    r = np.maximum(values.astype(np.float64), 0.003)
    log, mean, std = np.log(r), r.mean(axis=0), r.std(axis=0)
    slope = savgol_filter(log, 5, 2, 1, axis=0)
    spread = np.array([slope[one].std(axis=0) for one in windows(camera)])
    np.testing.assert_allclose(made[:bands], 3 * (log - log.mean(axis=0)), atol=2e-5)
    for number, one in enumerate(windows(camera)):
        np.testing.assert_allclose(made[bands : 2 * bands][one], slope[one] / (spread[number] + 0.003), atol=1e-4)
    np.testing.assert_allclose(made[2 * bands : 3 * bands], (r - mean) / std, atol=2e-5)
    expected = [np.log(mean), np.log(std / mean), *np.log(spread + 0.00075)]
    np.testing.assert_allclose(made[3 * bands :], expected, atol=1e-4)


@each_camera
def test_windows_end_where_the_camera_does(camera: str) -> None:
    nm = grid(camera)
    count = {"nir224": 3, "swir288": 5, "swir640": 5}[camera]
    assert Chain(ALL, nm, 1).layout == Layout(3, len(nm), 2 + count)
    assert Chain(ALL, nm, 1).layout.features == len(preprocessed(ALL, nm, spectra(len(nm))))
    falling = preprocessed(ALL, nm[::-1], spectra(len(nm)))
    assert Chain(ALL, nm[::-1], 1).layout == Layout(3, len(nm), 2 + count)
    assert np.isfinite(falling).all()


def test_the_shipped_inputs_are_of_two_blocks() -> None:
    layouts = {name: Chain(INPUTS[name], grid(name), 1).layout for name in INPUTS}
    assert layouts == {"nir224": (2, 224, 2), "swir288": (2, 288, 7), "swir640": (2, 360, 7)}


def test_the_logarithm_is_that_of_numpy_over_all_numbers() -> None:
    @line_kernel
    def logs(values: np.ndarray, out: np.ndarray) -> None:
        for k in range(len(values)):
            out[k] = kernels.log(values[k])

    one = np.float32(1.0).view(np.int32)
    bits = np.concatenate([np.arange(0x00800000, 0x7F800000, 1009), np.arange(one - 300000, one + 300000)])
    values = bits.astype(np.int32).view(np.float32)
    made = np.empty_like(values)
    logs(values, made)
    exact = np.log(values.astype(np.float64))
    np.testing.assert_allclose(made, exact, rtol=4e-7)
    assert made[values == 1] == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(0, 2**32 - 1), st.sampled_from(sorted(CAMERAS)))
def test_the_features_of_a_spectrum_are_the_same_bits_wherever_it_stands(samples: int, seed: int, camera: str) -> None:
    rng, nm = np.random.default_rng(seed), grid(camera)
    values = spectra(len(nm), 200, seed % 1000)
    order = rng.permutation(200)[:samples]
    some = preprocessed(ALL, nm, values[:, order])
    assert some.tobytes() == np.ascontiguousarray(preprocessed(ALL, nm, values)[:, order]).tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("block", [SnvBlock(), LogBlock(), LogDerivative(cuts_nm=CUTS)])
def test_a_missing_band_spoils_its_sample_only(block: SnvBlock | LogBlock | LogDerivative, bad: float) -> None:
    nm, damaged = grid("swir288"), spectra(288)
    damaged[20, 2] = bad
    scalars = SCALARS if isinstance(block, LogDerivative) else Scalars(log_mean=0.01, log_contrast=0.003)
    steps: Steps = (Blocks(blocks=(block,), scalars=scalars),)
    made, clean = preprocessed(steps, nm, damaged), preprocessed(steps, nm, spectra(288))
    assert np.isnan(made[:, 2]).all()
    np.testing.assert_array_equal(np.delete(made, 2, axis=1), np.delete(clean, 2, axis=1))


def test_what_is_dark_or_below_zero_counts_as_the_floor() -> None:
    nm, values = grid("swir288"), spectra(288)
    values[:, 1], values[5:9, 3] = -0.2, -1.0
    made = preprocessed(ALL, nm, values)
    np.testing.assert_array_equal(made, preprocessed(ALL, nm, np.maximum(values, np.float32(0.003))))
    assert np.isfinite(made).all()
    np.testing.assert_allclose(made[:864, 1], 0, atol=5e-4)
    np.testing.assert_allclose(made[864:, 1], np.log([0.01, 0.003, *[0.00075] * 5]), atol=5e-4)


def test_a_lamp_that_fades_changes_the_mean_alone() -> None:
    nm, values = grid("swir288"), spectra(288) + np.float32(0.1)
    bright, dim = preprocessed(ALL, nm, values), preprocessed(ALL, nm, values * np.float32(0.5))
    np.testing.assert_allclose(bright[864] - dim[864], np.log(2), atol=1e-5)
    np.testing.assert_allclose(np.delete(bright, 864, axis=0), np.delete(dim, 864, axis=0), atol=1e-4)


def test_a_card_says_them_in_a_few_words_and_other_steps_may_go_before() -> None:
    text = '[{"step": "bands", "first_nm": 1000, "last_nm": 1600}, {"step": "blocks", "blocks": [{"block": "log"}]}]'
    steps = TypeAdapter(Steps).validate_json(text)
    assert steps == (Bands(first_nm=1000, last_nm=1600), Blocks(blocks=(LogBlock(gain=3.0),)))
    chain = Chain(steps, grid("nir224"), 3)
    assert chain.layout == Layout(1, len(chain.wavelengths_nm))
    assert TypeAdapter(Steps).validate_json(TypeAdapter(Steps).dump_json(ALL)) == ALL


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"blocks": []}, "at least 1"),
        ({"blocks": [{"block": "log"}, {"block": "log"}]}, "each block at most once"),
        ({"blocks": [{"block": "log"}], "scalars": {"log_spreads": 0.001}}, "those of a log_derivative"),
        ({"blocks": [{"block": "log_derivative", "window": 4}]}, "must be odd"),
        ({"blocks": [{"block": "log"}], "floor": 0}, "greater than"),
        ({"blocks": [{"block": "log"}], "scalars": {"log_mean": 0}}, "greater than"),
        ({"blocks": [{"block": "log", "gain": 1e300}]}, "less than"),
        ({"blocks": [{"block": "log_derivative", "cuts_nm": [1.0] * 33}]}, "at most 32"),
        ({"blocks": [{"block": "ratio"}]}, "snv"),
    ],
)
def test_impossible_blocks_are_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(Steps).validate_json(json.dumps([{"step": "blocks", **wrong}]))


def test_nothing_may_follow_blocks() -> None:
    with pytest.raises(ValidationError, match="blocks can only be the last step"):
        TypeAdapter(Steps).validate_python((Blocks(blocks=(LogBlock(),)), Snv()))


def test_a_few_bands_will_do_where_no_filter_goes_over_them() -> None:
    made = preprocessed(
        (Blocks(blocks=(LogBlock(gain=1.0), SnvBlock())),), (1000.0, 1100.0), np.ones((2, 5), np.float32)
    )
    np.testing.assert_array_equal(made, np.zeros((4, 5)))


def test_nothing_is_allocated_for_a_line() -> None:
    chain, line = Chain(ALL, grid("swir288"), 384), spectra(288, 384)
    tracemalloc.start()
    chain(line)
    assert tracemalloc.get_traced_memory()[1] < 4096
    tracemalloc.stop()


def test_a_camera_of_too_few_bands_is_refused() -> None:
    with pytest.raises(ModelMismatch, match="a window of 7 bands does not fit into 6"):
        Chain((Blocks(blocks=(LogDerivative(window=7),)),), tuple(range(1000, 1006)), 1)
