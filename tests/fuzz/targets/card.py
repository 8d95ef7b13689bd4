"""`inference.classification.card.Card.read`: a model's card, also one that its author sealed after he changed it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from pydantic import ValidationError

from inference.classification.card import FILE, Card, CardClass, Training
from inference.classification.metrics import Accuracy, Metrics, Pair
from oreline.errors import ModelError
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import twist_json

SHARE = st.floats(0, 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
NUMBER = st.integers(0, 10**9)
BYTE = st.integers(0, 255)
WORD = st.text(max_size=12)
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)

CLASSES = st.builds(
    CardClass, name=WORD, colour=st.tuples(BYTE, BYTE, BYTE), recall=SHARE, spectra=NUMBER, specimens=NUMBER
)
METRICS = st.builds(
    Metrics,
    folds=NUMBER,
    spectra=NUMBER,
    specimens=NUMBER,
    accuracy=st.builds(Accuracy, cnn=SHARE, sam=SHARE, lda=SHARE, svm=SHARE, majority=SHARE),
    cnn_pixels=SHARE,
    right_and_sure=SHARE,
    sure_and_right=SHARE,
    unknown_rejected=SHARE,
)
TRAINING = st.builds(
    Training,
    data=WORD,
    data_sha256=SHA256,
    seed=NUMBER,
    steps=NUMBER,
    widths=st.lists(NUMBER, max_size=3).map(tuple),
    recipe=st.dictionaries(WORD, REAL | st.tuples(REAL, REAL), max_size=3),
    versions=st.dictionaries(WORD, WORD, max_size=3),
)
CARDS = st.builds(
    Card,
    name=WORD,
    backend=WORD,
    classes=st.lists(CLASSES, min_size=2, max_size=4).map(tuple),
    wavelengths_nm=st.lists(REAL, min_size=2, max_size=6).map(tuple),
    fwhm_nm=st.floats(0, exclude_min=True, allow_infinity=False),
    background_reflectance=st.floats(0, 1, exclude_max=True),
    unknown_below=SHARE,
    kmac=REAL,
    metrics=METRICS,
    confused=st.lists(st.builds(Pair, a=WORD, b=WORD, a_as_b=SHARE, b_as_a=SHARE), max_size=2).map(tuple),
    training=TRAINING,
    model_sha256=SHA256,
    golden_sha256=SHA256,
).map(Card.sealed)
HOSTILE: tuple[Frames, ...] = tuple(
    (text,)
    for text in (
        b"",
        b"null",
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'"\\ud800"',
        b"9" * 1_000_000,
        b'{"classes": [' + b"0," * 500_000 + b"0]}",
        b'{"wavelengths_nm": [' + b'"x",' * 300_000 + b"0]}",
        b"\xff\xfe{}",
    )
)


def _encode(card: Card) -> Frames:
    return (card.sealed().model_dump_json(indent=1).encode(),)


def _twist(random: Random, frames: Frames) -> Frames:
    text = twist_json(random, frames[0])
    return (_sealed(text) if random.random() < 0.7 else text,)


def _sealed(text: bytes) -> bytes:
    """With the hash that its content has, where it is a card at all."""
    document = json.loads(text)
    try:
        content = Card.model_validate({**document, "card_sha256": ""}).model_dump_json()
    except (ValidationError, TypeError):
        return text
    return json.dumps({**document, "card_sha256": hashlib.sha256(content.encode()).hexdigest()}).encode()


def target(folder: Path) -> Target:
    def decode(frames: Frames) -> Card:
        (folder / FILE).write_bytes(frames[0] if frames else b"")
        return Card.read(folder)

    return Target(CARDS, _encode, decode, ModelError, share=5, hostile=HOSTILE, twist=_twist)
