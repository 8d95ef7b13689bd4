"""The answers of a stream as codes: what pictures paint and sorters look up."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.answers import answer_of, group_of, place
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN
from oreline.testing import CLASSES, LAYERS

NONE = UNKNOWN
PLACES = {"group": 0, "bands": 2, "bands_group": 3, "reason": 4, "probability": 5, "share": None}


def test_a_plane_is_found_behind_those_of_the_layers_before_it() -> None:
    assert {name: place(LAYERS, name) for name in PLACES} == PLACES
    assert place(LAYERS[::-1], "group") == 7


def test_labels_without_layers_are_codes_themselves() -> None:
    answer, labels = answer_of("labels", CLASSES, ()), np.array([0, 2, UNKNOWN, BACKGROUND], np.uint8)
    assert answer.codes(labels, None) is labels
    assert answer.classes == CLASSES
    assert answer.groups == ("carbonate", "kaolin", "sulphate")


def test_a_group_stands_where_no_species_is_sure() -> None:
    labels = np.array([1, UNKNOWN, UNKNOWN, BACKGROUND, INVALID], np.uint8)
    layers = np.zeros((8, 5), np.uint8)
    layers[0] = 1, 0, NONE, NONE, NONE
    layers[2] = NONE, 0, 1, NONE, NONE
    layers[3] = 0, 0, 1, NONE, NONE
    names = {UNKNOWN: "?", BACKGROUND: ".", INVALID: "!"}
    for which, expected in {
        "labels": ["kaolinite", "carbonate (group)", "?", ".", "!"],
        "bands": ["kaolin (group)", "kaolinite", "no bands", ".", "!"],
    }.items():
        answer = answer_of(which, CLASSES, LAYERS)  # type: ignore[arg-type]
        known = names | {code: info.name for code, info in enumerate(answer.classes)}
        assert [known[code] for code in answer.codes(labels, layers).tolist()] == expected
        page = answer.codes(np.stack([labels] * 3), np.stack([layers] * 3))
        assert page.tolist() == [answer.codes(labels, layers).tolist()] * 3


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("calcite", "carbonate"), ("other kaolin", "kaolin"), ("other AlOH", "other AlOH"), ("topaz", "other AlOH"),
        ("chlorite", "chlorite"), ("kaolin (group)", "kaolin"), ("other MgOH (group)", "other MgOH"),
        ("no bands", "no bands"), ("unobtainium", "unobtainium"),
    ],
)  # fmt: skip
def test_what_an_answer_says_has_a_group(name: str, group: str) -> None:
    assert group_of(name) == group


def test_what_is_belt_by_its_label_is_belt_in_every_answer() -> None:
    layers = np.zeros((8, 2), np.uint8)
    assert answer_of("bands", CLASSES, LAYERS).codes(np.array([BACKGROUND, INVALID], np.uint8), layers).tolist() == [
        BACKGROUND,
        INVALID,
    ]


def test_a_stream_that_does_not_tell_whose_bands_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"inference\.layers"):
        answer_of("bands", CLASSES, LAYERS[:2])
