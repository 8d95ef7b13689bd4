from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
MODULES = Path(sys.prefix) / "npm" / "node_modules"
"""Where tests/install_packages.sh puts what tests need from npm."""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One face for all tests: to make an address space takes a second."""
    pytest.importorskip("asyncua")
    from plant import Plant

    with Plant(tmp_path_factory.mktemp("pit"), anonymous=True) as plant:
        yield plant


@pytest.fixture
def plant(served: Any) -> Iterator[Any]:
    """A line that is starting, without alarms."""
    served.quiet()
    served.audited()
    yield served
    served.quiet()


class OtherMake:
    """Client of another make, node-opcua: does one order after the other."""

    def __init__(self, folder: Path) -> None:
        script = Path(__file__).with_name("other_make.js")
        self.folder = folder
        self._process = subprocess.Popen(
            ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"NODE_PATH": str(MODULES)},
        )  # fmt: skip

    def do(self, order: str, **given: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"order": order, **given}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("="):
                answer: dict[str, Any] = json.loads(line[1:])
                return answer
        raise AssertionError(f"node ended at {order}")

    def connect(self, url: str, **given: Any) -> dict[str, Any]:
        return self.do("connect", url=url, pki=str(self.folder / "pki"), uri="urn:other:make", **given)

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherMake]:
    if not shutil.which("node") or not (MODULES / "node-opcua-client").exists():
        pytest.skip("node-opcua is not installed: tests/install_packages.sh")
    client = OtherMake(tmp_path_factory.mktemp("other"))
    yield client
    client.close()
