"""Products: a stone is of the first whose condition holds, by its samples of each class."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from hwsim.plant import VirtualPlc
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.messages import BACKGROUND, UNKNOWN
from oreline.testing import CLASSES, LAYERS, stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.products import Products
from sinks.conveyor.recipe import Product, Recipe
from tests.sinks.conveyor.belts import EMPTY, VALVES_OF_STONE, belt, feed, settings

THREE = (
    Product(name="accept", when="carbonate > 0.5", valves=1),
    Product(name="unsure", when="unknown >= 0.5 or carbonate > 0.3"),
    Product(name="clay", when="kaolin > 0.5"),
)
SORTED = {
    "ore": ["calcite"],
    "min_pixels": 4,
    "products": [product.model_dump(exclude_none=True) for product in THREE],
}


def test_a_stone_is_of_the_first_product_whose_condition_holds_and_of_none_where_none_does() -> None:
    recipe = Recipe(ore=("calcite",), products=THREE)
    products = Products(recipe, recipe.answer(CLASSES, ()))
    counts = np.array([[6, 4, 0, 0], [4, 6, 0, 0], [0, 0, 5, 5], [1, 9, 0, 0], [0, 0, 10, 0]], np.float64)
    assert products.of(counts).tolist() == [1, 2, 2, 3, 0]
    assert products.opens.tolist() == [False, True, False, False]


def stone(*labels: int) -> list[int]:
    return [BACKGROUND] * 4 + list(labels) + [BACKGROUND] * (28 - len(labels))


@pytest.mark.parametrize("wanted", [{"recipe": SORTED}])
def test_valves_open_for_the_product_that_has_them_and_the_others_are_counted(
    program: VirtualPlc, conveyor: Conveyor
) -> None:
    lines = stone(0, 0, 0, 1), stone(0, 0, 0, 1), EMPTY, stone(UNKNOWN, UNKNOWN, 0, 1), EMPTY, stone(1, 1, 1, 1), EMPTY
    feed(conveyor, stream_info(), *belt(*lines, stone(2, 2, 2, 2), EMPTY))
    report = conveyor.close()
    assert report["products"] == {"accept": 1, "unsure": 1, "clay": 1}
    assert (report["stones"], report["ejected"]) == (4, 1)
    assert program.rows["valves"].tolist() == [VALVES_OF_STONE] * 2


@pytest.mark.parametrize("wanted", [{"recipe": {"ore": ["calcite"], "when": "calcite + 0.5 * gypsum > 0.6"}}])
def test_an_expression_ejects_what_it_holds_for(program: VirtualPlc, conveyor: Conveyor) -> None:
    good, bad = stone(0, 0, 2, 2), stone(0, 0, 1, 1)
    feed(conveyor, stream_info(), *belt(*[good] * 5, EMPTY, *[bad] * 5, EMPTY))
    report = conveyor.close()
    assert (report["stones"], report["ejected"], report["products"]) == (2, 1, {})
    assert len(program.rows) == 5


def test_a_stone_that_is_too_small_is_of_no_product() -> None:
    recipe = Recipe(ore=("calcite",), when="calcite > 0.1", min_pixels=3)
    assert recipe.words == "stones of at least 3 samples are ejected where calcite is more than 10 %"
    assert recipe.cut_off is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"when": "calcite >"}, "something is missing"),
        ({"when": "calcite > 0.1", "min_fraction": 0.3}, "leave out decide, min_fraction"),
        ({"when": "calcite > 0.1", "decide": "mean"}, "leave out decide, min_fraction"),
        ({"when": "calcite > 0.1", "products": THREE}, "leave one of them out"),
        ({"products": (THREE[0], THREE[0])}, "two products have one name"),
        ({"products": ({"name": "a", "when": "calcite > 0.1", "valves": 2},)}, "less than or equal to 1"),
        ({"when": "a" * 501}, "shorter"),
    ],
)
def test_what_decides_in_two_ways_or_in_none_is_refused(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        Recipe(ore=("calcite",), **table)


def test_a_condition_on_what_the_model_has_not_is_refused_before_the_line_runs() -> None:
    asked = settings(recipe={"ore": ["calcite"], "when": "quarz > 0.1"})
    with pytest.raises(ConfigError, match="'quarz' is no class or group of the model"):
        Conveyor.check(asked, Expected(classes=CLASSES, layers=LAYERS))
