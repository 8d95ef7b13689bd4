"""What a card says that its model is not for."""

from __future__ import annotations

from inference.training.not_for import not_for
from inference.training.recipe import USUAL, recipe_of
from oreline.cameras import CAMERAS


def said(camera: str, bands: bool, *missing: str) -> str:
    return " ".join(not_for(CAMERAS[camera], recipe_of(camera), bands, missing))


def test_every_model_says_how_wet_a_rock_may_be_and_that_no_plastic_was_measured() -> None:
    for camera in CAMERAS:
        assert "thicker than 0.25 mm" in said(camera, bands=True)
        assert "no plastic, paint, rubber or leaf was measured" in said(camera, bands=True)


def test_a_camera_to_1700_nm_says_why_it_logs_no_core() -> None:
    assert "Groups of minerals on drill core: its bands end at 1700 nm" in said("nir224", bands=False)
    assert "drill core" not in said("swir288", bands=True)
    assert "no second answer" in said("swir640", bands=False)


def test_what_a_library_has_nothing_for_is_said() -> None:
    assert "nothing for diluents, iron oxides" in said("swir288", True, "diluents", "iron oxides")
    assert "nothing for" not in said("nir224", False, "diluents")


def test_the_recipe_of_a_camera_has_rock_where_it_sees_what_rock_is_logged_by() -> None:
    assert recipe_of("swir288") == recipe_of("swir640") == USUAL
    assert recipe_of("nir224").rock == 0.0
