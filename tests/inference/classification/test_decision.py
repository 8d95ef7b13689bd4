"""What is decided beside a label: as the rules say it, sample by sample, and in the user's terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.classification.card import Card
from inference.classification.classifier import Classifier
from inference.classification.kernels import BANDS, BANDS_GROUP, GROUP, REASON, SECOND
from inference.classification.layers import REASONS
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, blank_planes
from tests.inference import first_version, two_answers

CARD = two_answers.card()
N = len(CARD.classes)
NAMES = two_answers.CLASSES
GROUPS = ("kaolin", "kaolin", "white mica", "carbonate", "carbonate", "chlorite")


def classifier(logits: NDArray[np.float32], **changes: Any) -> Classifier:
    return Classifier(two_answers.card(**changes), lambda _features: logits)


def decision(logits: NDArray[np.float32], mean: float = 0.5, **changes: Any) -> Any:
    model, samples = classifier(logits, **changes), logits.shape[1]
    values, bits = np.zeros((model.features, samples), np.float32), np.zeros(samples, np.uint8)
    return model.decide(values, np.full(samples, mean, np.float32), bits)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.exp(scores - scores.max())
    return shares / shares.sum()


def by_the_rules(logits: NDArray[np.float32], card: Card = CARD) -> list[dict[str, Any]]:
    """The same in float64, one sample at a time, in the words of the card."""
    answers, bands = [], card.bands
    assert bands is not None
    assert card.group_below is not None
    for sample in logits.T.astype(np.float64):
        p, q = map(softmax, (sample[: N + 2], sample[N + 2 :]))
        sums = {group: p[:N][[one == group for one in GROUPS]].sum() for group in dict.fromkeys(GROUPS)}
        best, sure = int(p[:N].argmax()), max(sums, key=lambda group: float(sums[group]))
        label, group, reason = "unknown", "unknown", "unsure"
        if p[N + 1] > 0.5:
            reason = "not rock"
        elif p[best] >= card.unknown_below:
            label, group, reason = NAMES[best], GROUPS[best], ""
        elif sums[sure] >= card.group_below:
            group = sure
        name, band_group, second, share = "unknown", "unknown", "", 0.0
        strange = bands.names[q.argmax()]
        if strange == "no bands" or (strange == "not rock" and q.max() > 0.5):
            name = band_group = bands.names[q.argmax()]
        else:
            of = {g: q[[one == g for one in bands.groups]].sum() for g in dict.fromkeys(bands.groups)}
            first = max((g for g in of if g not in ("no bands", "not rock")), key=lambda g: float(of[g]))
            if of[first] >= bands.unknown_below and first != "other bands":
                band_group = first
                own = max((i for i, g in enumerate(bands.groups) if g == first), key=lambda i: float(q[i]))
                if q[own] >= bands.species_below and not bands.names[own].startswith("other "):
                    name = bands.names[own]
                rest = [g for g in of if g not in (first, "no bands", "not rock", "other bands")]
                second = max(rest, key=lambda g: float(of[g]))
                share = of[second] / (of[first] + of[second])
            elif reason == "unsure" and first == "other bands":
                reason = "not in the list"
        if reason in ("unsure", "not in the list") and name == "no bands":
            reason = "no bands"
        elif reason == "unsure" and p[N] > p[best]:
            reason = "not in the list"
        answers.append(
            {"label": label, "group": group, "reason": reason, "bands": name, "bands_group": band_group,
             "second": second, "share": share}
        )  # fmt: skip
    return answers


def in_words(made: Any, model: Classifier) -> list[dict[str, Any]]:
    scheme = model.scheme

    def name(legend: Any, code: int, none: str = "unknown") -> str:
        return none if code == UNKNOWN else str(legend[code].name)

    return [
        {
            "label": name(model.classes, made.labels[s]), "group": name(scheme.groups, made.planes[GROUP, s]),
            "reason": name(REASONS, made.planes[REASON, s], ""), "bands": name(scheme.names, made.planes[BANDS, s]),
            "bands_group": name(scheme.band_groups, made.planes[BANDS_GROUP, s]),
            "second": name(scheme.band_groups, made.planes[SECOND, s], ""), "share": float(made.numbers[2, s]),
        }
        for s in range(len(made.labels))
    ]  # fmt: skip


@pytest.mark.parametrize("spread", [0.7, 2.0, 5.0])
def test_every_sample_is_decided_by_the_rules(spread: float) -> None:
    logits = np.random.default_rng(7).normal(0, spread, (CARD.outputs, 900)).astype(np.float32)
    found, expected = in_words(decision(logits), classifier(logits)), by_the_rules(logits)
    off = [
        (one, other)
        for one, other in zip(found, expected, strict=True)
        if one | {"share": 0} != other | {"share": 0} or abs(one["share"] - other["share"]) > 1e-3
    ]
    assert len(off) <= 2, off  # at a threshold
    reasons = {one["reason"] for one in found}
    assert {"not rock", "no bands", "not in the list", ""} <= reasons


def one_sample(**scores: float) -> NDArray[np.float32]:
    """Logits of one sample: by the names of classes and strangers, and with `b_` before those of the second answer."""
    names = [*NAMES, "other", "not rock", *(f"b_{name}" for name in two_answers.BANDS)]
    return np.array([[scores.get(name.replace(" ", "_"), 0.0)] for name in names], np.float32)


@pytest.mark.parametrize(
    ("logits", "mean", "reason"),
    [
        (one_sample(not_rock=9), 0.01, "not rock"),
        (one_sample(b_no_bands=9), 0.07, "too dark"),
        (one_sample(b_no_bands=9, other=9), 0.5, "no bands"),
        (one_sample(other=9), 0.5, "not in the list"),
        (one_sample(b_other_bands=9), 0.5, "not in the list"),
        (one_sample(b_kaolinite=9), 0.5, "unsure"),
        (one_sample(calcite=9, b_no_bands=9), 0.5, None),
    ],
)
def test_an_unknown_says_why_and_what_is_known_says_nothing(
    logits: NDArray[np.float32], mean: float, reason: str | None
) -> None:
    code = decision(logits, mean, background_reflectance=0.0).planes[REASON, 0]
    assert (None if code == UNKNOWN else REASONS[code].name) == reason


def test_where_no_species_is_sure_its_group_may_be() -> None:
    made = decision(one_sample(calcite=9, dolomite=9))
    model = classifier(one_sample())
    assert made.labels[0] == UNKNOWN
    assert model.scheme.groups[made.planes[GROUP, 0]].name == "carbonate"
    assert made.numbers[0, 0] == pytest.approx(1.0, abs=2e-3)
    assert REASONS[made.planes[REASON, 0]].name == "unsure"


def test_noise_is_the_reason_where_it_is_more_than_the_card_allows() -> None:
    logits = np.repeat(one_sample(), 400, axis=1)
    model = classifier(logits)
    smooth = np.linspace(0.2, 0.5, 288)[:, None] * np.ones(400)
    seen = (smooth * np.random.default_rng(3).normal(1.0, np.repeat([0.03, 0.07], 200), (288, 400))).astype(np.float32)
    values, bits = np.zeros((model.features, 400), np.float32), np.zeros(400, np.uint8)
    names = [REASONS[code].name for code in model.decide(values, seen.mean(axis=0), bits, seen).planes[REASON]]
    assert names == ["unsure"] * 200 + ["noisy"] * 200


def test_how_an_answer_lies_in_memory_changes_nothing() -> None:
    logits = np.random.default_rng(2).normal(0, 3, (CARD.outputs, 60)).astype(np.float32)
    for one, other in zip(decision(logits), decision(np.asfortranarray(logits)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_belt_and_what_is_invalid_have_no_layers() -> None:
    logits = np.repeat(one_sample(calcite=9, b_calcite=9), 3, axis=1)
    model = classifier(logits)
    mean, bits = np.array([0.01, 0.5, 0.5], np.float32), np.array([0, 1, 0], np.uint8)
    made = model.decide(np.zeros((model.features, 3), np.float32), mean, bits)
    assert made.labels.tolist() == [BACKGROUND, INVALID, NAMES.index("calcite")]
    planes = model.planes(made)
    assert planes is not None
    assert (planes[:, :2] == blank_planes(model.layers)).all()
    named = [layer.name for layer, plane in zip(model.layers, planes, strict=True) if layer.legend and plane[2] < 200]
    assert named == ["group", "bands", "bands_group", "second"]


def test_an_answer_that_is_no_number_is_unknown_in_every_layer() -> None:
    logits = one_sample(calcite=9)
    logits[0] = logits[-1] = np.nan
    made = decision(logits)
    assert (made.labels[0], made.confidence[0]) == (UNKNOWN, 0)
    assert made.planes[[GROUP, BANDS, BANDS_GROUP, SECOND], 0].tolist() == [UNKNOWN] * 4
    assert made.planes[[1, 4, 6], 0].tolist() == [0, 0, 0]


def test_what_is_certainly_no_rock_is_an_answer_all_the_same() -> None:
    """A confidence of 0 is kept for samples of which the network told nothing."""
    made = decision(one_sample(not_rock=30))
    assert (made.labels[0], made.confidence[0]) == (UNKNOWN, 1)


def test_a_model_of_the_first_version_answers_the_same_whether_its_layers_are_told_or_not() -> None:
    card = first_version.card()
    logits = np.random.default_rng(4).normal(0, 5, (31, 500)).astype(np.float32)
    plain, told = (Classifier(card, lambda _: logits, layers=layers) for layers in (None, ["probability"]))
    arguments = np.zeros((plain.features, 500), np.float32), np.full(500, 0.5, np.float32), np.zeros(500, np.uint8)
    one, other = plain.decide(*arguments), told.decide(*arguments)
    assert plain.planes(one) is None
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.confidence, other.confidence)
    planes = told.planes(other)
    assert planes is not None
    np.testing.assert_array_equal(planes.max(axis=0), one.confidence)
