"""Where kernels are cached, and that they do without where nothing can be written, as in an image that is read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oreline.jit import kernel, line_kernel
from oreline.places import OURS
from tests.conftest import ROOT

SPREAD = """
import numpy as np
from inference.preprocessing.kernels import to_scale
squares = np.full(3, 16, np.float32)
to_scale(squares, 4)
assert squares.tolist() == [0.5] * 3
"""


CHAIN = """
import hashlib, pathlib
import numpy as np
from inference import bench
from inference.calibration.calibrator import Calibrator
from inference.classification.card import Card
from inference.training.inputs import INPUTS
reference, info = bench._reference(Card.read(pathlib.Path("inference/models/nir224")))
line = np.random.default_rng(1).integers(250, 4096, (info.bands, info.samples)).astype(np.uint16)
found = hashlib.sha256()
for correction, strip in ((bench.CHAIN, bench.STRIP), (bench.BENT, bench.STRIP)):
    calibrator = Calibrator(reference, info, correction, strip, INPUTS["swir288"])
    for values in (calibrator.reflectance(line)[0], calibrator.snv(line)[0], calibrator.features(line)[0]):
        found.update(values.tobytes())
print(found.hexdigest())
"""


def run_kernel(folder: Path = ROOT, script: str = SPREAD, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def homeless(folder: Path) -> dict[str, str]:
    """The environment of a user who has no home, so that ~ stands for itself, and cannot write beside the sources."""
    return {
        "HOME": "~", "XDG_CACHE_HOME": "", "TMPDIR": str(folder), "NUMBA_CACHE_LOCATOR_CLASSES": "UserWideCacheLocator",
    }  # fmt: skip


def test_a_kernel_is_compiled_where_it_can_be_cached_nowhere() -> None:
    ran = run_kernel(NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator", NUMBA_CACHE_DIR="/proc/nothing")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.long
def test_a_process_that_compiles_gives_the_bits_of_one_that_reads_the_cache(tmp_path: Path) -> None:
    compiling, reading = (run_kernel(script=CHAIN, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert compiling.returncode == 0, compiling.stderr
    assert compiling.stdout == reading.stdout


def test_a_kernel_holds_all_that_it_calls() -> None:
    assert all(way(lambda: None).targetoptions["forceinline"] for way in (kernel, line_kernel))  # type: ignore[attr-defined]


def test_a_folder_that_the_user_names_has_the_cache(tmp_path: Path) -> None:
    assert run_kernel(NUMBA_CACHE_DIR=str(tmp_path)).returncode == 0
    assert list(tmp_path.glob("*/kernels.to_scale-*.nbi"))


def test_a_user_without_a_home_has_his_cache_beside_his_lines_and_no_folder_named_tilde(tmp_path: Path) -> None:
    ran = run_kernel(tmp_path, **homeless(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == [OURS]
    assert list((tmp_path / OURS / "cache" / "numba").glob("*/kernels.to_scale-*.nbi"))


def test_no_cache_is_believed_in_a_folder_that_others_write_to(tmp_path: Path) -> None:
    (tmp_path / OURS).mkdir()
    (tmp_path / OURS).chmod(0o777)
    ran = run_kernel(tmp_path, **homeless(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert not list((tmp_path / OURS).iterdir())
