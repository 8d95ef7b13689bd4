"""Mistakes in features, and in what decides a stone by its core."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KERNELS = "inference/features/kernels.py"
WINDOWS = "inference/features/windows.py"
CORES = "sinks/conveyor/cores.py"
FEATURE_TESTS = ("tests/inference/features/test_line.py", "tests/inference/features/test_windows.py")
CORE_TESTS = ("tests/sinks/conveyor/test_cores.py",)

MUTANTS = (
    Mutant(
        "a value that is no number is passed over in the hull of a line",
        KERNELS,
        "sound[i] = sound[i] if np.float32(0) < value < _HUGE else np.float32(np.nan)",
        "sound[i] = sound[i]",
        FEATURE_TESTS,
    ),
    Mutant(
        "the last samples of a line are those of the block before",
        KERNELS,
        "begin = min(start, samples - whole)",
        "begin = min(start, max(0, samples - 2 * whole))",
        FEATURE_TESTS,
    ),
    Mutant(
        "a camera that ends in a window has its feature",
        WINDOWS,
        "if off > gap / 2 or gap >",
        "if gap >",
        FEATURE_TESTS,
    ),
    Mutant(
        "the outline of a stone is of its core",
        CORES,
        "core = self._last[1:-1] & self._last[:-2] & self._last[2:] & self._before[1:-1] & now[1:-1]",
        "core = self._last[1:-1]",
        CORE_TESTS,
    ),
    Mutant(
        "a core goes on over lines that are missing",
        CORES,
        "        self._before = self._last = np.zeros_like(self._last)\n",
        "",
        CORE_TESTS,
    ),
    Mutant(
        "two classes of ore that are sure are none together",
        CORES,
        "outputs[self._ore].sum(axis=0, dtype=np.uint16)",
        "outputs[self._ore].sum(axis=0, dtype=np.uint8)",
        CORE_TESTS,
    ),
)
