"""What the process of inference makes of a line's configuration."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from inference.backends import bfloat16
from inference.models import SHIPPED
from inference.settings import Settings
from oreline.config import Config, LineSettings
from oreline.messages import ClassInfo, LayerInfo
from oreline.ring import RingReader, slot_bytes
from oreline.wire import CLOCK_BYTES, HEADER_LIMIT, pack_layers


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_line_is_classified_in_the_precision_that_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    from inference import __main__ as process

    asked: list[str] = []
    monkeypatch.setattr(process.Classifier, "load", lambda _folder, precision, *_: asked.append(precision))
    settings = Settings.model_validate({"model": "nir224", "precision": precision})
    process._pipeline(settings, LineSettings(output=tmp_path), lambda _seconds: nullcontext())
    assert asked == [precision]


@pytest.mark.parametrize(
    ("units", "precision", "quicker"),
    [(["AVX-512"], "float32", "bfloat16"), ([], "float32", None), (["AVX-512"], "bfloat16", None)],
)
def test_a_run_tells_the_precision_in_which_its_processor_would_be_quicker(
    monkeypatch: pytest.MonkeyPatch, units: list[str], precision: str, quicker: str | None
) -> None:
    from inference import __main__ as process

    if not bfloat16.LIBRARY.exists():
        pytest.skip("the compiler here does not know bfloat16: gcc 12 does")
    monkeypatch.setattr(bfloat16, "available", lambda: units)
    settings = Settings.model_validate({"model": "nir224", "precision": precision})
    assert process._quicker(settings, process.Classifier.load(SHIPPED / "nir224")) == quicker
    assert process._quicker(settings, None) is None


def slot_of(folder: Path, layers: tuple[LayerInfo, ...], samples: int) -> int:
    from inference import __main__ as process

    settings = Settings.model_validate({"model": "nir224", "widest_line": samples, "ring_lines": 64})
    config = Config({"line": {"output": str(folder), "state": str(folder / "s")}})
    with closing(process._outbox("labels", settings, config, layers)):
        return RingReader(config.line.ring("labels")).slot_bytes


def test_a_slot_has_room_for_the_layers_that_are_told_and_not_a_byte_more_without_them(tmp_path: Path) -> None:
    group = LayerInfo("group", legend=(ClassInfo("kaolin", (255, 0, 0)),))
    layers = (group, LayerInfo("probability", 9))
    wide = slot_bytes(HEADER_LIMIT, 65_535, 65_535)
    assert slot_of(tmp_path / "none", (), 65_535) == wide
    assert slot_of(tmp_path / "two", layers, 65_535) == slot_bytes(HEADER_LIMIT, 65_535, 65_535, 65_535 * 10)
    narrow = slot_of(tmp_path / "narrow", (), 10)
    table = slot_bytes(HEADER_LIMIT, 8 * 1024, 8192, CLOCK_BYTES, len(pack_layers(layers)))
    assert slot_of(tmp_path / "narrow two", layers, 10) == table > narrow
