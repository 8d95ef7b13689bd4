"""A station, and a belt that runs past it: one of each for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.station import Station
from tests.sinks.station.web import belt


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    folder: Path = tmp_path_factory.mktemp("station")
    with belt.station(folder, without_account="engineer") as station:
        yield station


@pytest.fixture(scope="module")
def address(station: Station) -> str:
    return station.hub.addresses["web"]


@pytest.fixture(scope="module")
def moving(station: Station) -> Iterator[belt.Belt]:
    """A belt at 670 lines/s of 640 samples."""
    one = belt.Belt(belt.info_of(640, 670.0))
    with belt.moving(station, one):
        yield one
