"""Train one network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from inference.preprocessing.steps import Chain
from inference.training.data import Spectra
from inference.training.families import Family
from inference.training.pixels import Pixels, Sampler
from inference.training.targets import SMOOTHING, Targets, smooth

STEPS = 2400


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a network learns, and how fast."""

    steps: int = STEPS
    batch: int = 384
    """Pixels a step."""
    rate: float = 4e-3
    """The highest, of one cycle. Smith and Topin, arXiv 1708.07120."""
    decay: float = 1e-2
    first: float = 1.5
    """Weight of the first answer's loss, that of the second being 1."""
    averaged: float = 0.0
    """Last share of the steps whose weights are averaged. Izmailov and others, UAI 2018."""


def fit(
    family: type[Family],
    widths: tuple[int, ...],
    spectra: Spectra,
    targets: Targets,
    sampler: Sampler,
    schedule: Schedule,
    seed: int,
) -> nn.Module:
    """A network of a family, ready to be deployed. Same arguments, same weights: one thread, seeded, no clock."""
    torch.manual_seed(seed)
    chain = Chain(spectra.steps, spectra.nm, schedule.batch)
    network = family.build(chain.layout, targets.outputs, widths).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=schedule.decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, total_steps=schedule.steps)
    average = Average(network)
    for step in range(schedule.steps):
        pixels = sampler.draw(schedule.batch)
        logits = network(torch.from_numpy(chain(pixels.reflectance))[None, None])[0, :, 0].T
        optimiser.zero_grad()
        torch.autograd.backward(loss(logits, pixels, targets, schedule.first))
        optimiser.step()
        cycle.step()
        if step >= schedule.steps * (1.0 - schedule.averaged):
            average.take()
    average.give()
    return family.deployed(network)


def loss(logits: torch.Tensor, pixels: Pixels, targets: Targets, first: float) -> torch.Tensor:
    """Cross-entropy of both answers, logits (n, outputs); the first is weighted."""
    wanted, learned = (torch.from_numpy(part) for part in targets.majors(pixels))
    majors = logits[:, : targets.answered][learned]
    total = first * cross_entropy(majors, wanted[learned], label_smoothing=SMOOTHING)
    if not targets.names:
        return total
    shares, counted = targets.shares(pixels)
    others = logits[:, targets.answered :][torch.from_numpy(counted)]
    return total + cross_entropy(others, torch.from_numpy(smooth(shares[counted])))


class Average:
    """The mean of a network's weights over some steps."""

    def __init__(self, network: nn.Module) -> None:
        self._network, self._taken = network, 0
        self._mean: dict[str, torch.Tensor] = {}

    def take(self) -> None:
        """Take in the weights of now."""
        self._taken += 1
        for name, value in self._network.state_dict().items():
            mean = self._mean.setdefault(name, torch.zeros_like(value, dtype=torch.float64))
            mean += (value - mean) / self._taken

    def give(self) -> None:
        """Give the network the mean, if anything was taken in."""
        if self._taken:
            held = self._network.state_dict()
            self._network.load_state_dict({name: mean.to(held[name].dtype) for name, mean in self._mean.items()})


def asked(network: nn.Module, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits of features float32 (features, n), float32 (n, outputs)."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(np.ascontiguousarray(features))[None, None])[0, :, 0].T.numpy())
