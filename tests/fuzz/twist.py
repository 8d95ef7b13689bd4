"""Damage with knowledge of the format: the frame stays one that a parser reads, and what it says is wrong."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgpack

INTEGERS = (0, 1, -1, 2, 127, 255, 256, 65_535, 65_536, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.5, -1.0, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"))
TEXTS = ("", "a", "\0", "a" * 16, "a" * 65, "é" * 64, "\U0001f4a5" * 64, "a" * 301, "../../x", "1", "{", "\u2028")
COMMON = (*INTEGERS, *FLOATS, *TEXTS, None, True, False, [], [[]], [1, 2], {}, {"a": 1})
PACKED = (
    *COMMON,
    b"",
    b"x" * 16,
    b"x" * 17,
    msgpack.ExtType(5, b""),
    msgpack.ExtType(1, b"1234"),
    msgpack.Timestamp(1),
)
_packer = msgpack.Packer()
WORDS = (
    *("", "0", "1", "-1", "007", "2147483648", "2147483649", "4294967296", "9" * 11, "9" * 5000, "1.0", "1e3", "nan"),
    *(
        "inf",
        "1e308",
        "0x10",
        "1_0",
        "\u0663",
        "bil",
        "bip",
        "bsq",
        "12",
        "4",
        "5",
        "{",
        "}",
        "{}",
        "{1}",
        "{1,",
        "{,}",
    ),
    *("{1e308, 1e308}", "{nan}", "{-1, 2}", "{1, 2, 3}", "Micrometers", "Index", "unknown", "../x", "a\x85samples = 9"),
)


def twist_map(random: Random, frame: bytes) -> bytes:
    """A msgpack map with a value exchanged, or a pair lost, added, doubled, renamed or moved."""
    pairs = list(msgpack.unpackb(frame).items())
    at = int(random.random() * len(pairs))
    key, _ = pairs[at]
    chance = random.random()
    if chance < 0.6:
        pairs[at] = key, random.choice(PACKED)
    elif chance < 0.7:
        pairs[at] = random.choice(PACKED[:-3]), pairs[at][1]
    elif chance < 0.8:
        pairs.append((key, random.choice(PACKED)))
    elif chance < 0.9:
        random.shuffle(pairs)
    else:
        del pairs[at]
    return bytes(_packer.pack_map_pairs(pairs))


def twist_lines(random: Random, frame: bytes) -> bytes:
    """Lines of `key = value` with a value exchanged, or a line lost, doubled, lengthened or broken."""
    lines = frame.decode().splitlines()
    at = 1 + int(random.random() * (len(lines) - 1))
    chance = random.random()
    if chance < 0.7:
        lines[at] = f"{lines[at].partition('=')[0]}= {random.choice(WORDS)}"
    elif chance < 0.8:
        lines.insert(at, random.choice(lines))
    elif chance < 0.85:
        lines[at] = lines[at] + random.choice(WORDS)
    elif chance < 0.9:
        lines[at] = lines[at].replace(", ", ",\n  ")
    else:
        del lines[at]
    return random.choice(("\n", "\n", "\r\n", "\n\n")).join(lines).encode()


def twist_json(random: Random, frame: bytes) -> bytes:
    """A JSON document with a value exchanged, or a member lost, added or doubled, at any depth."""
    document = json.loads(frame)
    holder, key = random.choice(list(_places(document)))
    chance = random.random()
    if chance < 0.75:
        holder[key] = random.choice(COMMON)
    elif chance < 0.85:
        del holder[key]
    elif isinstance(holder, dict):
        holder[random.choice(TEXTS)] = random.choice(COMMON)
    else:
        holder.extend([random.choice(COMMON)] * random.choice((1, 300)))
    return json.dumps(document).encode()


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every member and element, by what holds it and its key there."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [place for key in keys for place in [(node, key), *_places(node[key])]]
