"""bfloat16 on the tiles of AMX or the vectors of AVX-512, for networks that are a chain of convolutions along the
bands. The kernel is in C.

Sums are taken in one order wherever a sample stands: its logits depend on its own spectrum, to the last bit.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.arrays import aligned
from inference.backends.torchscript import Convolution, convolutions
from oreline.errors import ModelError, ModelMismatch

LIBRARY = Path(__file__).with_name("kernel.so")
BLOCKS, LANES, ROW, TILE = 4, 16, 64, 1024
"""As in kernel.c: blocks of samples that go together; samples of a block, and outputs of a tile; bytes of a row of
pairs, and of a tile."""
DEPTH = ROW // 2
"""Values of a row of weights."""
UNITS = {"AMX": 2, "AVX-512": 1}
"""Units that multiply, the faster first; the numbers are those of kernel.c."""
REMEDY = 'set inference.precision = "float32"'


def load(content: bytes, shape: tuple[int, int]) -> Network:
    """The network for lines of `shape[0]` bands, on the fastest that is available. Raises ModelError where nothing is,
    and for a network that is no chain of convolutions."""
    library, units = _library(), available()
    if library is None or not units:
        raise ModelError(
            "bfloat16 needs a processor and a system with it (avx512_bf16 or amx_bf16 in /proc/cpuinfo), and Oreline "
            f"built by a compiler that knows both, gcc 12 or later: {REMEDY}"
        )
    return Network(library, units[0], convolutions(content), shape[0])


def available() -> list[str]:
    """Those of `UNITS` that this processor, this system and this installation have."""
    library = _library()
    has = library.bfloat16_units() if library is not None else 0
    return [unit for unit, bit in UNITS.items() if has & bit]


class Network:
    """SNV float32 (bands, samples) -> logits float32 (classes, samples), a new array; any number of samples."""

    def __init__(self, library: ctypes.CDLL, unit: str, chain: Sequence[Convolution], bands: int) -> None:
        """Raises ModelError where the chain does not take as many bands."""
        self._library, self._unit = library, UNITS[unit]
        self._bands, self._classes = bands, len(chain[-1].bias)
        self._tables: list[NDArray[Any]] = []
        self._layers = (_Layer * len(chain))(*self._packed(chain))
        self._scratch = _Scratch(BLOCKS * (TILE + ROW * sum(layer.pairs for layer in self._layers)))

    def __call__(self, snv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raises ModelMismatch for a line that is not contiguous float32 of the network's bands."""
        if snv.ndim != 2 or len(snv) != self._bands or snv.dtype != np.float32 or not snv.flags.c_contiguous:
            raise ModelMismatch(f"a line of {snv.dtype} {snv.shape} came to a network of {self._bands} bands")
        samples = snv.shape[1]
        logits = np.empty((self._classes, samples), np.float32)
        self._library.bfloat16_logits(
            self._unit, self._layers, len(self._layers), snv.ctypes.data, self._bands, samples, logits.ctypes.data,
            self._classes, self._scratch.memory.ctypes.data,
        )  # fmt: skip
        return logits

    def _packed(self, chain: Sequence[Convolution]) -> list[_Layer]:
        layers, rows, channels, stored = [], self._bands, 1, 1
        for convolution in chain:
            outputs, inputs, length = convolution.weight.shape
            rows_after = (rows - length) // convolution.stride + 1
            if inputs != channels or rows_after < 1 or convolution.stride * stored % 2:
                raise ModelError(f"the network does not take {self._bands} bands in bfloat16: {REMEDY}")
            weights, bias = _tiles(convolution, stored)
            self._tables += [weights, bias]
            groups, depth, step = len(bias), weights.shape[1], convolution.stride * stored // 2
            pairs = max(-(-rows * stored // 2), (rows_after - 1) * step + depth * DEPTH // 2)
            window = -(-length * stored // 2)
            layers.append(_Layer(weights.ctypes.data, bias.ctypes.data, groups, depth, window, rows_after, step, pairs))
            rows, channels, stored = rows_after, outputs, groups * LANES
        if rows != 1:
            raise ModelError(f"the network makes {rows} rows of {self._bands} bands, not one: {REMEDY}")
        return layers


class _Layer(ctypes.Structure):
    """`struct layer` of kernel.c."""

    _fields_ = [
        ("weights", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("groups", "depth", "window", "rows", "step", "pairs")),
    ]


class _Scratch(threading.local):
    """Buffers between the layers: each thread has its own, made at its first call."""

    def __init__(self, size: int) -> None:
        self.memory = aligned((size,), np.uint8)


def _tiles(convolution: Convolution, stored: int) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Weights as bits of bfloat16 (groups, depth, 16, 32), and biases (groups, 16, 16), one a row. Outputs and windows
    are filled up with zeros, to whole tiles; a row of the input has `stored` channels, filled up in the same way."""
    outputs, channels, length = convolution.weight.shape
    groups, depth = -(-outputs // LANES), -(-length * stored // DEPTH)
    window = np.zeros((groups * LANES, depth * DEPTH), np.float32)
    filled = np.zeros((outputs, length, stored), np.float32)
    filled[:, :, :channels] = convolution.weight.transpose(0, 2, 1)
    window[:outputs, : length * stored] = filled.reshape(outputs, -1)
    bits = torch.from_numpy(window).to(torch.bfloat16).view(torch.int16).numpy()
    weights = aligned((groups, depth, LANES, DEPTH), np.int16)
    weights[...] = bits.reshape(groups, LANES, depth, DEPTH).swapaxes(1, 2)
    bias = aligned((groups, LANES, LANES), np.float32)
    bias.reshape(-1, LANES)[:outputs] = convolution.bias[:, None]
    return weights, bias


def _library() -> ctypes.CDLL | None:
    """None where it was not built."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    unit, pointer, number = ctypes.c_int, ctypes.c_void_p, ctypes.c_int64
    library.bfloat16_logits.argtypes = [unit, pointer, number, pointer, number, number, pointer, number, pointer]
    library.bfloat16_logits.restype = None
    return library
