"""Mistakes in evaluation, each of which would make a model look better than it is, or surer."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

FOLDER = "tests/inference/evaluation"

MUTANTS = (
    Mutant(
        "spectra of one rock count as so many rocks",
        "inference/evaluation/bootstrap.py",
        "    names, index = np.unique(unit, return_inverse=True)\n",
        "    names, index = np.arange(len(unit)), np.arange(len(unit))\n",
        (f"{FOLDER}/test_bootstrap.py",),
    ),
    Mutant(
        "folds are of spectra, not of specimens",
        "inference/evaluation/trials.py",
        "splitter.split(known, library.species[known], library.specimen[known])",
        "splitter.split(known, library.species[known], known)",
        (f"{FOLDER}/test_trials.py",),
    ),
    Mutant(
        "a specimen on both sides is let pass",
        "inference/evaluation/trials.py",
        "    if both:\n        raise ValueError",
        "    if len(both) > 1:\n        raise ValueError",
        (f"{FOLDER}/test_trials.py",),
    ),
    Mutant(
        "thresholds are measured on the rocks that chose them",
        "inference/evaluation/thresholds.py",
        "    if by.specimens & other.specimens:\n",
        "    if by.specimens != other.specimens and by.specimens & other.specimens:\n",
        (f"{FOLDER}/test_verdict.py",),
    ),
    Mutant(
        "halves of the specimens overlap",
        "inference/evaluation/thresholds.py",
        "            dealt[turn % 2].add(rock)\n",
        "            dealt[turn % 2].add(rock)\n            dealt[0].add(rock)\n",
        (f"{FOLDER}/test_verdict.py",),
    ),
    Mutant(
        "a tie with a stranger counts as told apart",
        "inference/evaluation/rejection.py",
        "+ 0.5 * (known[:, None] == strangers)",
        "+ 1.0 * (known[:, None] == strangers)",
        (f"{FOLDER}/test_rejection.py",),
    ),
    Mutant(
        "bands that are in no list are told as a group",
        "inference/evaluation/decisions.py",
        "(names[sums.argmax(axis=1)] != OTHER_BANDS) & (",
        "(names[sums.argmax(axis=1)] != '') & (",
        (f"{FOLDER}/test_rock.py",),
    ),
    Mutant(
        "wood is judged as rock",
        "inference/evaluation/rock.py",
        "return np.isin(self.groups[0], NAMED)",
        "return np.asarray(self.groups[0] != '')",
        (f"{FOLDER}/test_rock.py",),
    ),
    Mutant(
        "two models are compared under draws of their own",
        "inference/evaluation/bootstrap.py",
        "    return figure(ours[:seeds] - theirs[:seeds])\n",
        "    return figure(ours[:seeds] - theirs[:seeds, [0, *range(theirs.shape[1] - 1, 0, -1)]])\n",
        (f"{FOLDER}/test_bootstrap.py",),
    ),
    Mutant(
        "spectra of specimens that the model learned are judged by",
        "inference/evaluation/examination.py",
        "    new = named.without(apart.union(learned or ()))\n",
        "    new = named.without(apart)\n",
        ("tests/inference/commands/test_evaluate.py",),
    ),
    Mutant(
        "a weakened band is as deep as it was",
        "inference/evaluation/weak_bands.py",
        "    return np.asarray(hull * ratio**high, np.float32), depth_of",
        "    return np.asarray(hull * ratio, np.float32), depth_of",
        (f"{FOLDER}/test_sets.py",),
    ),
)
