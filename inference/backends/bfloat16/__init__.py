"""bfloat16 on the tiles of AMX or the vectors of AVX-512, for networks that are a chain of convolutions along the
bands. The kernel is in C.

Sums are taken in one order wherever a sample stands: its logits depend on its own spectrum, to the last bit.
"""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.arrays import aligned
from inference.backends.bfloat16.chain import Chain, Convolution, read
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
    """The network for lines of `shape[0]` features, on the fastest that is available. Raises ModelError where nothing
    is, and for a network that is no chain of convolutions."""
    library, units = _library(), available()
    if library is None or not units:
        raise ModelError(
            "bfloat16 needs a processor and a system with it (avx512_bf16 or amx_bf16 in /proc/cpuinfo), and Oreline "
            f"built by a compiler that knows both, gcc 12 or later: {REMEDY}"
        )
    return Network(library, units[0], read(content), shape[0])


def available() -> list[str]:
    """Those of `UNITS` that this processor, this system and this installation have."""
    library = _library()
    has = library.bfloat16_units() if library is not None else 0
    return [unit for unit, bit in UNITS.items() if has & bit]


class Network:
    """Features float32 (features, samples) -> logits float32 (outputs, samples), a new array; any number of samples."""

    def __init__(self, library: ctypes.CDLL, unit: str, chain: Chain, features: int) -> None:
        """Raises ModelError where the chain does not take as many features."""
        self._library, self._unit, self._features = library, UNITS[unit], features
        self._blocks, self._scalars, self._centre = chain.blocks, len(chain.centre), chain.centre
        self._bands = chain.bands or features
        if self._blocks * self._bands + self._scalars != features:
            raise ModelError(f"the network does not take {features} features in bfloat16: {REMEDY}")
        self._tables: list[NDArray[Any]] = []
        count, self._outputs = len(chain.layers), len(chain.layers[-1].bias)
        self._layers = (_Layer * count)(*self._packed(chain.layers))
        self._entries = (_Layer * count)(*map(self._entry, chain.layers)) if self._scalars else None
        pairs = sum(layer.pairs for layer in (*self._layers, *(self._entries or ())[:1]))
        self._scratch = _Scratch(BLOCKS * (TILE * (1 + max(layer.groups for layer in self._layers)) + ROW * pairs))

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raises ModelMismatch for a line that is not contiguous float32 of the network's features."""
        whole = features.dtype == np.float32 and features.flags.c_contiguous
        if features.ndim != 2 or len(features) != self._features or not whole:
            raise ModelMismatch(
                f"a line of {features.dtype} {features.shape} came to a network of {self._features} features"
            )
        samples = features.shape[1]
        logits = np.empty((self._outputs, samples), np.float32)
        self._library.bfloat16_logits(
            self._unit, self._layers, self._entries, len(self._layers), features.ctypes.data, self._centre.ctypes.data,
            self._blocks, self._bands, self._scalars, samples, logits.ctypes.data, self._outputs,
            self._scratch.memory.ctypes.data,
        )  # fmt: skip
        return logits

    def _packed(self, chain: list[Convolution]) -> list[_Layer]:
        layers, rows, channels, stored = [], self._bands, self._blocks, self._blocks
        for convolution in chain:
            outputs, inputs, length = convolution.weight.shape
            rows_after = (rows - length) // convolution.stride + 1
            if inputs != channels or rows_after < 1 or (rows_after > 1 and convolution.stride * stored % 2):
                raise ModelError(f"the network does not take {self._features} features in bfloat16: {REMEDY}")
            layers.append(self._layer(convolution, rows, rows_after, stored))
            rows, channels, stored = rows_after, outputs, layers[-1].groups * LANES
        if rows != 1:
            raise ModelError(f"the network makes {rows} rows of {self._bands} bands, not one: {REMEDY}")
        return layers

    def _layer(self, convolution: Convolution, rows: int, rows_after: int, stored: int) -> _Layer:
        weights, bias = _tiles(convolution, stored)
        self._tables += [weights, bias]
        groups, depth, step = len(bias), weights.shape[1], convolution.stride * stored // 2
        pairs = max(-(-rows * stored // 2), (rows_after - 1) * step + depth * DEPTH // 2)
        window = -(-convolution.weight.shape[2] * stored // 2)
        return _Layer(weights.ctypes.data, bias.ctypes.data, groups, depth, window, rows_after, step, pairs)

    def _entry(self, convolution: Convolution) -> _Layer:
        """What the scalars add to a layer: one window over all of them."""
        assert convolution.entry is not None
        weight = convolution.entry[:, None, :]
        return self._layer(Convolution(weight, convolution.bias, 1), self._scalars, 1, 1)


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
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    library.bfloat16_logits.argtypes = [
        ctypes.c_int, pointer, pointer, number, pointer, pointer, *[number] * 4, pointer, number, pointer,
    ]  # fmt: skip
    library.bfloat16_logits.restype = None
    return library
