"""A preview shows what the camera saw, the truth, and spectra with their names."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hwsim.render.chart import Curve, chart
from hwsim.render.preview import false_colours, preview
from hwsim.render.scene import BeltScene, CoreScene, render
from oreline.errors import RecordingError
from oreline.palette import colour_of
from oreline.recordings.label_map import read_labels
from oreline.recordings.label_picture import Paint

SCENES = {
    "belt": BeltScene(lines=120, dark_lines=8, white_lines=8),
    "core": CoreScene(trays=1, row_mm=150, dark_lines=8, white_lines=8),
}


def truth_of(found):
    return found.scene.path.parents[1] / f"{found.scene.path.stem}_truth.hdr"


@pytest.mark.parametrize("world", SCENES)
def test_a_preview_shows_the_camera_the_truth_and_spectra(world, tmp_path):
    settings = SCENES[world]
    found = render(settings, tmp_path)
    preview(found, tmp_path / "scene.png", lines=110)
    seen = false_colours(found, slice(110)).transpose(1, 0, 2)
    assert seen.shape == (384, 110, 3)
    with Image.open(tmp_path / "scene.png") as image:
        picture = np.asarray(image)
    assert picture.shape[0] > 2 * 384
    top, left = 24, 76
    np.testing.assert_array_equal(picture[top : top + 384, left : left + 110], seen)
    truth, labels = picture[2 * top + 384 : 2 * (top + 384), left : left + 110], read_labels(truth_of(found))
    painted = Paint(labels.classes)(labels.labels[:110]).transpose(1, 0, 2)
    np.testing.assert_array_equal(truth, painted)
    assert {info.name: info.colour for info in labels.classes} == {
        name: colour_of(name, (0, 0, 0)) for name in settings.all_minerals
    }
    below = picture[2 * (top + 384) :].reshape(-1, 3)
    drawn = {tuple(one) for one in np.unique(below, axis=0).tolist()} & {info.colour for info in labels.classes}
    assert len(drawn) >= 3


def test_a_curve_is_drawn_where_its_values_are():
    from PIL import ImageDraw

    image = Image.new("RGB", (300, 200), "white")
    nm = np.linspace(1000.0, 2000.0, 101)
    chart(ImageDraw.Draw(image), (50, 20, 150, 120), nm, [Curve("step", (255, 0, 0), np.where(nm < 1500, 0.1, 0.4))])
    red = np.all(np.asarray(image)[:, 50:150] == (255, 0, 0), axis=2)
    height = red.argmax(axis=0)
    assert abs(height[10] - (120 - 25)) <= 1
    assert abs(height[90] - 20) <= 1


def test_a_recording_without_truth_or_references_has_no_preview(tmp_path):
    found = render(SCENES["belt"], tmp_path)
    (tmp_path / "belt_truth.json").unlink()
    with pytest.raises(RecordingError, match="render the scene again"):
        preview(found, tmp_path / "scene.png")
    with pytest.raises(RecordingError, match="no references"):
        false_colours(type(found)(found.scene, None, None), slice(10))
