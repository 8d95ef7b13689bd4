"""Where kernels are cached, and that they do without where nothing can be written, as in an image that is read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SPREAD = """
import numpy as np
from inference.spectra_kernels import to_scale
squares = np.full(3, 16, np.float32)
to_scale(squares, 4)
assert squares.tolist() == [0.5] * 3
"""


def run_kernel(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SPREAD]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_a_kernel_is_compiled_where_it_can_be_cached_nowhere() -> None:
    ran = run_kernel(NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator", NUMBA_CACHE_DIR="/proc/nothing")
    assert ran.returncode == 0, ran.stderr


def test_a_folder_that_the_user_names_has_the_cache(tmp_path: Path) -> None:
    assert run_kernel(NUMBA_CACHE_DIR=str(tmp_path)).returncode == 0
    assert list(tmp_path.glob("*/spectra_kernels.to_scale-*.nbi"))
