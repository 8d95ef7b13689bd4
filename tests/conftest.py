"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from oreline.incidents import Log

ROOT = Path(__file__).parents[1]
signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell's background and nohup ignore, they pass on to
signal.signal(signal.SIGHUP, lambda *_: None)  # those that tests start, unless something is done at it here.


@pytest.fixture(scope="session", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this user's key for models is, for these tests and the processes that they start: not the real one."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        yield folder / "oreline"


@pytest.fixture(autouse=True)
def own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has said is news again in the next."""
    monkeypatch.setattr("oreline.incidents.process._log", Log())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real spectra and recordings; ORELINE_SHARED_DATA names it where it is not beside the checkout."""
    candidates = [os.environ.get("ORELINE_SHARED_DATA"), ROOT.parent / "shared" / "data"]
    for folder in candidates:
        if folder and Path(folder).is_dir():
            return Path(folder)
    pytest.skip("no shared data: set ORELINE_SHARED_DATA to the folder that holds minerals_open.npz and raw/")
