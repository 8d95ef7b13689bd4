"""What the process of inference makes of a line's configuration."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from inference.settings import Settings
from oreline.config import LineSettings


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_line_is_classified_in_the_precision_that_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    from inference import __main__ as process

    asked: list[str] = []
    monkeypatch.setattr(process.Classifier, "load", lambda _folder, precision, _keys: asked.append(precision))
    settings = Settings.model_validate({"model": "nir224", "precision": precision})
    process._pipeline(settings, LineSettings(output=tmp_path), lambda _seconds: nullcontext())
    assert asked == [precision]
