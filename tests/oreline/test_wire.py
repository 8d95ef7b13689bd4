"""Messages survive the wire unchanged; bytes that are no message are refused and nothing worse."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oreline import control
from oreline.errors import WireError
from oreline.messages import (
    ClassInfo,
    EndOfStream,
    Flag,
    Gap,
    Kind,
    LabelLine,
    Message,
    RawLine,
    Reason,
    ReflectanceLine,
    Stamp,
    StreamInfo,
)
from oreline.wire import decode, encode

U64 = st.integers(0, 2**63 - 1)
I64 = st.integers(-(2**63), 2**63 - 1)
RUN = st.binary(min_size=16, max_size=16)
STAMP = st.builds(Stamp, run=RUN, epoch=U64, seq=U64, block_id=U64, t_ns=I64, encoder=I64)
ID = st.text("0123456789abcdef", min_size=16, max_size=16)
REAL = st.floats(0, 1e9)


def array(dtype: type[Any], *shape: int) -> st.SearchStrategy[Any]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return st.binary(min_size=size, max_size=size).map(lambda data: np.frombuffer(data, dtype).reshape(shape))


MESSAGES = st.one_of(
    st.builds(
        RawLine, stamp=STAMP, kind=st.sampled_from(Kind), flags=st.sampled_from(Flag), counts=array(np.uint16, 3, 5)
    ),
    st.builds(
        LabelLine,
        stamp=STAMP,
        flags=st.sampled_from(Flag),
        model=ID,
        calibration=ID,
        labels=array(np.uint8, 7),
        confidence=array(np.uint8, 7),
    ),
    st.builds(
        ReflectanceLine,
        stamp=STAMP,
        flags=st.sampled_from(Flag),
        calibration=ID,
        reflectance=array(np.float32, 3, 4),
        invalid=array(np.uint8, 4),
    ),
    st.builds(Gap, run=RUN, epoch=U64, first=U64, n=st.integers(1, 2**62), reason=st.sampled_from(Reason)),
    st.builds(EndOfStream, run=RUN, epoch=U64, seq=U64, lines=U64, lost=U64, reference=U64),
    st.builds(
        StreamInfo,
        run=RUN,
        epoch=U64,
        seq=U64,
        camera=st.text(max_size=20),
        serial=st.text(max_size=20),
        wavelengths_nm=st.lists(st.floats(1, 20_000), min_size=1, max_size=20).map(tuple),
        samples=st.integers(1, 65_535),
        offset_x=st.integers(0, 65_535),
        full_scale=st.integers(1, 65_535),
        exposure_us=REAL,
        gain=REAL,
        line_rate_hz=REAL,
        counts_per_line=REAL,
        pitch_mm=REAL,
        classes=st.lists(
            st.builds(ClassInfo, name=st.text(max_size=20), colour=st.tuples(*[st.integers(0, 255)] * 3)), max_size=5
        ).map(tuple),
        model=ID,
    ),
)


def plain(message: Any) -> Any:
    if is_dataclass(message):
        return [plain(getattr(message, f.name)) for f in fields(message)]
    return (message.dtype, message.tobytes()) if isinstance(message, np.ndarray) else message


@given(MESSAGES)
def test_every_message_comes_out_as_it_went_in(message: Message) -> None:
    assert plain(decode([bytes(frame) for frame in encode(message)])) == plain(message)


@given(MESSAGES, st.data())
@settings(max_examples=200)
def test_a_damaged_message_is_refused_or_still_a_message(message: Message, data: st.DataObject) -> None:
    frames = [bytearray(frame) for frame in encode(message)]
    frame = data.draw(st.sampled_from(frames))
    if frame:
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode([bytes(f) for f in frames[: data.draw(st.integers(0, 4))]])
    except WireError:
        return
    assert isinstance(decoded, Message)


@given(st.lists(st.binary(max_size=600), max_size=5))
@settings(max_examples=300)
def test_garbage_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(WireError):
        decode(frames)
    if frames:
        with pytest.raises(WireError):
            control.unpack(frames[0])


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
    header = msgpack.unpackb(encode(EndOfStream(bytes(16), 0, 1, 1, 0, 0))[0])
    with pytest.raises(WireError, match=why):
        decode([msgpack.packb({**header, **change})])


def test_a_line_of_the_wrong_dtype_is_a_mistake_of_its_maker() -> None:
    line = RawLine(Stamp(bytes(16), 0, 0, 0, 0, 0), Kind.SCENE, Flag.NONE, np.zeros((2, 2), np.float32))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="uint16"):
        encode(line)
