"""References of a line: how old they are, and how the light has changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from inference.references.files import save
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from sinks.core.qc.limits import QcLimits
from sinks.core.qc.references import history, of_reference

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NM = tuple(np.linspace(1000.0, 2500.0, 20))
LIMITS = QcLimits()


def kept(folder: Path, hours: float, light: float = 1.0, tilt: float = 0.0, dust: float = 1.0) -> str:
    """A reference whose white is so many hours old; its id. The white's light falls off towards its ends."""
    at = (NOW - timedelta(hours=hours)).isoformat()
    shape = 2000 * light * (1 + tilt * np.linspace(-1, 1, 20))[:, None] * np.cos(np.linspace(-0.5, 0.5, 64))
    shape[:, 30] *= dust
    still = np.ones((20, 64)), np.zeros((20, 64), np.uint32)
    dark = Measurement(np.full((20, 64), 100.0), *still, 100, 1000.0, 1.0, captured=at)
    white = Measurement(100 + shape, *still, 100, 1000.0, 1.0, captured=at)
    reference = Reference(dark, white, NM, 0, 4095, "swir288", "1", at)
    save(reference, folder / reference.id)
    return reference.id


def found(folder: Path, identity: str) -> list[str]:
    return [one.check for one in of_reference(folder, identity, NOW, LIMITS)]


def test_a_young_reference_like_the_one_before_is_nothing_to_speak_of(tmp_path: Path) -> None:
    kept(tmp_path, 5.0)
    assert found(tmp_path, kept(tmp_path, 1.0, light=1.02)) == []


def test_an_old_one_is_told_with_its_age(tmp_path: Path) -> None:
    (finding,) = of_reference(tmp_path, kept(tmp_path, 6.5), NOW, LIMITS)
    assert finding.words == "its dark and white were 6.5 h old"


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"light": 0.88}, ["reference_drift"]),
        ({"light": 1.2}, ["reference_drift"]),
        ({"tilt": 0.06}, ["reference_tilt"]),
        ({"dust": 0.6}, ["dust"]),
    ],
)
def test_light_that_changed_is_told_once_for_what_it_is(
    tmp_path: Path, changes: dict[str, float], checks: list[str]
) -> None:
    kept(tmp_path, 3.0)
    assert found(tmp_path, kept(tmp_path, 1.0, **changes)) == checks


def test_a_reference_that_came_after_the_box_says_nothing_of_it(tmp_path: Path) -> None:
    used = kept(tmp_path, 1.0)
    kept(tmp_path, -1.0, light=0.5)
    assert [one.id for one in history(tmp_path, NOW)] == [used]
    assert found(tmp_path, used) == []


def test_one_that_is_not_there_or_damaged_is_said_and_ends_nothing(tmp_path: Path) -> None:
    used = kept(tmp_path, 1.0)
    (tmp_path / used / "white.img").write_bytes(b"")
    assert found(tmp_path, used) == ["no_reference"]
    assert found(tmp_path, "") == ["no_reference"]
    assert found(tmp_path / "none", used) == ["no_reference"]
