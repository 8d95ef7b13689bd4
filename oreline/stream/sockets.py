"""Sockets with every limit set before bind or connect: libzmq's defaults lose messages or hang at exit."""

from __future__ import annotations

import time
from typing import Any

import zmq

from oreline.messages import Line, Message

NO_RUN = bytes(16)
SILENCE_NS = 500_000_000
BEAT_NS = 100_000_000


def now() -> int:
    """CLOCK_MONOTONIC in ns, the only clock that decides anything."""
    return time.monotonic_ns()


def run_of(message: Message) -> bytes:
    """The run a message belongs to."""
    return message.stamp.run if isinstance(message, Line) else message.run


def make_socket(kind: int, frame_bytes: int) -> Any:
    """A socket that takes frames of at most `frame_bytes` and never lingers."""
    socket: Any = zmq.Context.instance().socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.SNDHWM, 512)
    socket.setsockopt(zmq.RCVHWM, 512)
    socket.setsockopt(zmq.MAXMSGSIZE, frame_bytes)
    return socket


def pending(socket: Any, timeout_ms: int = 0) -> bool:
    """Whether a message is there, after at most `timeout_ms`; without waiting it costs a tenth of a poll."""
    return bool(socket.getsockopt(zmq.EVENTS) & zmq.POLLIN) or (timeout_ms > 0 and bool(socket.poll(timeout_ms)))
