"""TorchScript, the default backend, and the only file that knows torch.jit."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backends import Logits
from oreline.errors import ModelError

WARM_UP = 3
"""torch.jit profiles a first call and compiles in a second."""

Expression = tuple[Any, ...]
"""An operation's name and what goes into it: other expressions, constants, and FEATURES."""
FEATURES = "features"


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


def expression(content: bytes) -> Any:
    """What a network computes: an `Expression`, or None where it does anything besides, such as to change a tensor in
    its place. Names are those of operations that leave their operands alone; how a tensor lies in memory is passed
    over. Raises ModelError where there is no network."""
    with _quiet():
        graph = _frozen(content).graph
    steps, answer = list(graph.nodes()), next(graph.outputs()).debugName()
    needed = {answer}
    for node in reversed(steps):
        if any(value.debugName() in needed for value in node.outputs()):
            needed.update(value.debugName() for value in node.inputs())
        elif node.kind() != "prim::Constant":
            return None
    known: dict[str, Any] = {value.debugName(): FEATURES for value in graph.inputs()}
    for node in steps:
        known[node.outputsAt(0).debugName()] = _expressed(node, [known.get(one.debugName()) for one in node.inputs()])
    return known[answer]


def _expressed(node: Any, operands: list[Any]) -> Any:
    if node.kind() == "prim::Constant":
        return node.output().toIValue()
    return operands[0] if node.kind() == "aten::contiguous" else (node.kind().removesuffix("_"), *operands)


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
