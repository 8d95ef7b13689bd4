"""Drilling runs: where their core is missing, and the stubs that come with the next one."""

from __future__ import annotations

import pytest

from hwsim.scenes.core import CoreScene
from hwsim.worlds.runs import run_at, run_of

LOSSY = CoreScene(loss=0.15)


def runs(scene: CoreScene, n: int = 60):
    return [run_of(scene, number) for number in range(1, n + 1)]


@pytest.mark.parametrize("where", ["top", "inside", "base"])
def test_core_is_missing_where_the_scene_says(where):
    lossy = [run for run in runs(LOSSY.model_copy(update={"loss_at": where})) if run.lost]
    assert len(lossy) > 10
    for run in lossy:
        from_m, to_m = run.lost
        assert (from_m == run.from_m, to_m == run.to_m) == (where == "top", where == "base")
        assert run.from_m <= from_m < to_m <= run.to_m


def test_each_run_of_a_mixed_hole_has_its_own_place_and_the_same_length_of_loss():
    mixed, inside = runs(LOSSY.model_copy(update={"loss_at": "mixed"})), runs(LOSSY)
    places = {(run.lost[0] == run.from_m, run.lost[1] == run.to_m) for run in mixed if run.lost}
    assert places == {(True, False), (False, True), (False, False)}
    for one, other in zip(mixed, inside, strict=True):
        assert (one.lost is None) == (other.lost is None)
        if one.lost:
            assert one.lost[1] - one.lost[0] == pytest.approx(other.lost[1] - other.lost[0])


def test_a_stub_stays_only_between_two_runs_that_lost_nothing():
    scene = LOSSY.model_copy(update={"stubs": 1.0})
    for run, following in zip(runs(scene), runs(scene)[1:], strict=False):
        assert (run.stub_m > 0) == (run.lost is None and following.lost is None)
        assert run.stub_m <= 0.08 * scene.run_m
    assert not any(run.stub_m for run in runs(LOSSY))


def test_a_run_begins_where_the_one_before_ends():
    for run_m in (0.7, 1.5, 3.05):
        scene = CoreScene(run_m=run_m)
        for before, run in zip(runs(scene, 400), runs(scene, 400)[1:], strict=False):
            assert before.to_m == run.from_m
            assert run_at(scene, run.from_m) == run.number
            assert run_at(scene, (run.from_m + run.to_m) / 2) == run.number
