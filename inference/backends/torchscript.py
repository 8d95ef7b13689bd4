"""TorchScript, the default backend, and the only file that knows torch.jit."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backends import Logits
from oreline.errors import ModelError

WARM_UP = 3
"""torch.jit profiles a first call and compiles in a second."""


def load(content: bytes, shape: tuple[int, int]) -> Logits:
    """A frozen network on one thread, warm for lines of `shape` (bands, samples). Raises ModelError."""
    torch.set_num_threads(1)
    with _quiet(), torch.inference_mode():
        try:
            loaded = torch.jit.load(io.BytesIO(content), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            network = torch.jit.optimize_for_inference(torch.jit.freeze(loaded))
        except RuntimeError as error:
            raise ModelError(f"not a TorchScript network that this torch can read: {_first_line(error)}") from None

    def logits(snv: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            result = network(torch.from_numpy(snv)[None, None])
        made: NDArray[np.float32] = result[0, :, 0].numpy()
        return made

    try:
        for _ in range(WARM_UP):
            logits(np.zeros(shape, np.float32))
    except RuntimeError as error:
        raise ModelError(f"the network does not take {shape[0]} bands: {_first_line(error)}") from None
    return logits


def encode(network: torch.nn.Module) -> bytes:
    """A network as TorchScript. The same network gives the same bytes on every machine: what torch adds for
    debugging, with the paths of this machine, is left out."""
    made = io.BytesIO()
    with _quiet():
        torch.jit.save(torch.jit.script(network), made)
    plain = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(plain, "w") as target:
        for name in source.namelist():
            if not name.endswith((".debug_pkl", "serialization_id")):
                target.writestr(zipfile.ZipInfo(name), source.read(name))
    return plain.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.jit is deprecated in favour of export, which has no counterpart to it on the CPU yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
