from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from inference import bench_forms
from inference.backends import bfloat16
from inference.backends.torchscript import load
from inference.bench import write_model
from inference.classification.classifier import Classifier
from oreline import bench
from oreline.bench import line, transport
from oreline.bench.case import Case, measure, repeated
from oreline.bench.ceilings import CHAINS, LANES, multiply_add
from tests.benchmarks import baseline


def scripted(*seconds: float) -> object:
    return iter(seconds).__next__


def slow(name: str, *seconds: float, **more: object) -> Case:
    return Case(name, scripted(*seconds), 2.0, "GB/s", fast=False, **more)  # type: ignore[arg-type]


def test_a_ratio_is_taken_within_a_round_not_across_them() -> None:
    ceiling = slow("ceiling", 1.0, 4.0, 1.0)
    stage = slow("stage", 2.0, 8.0, 50.0, ceiling="ceiling", goal=0.5)
    first, second = measure([ceiling, stage], 3)
    assert (first.value, first.ratio, first.reached) == (2.0, None, True)
    assert (second.value, second.ratio, second.to, second.reached) == (0.25, 0.5, "ceiling", True)


def test_a_stage_whose_ceiling_is_not_there_has_no_ratio_and_does_not_reach_its_goal() -> None:
    (result,) = measure([slow("stage", 1.0, ceiling="absent", goal=2)], 1)
    assert result.ratio is None
    assert not result.reached


def test_calls_that_warm_up_are_not_counted_but_numbered() -> None:
    numbers: list[int] = []
    assert repeated(numbers.append, 3, warm=2)() > 0
    assert numbers == [0, 1, 2, 3, 4]


def test_the_peak_is_measured_with_multiply_adds_that_are_really_done() -> None:
    values = np.linspace(0.0, 0.5, CHAINS * LANES, dtype=np.float32)
    expected = values.astype(np.float64)
    for _ in range(3):
        expected = expected * expected + 0.2
    multiply_add(values, 3)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_the_network_of_the_benchmark_is_a_model_and_always_the_same(tmp_path: Path) -> None:
    first, second = (write_model(tmp_path / name) for name in ("a", "b"))
    assert first.model_sha256 == second.model_sha256
    assert 120 <= first.kmac <= 170
    assert len(Classifier.load(tmp_path / "a").classes) == len(first.classes)


def test_what_models_read_is_measured_beside_what_they_read_before(tmp_path: Path) -> None:
    made = bench_forms.cases(tmp_path, True)
    names = [case.name for case in made]
    for camera in ("nir224", "swir288"):
        own = [case for case in made if case.name.startswith(f"{camera}: ")]
        assert [case.ceiling for case in own[1::2]] == [case.name for case in own[::2]]
        assert own[0].seconds() > 0
        assert own[-1].seconds() > 0
    assert len(set(names)) == len(names)


def test_the_baseline_finds_the_same_classes_with_the_same_weights(tmp_path: Path) -> None:
    write_model(tmp_path)
    shape = baseline.BANDS, baseline.SAMPLES
    counts = np.random.default_rng(3).integers(400, 3000, shape).astype(np.uint16)
    dark, white = np.full(shape, 300.0), np.full(shape, 3300.0)
    reflectance = (counts - dark) / (white - dark)
    snv = ((reflectance - reflectance.mean(axis=0)) / reflectance.std(axis=0)).astype(np.float32)
    ours = load((tmp_path / "model.pt").read_bytes(), shape)(snv).argmax(axis=0)
    theirs = baseline.classify(baseline.network(str(tmp_path / "model.pt")), counts, dark, white)
    assert (ours == theirs).mean() > 0.999


@pytest.mark.parametrize(
    ("units", "expected"), [(["AVX-512"], [("float32", None), ("bfloat16", 6)]), ([], [("float32", 6)])]
)
def test_the_goal_end_to_end_is_that_of_the_fastest_precision_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, units: list[str], expected: list[tuple[str, float | None]]
) -> None:
    ran: list[str] = []

    def run(_folder: Path, _model: str, _lines: int, precision: str) -> SimpleNamespace:
        ran.append(precision)
        return SimpleNamespace(seconds=1.0)

    card = write_model(tmp_path / "bench")
    monkeypatch.setattr(bfloat16, "available", lambda: units)
    monkeypatch.setattr(line, "_run", run)
    cases = [case for case in line.cases(tmp_path, True) if case.name.startswith(f"end to end, {card.kmac:.0f} kMAC")]
    assert [case.seconds() for case in cases] == [1.0] * len(expected)
    assert [(precision, case.goal) for precision, case in zip(ran, cases, strict=True)] == expected


def test_transport_is_measured_between_two_processes(tmp_path: Path) -> None:
    (case,) = transport.cases(tmp_path, True)
    assert case.ceiling == "memcpy"
    assert transport._measure(tmp_path, 700) > 0
    assert transport._measure(tmp_path, 700) > 0
    assert list(tmp_path.iterdir()) == []


def test_the_table_is_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [slow("ceiling", 1.0), slow("stage", 4.0, ceiling="ceiling", goal=0.5)]
    monkeypatch.setattr(bench, "_cases", lambda _folder, _quick: cases)
    monkeypatch.setattr(bench, "one_thread", lambda: None)
    monkeypatch.setattr(bench, "tune_allocator", lambda: None)
    bench.main(tmp_path / "out" / "b.json", True)
    assert "0.25" in capsys.readouterr().out
    written = json.loads((tmp_path / "out" / "b.json").read_text())
    stage = written["measurements"]["stage"]
    assert (stage["value"], stage["unit"], stage["ratio"], stage["to"]) == (0.5, "GB/s", 0.25, "ceiling")
    assert stage["reached"] is False
    assert written["machine"]["cores"] >= 1
