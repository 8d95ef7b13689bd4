"""Mistakes in what networks read, and in how they are deployed and computed."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BLOCKS, NETWORK = "tests/inference/preprocessing/test_blocks.py", "tests/inference/training/test_training.py"
BFLOAT16 = "tests/inference/backends/test_bfloat16.py"
KERNELS = "inference/preprocessing/block_kernels.py"
CHAIN = "inference/backends/bfloat16/chain.py"

MUTANTS = (
    Mutant(
        "a sample of which a band is missing has scalars",
        KERNELS,
        "moments[SCALAR, lane] = log(moments[SCALAR, lane]) + moments[UNKNOWN, lane]",
        "moments[SCALAR, lane] = log(moments[SCALAR, lane])",
        (BLOCKS,),
    ),
    Mutant(
        "the spread of a window begins with that of the one before",
        KERNELS,
        "moments[SLOPE, lane], moments[SPREAD, lane] = 0, 0",
        "moments[SLOPE, lane] = 0",
        (BLOCKS,),
    ),
    Mutant(
        "a window may be narrower than its filter",
        "inference/preprocessing/blocks.py",
        "if ends[-1] + self.window <= cut <= len(nm) - self.window:",
        "if ends[-1] < cut:",
        (BLOCKS,),
    ),
    Mutant(
        "what is deployed forgets that scalars were normalised",
        "inference/training/network.py",
        "training.entries[number]).weight / deviation if",
        "training.entries[number]).weight if",
        (NETWORK,),
    ),
    Mutant(
        "bfloat16 adds scalars from which nothing was taken",
        CHAIN,
        "return np.asarray(centre[0, :, 0, 0].numpy())",
        "return np.zeros_like(centre[0, :, 0, 0].numpy())",
        (BFLOAT16,),
    ),
    Mutant(
        "bfloat16 takes scalars for those behind the blocks wherever they stand",
        CHAIN,
        "if begin == first and centre.shape",
        "if centre.shape",
        (BFLOAT16,),
    ),
    Mutant(
        "a network that changes a tensor in its place is taken for a chain",
        "inference/backends/torchscript.py",
        "            return None\n    known",
        "            continue\n    known",
        (BFLOAT16,),
    ),
)
