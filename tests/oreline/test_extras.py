"""Commands on an installation that has none of the extras."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from oreline.extras import EXTRAS

ROOT = Path(__file__).parents[2]
PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")
BARE = f"import sys; sys.modules |= dict.fromkeys({list(EXTRAS)!r}); from oreline.__main__ import main; main()"


def bare(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BARE, *words], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("train", ["train", "swir288", "--data", "spectra.npz", "--out", "model"]),
        ("report", ["calibrate", "report", "deploy/examples/demo.toml", "--out", "page.html"]),
    ],
)
def test_a_command_that_lacks_its_extra_says_which_and_how_it_is_installed(extra: str, words: list[str]) -> None:
    ran = bare(*words)
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert f"-m pip install -e '{ROOT}[{extra}]'" in ran.stderr


@pytest.mark.long
def test_a_bench_needs_no_extra() -> None:
    code = "import oreline.bench as bench, pathlib, sys; print(len(bench._cases(pathlib.Path(sys.argv[1]), True)))"
    ran = subprocess.run(
        [sys.executable, "-c", BARE.partition("; from")[0] + "; " + code, "/nowhere"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def test_every_package_that_is_imported_is_required_or_of_an_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split("[<>=]", word)[0] for word in project["dependencies"]}
    required = named | {re.split("[^a-z0-9-]", word)[0] for name in named for word in requires(name) or []}
    distributions = packages_distributions()
    ours = {*PACKAGES, *sys.stdlib_module_names}
    for path in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in {name.partition(".")[0] for name in names} - ours:
                known = {one.lower().replace("_", "-") for one in distributions.get(name, [name])}
                assert known & required or name in EXTRAS, f"{path} imports {name}"
