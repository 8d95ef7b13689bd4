"""A wheel holds all that a user needs: examples, documentation and units, the camera, the models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.unit import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


def checkout(folder: Path) -> Path:
    """The sources alone, to build in."""
    tracked = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a wheel, as its build lays it out, without what must be compiled."""
    sources = checkout(tmp_path_factory.mktemp("sources"))
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "built"]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    return sources / "built"


def test_what_a_checkout_has_beside_its_packages_is_in_the_wheel(built: Path) -> None:
    share = built / "oreline" / "share"
    for name in ("deploy/examples/demo.toml", "deploy/systemd/oreline@.target", "docs/tutorial/line.md", "README.md"):
        assert (share / name).read_bytes() == (ROOT / name).read_bytes()
    assert not list(share.rglob("*.py"))


def test_an_installed_oreline_finds_its_example_and_its_documentation(built: Path, tmp_path: Path) -> None:
    code = (
        "from oreline.shipped import DOCS, example; from oreline.config import Config; import oreline\n"
        "print(oreline.__path__[0]); print(DOCS); print(Config.load(example('demo')).line.name)"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(built)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    package = built / "oreline"
    assert ran.stdout.splitlines() == [str(package), str(package / "share" / "docs"), "demo"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command line of a wheel, installed into a fresh environment that borrows only what Oreline needs."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = checkout(folder / "sources")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sources]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = folder.glob("oreline-*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    site = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    borrowed = [path for path in Path(sysconfig.get_path("purelib")).iterdir() if "oreline" not in path.name]
    for path in borrowed:
        if path.suffix != ".pth" and not (site / path.name).exists():
            (site / path.name).symlink_to(path)
    return python


@pytest.fixture
def oreline(installed: Path, tmp_path: Path) -> Run:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [installed, "-m", "oreline", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)

    return run


@pytest.mark.long
def test_the_demo_runs_from_a_wheel(oreline: Run, installed: Path, tmp_path: Path) -> None:
    helped = oreline("--help")
    assert str(installed.parents[1]) in "".join(helped.stdout.split()), helped.stdout + helped.stderr
    ran = oreline("demo", "--seconds", "4", "--output", "out")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "unaccounted 0" in ran.stdout
    assert list((tmp_path / "out").glob("map_*.png"))
