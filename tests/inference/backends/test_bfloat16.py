"""The network in bfloat16, on each unit that this processor has: the same answers within its rounding, and the same
bits wherever a sample stands."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from inference.backends import bfloat16, load
from inference.backends.bfloat16 import exact
from inference.backends.bfloat16.chain import read
from inference.backends.torchscript import encode
from inference.classification.card import GOLDEN, Card
from inference.classification.classifier import Classifier
from inference.classification.signature import sign
from inference.models import SHIPPED
from inference.preprocessing.step import Layout
from inference.settings import Settings
from inference.training.network import Network, build, deployed
from inference.training.rounding import rounding
from oreline.errors import ModelError, ModelMismatch

AVAILABLE = bfloat16.available()
on_each_unit = pytest.mark.usefixtures("unit")


@pytest.fixture(params=bfloat16.UNITS)
def unit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name not in AVAILABLE:
        pytest.skip(f"this processor has no {name} in bfloat16")
    monkeypatch.setattr(bfloat16, "available", lambda: [name])
    return name


def test_what_this_processor_has_is_made_use_of() -> None:
    known = subprocess.run(["cc", "-dumpversion"], capture_output=True, text=True, check=True).stdout
    if int(known.split(".")[0]) < 12:
        pytest.skip("the compiler here does not know bfloat16: gcc 12 does")
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    has = {"AMX": "amx_bf16" in flags, "AVX-512": "avx512_bf16" in flags and "avx512bw" in flags}
    assert {unit: unit in AVAILABLE for unit in bfloat16.UNITS} == has


def network(layout: Layout, outputs: int, widths: tuple[int, ...]) -> Network:
    """As trained: a few steps on features that are not centred."""
    torch.manual_seed(layout.bands)
    training = build(layout, outputs, widths)
    optimiser = torch.optim.SGD(training.parameters(), 0.02)
    level = torch.linspace(-4, 4, layout.features)[:, None]
    for _ in range(3):
        training(level + torch.randn(1, 1, layout.features, 64)).square().mean().backward()
        optimiser.step()
    return deployed(training)


def spectra(bands: int, samples: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal((bands, samples), np.float32)


def shipped(name: str) -> tuple[bytes, np.ndarray]:
    with np.load(SHIPPED / name / GOLDEN) as golden:
        return (SHIPPED / name / "model.pt").read_bytes(), np.ascontiguousarray(golden["snv"])


@on_each_unit
@pytest.mark.parametrize(
    ("layout", "samples", "outputs", "widths"),
    [
        (Layout(1, 224), 640, 31, (32, 48, 48)),
        (Layout(1, 288), 384, 31, (16, 48, 48)),
        (Layout(2, 288, 7), 384, 70, (16, 48, 48)),
        (Layout(2, 224, 2), 640, 33, (32, 48, 48)),
        (Layout(2, 360, 7), 65, 70, (16, 32, 48)),
        (Layout(3, 90, 40), 70, 17, (5, 17, 33)),
        (Layout(1, 75, 1), 3, 2, (16, 16, 16)),
        (Layout(2, 73), 17, 2, (8, 16, 16)),
        (Layout(1, 75), 70, 2, (1, 1, 1)),
        (Layout(1, 73), 3, 16, (5, 17, 33)),
        (Layout(1, 127), 65, 33, (16, 32, 16)),
        (Layout(1, 224), 1, 17, (8, 16, 64)),
        (Layout(1, 1024), 64, 100, (64, 96, 20)),
    ],
)
def test_logits_are_those_of_rounded_weights_and_inputs(
    layout: Layout, samples: int, outputs: int, widths: tuple[int, ...]
) -> None:
    content, features = encode(network(layout, outputs, widths)), spectra(layout.features, samples)
    features += np.linspace(-4, 4, layout.features, dtype=np.float32)[:, None]
    answered, known = (
        load("torchscript", content, features.shape, "bfloat16")(features),
        exact.logits(content, features),
    )
    assert answered.shape == known.shape == (outputs, samples)
    assert np.abs(answered - known).max() < 0.005 * known.std()


@on_each_unit
def test_scalars_are_rounded_where_they_are_small_and_float32_is_near() -> None:
    layout = Layout(2, 288, 7)
    content, features = encode(network(layout, 70, (16, 48, 48))), spectra(layout.features, 200)
    features += np.linspace(-4, 4, layout.features, dtype=np.float32)[:, None]
    plain, answered = (load("torchscript", content, features.shape, one)(features) for one in ("float32", "bfloat16"))
    assert 0 < np.abs(answered - plain).max() < 0.05 * plain.std()


@on_each_unit
@pytest.mark.parametrize("layout", [Layout(1, 224), Layout(2, 224, 3)])
def test_logits_of_a_spectrum_are_the_same_bits_wherever_it_stands(layout: Layout) -> None:
    content, snv = encode(network(layout, 31, (16, 32, 32))), spectra(layout.features, 640)
    answer = load("torchscript", content, snv.shape, "bfloat16")
    whole = answer(snv)
    for samples in (1, 15, 17, 64, 130):
        assert answer(np.ascontiguousarray(snv[:, :samples])).tobytes() == whole[:, :samples].tobytes()
    order = np.random.default_rng(1).permutation(640)
    assert answer(np.ascontiguousarray(snv[:, order])).tobytes() == whole[:, order].tobytes()


@on_each_unit
def test_a_spectrum_that_is_not_a_number_spoils_only_its_own_answer() -> None:
    content = encode(network(Layout(2, 288, 7), 70, (16, 48, 48)))
    answer, snv = load("torchscript", content, (583, 100), "bfloat16"), spectra(583, 100)
    clean, damaged = answer(snv), snv.copy()
    damaged[:, 5], damaged[9, 70], damaged[580, 33] = np.nan, np.inf, np.nan
    others = np.setdiff1d(np.arange(100), (5, 33, 70))
    assert answer(damaged)[:, others].tobytes() == clean[:, others].tobytes()
    assert answer(snv).tobytes() == clean.tobytes()


@on_each_unit
def test_threads_do_not_get_in_each_others_way() -> None:
    content, features = shipped("nir224")
    answer = load("torchscript", content, (len(features), 640), "bfloat16")
    lines = [np.ascontiguousarray(np.roll(spectra(len(features), 640), shift, axis=1)) for shift in range(8)]
    alone = [answer(line).tobytes() for line in lines]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: answer(lines[i % 8]).tobytes(), range(200)))
    assert together == alone * 25


@on_each_unit
@pytest.mark.parametrize("name", ["nir224", "swir288"])
def test_a_class_differs_only_where_float32_hardly_preferred_it(name: str) -> None:
    content, snv = shipped(name)
    plain, answered = (load("torchscript", content, snv.shape, one)(snv) for one in ("float32", "bfloat16"))
    second, best = np.sort(plain, axis=0)[-2:]
    differ = plain.argmax(axis=0) != answered.argmax(axis=0)
    assert (best - second)[differ].max(initial=0.0) < 0.1
    assert 0 < np.abs(answered - plain).max() < 0.125 * plain.std()
    assert Classifier.load(SHIPPED / name, "bfloat16").id == f"{Classifier.load(SHIPPED / name).id[:12]}bf16"


@pytest.mark.parametrize("name", ["nir224", "swir288"])
def test_what_rounding_changes_can_be_told_on_any_processor(name: str) -> None:
    folder, card = SHIPPED / name, Card.read(SHIPPED / name)
    model, golden = (folder / "model.pt").read_bytes(), (folder / GOLDEN).read_bytes()
    found = rounding(model, golden, len(card.classes) + len(card.strangers or ()))
    assert found
    assert 0 < found.logits < 0.125
    assert found.labels <= 0.05
    assert rounding(encode(Sigmoid().eval()), golden, 2) is None


@on_each_unit
def test_a_line_of_another_form_is_refused() -> None:
    content, line = shipped("nir224")
    answer = load("torchscript", content, line.shape, "bfloat16")
    for other in (line[:-1], line.astype(np.float64), line[:, ::2], line[0]):
        with pytest.raises(ModelMismatch, match=f"network of {len(line)} features"):
            answer(other)


@on_each_unit
@pytest.mark.parametrize("off", [0.2, np.nan])
def test_a_golden_vector_that_is_answered_otherwise_is_refused(tmp_path: Path, off: float) -> None:
    folder = Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))
    with np.load(folder / GOLDEN) as data:
        snv, logits = data["snv"], data["logits"].copy()
    logits[3, 5] += np.float32(off) * logits.std()
    np.savez(folder / GOLDEN, snv=snv, logits=logits)
    golden = hashlib.sha256((folder / GOLDEN).read_bytes()).hexdigest()
    Card.read(folder).model_copy(update={"golden_sha256": golden}).write(folder)
    sign(folder)
    with pytest.raises(ModelError, match="golden vector in bfloat16"):
        Classifier.load(folder, "bfloat16")


@on_each_unit
@pytest.mark.parametrize("layer", range(4))
@pytest.mark.parametrize("name", ["nir224", "swir288"])
def test_a_kernel_that_leaves_out_a_step_of_a_window_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, layer: int
) -> None:
    chain = read(shipped(name)[0])
    weight = chain.layers[layer].weight.copy()
    weight[:, :, 1] = 0.0
    chain.layers[layer] = replace(chain.layers[layer], weight=weight)
    monkeypatch.setattr(bfloat16, "read", lambda _content: chain)
    with pytest.raises(ModelError, match="golden vector in bfloat16"):
        Classifier.load(SHIPPED / name, "bfloat16")


class Sigmoid(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, (9, 1), (8, 1)), nn.Sigmoid(), nn.Conv2d(4, 2, (27, 1)))


class Padded(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, (9, 1), (8, 1), (4, 0)), nn.ReLU(), nn.Conv2d(4, 2, (28, 1)))


class Unbiased(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, (9, 1), (8, 1)), nn.ReLU(), nn.Conv2d(4, 2, (27, 1), bias=False))


class Skipping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 1, (1, 1)), nn.Conv2d(1, 2, (224, 1))

    def forward(self, snv: torch.Tensor) -> torch.Tensor:
        return self.second(snv + functional.relu(self.first(snv)))


class Unended(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, (224, 1)), nn.ReLU())


class Beside(nn.Module):
    """Scalars that are the mean of the bands, where only those behind them are known."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.entry = nn.Conv2d(1, 2, (224, 1)), nn.Conv2d(1, 2, 1, bias=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.first(features) + self.entry(features.mean(2, True))


