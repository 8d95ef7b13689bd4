"""Control messages between a ring's owner and its consumers: one small msgpack map each.

Whatever changes with a VERSION, `session` and `version` of a HELLO and all of a REFUSE stay as they are, so that two
releases can tell each other that they do not fit. A HELLO of another version is a STRANGER, whatever else it says.

consumer -> owner   HELLO from where, what is committed, how much at once, which policy
                    CREDIT what is committed, how many more
                    LEAVE nothing is to be kept for it
owner -> consumer   AT where in the mapped ring records lie;  LINE a message that follows in frames;  BEAT;  REFUSE
"""

from __future__ import annotations

from typing import Any

import msgpack

from oreline.errors import WireError
from oreline.wire import HEADER_LIMIT, I64, U64, Buffer, Check, check_header, integer, is_run, text, unpack_header

VERSION = 7


def _is_bool(value: object) -> bool:
    return type(value) is bool


_SESSION: dict[str, Check] = {"session": U64}
_FORMATS: dict[str, dict[str, Check]] = {
    "hello": {
        **_SESSION,
        "version": integer(0, 65_535),
        "name": text(64),
        "process": U64,
        "fresh": _is_bool,
        "urgent": _is_bool,
        "local": _is_bool,
        "run": is_run,
        "next": U64,
        "committed": U64,
        "credit": integer(1, 4096),
        "budget_ns": U64,
    },
    "stranger": {**_SESSION, "version": integer(0, 65_535)},
    "credit": {**_SESSION, "n": integer(0, 4096), "acked": U64},
    "leave": {**_SESSION, "name": text(64), "process": U64},
    "at": {**_SESSION, "index": U64, "n": integer(1, 4096)},
    "line": {**_SESSION, "index": I64},
    "beat": {**_SESSION, "head": U64, "tail": U64},
    "refuse": {**_SESSION, "why": text(300)},
}


def pack(kind: str, **fields: Any) -> bytes:
    """Bytes of a control message. Raises WireError where they are more than `unpack` takes."""
    packed: bytes = msgpack.packb({"is": kind, **fields})
    if len(packed) > HEADER_LIMIT:
        raise WireError(f"{kind} of {len(packed)} bytes exceeds {HEADER_LIMIT}: shorten its texts")
    return packed


def unpack(frame: Buffer) -> tuple[str, dict[str, Any]]:
    """Kind and fields of a control message, every field checked. Raises WireError."""
    header = unpack_header(frame)
    kind = header.pop("is", None)
    if type(kind) is not str or kind not in _FORMATS:
        raise WireError("a control message of an unknown kind")
    if kind == "hello" and header.get("version") != VERSION:
        kind, header = "stranger", {name: header.get(name) for name in _FORMATS["stranger"]}
    check_header(header, _FORMATS[kind])
    return kind, header
