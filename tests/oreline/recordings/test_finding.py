"""Which files belong together, whatever they are called: suffixes, case, dots, folders, other makers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.errors import RecordingError
from oreline.recordings.finding import RecordingSet, find_recording
from oreline.recordings.recording import open_recording
from tests.oreline.recordings.test_recording import CUBE, write

DARK, WHITE, WHITE_DARK = CUBE + 100, CUBE + 200, CUBE + 300


def recorded(folder: Path, scene: str, dark: str, white: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, cube in ((scene, CUBE), (dark, DARK), (white, WHITE)):
        write(folder / f"{name}.hdr", cube)
    return folder


def assert_whole(found: RecordingSet) -> None:
    """Each reference is what it should be."""
    for kind, cube in (("scene", CUBE), ("dark", DARK), ("white", WHITE)):
        np.testing.assert_array_equal(found.present()[kind].cube, cube)


@pytest.mark.parametrize("suffix", ["", ".raw", ".RAW", ".Img", ".bil", ".dat", ".hyspex", ".cube", ".x17"])
@pytest.mark.parametrize("name", ["rock", "core_1.5m", "2021.03.02 core 7"])
def test_data_of_any_suffix_and_a_name_with_dots_are_found_by_header_by_data_and_by_folder(
    tmp_path: Path, suffix: str, name: str
) -> None:
    folder = recorded(tmp_path / "a", name, f"DARKREF_{name}", f"WHITEREF_{name}")
    for data in folder.glob("*.raw"):
        data.rename(data.with_name(data.name[:-4] + suffix))
    (folder / f"{name}.png").write_bytes(b"a picture")
    for entrance in (folder, folder / f"{name}.hdr", folder / f"{name}{suffix}"):
        assert_whole(find_recording(entrance))


def test_a_header_may_have_the_data_s_suffix_before_its_own_and_any_case(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "rock", "darkref_ROCK", "WhiteRef_rock")
    for header in folder.glob("*.hdr"):
        header.rename(header.with_name(header.name[:-4] + ".raw.HDR"))
    for entrance in (folder, folder / "rock.raw", folder / "rock.raw.HDR"):
        assert_whole(find_recording(entrance))


def test_a_short_name_does_not_take_the_data_of_a_longer_one(tmp_path: Path) -> None:
    write(tmp_path / "core_1.hdr", CUBE)
    write(tmp_path / "core_1.5m.hdr", DARK)
    (tmp_path / "core_1.5m.raw").rename(tmp_path / "core_1.5m")
    np.testing.assert_array_equal(open_recording(tmp_path / "core_1.hdr").cube, CUBE)
    np.testing.assert_array_equal(open_recording(tmp_path / "core_1.5m").cube, DARK)
    (tmp_path / "core_1.stamps").write_bytes(np.zeros((2, 2), "<i8").tobytes())
    assert open_recording(tmp_path / "core_1.5m").stamps is None


def test_what_a_mac_leaves_beside_files_is_no_recording(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "rock", "DARKREF_rock", "WHITEREF_rock")
    for path in list(folder.iterdir()):
        (folder / f"._{path.name}").write_bytes(b"\0\5\26\7Mac OS X")
    assert_whole(find_recording(folder))


@pytest.mark.parametrize(
    ("dark", "white"),
    [
        ("darkReference", "whiteReference"),
        ("DARKREF", "WHITEREF"),
        ("dark", "white"),
        ("rock_dark", "rock_white"),
        ("dark-rock", "white-rock"),
        ("DARKREF_session", "WHITEREF_session"),
    ],
)
def test_references_are_found_as_makers_name_them(tmp_path: Path, dark: str, white: str) -> None:
    assert_whole(find_recording(recorded(tmp_path / "a", "rock", dark, white) / "rock.hdr"))


@pytest.mark.parametrize(
    ("dark", "white"),
    [("Dark Current", "White Reference"), ("rock_dark_ref", "rock-white-reference"), ("rock.dark", "rock.white")],
)
def test_references_are_found_as_people_name_them(tmp_path: Path, dark: str, white: str) -> None:
    assert_whole(find_recording(recorded(tmp_path, "rock", dark, white)))


def test_an_accent_may_be_a_letter_of_its_own(tmp_path: Path) -> None:
    """As on disks of a Mac."""
    folder = recorded(tmp_path, "r\u00f6ck", "dark", "white")
    (folder / "r\u00f6ck.raw").rename(folder / "ro\u0308ck.raw")
    assert_whole(find_recording(folder))


def test_rock_that_is_dark_is_no_reference(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "dark_schist", "DARKREF_dark_schist", "WHITEREF_dark_schist")
    assert_whole(find_recording(folder))


@pytest.mark.parametrize("scene", ["session/scan1", "session/scan1/capture"])
def test_one_white_above_serves_the_scenes_of_a_session_and_that_is_said(tmp_path: Path, scene: str) -> None:
    session = tmp_path / "session"
    for name in (scene, scene.replace("scan1", "scan2")):
        (tmp_path / name).mkdir(parents=True)
        write(tmp_path / name / "rock.hdr", CUBE)
    write(session / "DARKREF_morning.hdr", DARK)
    write(session / "WHITEREF_morning.hdr", WHITE)
    found = find_recording(tmp_path / scene)
    assert_whole(found)
    assert found.notes[1] == f"the white reference is {session / 'WHITEREF_morning.hdr'}"


def test_a_reference_beside_the_scene_goes_before_one_above(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "rock", "DARKREF_rock", "WHITEREF_rock")
    write(tmp_path / "WHITEREF_rock.hdr", CUBE)
    found = find_recording(folder)
    assert_whole(found)
    assert found.notes == ()


def test_the_white_of_another_scene_is_not_taken(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "rock", "DARKREF_rock", "WHITEREF_rock")
    write(folder / "ore.hdr", CUBE)
    assert find_recording(folder / "ore.hdr").references() == {}


def test_several_that_could_be_meant_are_asked_for_by_name(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a", "rock", "DARKREF_am", "WHITEREF_am")
    write(folder / "WHITEREF_pm.hdr", CUBE)
    with pytest.raises(RecordingError, match=r"WHITEREF_am\.hdr, WHITEREF_pm\.hdr: name the white .* by --white"):
        find_recording(folder / "rock.hdr")
    for white in (folder / "WHITEREF_am.hdr", folder / "WHITEREF_am.raw"):
        assert_whole(find_recording(folder / "rock.hdr", white=white))


def test_references_are_named_by_their_file_or_their_folder(tmp_path: Path) -> None:
    elsewhere = recorded(tmp_path / "b", "ore", "DARKREF_ore", "WHITEREF_ore")
    write(tmp_path / "rock.hdr", CUBE)
    assert_whole(find_recording(tmp_path / "rock.hdr", elsewhere, elsewhere / "WHITEREF_ore.hdr"))
    with pytest.raises(RecordingError, match="holds nothing: name the dark reference"):
        find_recording(tmp_path / "rock.hdr", tmp_path)


def test_a_white_has_its_own_dark_by_name_or_at_its_end(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "capture", "444", "DARKREF_444", "WHITEREF_444")
    write(folder / "WHITEDARKREF_444.hdr", WHITE_DARK)
    found = find_recording(tmp_path)
    assert_whole(found)
    np.testing.assert_array_equal(found.white_dark.cube, WHITE_DARK)
    (folder / "WHITEDARKREF_444.hdr").unlink()
    write(folder / "WHITEREF_444.hdr", np.concatenate([WHITE, WHITE_DARK]), autodarkstartline=5)
    found = find_recording(tmp_path)
    assert_whole(found)
    np.testing.assert_array_equal(found.white_dark.cube, WHITE_DARK)


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
def test_dark_lines_at_the_end_are_no_lines_of_the_scene_but_its_dark(tmp_path: Path, interleave: str) -> None:
    write(tmp_path / "rock.hdr", CUBE, interleave, 6, autodarkstartline=3)
    found = find_recording(tmp_path)
    np.testing.assert_array_equal(found.scene.cube, CUBE[:3])
    np.testing.assert_array_equal(found.dark.cube, CUBE[3:])
    assert "the last 2 lines of rock.raw are dark ones, and none of the scene: they are its dark" in found.notes[0]
    write(tmp_path / "DARKREF_rock.hdr", DARK)
    found = find_recording(tmp_path)
    assert found.scene.lines == 3
    np.testing.assert_array_equal(found.dark.cube, DARK)


@pytest.mark.parametrize("first", [0, 5, 99])
def test_dark_lines_that_the_file_does_not_have_are_none(tmp_path: Path, first: int) -> None:
    write(tmp_path / "rock.hdr", CUBE, autodarkstartline=first)
    assert find_recording(tmp_path).scene.lines == 5
