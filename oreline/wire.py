"""Bytes of a message: one msgpack header of at most 512 bytes, then one raw frame an array.

Decoding is strict, because the bytes may come from anyone: exact keys, exact types, ranges, exact lengths, no msgpack
extension types, never pickle. A header that is not exactly right raises WireError and nothing else.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import msgpack
import numpy as np

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
    Message,
    RawLine,
    Reason,
    ReflectanceLine,
    Stamp,
    StoneRecord,
    StreamInfo,
)
from oreline.moment import NEVER, Moment

HEADER_LIMIT = 512
CLASSES_LIMIT = 32_768
LAYERS_LIMIT = 131_072
FRAMES_LIMIT = 6
PLANES_LIMIT = 1024
"""Of all layers of a line together."""
FEATURES_LIMIT = 64
RUNS_LIMIT = 65_535
"""Of the outline of a stone."""
VALVE_BYTES, BRIEF_BYTES = 16, 48

DAY_S = 86_400
_CLOCK = struct.Struct("<qqq16s")
"""Wall's time in ns, its zone in s, CLOCK_MONOTONIC in ns, boot."""
CLOCK_BYTES = _CLOCK.size

Buffer = bytes | memoryview
Check = Callable[[Any], bool]
Header = dict[str, Any]


def integer(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def text(most: int) -> Check:
    return lambda value: type(value) is str and len(value) <= most


def _brief(value: Any) -> bool:
    """A text of at most 48 bytes."""
    return type(value) is str and len(value.encode(errors="replace")) <= BRIEF_BYTES


def _truth(value: Any) -> bool:
    return type(value) is bool


def _real(value: Any) -> bool:
    return type(value) is float and 0.0 <= value < float("inf")


def _measure(value: Any) -> bool:
    return type(value) is float and not math.isinf(value)


def _temperature(value: Any) -> bool:
    """Degrees Celsius, or NaN where none is known."""
    return type(value) is float and (math.isnan(value) or -273.15 <= value < 1000.0)


def is_run(value: Any) -> bool:
    return type(value) is bytes and len(value) == 16


U64 = integer(0, 2**63 - 1)
I64 = integer(-(2**63), 2**63 - 1)
_SIZE = integer(1, 65_535)
_ID = text(16)
_NAME = text(64)
_LEVEL = integer(0, 255)
_PLANES = integer(1, PLANES_LIMIT)
_KIND = integer(0, max(Kind))
_STAMP: dict[str, Check] = {
    "run": is_run,
    "epoch": U64,
    "seq": U64,
    "block_id": U64,
    "t_ns": I64,
    "encoder": I64,
}
_ORIGIN: dict[str, Check] = {"run": is_run, "epoch": U64}


@dataclass(frozen=True)
class _Format:
    """Format of one type: the fields of its header, how it is taken apart and built, and `optional` fields."""

    fields: dict[str, Check]
    split: Callable[[Any], tuple[Header, list[Buffer]]]
    build: Callable[[Header, Sequence[Buffer]], Message]
    optional: dict[str, Check] = field(default_factory=dict)


_packer = msgpack.Packer()


def encode(message: Message) -> list[Buffer]:
    """Header and array frames. The array frames are views: no copy is made."""
    kind = type(message).__name__
    header, frames = _FORMATS[kind].split(message)
    packed: bytes = _packer.pack({"type": kind, **header})
    if len(packed) > HEADER_LIMIT:
        raise WireError(f"{kind} header of {len(packed)} bytes exceeds {HEADER_LIMIT}: shorten its names")
    return [packed, *frames]


def decode(frames: Sequence[Buffer]) -> Message:
    """The message whose arrays are views of `frames`. Raises WireError."""
    if not 1 <= len(frames) <= FRAMES_LIMIT:
        raise WireError(f"a message has 1 to {FRAMES_LIMIT} frames, not {len(frames)}")
    header = unpack_header(frames[0])
    kind = header.pop("type", None)
    if type(kind) is not str or kind not in _FORMATS:
        raise WireError("a message of an unknown type")
    format_ = _FORMATS[kind]
    check_header(header, format_.fields | {name: format_.optional[name] for name in header.keys() & format_.optional})
    return format_.build(header, frames[1:])


def unpack_header(frame: Buffer) -> Header:
    """The header as a dict, its size checked before decoding. Raises WireError."""
    if len(frame) > HEADER_LIMIT:
        raise WireError(f"a header of {len(frame)} bytes, at most {HEADER_LIMIT} are allowed")
    header: Header = _unpack(frame, dict)
    return header


def _unpack(frame: Buffer, kind: type[Any]) -> Any:
    try:
        value = msgpack.unpackb(
            frame, max_ext_len=0, max_array_len=INVALID, strict_map_key=True, object_pairs_hook=_once
        )
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise WireError(f"not msgpack: {error}") from None
    if type(value) is not kind:
        raise WireError(f"a {kind.__name__} was expected, not a {type(value).__name__}")
    return value


def _once(pairs: list[tuple[Any, Any]]) -> Header:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise WireError("a key is given twice")
    return fields


def check_header(header: Header, fields: dict[str, Check]) -> None:
    """Exactly these keys, each passing its check. Raises WireError."""
    if header.keys() != fields.keys():
        raise WireError(f"header has keys {sorted(map(str, header))}, expected {sorted(fields)}")
    for name, check in fields.items():
        if not check(header[name]):
            raise WireError(f"header field {name!r} has a wrong type or range")


def _array(frames: Sequence[Buffer], at: int, dtype: type[Any], shape: tuple[int, ...]) -> Any:
    if at >= len(frames):
        raise WireError("an array frame is missing")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if len(frames[at]) != size:
        raise WireError(f"an array frame of {len(frames[at])} bytes, the header promises {size}")
    return np.frombuffer(frames[at], dtype).reshape(shape)


def _bytes(array: Any, dtype: type[Any]) -> memoryview:
    if array.dtype != dtype:
        raise TypeError(f"an array of {array.dtype} where {np.dtype(dtype)} belongs")
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _only(frames: Sequence[Buffer], n: int) -> None:
    if len(frames) != n:
        raise WireError(f"{len(frames)} array frames, expected {n}")


def _stamp_out(stamp: Stamp) -> Header:
    return {
        "run": stamp.run,
        "epoch": stamp.epoch,
        "seq": stamp.seq,
        "block_id": stamp.block_id,
        "t_ns": stamp.t_ns,
        "encoder": stamp.encoder,
    }


def _stamp_in(header: Header) -> Stamp:
    return Stamp(*(header.pop(name) for name in _STAMP))


def _split_info(info: StreamInfo) -> tuple[Header, list[Buffer]]:
    header = {name: getattr(info, name) for name in _INFO if name != "bands"} | {"kind": int(info.kind)}
    wavelengths = _bytes(np.array(info.wavelengths_nm, np.float64), np.float64)
    classes = msgpack.packb(_rows(info.classes))
    features = [msgpack.packb([list(astuple(one)) for one in info.features])] if info.features else []
    layers = [pack_layers(info.layers)] if info.layers or features else []
    clock = [_CLOCK.pack(*astuple(info.clock))] if layers or info.clock != NEVER else []
    return {**header, "bands": info.bands}, [wavelengths, classes, *clock, *layers, *features]


def _build_info(header: Header, frames: Sequence[Buffer]) -> StreamInfo:
    """A third array, where there is one, is the clock, a fourth the layers, and a fifth the features."""
    _only(frames, max(2, min(len(frames), 5)))
    wavelengths = _array(frames, 0, np.float64, (header.pop("bands"),))
    if not np.isfinite(wavelengths).all():
        raise WireError("a wavelength is not a number")
    kind, classes = Kind(header.pop("kind")), _classes(frames[1])
    clock = _clock(frames[2]) if len(frames) > 2 else NEVER
    layers = _layers(frames[3]) if len(frames) > 3 else ()
    features = _features(frames[4]) if len(frames) > 4 else ()
    nm = tuple(wavelengths.tolist())
    return StreamInfo(
        **header, kind=kind, wavelengths_nm=nm, classes=classes, clock=clock, layers=layers, features=features
    )


def pack_layers(layers: Sequence[LayerInfo]) -> bytes:
    """The frame of a description that names its layers."""
    packed: bytes = msgpack.packb([[one.name, one.planes, one.scale, _rows(one.legend)] for one in layers])
    return packed


def _layers(frame: Buffer) -> tuple[LayerInfo, ...]:
    if len(frame) > LAYERS_LIMIT:
        raise WireError(f"a table of layers of {len(frame)} bytes, at most {LAYERS_LIMIT} are allowed")
    layers = tuple(map(_layer, _unpack(frame, list)))
    if sum(layer.planes for layer in layers) > PLANES_LIMIT:
        raise WireError(f"layers have at most {PLANES_LIMIT} planes together")
    if len({layer.name for layer in layers}) < len(layers):
        raise WireError("a layer is named twice")
    return layers


def _layer(row: Any) -> LayerInfo:
    if type(row) is not list or len(row) != 4:
        raise WireError("a layer is not its name, planes, scale and legend")
    name, planes, scale, legend = row
    if not (_NAME(name) and name and _PLANES(planes) and _real(scale) and type(legend) is list):
        raise WireError("a layer's name, planes, scale or legend has a wrong type or range")
    return LayerInfo(name, planes, _infos(legend), scale)


def _features(frame: Buffer) -> tuple[FeatureInfo, ...]:
    features = tuple(map(_feature, _unpack(frame, list)))
    if len(features) > FEATURES_LIMIT or len({one.name for one in features}) < len(features):
        raise WireError(f"a stream has at most {FEATURES_LIMIT} features, each named once")
    return features


def _feature(row: Any) -> FeatureInfo:
    if type(row) is not list or len(row) != 3 or not (_NAME(row[0]) and row[0]) or not all(map(_real, row[1:])):
        raise WireError("a feature is not its name and its window in nm")
    return FeatureInfo(*row)


def _classes(frame: Buffer) -> tuple[ClassInfo, ...]:
    if len(frame) > CLASSES_LIMIT:
        raise WireError(f"a class table of {len(frame)} bytes, at most {CLASSES_LIMIT} are allowed")
    return _infos(_unpack(frame, list))


def _rows(classes: Sequence[ClassInfo]) -> list[list[str | int]]:
    return [[c.name, *c.colour] for c in classes]


def _infos(rows: list[Any]) -> tuple[ClassInfo, ...]:
    for row in rows:
        if type(row) is not list or len(row) != 4 or not _NAME(row[0]) or not all(map(_LEVEL, row[1:])):
            raise WireError("a class is not a name and three levels from 0 to 255")
    return tuple(ClassInfo(row[0], (row[1], row[2], row[3])) for row in rows)


def _clock(frame: Buffer) -> Moment:
    if len(frame) != _CLOCK.size:
        raise WireError(f"a clock of {len(frame)} bytes, not {_CLOCK.size}")
    clock = Moment(*_CLOCK.unpack(frame))
    if abs(clock.offset_s) >= DAY_S:
        raise WireError("a zone that is more than a day from UTC")
    return clock


def _split_raw(line: RawLine) -> tuple[Header, list[Buffer]]:
    bands, samples = line.counts.shape
    header = {"kind": int(line.kind), "flags": int(line.flags), "bands": bands, "samples": samples}
    return {**_stamp_out(line.stamp), **header}, [_bytes(line.counts, np.uint16)]


def _build_raw(header: Header, frames: Sequence[Buffer]) -> RawLine:
    _only(frames, 1)
    counts = _array(frames, 0, np.uint16, (header["bands"], header["samples"]))
    return RawLine(_stamp_in(header), Kind(header["kind"]), Flag(header["flags"]), counts)


def _split_labels(line: LabelLine) -> tuple[Header, list[Buffer]]:
    header = {"flags": int(line.flags), "model": line.model, "calibration": line.reference_id}
    shape = {"samples": line.labels.shape[0]}
    frames: list[Buffer] = [_bytes(line.labels, np.uint8), _bytes(line.confidence, np.uint8)]
    if line.layers is not None:
        shape["planes"] = line.layers.shape[0]
        frames.append(_bytes(line.layers, np.uint8))
    return {**_stamp_out(line.stamp), **header, **shape}, frames


def _build_labels(header: Header, frames: Sequence[Buffer]) -> LabelLine:
    """A third array, where the header has planes, is the layers."""
    samples, planes = header["samples"], header.get("planes")
    _only(frames, 2 if planes is None else 3)
    labels, confidence = (_array(frames, at, np.uint8, (samples,)) for at in (0, 1))
    layers = None if planes is None else _array(frames, 2, np.uint8, (planes, samples))
    ids = header["model"], header["calibration"]
    return LabelLine(_stamp_in(header), Flag(header["flags"]), *ids, labels, confidence, layers)


def _split_reflectance(line: ReflectanceLine) -> tuple[Header, list[Buffer]]:
    bands, samples = line.reflectance.shape
    header = {"flags": int(line.flags), "calibration": line.reference_id, "bands": bands, "samples": samples}
    frames: list[Buffer] = [_bytes(line.reflectance, np.float32), _bytes(line.invalid, np.uint8)]
    sure = [] if line.uncertainty is None else [_bytes(line.uncertainty, np.float32)]
    return {**_stamp_out(line.stamp), **header}, [*frames, *sure]


def _build_reflectance(header: Header, frames: Sequence[Buffer]) -> ReflectanceLine:
    """A third array, where there is one, is the uncertainty."""
    _only(frames, max(2, min(len(frames), 3)))
    shape = header["bands"], header["samples"]
    values = _array(frames, 0, np.float32, shape)
    invalid = _array(frames, 1, np.uint8, (header["samples"],))
    sure = _array(frames, 2, np.float32, shape) if len(frames) == 3 else None
    return ReflectanceLine(_stamp_in(header), Flag(header["flags"]), header["calibration"], values, invalid, sure)


def _split_features(line: FeatureLine) -> tuple[Header, list[Buffer]]:
    features, _, samples = line.features.shape
    header = {"flags": int(line.flags), "calibration": line.reference_id, "features": features, "samples": samples}
    return {**_stamp_out(line.stamp), **header}, [_bytes(line.features, np.float32)]


def _build_features(header: Header, frames: Sequence[Buffer]) -> FeatureLine:
    _only(frames, 1)
    features = _array(frames, 0, np.float32, (header["features"], 2, header["samples"]))
    return FeatureLine(_stamp_in(header), Flag(header["flags"]), header["calibration"], features)


def _split_stone(stone: StoneRecord) -> tuple[Header, list[Buffer]]:
    header = {name: getattr(stone, name) for name in _PLAIN} | {
        "decision": int(stone.decision),
        "valves": stone.valves.to_bytes(VALVE_BYTES, "little"),
        "calibration": stone.reference_id,
        "classes": stone.counts.shape[0] - 1,
        "runs": stone.outline.shape[0],
    }
    return {**_stamp_out(stone.stamp), **header}, [_bytes(stone.counts, np.uint32), _bytes(stone.outline, np.int32)]


def _build_stone(header: Header, frames: Sequence[Buffer]) -> StoneRecord:
    _only(frames, 2)
    counts = _array(frames, 0, np.uint32, (header.pop("classes") + 1,))
    outline = _array(frames, 1, np.int32, (header.pop("runs"), 3))
    if header["last_line"] < header["first_line"] or header["stop_sample"] <= header["first_sample"]:
        raise WireError("a stone that ends before it begins")
    named = {"decision": Decision(header.pop("decision")), "reference_id": header.pop("calibration")}
    valves = int.from_bytes(header.pop("valves"), "little")
    return StoneRecord(_stamp_in(header), **header, **named, valves=valves, counts=counts, outline=outline)


def _split_gap(gap: Gap) -> tuple[Header, list[Buffer]]:
    return {
        "run": gap.run,
        "epoch": gap.epoch,
        "first": gap.first,
        "n": gap.n,
        "reason": int(gap.reason),
    }, []


def _build_gap(header: Header, frames: Sequence[Buffer]) -> Gap:
    _only(frames, 0)
    return Gap(**{**header, "reason": Reason(header["reason"])})


def _split_end(end: EndOfStream) -> tuple[Header, list[Buffer]]:
    return {name: getattr(end, name) for name in _END}, []


def _build_end(header: Header, frames: Sequence[Buffer]) -> EndOfStream:
    _only(frames, 0)
    return EndOfStream(**header)


_INFO: dict[str, Check] = {
    **_ORIGIN,
    "seq": U64,
    "camera": text(64),
    "serial": text(64),
    "bands": _SIZE,
    "samples": _SIZE,
    "offset_x": integer(0, 65_535),
    "full_scale": _SIZE,
    "exposure_us": _real,
    "gain": _real,
    "line_rate_hz": _real,
    "counts_per_line": _real,
    "pitch_mm": _real,
    "model": _ID,
    "temperature_c": _temperature,
    "unit": text(64),
    "kind": _KIND,
}
_FLAGS = integer(0, int(max(Flag)) * 2 - 1)
_END: dict[str, Check] = {**_ORIGIN, "seq": U64, "lines": U64, "lost": U64, "reference": U64}

_PLAIN: dict[str, Check] = {
    "first_line": U64,
    "last_line": U64,
    "first_sample": integer(0, 65_535),
    "stop_sample": _SIZE,
    "pixels": U64,
    "why": _brief,
    "measure": _measure,
    "product": integer(0, 255),
    "recipe": _brief,
    "model": _ID,
    "cut": _truth,
    "clump": _truth,
}
"""Fields of a stone that are on the wire as they are."""

_FORMATS: dict[str, _Format] = {
    "StreamInfo": _Format(_INFO, _split_info, _build_info),
    "RawLine": _Format(
        {**_STAMP, "kind": _KIND, "flags": _FLAGS, "bands": _SIZE, "samples": _SIZE},
        _split_raw,
        _build_raw,
    ),
    "LabelLine": _Format(
        {**_STAMP, "flags": _FLAGS, "model": _ID, "calibration": _ID, "samples": _SIZE},
        _split_labels,
        _build_labels,
        {"planes": _PLANES},
    ),
    "ReflectanceLine": _Format(
        {**_STAMP, "flags": _FLAGS, "calibration": _ID, "bands": _SIZE, "samples": _SIZE},
        _split_reflectance,
        _build_reflectance,
    ),
    "FeatureLine": _Format(
        {**_STAMP, "flags": _FLAGS, "calibration": _ID, "features": integer(1, FEATURES_LIMIT), "samples": _SIZE},
        _split_features,
        _build_features,
    ),
    "StoneRecord": _Format(
        {
            **_STAMP,
            **_PLAIN,
            "decision": integer(0, max(Decision)),
            "valves": lambda value: type(value) is bytes and len(value) == VALVE_BYTES,
            "calibration": _ID,
            "classes": integer(0, INVALID),
            "runs": integer(0, RUNS_LIMIT),
        },
        _split_stone,
        _build_stone,
    ),
    "Gap": _Format(
        {**_ORIGIN, "first": U64, "n": integer(1, 2**63 - 1), "reason": integer(1, max(Reason))},
        _split_gap,
        _build_gap,
    ),
    "EndOfStream": _Format(_END, _split_end, _build_end),
}
