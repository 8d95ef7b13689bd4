"""A station, a belt that runs past it, and a browser: one of each for a file of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sinks.station import Station
from tests.sinks.station.web import belt

CHROMIUM = shutil.which("chromium")


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra test")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
