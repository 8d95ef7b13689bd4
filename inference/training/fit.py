"""Train one network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.preprocessing.step import Layout
from inference.training.augment import Sampler
from inference.training.data import OTHER
from inference.training.families import Family

BATCH = 512
RATE = 4e-3
DECAY = 1e-2
SMOOTHING = 0.05
OTHER_WEIGHT = 0.5

Fit = Callable[[Sampler, int], nn.Module]
"""Pixels and a seed -> a network."""


def fit(
    family: type[Family],
    sampler: Sampler,
    layout: Layout,
    outputs: int,
    widths: tuple[int, ...],
    steps: int,
    seed: int,
    tell: Callable[[int], None],
) -> nn.Module:
    """A network of a family, ready to be deployed. Same arguments, same weights: one thread, seeded, no clock."""
    torch.manual_seed(seed)
    network = family.build(layout, outputs, widths).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for step in range(steps):
        pixels, target = sampler.draw(BATCH)
        logits = network(torch.from_numpy(pixels)[None, None])[0, :, 0].T
        loss = _loss(logits, torch.from_numpy(target))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        tell(step)
    return family.deployed(network)


def _loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy for the classes; for other minerals, distance from being equally unsure of all."""
    known = target != OTHER
    loss = nn.functional.cross_entropy(logits[known], target[known], label_smoothing=SMOOTHING)
    if known.all():
        return loss
    unsure = -logits[~known].log_softmax(dim=1).mean()
    return loss + OTHER_WEIGHT * unsure


def probabilities(network: nn.Module, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax of the logits, pixels float32 (features, n) -> float32 (n, classes)."""
    with torch.inference_mode():
        logits = network(torch.from_numpy(np.ascontiguousarray(pixels))[None, None])[0, :, 0]
        return np.asarray(logits.softmax(dim=0).T.numpy())
