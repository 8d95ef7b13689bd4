"""Scales of colours go as far as what was measured where it could be measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oreline.errors import ConfigError
from oreline.messages import FeatureInfo
from sinks.core.pictures.choosing import ends, layer_named
from sinks.core.pictures.layers import Feature, measured
from tests.sinks.core.pictures.holes import plain


def test_the_scale_of_a_centre_is_that_of_deep_absorptions_not_of_noise() -> None:
    rng = np.random.default_rng(1)
    scan, _ = plain(np.zeros((200, 50), int).tolist())
    features = np.empty((200, 1, 2, 50), np.float32)
    features[:100, 0] = rng.uniform(2195, 2210, (100, 50))[:, None] * [[1], [0]] + [[0], [0.2]]
    features[100:, 0] = rng.uniform(2120, 2245, (100, 50))[:, None] * [[1], [0]] + [[0], [0.012]]
    scan = replace(scan, features=features, feature_infos=(FeatureInfo("2200", 2120, 2245),))
    layer = layer_named("2200W", lambda: iter([scan]), None, 0.01, None)
    assert isinstance(layer, Feature)
    assert 2194 < layer.low < 2197
    assert 2208 < layer.high < 2211
    assert layer_named("2200W", lambda: iter([scan]), None, 0.01, (2190, 2215)).title == "2200, centre in nm"
    with pytest.raises(ConfigError, match=r"minerals, colour, 2200W, 2200D\. Did you mean '2200W'"):
        layer_named("2200w", lambda: iter([scan]), None, 0.01, None)


def test_what_is_alike_has_a_scale_of_some_length() -> None:
    low, high = ends(np.full(9, 2200.0), np.ones(9), (2.0, 98.0), 2.0)
    assert (low, high) == (2199.0, 2201.0)


def test_crystallinity_is_the_quotient_of_its_two_depths_where_both_are_deep_enough() -> None:
    scan, _ = plain([[0, 0, 0]])
    depths = np.array([[0.3, 0.3, 0.005], [0.2, 0.001, 0.2]], np.float32)
    features = np.stack([np.full_like(depths, 2200), depths], axis=1)[None]
    infos = FeatureInfo("OH", 2100, 2400), FeatureInfo("water", 1850, 2100)
    scan = replace(scan, features=features, feature_infos=infos)
    assert measured(scan, "crystallinity", 0.01)[0] == pytest.approx([1.5, np.nan, np.nan], nan_ok=True)
