"""Session file of a simulated hole: what a technician types, in the form that the core log reads."""

from __future__ import annotations

import pytest

from hwsim.__main__ import _live
from hwsim.render.scene import render
from hwsim.render.session import SESSION, session_of, write_session
from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene
from hwsim.settings import Settings
from hwsim.worlds import world_of
from sinks.core.session_file import read_session

HOLE = CoreScene(
    trays=3, row_mm=400, run_m=0.77, loss=0.2, stubs=1.0, direction="snake", rows_begin="bottom",
    diameters_mm=("HQ", 50.0), cut="half", hole="DDH7", tray="metal", line_mm=1.2, first_box=12,
)  # fmt: skip


def written(scene, folder):
    world = world_of(scene)
    write_session(world, folder)
    return read_session(folder / SESSION), world.facts()


def test_boxes_and_blocks_are_typed_to_the_centimetre_and_nothing_else(tmp_path):
    session, facts = written(HOLE, tmp_path / "new")
    assert session.tray == "metal"
    assert (session.hole.id, session.direction, session.rows_begin) == ("DDH7", "snake", "bottom")
    assert [(box.number, box.core, box.cut) for box in session.boxes] == [
        (12, "HQ", "half"), (13, 50.0, "half"), (14, 50.0, "half"),
    ]  # fmt: skip
    for box, true in zip(session.boxes, facts["boxes"], strict=True):
        assert (box.from_m, box.to_m) == pytest.approx((true["depth_from_m"], true["depth_to_m"]), abs=0.0051)
        assert (box.from_m, box.to_m) == (round(box.from_m, 2), round(box.to_m, 2))
    typed = [(box.number - 12, block.row - 1, block.depth_m) for box in session.boxes for block in box.blocks]
    assert typed == [(one["tray"], one["row"], round(one["depth_m"], 2)) for one in facts["blocks"]]
    assert [box.from_m for box in session.boxes[1:]] == [box.to_m for box in session.boxes[:-1]]
    assert (session.loss, session.losses, session.runs) == ("base", (), ())
    assert (session.pixel_mm, session.line_mm) == (1.0, 1.2)
    assert all(block.at_mm is None for box in session.boxes for block in box.blocks)


def test_more_is_told_where_the_scene_asks_for_it(tmp_path):
    scene = HOLE.model_copy(update={"told": ("places", "losses", "runs")})
    session, facts = written(scene, tmp_path)
    assert session.loss == "placed"
    true = [(loss["depth_from_m"], loss["depth_to_m"]) for loss in facts["losses"]]
    assert len(true) >= 2
    assert [(one.from_m, one.to_m) for one in session.losses] == [pytest.approx(one, abs=0.0051) for one in true]
    assert [run.recovered_m for run in session.runs] == [round(run["recovered_m"], 2) for run in facts["runs"]]
    blocks = [block for box in session.boxes for block in box.blocks]
    for block, fact in zip(blocks, facts["blocks"], strict=True):
        assert block.at_mm == pytest.approx(fact["at_mm"], abs=5.01)


def test_the_place_of_losses_is_said_as_drillers_say_it():
    assert session_of(HOLE, world_of(HOLE).facts())["loss"] == "base"
    top = HOLE.model_copy(update={"loss_at": "top"})
    assert session_of(top, world_of(top).facts())["loss"] == "top"


def test_it_lies_beside_a_recording_of_core_and_not_of_a_belt(tmp_path):
    small = {"dark_lines": 2, "white_lines": 2}
    render(CoreScene(trays=1, row_mm=120, **small), tmp_path / "core")
    assert read_session(tmp_path / "core" / SESSION).boxes[0].rows == 5
    assert SESSION in (tmp_path / "core" / "manifest.json").read_text()
    render(BeltScene(lines=20, **small), tmp_path / "belt")
    assert not (tmp_path / "belt" / SESSION).exists()


def test_a_live_scene_leaves_the_session_of_its_first_trays_before_the_camera_is_there(tmp_path, monkeypatch):
    def plugged(*_, **__):
        read_session(tmp_path / "scene" / SESSION)
        raise InterruptedError

    monkeypatch.setattr("hwsim.__main__._plugged", plugged)
    with pytest.raises(InterruptedError):
        _live(Settings(scene=HOLE, live=True), tmp_path / "scene", None, lambda: None)
