"""What a network answers in bfloat16, on any processor: rounded as there, but with exact sums. Slow."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference.backends.bfloat16.chain import read


def logits(content: bytes, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits (outputs, samples) of features (features, samples). Weights and what each layer reads are rounded. Raises
    ModelError for a network that is no chain of convolutions."""
    chain, samples = read(content), features.shape[1]
    rows = chain.blocks * (chain.bands or len(features))
    x = torch.from_numpy(features[:rows]).reshape(1, chain.blocks, -1, samples)
    scalars = _rounded(torch.from_numpy(features[rows:] - chain.centre[:, None]))
    for layer in chain.layers:
        weight, bias = torch.from_numpy(layer.weight)[..., None], torch.from_numpy(layer.bias).double()
        x = functional.conv2d(_rounded(x), _rounded(weight), bias, [layer.stride, 1])
        if layer.entry is not None:
            x = x + (_rounded(torch.from_numpy(layer.entry)) @ scalars)[None, :, None]
        x = x if layer is chain.layers[-1] else functional.relu(x)
    return np.asarray(x[0, :, 0].numpy())


def _rounded(values: torch.Tensor) -> torch.Tensor:
    return values.to(torch.bfloat16).to(torch.float64)
