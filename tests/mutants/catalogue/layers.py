"""Mistakes with what stands beside labels."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

KERNELS = "inference/classification/kernels.py"
DECISION_TESTS = ("tests/inference/classification/test_decision.py",)

MUTANTS = (
    Mutant(
        "the journal leaves out what stands beside labels",
        "sinks/log/journal.py",
        "    layers = None if line.layers is None else line.layers.tobytes()\n",
        "    layers = None\n",
        ("tests/sinks/log/test_sink.py",),
    ),
    Mutant(
        "a sample of which only the group is sure is that group's first mineral",
        "oreline/answers.py",
        "group[only] + np.uint8(self.known)",
        "group[only]",
        ("tests/oreline/test_answers.py",),
    ),
    Mutant(
        "what the light forbids keeps its layers",
        "inference/pipeline.py",
        "                layers[:, light.unlabelled] = blank_planes(model.layers)\n",
        "                layers[:, light.unlabelled] = layers[:, light.unlabelled]\n",
        ("tests/inference/test_pipeline.py",),
    ),
    Mutant(
        "a slot of a ring has no room for layers",
        "inference/rings.py",
        "slot_bytes(HEADER_LIMIT, wide, wide, *(wide * layer.planes for layer in layers)),",
        "slot_bytes(HEADER_LIMIT, wide, wide),",
        ("tests/inference/test_main.py",),
    ),
    Mutant(
        "a table of layers may have any number of planes",
        "oreline/wire.py",
        "    if sum(layer.planes for layer in layers) > PLANES_LIMIT:\n",
        "    if layers is None:\n",
        ("tests/oreline/test_wire.py",),
    ),
    Mutant(
        "what is no rock backs off to a group",
        KERNELS,
        "        if refused:\n            planes[REASON, s] = IS_NOT_ROCK\n        elif",
        "        if refused:\n            planes[REASON, s], planes[GROUP, s] = IS_NOT_ROCK, group[s]\n        elif",
        DECISION_TESTS,
    ),
    Mutant(
        "a sure no is taken for no answer",
        KERNELS,
        "confidence[s] = max(_byte(share), np.uint8(1))",
        "confidence[s] = _byte(share)",
        DECISION_TESTS,
    ),
    Mutant(
        "the rest of a group is told as a mineral",
        KERNELS,
        "if own[s] >= below[5] and is_species[species[s]]:",
        "if own[s] >= below[5]:",
        DECISION_TESTS,
    ),
)
