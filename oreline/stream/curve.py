"""CURVE: what makes a tcp socket talk only with those whose keys we hold.

CURVE alone proves that a peer holds some key; whose, and whether that one may come in, is asked of a ZAP handler
(https://rfc.zeromq.org/spec/27/). It answers with the name of the key, which libzmq then puts on every message.
"""

from __future__ import annotations

from typing import Any

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from oreline.errors import SecurityError
from oreline.keys import ClientKeys, Pair, ServerKeys, allowed
from oreline.stream.sockets import pending

DOMAIN = b"oreline"
AT_ONCE = 64
"""Handshakes that are answered in one turn."""
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_DISCONNECTED
_FAILED = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL


def new_pair() -> Pair:
    """A fresh key pair."""
    public, secret = zmq.curve_keypair()
    return Pair(public, secret)


class HandshakeMonitor:
    """Outcome of a consumer's handshakes. Where its key was refused, libzmq says nothing and tries no more."""

    def __init__(self, socket: Any, keys: ClientKeys) -> None:
        """Before `connect`."""
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.own.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.own.secret)
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.server)
        self._failures: Any = socket.get_monitor_socket(_FAILED)

    def failed(self) -> tuple[bool, int]:
        """True where our key was refused, and the number of handshakes that failed otherwise, since last time."""
        events = []
        while pending(self._failures):
            events.append(parse_monitor_message(self._failures.recv_multipart())["event"])
        refused = zmq.EVENT_HANDSHAKE_FAILED_AUTH in events
        return refused, len(events)

    def close(self) -> None:
        self._failures.close()


class KeyGate:
    """Decides who comes in by a socket. The socket's context is its own: ZAP has one handler a context."""

    def __init__(self, socket: Any, keys: ServerKeys) -> None:
        """Before `bind`."""
        self._allowed = keys.allowed
        self._zap: Any = socket.context.socket(zmq.REP)
        self._zap.setsockopt(zmq.LINGER, 0)
        self._zap.bind("inproc://zeromq.zap.01")
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
        socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        self._events: Any = socket.get_monitor_socket(_EVENTS)
        self._shaking: dict[int, None] = {}

    def attend(self) -> tuple[int, list[str]]:
        """Answer who shakes hands. Returns how many have left without since last time, and why others were refused."""
        refused, failed = [], 0
        for _ in range(AT_ONCE):
            if pending(self._zap):
                refused += self._answer(self._zap.recv_multipart())
            elif pending(self._events):
                failed += self._left(parse_monitor_message(self._events.recv_multipart()))
            else:
                break
        return failed, refused

    def _left(self, event: Any) -> bool:
        """True at the end of a connection without a handshake. Of a handshake libzmq does not say whose it was: that of
        the first who came, so where several do at once, one may be counted only when another leaves."""
        kind, file = event["event"], int(event["value"])
        if kind == zmq.EVENT_ACCEPTED:
            self._shaking[file] = None
        elif kind != zmq.EVENT_DISCONNECTED:
            self._shaking.pop(next(iter(self._shaking), -1), None)
        elif file in self._shaking:
            del self._shaking[file]
            return True
        return False

    def _answer(self, request: list[bytes]) -> list[str]:
        version, number, domain, address, _identity, mechanism, *credentials = request
        name, why = self._judged(domain, mechanism, credentials)
        code, text = (b"400", b"not allowed") if name is None else (b"200", b"OK")
        self._zap.send_multipart([version, number, code, text, (name or "").encode(), b""])
        return [f"{address.decode(errors='replace')}: {why}"] if name is None else []

    def _judged(self, domain: bytes, mechanism: bytes, credentials: list[bytes]) -> tuple[str | None, str]:
        """The name of an allowed key, or None and why. Read anew each time: what was forbidden is so at once."""
        if domain != DOMAIN or mechanism != b"CURVE" or len(credentials) != 1 or len(credentials[0]) != 32:
            return None, "no CURVE"
        key = z85.encode(credentials[0])
        try:
            name = allowed(self._allowed).get(key)
        except SecurityError as error:
            return None, str(error)
        return name, f"the key {key.decode()} is not allowed"

    def close(self) -> None:
        self._zap.close()
        self._events.close()
