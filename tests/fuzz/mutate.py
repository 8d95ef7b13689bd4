"""Damage: bytes flipped, cut, inserted, repeated and spliced; frames lost, doubled and exchanged.

It must be cheaper than the decoders: a few us an input, from `random.Random`, so that a seed gives the same inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.fuzz.target import Frames

TOKENS = (
    *(b"\xc1", b"\xc0", b"\xc3", b"\xff", b"\0", b"\0" * 8, b"\xff" * 8, b"\x80", b"\x90", b"\xa0", b"\x7f"),
    *(b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\0" * 7, b"\xcb\x7f\xf8" + b"\0" * 6, b"\xca\x7f\x80\0\0"),
    *(b"\xdd\xff\xff\xff\xff", b"\xdc\x4e\x20", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"),
    *(b"\xc6\xff\xff\xff\xff", b"\xc7\x00\xff", b"\xc7\x00\x05", b"\xc9\xff\xff\xff\xff\x01", b"\xd6\xff\0\0\0\1"),
    *(b"\x91" * 200, b"\x81\xa1a" * 90, b"\xa4\xff\xfe\xfd\xfc", b"\xa3\xed\xa0\x80"),
    *(b"{", b"}", b"[" * 300, b'"', b"\\ud800", b",", b"=", b"\n", b"\r", b"\x85", "\u2028".encode(), b"\xef\xbb\xbf"),
    *(b"-1", b"1e309", b"NaN", b"99999999999999999999", b"9" * 5000, b"null", b"true", b"samples = 0\n"),
)
"""What decoders trip over: declared lengths, deep nesting, extensions, numbers and marks of msgpack, JSON and text."""


def damage(random: Random, corpus: Sequence[Frames]) -> Frames:
    """A damaged input; in the mean two wounds."""
    frames = list(_any(random, corpus))
    while True:
        if frames and random.random() < 0.85:
            at = _below(random, len(frames))
            frames[at] = _any(random, _OF_BYTES)(random, frames[at], corpus)
        else:
            _any(random, _OF_FRAMES)(random, frames, _any(random, corpus))
        if random.random() < 0.5:
            return tuple(frames)


def _below(random: Random, n: int) -> int:
    return int(random.random() * n)


def _any(random: Random, of: Sequence) -> object:
    return of[int(random.random() * len(of))]


def _flip(random: Random, frame: bytes, _corpus: object) -> bytes:
    at = _below(random, max(1, len(frame)))
    return frame[:at] + bytes(b ^ 1 << _below(random, 8) for b in frame[at : at + 1]) + frame[at + 1 :]


def _set(random: Random, frame: bytes, _corpus: object) -> bytes:
    at = _below(random, max(1, len(frame)))
    return frame[:at] + bytes((_below(random, 256),)) + frame[at + 1 :]


def _cut(random: Random, frame: bytes, _corpus: object) -> bytes:
    return frame[: _below(random, len(frame) + 1)]


def _remove(random: Random, frame: bytes, _corpus: object) -> bytes:
    at = _below(random, len(frame) + 1)
    return frame[:at] + frame[at + 1 + _below(random, 8) :]


def _insert(random: Random, frame: bytes, _corpus: object) -> bytes:
    at = _below(random, len(frame) + 1)
    return frame[:at] + _any(random, TOKENS) + frame[at:]


def _replace(random: Random, frame: bytes, _corpus: object) -> bytes:
    at, token = _below(random, len(frame) + 1), _any(random, TOKENS)
    return frame[:at] + token + frame[at + len(token) :]


def _append(random: Random, frame: bytes, _corpus: object) -> bytes:
    return frame + random.randbytes(1 + _below(random, 16))


def _repeat(random: Random, frame: bytes, _corpus: object) -> bytes:
    at, size = _below(random, len(frame) + 1), 1 + _below(random, 64)
    return frame[: at + size] + frame[at:]


def _splice(random: Random, frame: bytes, corpus: Sequence[Frames]) -> bytes:
    other = _any(random, _any(random, corpus))
    return frame[: _below(random, len(frame) + 1)] + other[_below(random, len(other) + 1) :]


def _lose(random: Random, frames: list[bytes], _other: Frames) -> None:
    if frames:
        del frames[_below(random, len(frames))]


def _add(random: Random, frames: list[bytes], other: Frames) -> None:
    frames.insert(_below(random, len(frames) + 1), _any(random, other))


def _exchange(random: Random, frames: list[bytes], other: Frames) -> None:
    if frames:
        frames[_below(random, len(frames))] = _any(random, other)


_OF_BYTES = (_flip, _flip, _set, _cut, _remove, _insert, _replace, _append, _repeat, _splice)
_OF_FRAMES = (_lose, _add, _exchange)
