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
        ({"preamp gain": "1"}, {"preamp gain": "2"}, 4, "its 'preamp gain' is 2, not 1"),
        ({"line binning": "2"}, {"line_binning": "1"}, 4, "its 'line binning' is 1, not 2"),
        ({"roi": "{0, 8}"}, {"roi": "{4, 12}"}, 4, "its 'roi' is 4, 12, not 0, 8"),
        ({"sensor type": "FX10"}, {"sensor type": "FX17"}, 4, "it is of a camera 'fx17', not 'fx10'"),
        ({"exposure": "900"}, {"exposure": "1200"}, 4, "is taken for us, the scene's for ms: write the unit"),
        ({"reflectance scale factor": "10000"}, {}, 4, "its 'reflectance scale factor' is 1, not 10000"),
        ({"data gain values": "{2, 2, 2}"}, {}, 4, "its 'data gain values' is 1, not 2"),
        ({}, {"data offset values": "{0, 5, 0}"}, 4, "its 'data offset values' is 0, 5, not 0"),
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
        ({"sensor type": "FX17 , Recorder v2"}, {"sensor type": "FX17, Recorder v3"}, 4),
        ({"exposure time stamp": "9:10"}, {"exposure time stamp": "9:20"}, 4),
        ({"preamp gain": "1"}, {"preamp gain": "1.0"}, 4),
        ({"integration start time": "9:10"}, {"integration start time": "9:20"}, 4),
        ({"exposure": "900", "fps": "100"}, {"exposure": "1200", "fps": "100"}, 4),
        ({"reflectance scale factor": "4095"}, {"reflectance_scale_factor": "4095.0"}, 4),
        ({"data gain values": "{1, 1, 1}", "data offset values": "{0, 0, 0}"}, {}, 4),
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
        ({"gain": "12"}, {}, ["WHITEREF_rock.raw does not say its gain: it is taken to be 12 too"]),
        ({}, {"binning": "{2, 1}"}, ["rock.raw does not say its binning: it is taken to be 2 x 1 too"]),
        ({"gain": "1", "binning": "{1, 1}"}, {}, []),
        ({"tint": "4"}, {}, ["WHITEREF_rock.raw does not say its exposure: it is taken to be that of the other"]),
        ({}, {"gain": "6 dB"}, ["rock.raw does not say its gain: it is taken to be that of the other"]),
        (
            {"reflectance scale factor": "4095"},
            {"reflectance scale factor": "4095"},
            [
                f"{name}.raw: 'reflectance scale factor' is 4095: its values are taken as counts all the same"
                for name in ("rock", "WHITEREF_rock")
            ],
        ),
        ({"exposure": "4"}, {"tint": "4"}, ["rock.raw: exposure = 4 has no unit, and is taken for ms"]),
    ],
)
def test_what_is_scaled_or_taken_for_granted_is_said(
    tmp_path: Path, scene: dict[str, Any], white: dict[str, Any], notes: list[str]
) -> None:
    first, other = pair(tmp_path, scene, white)
    assert notes_of(first, {"white": other}) == notes


def test_a_reference_that_is_cut_short_is_said_to_be(tmp_path: Path) -> None:
    scene, _ = pair(tmp_path, {}, {})
    data = tmp_path / "WHITEREF_rock.raw"
    data.write_bytes(data.read_bytes()[:-1])
    notes = notes_of(scene, {"white": open_recording(data)})
    assert notes == ["WHITEREF_rock.raw: cut short, only 4 lines are whole"]


def test_a_data_file_that_is_longer_than_its_header_says_is_said_to_be(tmp_path: Path) -> None:
    scene, white = pair(tmp_path, {}, {})
    with scene.path.open("ab") as file:
        file.write(bytes(7))
    notes = notes_of(open_recording(scene.path), {"white": white})
    assert notes == ["rock.raw: its header promises 7 bytes less than there are: they are not read"]
