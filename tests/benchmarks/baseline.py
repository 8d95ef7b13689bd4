"""The line as one would write it first: three processes, pickles over PUSH and PULL, numpy in float64, an eager Conv1d.

`python baseline.py MODEL.pt LINES` prints {"seconds_a_line": ...} as JSON. It is what `oreline bench` compares with, so
it is written in good faith: local sockets, a bounded queue, no work done twice, and the same weights.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
import warnings

import numpy as np
import torch
import zmq
from torch import nn

BANDS, SAMPLES = 224, 640
SKIPPED = 40
"""Lines before the clock starts."""
STRIDES = (8, 2, 2, 1)


def network(path: str) -> nn.Sequential:
    """The model's weights, in the form that books show: Conv1d over (samples, channels, bands)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        weights = torch.jit.load(path).state_dict()
    layers: list[nn.Module] = []
    for number, stride in enumerate(STRIDES):
        weight = weights[f"weight{number}"].squeeze(-1)
        layer = nn.Conv1d(weight.shape[1], weight.shape[0], weight.shape[2], stride)
        layer.load_state_dict({"weight": weight, "bias": weights[f"bias{number}"]})
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1]).eval()


def classify(model: nn.Sequential, counts: np.ndarray, dark: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Counts (bands, samples) to a class a sample."""
    reflectance = (counts.astype(np.float64) - dark) / (white - dark)
    snv = (reflectance - reflectance.mean(axis=0)) / reflectance.std(axis=0)
    with torch.no_grad():
        spectra = torch.from_numpy(snv.T.astype(np.float32))[:, None, :]
        return model(spectra)[:, :, 0].argmax(dim=1).numpy().astype(np.uint8)


def camera(address: str, lines: int) -> None:
    rng = np.random.default_rng(1)
    recorded = [rng.integers(350, 3500, (BANDS, SAMPLES)).astype(np.uint16) for _ in range(16)]
    socket = zmq.Context().socket(zmq.PUSH)
    socket.set_hwm(8)
    socket.connect(address)
    for seq in range(lines):
        socket.send_pyobj({"seq": seq, "time": time.time(), "counts": recorded[seq % 16]})
    socket.close()


def worker(source: str, sink: str, lines: int, path: str) -> None:
    rng = np.random.default_rng(2)
    dark, white = rng.uniform(290, 340, (BANDS, SAMPLES)), rng.uniform(2000, 3800, (BANDS, SAMPLES))
    model, context = network(path), zmq.Context()
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    pull.set_hwm(8)
    pull.bind(source)
    push.connect(sink)
    for _ in range(lines):
        line = pull.recv_pyobj()
        push.send_pyobj(
            {"seq": line["seq"], "time": line["time"], "labels": classify(model, line["counts"], dark, white)}
        )
    push.close()


def main(path: str, lines: int) -> None:
    """Start the processes, be the sink."""
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        raw, labels = f"ipc://{folder}/raw", f"ipc://{folder}/labels"
        pull = zmq.Context().socket(zmq.PULL)
        pull.bind(labels)
        stages = [
            processes.Process(target=worker, args=(raw, labels, lines, path), daemon=True),
            processes.Process(target=camera, args=(raw, lines), daemon=True),
        ]
        for stage in stages:
            stage.start()
        for _ in range(SKIPPED):
            pull.recv_pyobj()
        begin = time.perf_counter()
        for _ in range(lines - SKIPPED):
            pull.recv_pyobj()
        seconds = (time.perf_counter() - begin) / (lines - SKIPPED)
        for stage in stages:
            stage.join()
    print(json.dumps({"seconds_a_line": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
