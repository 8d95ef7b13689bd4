"""A message that is nearly right is refused by name. That all of them survive the wire is shown in tests/fuzz."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from typing import Any

import msgpack
import numpy as np
import pytest

from oreline.errors import WireError
from oreline.messages import (
    INVALID,
    ClassInfo,
    Decision,
    EndOfStream,
    FeatureInfo,
    Flag,
    Kind,
    LabelLine,
    LayerInfo,
    RawLine,
    Stamp,
    StoneRecord,
    StreamInfo,
)
from oreline.moment import Moment
from oreline.stream import control
from oreline.wire import CLASSES_LIMIT, LAYERS_LIMIT, PLANES_LIMIT, decode, encode

STAMP = Stamp(bytes(16), 0, 0, 0, 0, 0)
END = EndOfStream(bytes(16), 0, 1, 1, 0, 0)
INFO = StreamInfo(bytes(16), 0, 0, "camera", "S1", (1000.0,), 1, 0, 4095, 1.0, 1.0, 1.0, 1.0, 1.0)
GROUP = LayerInfo("group", legend=(ClassInfo("kaolin", (255, 0, 0)), ClassInfo("silica", (254, 207, 230))))
FEATURES = (FeatureInfo("2200", 2120.0, 2245.0), FeatureInfo("2320", 2296.0, 2344.0))
LAYERS = (GROUP, LayerInfo("group_confidence", scale=1 / 255), LayerInfo("probability", 3, scale=1 / 255))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seq": -1}, "seq"),
        ({"seq": True}, "seq"),
        ({"seq": 1.0}, "seq"),
        ({"run": b"short"}, "run"),
        ({"extra": 1}, "keys"),
        ({"lines": None}, "lines"),
    ],
)
def test_a_header_that_is_nearly_right_is_refused_by_name(change: dict[str, Any], why: str) -> None:
    header = msgpack.unpackb(encode(END)[0])
    with pytest.raises(WireError, match=why):
        decode([msgpack.packb({**header, **change})])


@pytest.mark.parametrize("degrees", [math.inf, -300.0, 1e4, 25, None])
def test_a_temperature_is_a_possible_one_or_nan(degrees: object) -> None:
    header, *arrays = encode(INFO)
    with pytest.raises(WireError, match="temperature_c"):
        decode([msgpack.packb({**msgpack.unpackb(header), "temperature_c": degrees}), *arrays])


@pytest.mark.parametrize("kind", [-1, 3, True, "SCENE", None])
def test_a_stream_is_of_a_kind_that_there_is(kind: object) -> None:
    header, *arrays = encode(INFO)
    with pytest.raises(WireError, match="kind"):
        decode([msgpack.packb({**msgpack.unpackb(header), "kind": kind}), *arrays])


def test_the_longest_description_fits_its_header() -> None:
    text = "m" * 64
    info = StreamInfo(
        bytes(16), 2**63 - 1, 2**63 - 1, text, text, (900.0,), 65_535, 65_535, 65_535, 1e9, 1e9, 1e9, 1e9, 1e9, (),
        "f" * 16, 25.0, text, Kind.WHITE,
    )  # fmt: skip
    assert decode(encode(info)) == info


def test_the_clocks_of_a_stream_survive_and_are_a_moment_or_refused() -> None:
    clock = Moment(1_772_000_000_123_456_789, -34_200, 5, bytes(range(16)))
    header, wavelengths, classes, frame = encode(replace(INFO, clock=clock))
    decoded = decode([header, wavelengths, classes, frame])
    assert isinstance(decoded, StreamInfo)
    assert decoded.clock == clock
    with pytest.raises(WireError, match="39 bytes"):
        decode([header, wavelengths, classes, bytes(frame)[1:]])
    with pytest.raises(WireError, match="zone"):
        decode([header, wavelengths, classes, encode(replace(INFO, clock=replace(clock, offset_s=86_400)))[3]])


def test_a_line_of_the_wrong_dtype_is_a_mistake_of_its_maker() -> None:
    line = RawLine(STAMP, Kind.SCENE, Flag.NONE, np.zeros((2, 2), np.float32))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="uint16"):
        encode(line)


@pytest.mark.parametrize("kind", [[], {}, ["Gap"], None, 1, b"Gap"])
def test_a_type_that_is_no_text_is_refused(kind: object) -> None:
    with pytest.raises(WireError, match="unknown type"):
        decode([msgpack.packb({"type": kind})])


def test_a_key_that_is_given_twice_is_refused() -> None:
    pairs = [*msgpack.unpackb(encode(END)[0]).items(), ("lines", 7)]
    with pytest.raises(WireError, match="twice"):
        decode([msgpack.Packer().pack_map_pairs(pairs)])


def test_a_class_table_that_claims_nested_arrays_takes_no_memory_for_them() -> None:
    claims = (b"\xdc\x4e\x20" * 1000).ljust(CLASSES_LIMIT, b"\xc0")
    frames = [*encode(INFO)[:2], claims]
    tracemalloc.start()
    with pytest.raises(WireError, match="max_array_len"):
        decode(frames)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_as_many_classes_as_a_label_can_name_survive() -> None:
    classes = tuple(ClassInfo(f"mineral {i}", (i, 0, 255)) for i in range(INVALID))
    decoded = decode([*encode(INFO)[:2], msgpack.packb([[one.name, *one.colour] for one in classes])])
    assert isinstance(decoded, StreamInfo)
    assert decoded.classes == classes


def test_a_control_message_that_nobody_would_take_is_not_made() -> None:
    with pytest.raises(WireError, match="shorten"):
        control.pack("refuse", session=1, why="é" * 300)


@pytest.mark.parametrize("clock", [INFO.clock, Moment(1_772_000_000_123_456_789, 3600, 5, bytes(range(16)))])
def test_layers_of_a_stream_survive_with_a_clock_and_without(clock: Moment) -> None:
    info = replace(INFO, layers=LAYERS, clock=clock)
    assert decode(encode(info)) == info


def test_a_stream_and_a_line_without_layers_are_on_the_wire_as_ever() -> None:
    line = LabelLine(STAMP, Flag.NONE, "m", "r", np.zeros(4, np.uint8), np.zeros(4, np.uint8))
    assert len(encode(INFO)) == len(encode(line)) == 3
    assert msgpack.unpackb(encode(line)[0]).keys() == {
        "type", "run", "epoch", "seq", "block_id", "t_ns", "encoder", "flags", "model", "calibration", "samples",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([["a", PLANES_LIMIT, 1.0, []], ["b", 1, 1.0, []]], "planes"),
        ([["a", 1, 1.0, []], ["a", 1, 1.0, []]], "twice"),
        ([["a", 0, 1.0, []]], "range"),
        ([["a", True, 1.0, []]], "range"),
        ([["", 1, 1.0, []]], "range"),
        ([["a", 1, math.inf, []]], "range"),
        ([["a", 1, 1, []]], "range"),
        ([["a", 1, 1.0, {}]], "range"),
        ([["a", 1, 1.0]], "not its name"),
        ([["a", 1, 1.0, [["kaolin", 256, 0, 0]]]], "levels"),
        ([["a", 1, 1.0, [["k", 0, 0, 0]] * (INVALID + 1)]], "max_array_len"),
        ({}, "list"),
        (["x" * LAYERS_LIMIT], "at most"),
    ],
)
def test_a_table_of_layers_that_is_nearly_right_is_refused(table: object, why: str) -> None:
    frames = encode(replace(INFO, layers=LAYERS))
    with pytest.raises(WireError, match=why):
        decode([*frames[:4], msgpack.packb(table)])


@pytest.mark.parametrize("layers", [LAYERS, ()])
def test_features_of_a_stream_survive_with_layers_and_without(layers: tuple[LayerInfo, ...]) -> None:
    info = replace(INFO, layers=layers, features=FEATURES)
    assert decode(encode(info)) == info


@pytest.mark.parametrize(
    "table",
    [
        [["2200", 2120.0, 2245.0]] * 2,
        [["", 2120.0, 2245.0]],
        [["2200", 2120, 2245]],
        [["2200", math.nan, 2245.0]],
        [["2200", 2120.0]],
        [[str(n), 1.0, 2.0] for n in range(65)],
        {},
    ],
)
def test_a_table_of_features_that_is_nearly_right_is_refused(table: object) -> None:
    frames = encode(replace(INFO, features=FEATURES))
    with pytest.raises(WireError, match=r"feature|list"):
        decode([*frames[:5], msgpack.packb(table)])


@pytest.mark.parametrize("planes", [0, -1, 3, PLANES_LIMIT + 1, True, 2.0, None])
def test_a_line_holds_as_many_planes_as_it_says(planes: object) -> None:
    layers = np.arange(8, dtype=np.uint8).reshape(2, 4)
    line = LabelLine(STAMP, Flag.NONE, "m", "r", np.zeros(4, np.uint8), np.zeros(4, np.uint8), layers)
    header, *arrays = encode(line)
    decoded = decode([header, *arrays])
    assert isinstance(decoded, LabelLine)
    np.testing.assert_array_equal(decoded.layers, layers)
    with pytest.raises(WireError, match=r"planes|promises"):
        decode([msgpack.packb({**msgpack.unpackb(header), "planes": planes}), *arrays])
    with pytest.raises(WireError, match="expected 3"):
        decode([header, *arrays[:2]])


STONE = StoneRecord(
    Stamp(b"\xff" * 16, 2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1, -(2**63)),
    2**63 - 1, 2**63 - 1, 65_534, 65_535, 2**63 - 1, Decision.HELD, "w" * 48, math.nan, 2**128 - 1, 255, "é" * 24,
    "f" * 16, "f" * 16, True, True, np.arange(INVALID + 1, dtype=np.uint32), np.arange(6, dtype=np.int32).reshape(2, 3),
)  # fmt: skip


def test_the_longest_stone_fits_its_header_and_survives() -> None:
    frames = encode(STONE)
    decoded = decode(frames)
    assert isinstance(decoded, StoneRecord)
    assert (decoded.stamp, decoded.decision, decoded.valves) == (STONE.stamp, STONE.decision, STONE.valves)
    np.testing.assert_array_equal(decoded.counts, STONE.counts)
    np.testing.assert_array_equal(decoded.outline, STONE.outline)
    assert [bytes(frame) for frame in encode(decoded)] == [bytes(frame) for frame in frames]


@pytest.mark.parametrize(
    "change",
    [
        {"last_line": 7},
        {"stop_sample": 3},
        {"decision": 4},
        {"decision": True},
        {"cut": 1},
        {"valves": bytes(15)},
        {"valves": 1},
        {"measure": 1},
        {"measure": math.inf},
        {"why": "é" * 25},
        {"recipe": "\ud800" * 49},
        {"classes": INVALID + 1},
        {"classes": 3},
        {"runs": 1},
        {"runs": -1},
    ],
)
def test_a_stone_that_is_nearly_right_is_refused(change: dict[str, Any]) -> None:
    header, *arrays = encode(STONE)
    changed = {**msgpack.unpackb(header), **change}
    with pytest.raises(WireError):
        decode([msgpack.packb(changed, unicode_errors="surrogatepass"), *arrays])
