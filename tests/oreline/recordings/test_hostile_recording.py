"""A recording that someone has made to do harm: nothing outside its folder is opened, and no number is believed."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hwsim.render.scene import MANIFEST, render
from hwsim.scenes.belt import BeltScene
from oreline.errors import RecordingError
from oreline.recordings.finding import find_recording
from oreline.recordings.recording import open_recording
from tests.oreline.recordings.test_recording import CUBE, write

ROOT = Path(__file__).parents[3]
PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole recording with references and stamps."""
    place = tmp_path / "recording"
    place.mkdir()
    for name in ("rock", "DARKREF_rock", "WHITEREF_rock"):
        write(place / f"{name}.hdr", CUBE)
    np.arange(10, dtype="<i8").tofile(place / "rock.stamps")
    return place


def moved_out(path: Path) -> None:
    """Replace a file by a link to the same file outside its folder."""
    outside = path.parent.parent / "outside"
    outside.mkdir(exist_ok=True)
    path.symlink_to(path.rename(outside / path.name))


@pytest.mark.parametrize(
    "file",
    ["rock.hdr", "rock.raw", "rock.stamps", "DARKREF_rock.hdr", "DARKREF_rock.raw", "WHITEREF_rock.hdr"],
)
def test_no_link_out_of_the_folder_is_followed(folder: Path, file: str) -> None:
    assert find_recording(folder).scene.lines == 5
    moved_out(folder / file)
    with pytest.raises(RecordingError, match="is a link out of"):
        find_recording(folder)


@pytest.mark.parametrize("beside", ["rock.raw", "rock.stamps"])
def test_nor_is_one_beside_a_header_that_is_named_itself(folder: Path, beside: str) -> None:
    moved_out(folder / beside)
    with pytest.raises(RecordingError, match="is a link out of"):
        open_recording(folder / "rock.hdr")


def test_nor_a_capture_folder_that_is_elsewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lumo").mkdir()
    (tmp_path / "lumo" / "capture").symlink_to(folder)
    with pytest.raises(RecordingError, match="is a link out of"):
        find_recording(tmp_path / "lumo")


def test_nor_a_reference_in_a_folder_that_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "references").mkdir()
    dark = (folder / "DARKREF_rock.hdr").rename(tmp_path / "references" / "DARKREF_rock.hdr")
    (folder / "DARKREF_rock.raw").rename(dark.with_suffix(".raw"))
    assert find_recording(folder, dark=dark.parent).dark is not None
    moved_out(dark)
    with pytest.raises(RecordingError, match="is a link out of"):
        find_recording(folder, dark=dark.parent)


def test_a_link_within_the_folder_and_a_link_to_the_folder_are_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "rock.raw").rename(folder / "rock.data")
    (folder / "rock.raw").symlink_to("rock.data")
    (tmp_path / "latest").symlink_to(folder)
    assert find_recording(tmp_path / "latest").scene.lines == 5


@pytest.mark.parametrize("key", ["data file", "dark reference", "stamps", "white reference", "file"])
def test_no_field_of_a_header_names_a_file(folder: Path, tmp_path: Path, key: str) -> None:
    secret = tmp_path / "secret.raw"
    secret.write_bytes(b"\xff" * CUBE.nbytes)
    write(folder / "rock.hdr", CUBE, **{key: secret})
    scene = find_recording(folder).scene
    assert (scene.cube == CUBE).all()
    assert scene.path == folder / "rock.raw"


HUGE = 1 << 31


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
@pytest.mark.parametrize(
    "fields",
    [
        {"samples": HUGE},
        {"bands": HUGE},
        {"lines": 0, "samples": HUGE, "bands": HUGE},
        {"samples": HUGE, "bands": HUGE, "lines": HUGE},
        {"header offset": HUGE},
        {"lines": HUGE, "header offset": 1},
        {"x start": "-1e3"},
        {"data type": 6},
        {"data type": 99},
        {"data type": "O"},
        {"samples": "4; 5"},
        {"lines": "1e3"},
        {"bands": "0x3"},
        {"samples": "٤"},
        {"file compression": 1},
    ],
    ids=str,
)
def test_sizes_that_the_file_does_not_have_are_refused_or_read_as_far_as_it_goes(
    folder: Path, interleave: str, fields: dict[str, object]
) -> None:
    write(folder / "rock.hdr", CUBE, interleave, **fields)
    try:
        recording = open_recording(folder / "rock.hdr")
    except RecordingError:
        return
    assert recording.missing_lines or recording.lines == 0
    assert recording.lines * recording.bands * recording.samples * 2 <= CUBE.nbytes
    assert recording.cube.size * 2 <= CUBE.nbytes


