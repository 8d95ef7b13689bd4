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


def make_socket(kind: int, frame_bytes: int, context: Any = None) -> Any:
    """A socket that takes frames of at most `frame_bytes` and never lingers; in the process's context by default."""
    socket: Any = (context or zmq.Context.instance()).socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.SNDHWM, 512)
    socket.setsockopt(zmq.RCVHWM, 512)
    socket.setsockopt(zmq.MAXMSGSIZE, frame_bytes)
    return socket


def reach_far(socket: Any, address: str) -> None:
    """For tcp, before bind or connect: a peer whose cable was pulled, or who does not finish its handshake, is gone
    after seconds; libzmq would wait for hours."""
    socket.setsockopt(zmq.HANDSHAKE_IVL, 3_000)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1_000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3_000)
    socket.setsockopt(zmq.IPV6, int("[" in address))


def wait(sockets: list[Any], timeout_ms: int) -> None:
    """Sleep until one of them has a message, for at most `timeout_ms`."""
    if not any(pending(socket) for socket in sockets):
        zmq.select(sockets, [], [], timeout_ms * 1e-3)


def receive(socket: Any, most: int) -> list[Any]:
    """The frames of the next message; one more than `most` where it has more, whose rest is thrown away unseen."""
    frames = [socket.recv(copy=False)]
    while frames[-1].more:
        frame = socket.recv(copy=False)
        if len(frames) <= most:
            frames.append(frame)
        elif not frame.more:
            break
    return frames


def pending(socket: Any, timeout_ms: int = 0) -> bool:
    """True where a message is there, after at most `timeout_ms`; without waiting it costs a tenth of a poll."""
    return bool(socket.getsockopt(zmq.EVENTS) & zmq.POLLIN) or (timeout_ms > 0 and bool(socket.poll(timeout_ms)))
