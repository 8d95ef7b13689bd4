"""TorchScript, the default backend, and the only file that knows torch.jit."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backends import Logits
from oreline.errors import ModelError

WARM_UP = 3
"""torch.jit profiles a first call and compiles in a second."""
OTHER_FORM = (
    "the network is not a chain of convolutions with a bias that go along the bands, with a ReLU between each and the "
    'next, which is all that bfloat16 can compute here: set inference.precision = "float32"'
)


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """Along the bands. `weight`: float32 (outputs, channels, length); `bias`: float32 (outputs,); `stride`: in rows."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int


def load(content: bytes, shape: tuple[int, int]) -> Logits:
    """A frozen network on one thread, warm for lines of `shape` (features, samples). Raises ModelError."""
    torch.set_num_threads(1)
    with _quiet(), torch.inference_mode():
        network = _frozen(content)
        if not _has_its_own_order(network):
            network = torch.jit.optimize_for_inference(network)

    def logits(features: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            result = network(torch.from_numpy(features)[None, None])
        answer: NDArray[np.float32] = result[0, :, 0].numpy()
        return answer

    try:
        for _ in range(WARM_UP):
            logits(np.zeros(shape, np.float32))
    except RuntimeError as error:
        raise ModelError(f"the network does not take {shape[0]} features: {_first_line(error)}") from None
    return logits


def _has_its_own_order(network: torch.jit.ScriptModule) -> bool:
    """Whether a network lays its channels out itself: torch would lay them out anew before and after each addition."""
    return any(node.kind() == "aten::contiguous" for node in network.graph.nodes())


def convolutions(content: bytes) -> list[Convolution]:
    """A network that is nothing but convolutions along the bands, with a ReLU between each and the next.

    Raises ModelError for any other network."""
    with _quiet():
        graph = _frozen(content).graph
    steps = [node for node in graph.nodes() if node.kind() != "prim::Constant"]
    read = [*(step.inputsAt(0).debugName() for step in steps), *(value.debugName() for value in graph.outputs())]
    produced = [list(graph.inputs())[-1].debugName(), *(step.output().debugName() for step in steps)]
    kinds = ["aten::conv2d", *["aten::relu", "aten::conv2d"] * (len(steps) // 2)]
    if read != produced or [step.kind() for step in steps] != kinds:
        raise ModelError(OTHER_FORM)
    return [_convolution(step) for step in steps[::2]]


def _convolution(step: Any) -> Convolution:
    weight, bias, stride, *others = (value.toIValue() for value in list(step.inputs())[1:])
    known = isinstance(weight, torch.Tensor) and isinstance(bias, torch.Tensor)
    if not known or weight.shape[3] != 1 or stride[1] != 1 or others != [[0, 0], [1, 1], 1]:
        raise ModelError(OTHER_FORM)
    return Convolution(weight[..., 0].numpy(), bias.numpy(), stride[0])


def encode(network: torch.nn.Module) -> bytes:
    """A network as TorchScript. The same network gives the same bytes on every machine: what torch adds for
    debugging, with the paths of this machine, is left out."""
    archive = io.BytesIO()
    with _quiet():
        torch.jit.save(torch.jit.script(network), archive)
    plain = io.BytesIO()
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(plain, "w") as target:
        for name in source.namelist():
            if not name.endswith((".debug_pkl", "serialization_id")):
                target.writestr(zipfile.ZipInfo(name), source.read(name))
    return plain.getvalue()


def _frozen(content: bytes) -> torch.jit.ScriptModule:
    try:
        loaded = torch.jit.load(io.BytesIO(content), map_location="cpu").eval()  # type: ignore[no-untyped-call]
        frozen: torch.jit.ScriptModule = torch.jit.freeze(loaded)
    except RuntimeError as error:
        raise ModelError(f"not a TorchScript network that this torch can read: {_first_line(error)}") from None
    return frozen


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.jit is deprecated in favour of export, which has no counterpart to it on the CPU yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
