"""A decoder, and what is asked of it whatever it is given.

Only the documented refusal comes out of it. What it accepts means the same after it was encoded and decoded again; the
bytes may differ, since msgpack, JSON and ENVI have more than one way to write a value (decision 0012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from oreline.errors import OrelineError

Frames = tuple[bytes, ...]
"""An input: one frame, or as many as the message has (a header and its arrays, the files of a folder)."""
Twist = Callable[[Random, Frames], Frames]


class Changed(Exception):
    """A message was accepted, but does not survive being written and read again."""


def plain(message: Any) -> Any:
    """A message in a form that `==` compares to the bit, arrays and NaN included."""
    if is_dataclass(message):
        return type(message).__name__, *(plain(getattr(message, f.name)) for f in fields(message))
    if isinstance(message, np.ndarray):
        return message.dtype.str, message.shape, message.tobytes()
    return "nan" if message != message else message


@dataclass(frozen=True)
class Target:
    """`valid`: its messages, each of which must be accepted. `refuses`: all that may be raised.

    `share`: of a run's inputs, in proportion to the others'. `hostile`: inputs made by hand, tried in each run.
    `twist`: damages a valid input with knowledge of its format; without it there is only damage to bytes.
    """

    valid: st.SearchStrategy[Any]
    encode: Callable[[Any], Sequence[Any]]
    decode: Callable[[Frames], Any]
    refuses: type[OrelineError]
    share: int = 1
    hostile: tuple[Frames, ...] = ()
    twist: Twist | None = None
    plain: Callable[[Any], Any] = plain

    def input(self, message: Any) -> Frames:
        """The input that is this message."""
        return tuple(bytes(frame) for frame in self.encode(message))

    def accepts(self, frames: Frames) -> bool:
        """Whether it is a message. Raises what escapes from the decoder, and Changed."""
        try:
            message = self.decode(frames)
        except self.refuses:
            return False
        self.check(message)
        return True

    def check(self, message: Any) -> None:
        """Raises Changed where a message does not survive, and whatever else reading it again raises."""
        before, after = self.plain(message), self.plain(self.decode(self.input(message)))
        if after != before:
            raise Changed(f"{before!r:.400} became {after!r:.400}")


MakeTarget = Callable[[Path], Target]
"""Of an empty folder for the files that the decoder reads."""
