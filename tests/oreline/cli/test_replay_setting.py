"""A recording is played by a saved reference: what that does not say is taken for granted and said, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from oreline.cli.replay_setting import setting_of
from oreline.errors import ReferenceRefused
from oreline.recordings.finding import find_recording
from tests.oreline.recordings.test_recording import CUBE, write


@dataclass
class White:
    gain: float = 1.0
    exposure_us: float = 8000.0


@dataclass
class Saved:
    id: str = "0"
    serial: str = "S1"
    full_scale: int = 4095
    wavelengths_nm: tuple[float, ...] = ()
    white: White = field(default_factory=White)


@pytest.mark.parametrize(
    ("gain", "theirs"), [("2", 1.0), ("high", 1.0), ("1", 1.0), ("0", 1.0), ("2", 2.0), ("2x", 4.0)]
)
def test_a_gain_without_a_unit_serves_only_where_the_reference_has_the_same(
    tmp_path: Path, gain: str, theirs: float
) -> None:
    found = find_recording(write(tmp_path / "rock.hdr", CUBE, gain=gain, tint="8"), references=False)
    if theirs == 1.0 and gain in ("2", "high"):
        with pytest.raises(ReferenceRefused, match=f"gain = {gain} has no unit, and the reference has 1 times"):
            setting_of(found, Saved())
    else:
        assert setting_of(found, Saved(white=White(theirs))).gain == (2.0 if "2" in gain else 1.0)


def test_binning_of_which_a_saved_reference_says_nothing_is_said(tmp_path: Path) -> None:
    found = find_recording(write(tmp_path / "rock.hdr", CUBE, binning="{2, 1}", tint="8"), references=False)
    notes = setting_of(found, Saved()).notes
    assert "the reference does not say its binning: it is taken to be the scene's, 2 x 1" in notes
