"""`oreline.wire.decode`: header and array frames from the network or from a ring."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any

import msgpack
import numpy as np
from hypothesis import strategies as st

from oreline.errors import WireError
from oreline.messages import (
    INVALID,
    ClassInfo,
    Decision,
    EndOfStream,
    FeatureInfo,
    FeatureLine,
    Flag,
    Gap,
    Kind,
    LabelLine,
    LayerInfo,
    RawLine,
    Reason,
    ReflectanceLine,
    Stamp,
    StoneRecord,
    StreamInfo,
)
from oreline.moment import NEVER, Moment
from oreline.wire import CLASSES_LIMIT, HEADER_LIMIT, LAYERS_LIMIT, PLANES_LIMIT, decode, encode
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import twist_map

U64 = st.integers(0, 2**63 - 1)
I64 = st.integers(-(2**63), 2**63 - 1)
RUN = st.binary(min_size=16, max_size=16)
ID = st.text("0123456789abcdef", min_size=16, max_size=16) | st.just("")
REAL = st.floats(0, allow_infinity=False)
NAME = st.text(max_size=64).filter(lambda name: len(name.encode()) <= 100)
"""Longer ones may not fit a header: `encode` refuses them."""
STAMP = st.builds(Stamp, run=RUN, epoch=U64, seq=U64, block_id=U64, t_ns=I64, encoder=I64)
FLAGS = st.integers(0, 2 * max(Flag) - 1).map(Flag)
COLOUR = st.tuples(*[st.integers(0, 255)] * 3)


def array(dtype: type[Any], *shape: int) -> st.SearchStrategy[Any]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return st.binary(min_size=size, max_size=size).map(lambda data: np.frombuffer(data, dtype).reshape(shape))


RAW = st.builds(RawLine, stamp=STAMP, kind=st.sampled_from(Kind), flags=FLAGS, counts=array(np.uint16, 3, 5))
LABELS = st.builds(
    LabelLine,
    stamp=STAMP,
    flags=FLAGS,
    model=ID,
    reference_id=ID,
    labels=array(np.uint8, 7),
    confidence=array(np.uint8, 7),
    layers=st.none() | array(np.uint8, 3, 7),
)
REFLECTANCE = st.builds(
    ReflectanceLine,
    stamp=STAMP,
    flags=FLAGS,
    reference_id=ID,
    reflectance=array(np.float32, 3, 4),
    invalid=array(np.uint8, 4),
    uncertainty=st.none() | array(np.float32, 3, 4),
)
CLASSES = st.lists(st.builds(ClassInfo, name=st.text(max_size=64), colour=COLOUR), max_size=8).map(tuple)
LAYER = st.builds(
    LayerInfo,
    name=st.text(min_size=1, max_size=64),
    planes=st.integers(1, PLANES_LIMIT // 4),
    legend=CLASSES,
    scale=REAL,
)
FEATURE = st.builds(FeatureInfo, name=st.text(min_size=1, max_size=64), first_nm=REAL, last_nm=REAL)
FEATURES = st.builds(FeatureLine, stamp=STAMP, flags=FLAGS, reference_id=ID, features=array(np.float32, 3, 2, 5))
BRIEF = st.text(max_size=48).filter(lambda text: len(text.encode()) <= 48)
STONE = st.builds(
    StoneRecord,
    stamp=STAMP,
    first_line=st.integers(0, 2**62),
    last_line=st.integers(2**62, 2**63 - 1),
    first_sample=st.integers(0, 100),
    stop_sample=st.integers(101, 65_535),
    pixels=U64,
    decision=st.sampled_from(Decision),
    why=BRIEF,
    measure=st.floats(allow_infinity=False),
    valves=st.integers(0, 2**128 - 1),
    product=st.integers(0, 255),
    recipe=BRIEF,
    model=ID,
    reference_id=ID,
    cut=st.booleans(),
    clump=st.booleans(),
    counts=array(np.uint32, 4),
    outline=array(np.int32, 5, 3),
)
INFO = st.builds(
    StreamInfo,
    run=RUN,
    epoch=U64,
    seq=U64,
    camera=NAME,
    serial=NAME,
    wavelengths_nm=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20).map(tuple),
    samples=st.integers(1, 65_535),
    offset_x=st.integers(0, 65_535),
    full_scale=st.integers(1, 65_535),
    exposure_us=REAL,
    gain=REAL,
    line_rate_hz=REAL,
    counts_per_line=REAL,
    pitch_mm=REAL,
    classes=CLASSES,
    model=ID,
    temperature_c=st.floats(-273.0, 999.0) | st.just(math.nan),
    kind=st.sampled_from(Kind),
    clock=st.just(NEVER) | st.builds(Moment, wall_ns=I64, offset_s=st.integers(-86_399, 86_399), t_ns=I64, boot=RUN),
    layers=st.lists(LAYER, max_size=4, unique_by=lambda layer: layer.name).map(tuple),
    features=st.lists(FEATURE, max_size=4, unique_by=lambda feature: feature.name).map(tuple),
)
GAP = st.builds(Gap, run=RUN, epoch=U64, first=U64, n=st.integers(1, 2**63 - 1), reason=st.sampled_from(Reason))
END = st.builds(EndOfStream, run=RUN, epoch=U64, seq=U64, lines=U64, lost=U64, reference=U64)
MESSAGES = st.one_of(RAW, LABELS, REFLECTANCE, FEATURES, STONE, INFO, GAP, END)

_INFO = StreamInfo(bytes(16), 0, 0, "c", "s", (1000.0,), 1, 0, 4095, 1.0, 1.0, 1.0, 1.0, 1.0)
_HEADER, _WAVELENGTHS, _CLASSES = (bytes(frame) for frame in encode(_INFO))
_MANY = [["x", 0, 0, 0]] * INVALID
HOSTILE: tuple[Frames, ...] = (
    (),
    (b"",),
    *((msgpack.packb({"type": value}),) for value in ([], {}, None, 1, b"Gap", msgpack.ExtType(1, b""))),
    *((nested * (HEADER_LIMIT // len(nested)),) for nested in (b"\x91", b"\x81\xa1a", b"\xdc\x01\x00")),
    (b"\x80" * (HEADER_LIMIT + 1),),
    *((_HEADER, _WAVELENGTHS, classes) for classes in (
        (b"\xdc\x4e\x20" * 1000).ljust(CLASSES_LIMIT, b"\xc0"),
        b"\x91" * CLASSES_LIMIT,
        b"\x80" * CLASSES_LIMIT,
        b"\xde\x7f\xff" * 1000,
        b"\xc0" * (CLASSES_LIMIT + 1),
        msgpack.packb([*_MANY, _MANY[0]]),
    )),
    *((_HEADER, _WAVELENGTHS, _CLASSES, bytes(40), layers) for layers in (
        b"\x91" * LAYERS_LIMIT,
        b"\xc0" * (LAYERS_LIMIT + 1),
        msgpack.packb([["x", 1, 1.0, _MANY]] * INVALID),
        msgpack.packb([["x", 2**63, 1.0, []]]),
    )),
    *((_HEADER, _WAVELENGTHS, _CLASSES, bytes(40), b"\x90", features) for features in (
        b"\x91" * LAYERS_LIMIT,
        msgpack.packb([["x", 1.0, 2.0]] * INVALID),
        msgpack.packb([["x", 2**63, 1.0]]),
    )),
)  # fmt: skip


def _twist(random: Random, frames: Frames) -> Frames:
    return twist_map(random, frames[0]), *frames[1:]


def target(_folder: Path) -> Target:
    return Target(MESSAGES, encode, decode, WireError, share=40, hostile=HOSTILE, twist=_twist)
