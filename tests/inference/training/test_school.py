"""Networks of one trainee, one after the other or side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from inference.backends.torchscript import encode
from inference.training.data import load
from inference.training.fit import Schedule
from inference.training.inputs import INPUTS
from inference.training.recipe import USUAL
from inference.training.school import School
from inference.training.targets import Targets
from inference.training.trainee import Trainee
from oreline.cameras import CAMERAS

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def trainee(mineral_file: Path) -> Trainee:
    spectra = load(mineral_file, CAMERAS["swir288"], INPUTS["swir288"])
    return Trainee(spectra, Targets.of(spectra, bands=True), USUAL, Schedule(steps=3, batch=24), "cnn", (16, 16, 16))


@pytest.fixture(scope="module")
def school(trainee: Trainee) -> Iterator[School]:
    """One of two processes."""
    with School(trainee, 2) as school:
        yield school


def test_networks_trained_side_by_side_are_those_trained_alone(trainee: Trainee, school: School) -> None:
    known = trainee.spectra.known
    lessons = [(known, 1), (known, 2)]
    for lesson in lessons:
        school.announce(*lesson)
    together = [encode(school.taught(*lesson)) for lesson in reversed(lessons)][::-1]
    assert together == [encode(trainee.taught(*lesson)) for lesson in lessons]
    assert len(set(together)) == 2


def test_a_machine_of_more_cores_trains_the_same_network(trainee: Trainee) -> None:
    trainee = replace(trainee, schedule=Schedule(steps=8, batch=384))
    networks = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            networks.append(encode(trainee.taught(trainee.spectra.known, 1)))
    assert networks[0] == networks[1]


def test_what_was_not_announced_is_trained_when_it_is_asked_for(trainee: Trainee, school: School) -> None:
    known = trainee.spectra.known
    assert encode(school.taught(known, 4)) == encode(trainee.taught(known, 4))


def test_a_network_answers_reflectance_with_as_many_logits_as_it_has_outputs(school: School, trainee: Trainee) -> None:
    ask = school.network(trainee.spectra.known, 1)
    answers = ask(np.ascontiguousarray(trainee.spectra.clean.T))
    assert answers.shape == (len(trainee.spectra.target), trainee.targets.outputs)
    assert np.isfinite(answers).all()
    assert school.heads.names == trainee.targets.names


def test_other_methods_may_learn_the_same_pixels(school: School, trainee: Trainee) -> None:
    pixels = school.pixels(trainee.spectra.known, 1, 300)
    assert pixels.features.shape == (trainee.spectra.layout.features, 300)
    assert {"calcite", "quartz", ""} <= set(pixels.species.tolist()) <= {*trainee.targets.classes, ""}
    assert {"calcite", "no bands", "not rock"} <= set(pixels.bands.tolist()) <= set(trainee.targets.names)
    assert pixels.groups["calcite"] == "carbonate"


def test_an_error_in_another_process_is_raised_here(trainee: Trainee, school: School) -> None:
    nowhere = trainee.spectra.known + 10_000
    school.announce(nowhere, 1)
    with pytest.raises(IndexError):
        school.taught(nowhere, 1)