class Scalars(nn.Module):
    """The form that is known, but for how much of the scalars is added, or that the first is taken twice."""

    def __init__(self, share: float, first: int) -> None:
        super().__init__()
        self.share, self.first = share, first
        self.convolution, self.entry = nn.Conv2d(1, 2, (222, 1)), nn.Conv2d(2, 2, 1, bias=False)
        self.register_buffer("centre", torch.ones(1, 2, 1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = features.narrow(2, 0, 222).reshape(1, 1, 222, -1)
        s = features.narrow(2, self.first, 2).transpose(1, 2) - self.centre
        return torch.add(self.convolution(x), self.entry(s), alpha=self.share)


class Doubling(nn.Module):
    """One that changes a tensor behind the back of who reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, (9, 1), (8, 1)), nn.Conv2d(4, 2, (27, 1))

    def forward(self, snv: torch.Tensor) -> torch.Tensor:
        x = self.first(snv)
        x.mul_(2.0)
        return self.second(functional.relu(x))


@on_each_unit
@pytest.mark.parametrize(
    "other",
    [
        Sigmoid,
        Padded,
        Unbiased,
        Skipping,
        Unended,
        Beside,
        Doubling,
        lambda: Scalars(0.5, 222),
        lambda: Scalars(1, 221),
    ],
)
def test_a_network_of_another_form_is_refused_with_what_to_do(other: Callable[[], nn.Module]) -> None:
    content = encode(other().eval())
    assert load("torchscript", content, (224, 8))(spectra(224, 8)).shape[1] == 8
    with pytest.raises(ModelError, match=r'not a chain of convolutions.*set inference\.precision = "float32"'):
        load("torchscript", content, (224, 8), "bfloat16")


@on_each_unit
def test_the_form_that_scalars_are_known_in_is_taken() -> None:
    content = encode(Scalars(1, 222).eval())
    features = spectra(224, 40)
    plain, answered = (load("torchscript", content, (224, 40), one)(features) for one in ("float32", "bfloat16"))
    np.testing.assert_allclose(answered, plain, atol=0.02)


@on_each_unit
@pytest.mark.parametrize("layout", [Layout(1, 256), Layout(2, 256, 3)])
@pytest.mark.parametrize("features", [8, 223, 300, 514])
def test_a_network_for_other_features_is_refused(layout: Layout, features: int) -> None:
    content = encode(network(layout, 5, (16, 16, 16)))
    with pytest.raises(ModelError, match=rf"{features} (features|bands).*set inference\.precision"):
        load("torchscript", content, (features, 8), "bfloat16")


class NoUnits:
    """The kernel, on a processor without bfloat16."""

    def __init__(self, _path: str) -> None:
        self.bfloat16_logits = SimpleNamespace()

    def bfloat16_units(self) -> int:
        return 0


def absent(path: str) -> NoReturn:
    raise OSError(path)


@pytest.mark.parametrize("library", [NoUnits, absent])
def test_a_processor_or_an_installation_without_bfloat16_is_told_to_use_float32(
    monkeypatch: pytest.MonkeyPatch, library: object
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", library)
    assert not bfloat16.available()
    with pytest.raises(ModelError, match=r'avx512_bf16 or amx_bf16.*set inference\.precision = "float32"'):
        Classifier.load(SHIPPED / "nir224", "bfloat16")


def test_float32_is_what_a_line_gets_that_does_not_ask() -> None:
    assert Settings().precision == "float32"
    assert Settings(precision="bfloat16").precision == "bfloat16"
