"""Packages of others beside Oreline, installed as a user installs them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference.models import SHIPPED

HERE = Path(__file__).parent
PIP = ("pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile")


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where acme-oreline and rival-oreline are installed, the first with a model in it."""
    folder = tmp_path_factory.mktemp("packages")
    sources = [Path(shutil.copytree(HERE / name, folder / name)) for name in ("acme", "rival")]
    shutil.copytree(SHIPPED / "nir224", sources[0] / "acme_oreline" / "acme224")
    command = [sys.executable, "-m", *PIP, "--disable-pip-version-check", "--target", folder / "both", *sources]
    subprocess.run(command, check=True)
    return folder / "both"


@pytest.fixture(scope="session")
def acme(both: Path) -> Path:
    """Where acme-oreline is installed alone."""
    for path in both.glob("acme_oreline*"):
        shutil.copytree(path, both.with_name("alone") / path.name)
    return both.with_name("alone")