@pytest.mark.parametrize("rate", ["nan", "inf", "-5", "0", "{1e400}"])
def test_a_rate_that_is_none_is_not_taken(folder: Path, rate: str) -> None:
    (folder / "rock.stamps").unlink()
    write(folder / "rock.hdr", CUBE, fps=rate)
    assert find_recording(folder).scene.line_rate_hz is None


def test_stamps_that_are_no_regular_file_or_too_short_are_no_harm(folder: Path) -> None:
    (folder / "rock.stamps").write_bytes(bytes(15))
    with pytest.raises(RecordingError, match="holds no stamp"):
        find_recording(folder)
    (folder / "rock.stamps").unlink()
    os.mkfifo(folder / "rock.stamps")
    assert find_recording(folder).scene.stamps is None


OME = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">
<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="4" SizeY="5" SizeC="3" SizeZ="1"
SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{planes}</Pixels></Image></OME>"""


def test_a_tiff_that_names_other_files_shows_what_it_holds_itself(tmp_path: Path) -> None:
    """tifffile by itself follows the names, and shows something else."""
    (tmp_path / "in").mkdir()
    secret = np.full((3, 5, 4), 4242, np.uint16)
    tifffile.imwrite(tmp_path / "secret.tif", secret, photometric="minisblack", metadata=None)
    planes = "".join(
        f'<TiffData FirstC="{c}" IFD="{c}" PlaneCount="1"><UUID FileName="../secret.tif">urn:uuid:2</UUID></TiffData>'
        for c in range(3)
    )
    path, own = tmp_path / "in" / "rock.tif", np.arange(60, dtype=np.uint16).reshape(3, 5, 4)
    text = OME.format(planes=planes)
    tifffile.imwrite(path, own, photometric="minisblack", description=text, metadata=None)
    with tifffile.TiffFile(path) as followed:
        assert (followed.series[0].asarray() != own).any(), "this file is not as hostile as it should be"
    assert (open_recording(path).cube == own.transpose(1, 0, 2)).all()


def test_a_tiff_that_promises_more_than_its_file_holds_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "rock.tif"
    tifffile.imwrite(path, CUBE.transpose(1, 0, 2), photometric="minisblack", metadata=None)
    content = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        places = [tag.valueoffset for page in file.pages for code in (256, 257) if (tag := page.tags[code])]
    damaged = bytearray(content)
    for place in places:
        damaged[place : place + 2] = (30_000).to_bytes(2, "little")
    path.write_bytes(damaged)
    with pytest.raises(RecordingError, match="is cut short"):
        open_recording(path)


def test_a_manifest_that_names_files_elsewhere_is_not_believed(tmp_path: Path) -> None:
    scene = BeltScene(lines=4, dark_lines=2, white_lines=2)
    render(scene, tmp_path / "scene")
    path = tmp_path / "scene" / MANIFEST
    said = json.loads(path.read_text())
    name = next(name for name in said["files"] if name.endswith(".raw"))
    whole = tmp_path / "scene" / name
    before = whole.stat().st_mtime_ns
    render(scene, tmp_path / "scene")
    assert whole.stat().st_mtime_ns == before, "a whole scene is used again"
    (tmp_path / "copy.raw").write_bytes(whole.read_bytes())
    said["files"]["../copy.raw"] = said["files"].pop(name)
    path.write_text(json.dumps(said))
    render(scene, tmp_path / "scene")
    assert whole.stat().st_mtime_ns > before, "rendered anew"


def test_nothing_here_unpickles() -> None:
    """`np.load` says so itself each time, and nobody imports pickle."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                assert not named & {"pickle", "shelve", "marshal", "dill", "cloudpickle"}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
                assert "allow_pickle=False" in ast.unparse(node), f"{path}:{node.lineno}"
