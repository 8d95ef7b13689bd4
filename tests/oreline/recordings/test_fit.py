"""What fits is used, what is scaled is said, and what does not fit is refused with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import ReferenceRefused
from oreline.recordings.fit import notes_of, refuse_unfit
from oreline.recordings.recording import Recording, open_recording
from tests.oreline.recordings.test_recording import CUBE, write


def pair(folder: Path, scene: dict[str, Any], white: dict[str, Any], samples: int = 4) -> tuple[Recording, Recording]:
    wide = np.zeros((5, 3, samples), np.uint16)
    return open_recording(write(folder / "rock.hdr", CUBE, **scene)), open_recording(
        write(folder / "WHITEREF_rock.hdr", wide, **white)
    )


FENIX = {"tint1": "28.0", "tint2": "8.0", "binning": "{2, 2}", "binning2": "{1, 1}"}
NM = {"wavelength": "{1000, 1100, 1200}"}


@pytest.mark.parametrize(
    ("scene", "white", "samples", "why"),
    [
        ({"binning": "{1, 2}"}, {"binning": "{1, 1}"}, 8, "its binning is 1 x 1, not 1 x 2"),
        ({"binning": "{1, 2}"}, {"binning": "{1, 1}"}, 4, "its binning is 1 x 1, not 1 x 2"),
        ({"binning": "{1, 2}", "x start": 0}, {"x start": 0}, 8, "its binning is none, not 1 x 2"),
        ({}, {"binning": "2", "x start": 0}, 8, "its binning is 2, not none"),
        ({}, {}, 8, "it has 8 samples, not 4, and no header says which"),
        ({"x start": 6}, {}, 8, "it covers samples 0 to 7 of the sensor, the scene is samples 6 to 9"),
        ({"himg": "{7, 10}"}, {"himg": "{1, 8}"}, 8, "it covers samples 0 to 7"),
        ({"sensorid": "1"}, {"sensorid": "2"}, 4, "it is of camera '2', not '1'"),
        (NM, {"wavelength": "{1000, 1101, 1200}"}, 4, "its band 1 is at 1101 nm, not 1100 nm"),
        (FENIX, FENIX | {"tint2": "4.0"}, 4, "its detectors were exposed for 28000, 4000 us, not 28000, 8000"),
        (FENIX, FENIX | {"binning2": "{1, 2}"}, 4, "its binning is 2 x 2 x 1 x 2, not 2 x 2 x 1 x 1"),
        ({"gain": "1"}, {"gain": "4"}, 4, "its gain is 4, not 1, and no unit says"),
        ({"gain": "low"}, {"gain": "High"}, 4, "its gain is High, not low"),
    ],
)
def test_what_cannot_be_scaled_is_refused(
    tmp_path: Path, scene: dict[str, Any], white: dict[str, Any], samples: int, why: str
) -> None:
    with pytest.raises(ReferenceRefused, match="does not fit") as refusal:
        refuse_unfit(*pair(tmp_path, scene, white, samples), "white")
    assert why in str(refusal.value)
    assert "--white PATH" in str(refusal.value)


@pytest.mark.parametrize(
    ("scene", "white", "samples"),
    [
        ({}, {}, 4),
        ({"binning": "{1, 2}"}, {"binning": "{1, 2}"}, 4),
        ({"binning": "{1, 1}"}, {}, 4),
        ({"binning": "{1, 1}", "x start": 2}, {"x start": 0}, 8),
        ({"himg": "{3, 6}"}, {"himg": "{1, 8}"}, 8),
        (FENIX, FENIX, 4),
        (FENIX, FENIX | {"tint1": "14.0", "tint2": "4.0"}, 4),
        ({"gain": "2"}, {"gain": "2.0"}, 4),
        ({"gain": "6 dB"}, {"gain": "0 dB"}, 4),
        ({"sensorid": "1"}, {}, 4),
        (NM, {"wavelength": "{1000.01, 1100.01, 1200.01}"}, 4),
        (NM, {}, 4),
    ],
)
def test_what_fits_is_taken(tmp_path: Path, scene: dict[str, Any], white: dict[str, Any], samples: int) -> None:
    refuse_unfit(*pair(tmp_path, scene, white, samples), "white")


@pytest.mark.parametrize(
    ("scene", "white", "notes"),
    [
        ({"tint": "4"}, {"tint": "2"}, ["scaled by exposure: the white has 2000 us, the scene 4000"]),
        ({"tint": "4"}, {"tint": "4.01"}, []),
        ({"tint": "4"}, {}, ["WHITEREF_rock.raw does not say its exposure: it is taken to be that of the other"]),
        ({}, {"gain": "6 dB"}, ["rock.raw does not say its gain: it is taken to be that of the other"]),
        ({"exposure": "4"}, {"tint": "4"}, ["rock.raw: exposure = 4 has no unit, and is taken for ms"]),
    ],
)
def test_what_is_scaled_or_taken_for_granted_is_said(
    tmp_path: Path, scene: dict[str, Any], white: dict[str, Any], notes: list[str]
) -> None:
    first, other = pair(tmp_path, scene, white)
    assert notes_of(first, {"white": other}) == notes
