"""A wheel has what a checkout has: all that lies beside the modules is package data."""

from __future__ import annotations

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT_FROM = {"inference/backends/bfloat16/kernel.c"}
"""Sources of what is built and shipped as machine code."""


def test_what_lies_beside_modules_is_shipped() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    patterns = [f"{package}/{one}" for package, own in data.items() for one in own]
    packages = ["oreline", "acquisition", "inference", "sinks", "hwsim"]
    listed = subprocess.run(["git", "ls-files", *packages], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    beside = {path for path in listed.splitlines() if not path.endswith(".py")} - BUILT_FROM
    assert beside
    assert [path for path in sorted(beside) if not any(matches(path, one) for one in patterns)] == []


def matches(path: str, pattern: str) -> bool:
    """As setuptools has it: a star stays in its folder."""
    parts = path.split("/"), pattern.split("/")
    return len(parts[0]) == len(parts[1]) and all(map(fnmatch, *parts))
