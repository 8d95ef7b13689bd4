"""Which layers a model has, which of them are told, and what their legends say."""

from __future__ import annotations

import pytest

from inference.classification.card import BandAnswer, Card
from inference.classification.layers import chosen
from oreline.errors import ConfigError
from oreline.messages import blank_planes
from oreline.palette import GROUPS, MINERALS, rgb
from tests.inference import first_version, two_answers

ALL = ["group", "group_confidence", "bands", "bands_group", "bands_confidence", "second", "share", "reason"]


def names(card: Card, asked: list[str] | None) -> list[str]:
    return [layer.name for layer in chosen(card, asked)]


def test_a_model_tells_all_but_the_probabilities_unless_it_is_told_which() -> None:
    card = two_answers.card()
    assert names(card, None) == ALL
    assert names(card, []) == []
    assert names(card, ["share", "probability", "bands"]) == ["bands", "share", "probability"]
    assert sum(layer.planes for layer in chosen(card, ["probability"])) == len(card.classes) + 2


def test_a_model_without_a_second_answer_has_no_layers_of_it() -> None:
    assert names(two_answers.card(bands=None), None) == ["group", "group_confidence", "reason"]
    assert names(first_version.card(), None) == []


def test_a_layer_that_the_model_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no 'group_confidense', but group, .*Did you mean 'group_confidence'"):
        chosen(two_answers.card(), ["group_confidense"])
    with pytest.raises(ConfigError, match="no 'bands', but group"):
        chosen(two_answers.card(bands=None), ["bands"])


def test_legends_name_species_and_groups_in_the_colours_of_the_palette() -> None:
    legends = {layer.name: {one.name: one.colour for one in layer.legend} for layer in chosen(two_answers.card(), None)}
    assert legends["group"] == {name: rgb(GROUPS[name]) for name in ("kaolin", "white mica", "carbonate", "chlorite")}
    assert legends["bands"]["kaolinite"] == rgb(MINERALS["kaolinite"])
    assert legends["bands"]["other kaolin"] == rgb(GROUPS["kaolin"])
    assert list(legends["bands_group"]) == ["kaolin", "white mica", "carbonate", "other bands", "no bands", "not rock"]
    assert legends["second"] == legends["bands_group"]
    assert list(legends["reason"]) == ["not rock", "too dark", "noisy", "no bands", "not in the list", "unsure"]


def test_a_class_without_a_group_is_its_own() -> None:
    card = two_answers.card()
    odd = card.classes[0].model_copy(update={"name": "unobtainium"})
    (group, *_) = chosen(card.model_copy(update={"classes": (odd, *card.classes[1:])}), None)
    assert (group.legend[0].name, group.legend[0].colour) == ("unobtainium", odd.colour)


def test_a_group_of_the_second_answer_that_is_one_mineral_has_its_colour() -> None:
    bands = BandAnswer(names=("vermiculite", "calcite"), groups=("vermiculite", "carbonate"), unknown_below=0.5,
                       species_below=0.5)  # fmt: skip
    (group,) = (layer for layer in chosen(two_answers.card(bands=bands), None) if layer.name == "bands_group")
    assert [one.colour for one in group.legend] == [rgb(MINERALS["vermiculite"]), rgb(GROUPS["carbonate"])]


def test_what_is_blank_is_no_answer_or_nothing() -> None:
    assert blank_planes(chosen(two_answers.card(), ["bands", "share"])).tolist() == [[255], [0]]
