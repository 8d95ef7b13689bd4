"""Where consumers come in: a ROUTER socket at one address.

The listener for this host is a socket file, which its rights protect. The one for other hosts is tcp: it has a
context of its own, whose thread encrypts beside the line path. There the peer's key says who it is, and its address is
libzmq's: nobody can take the place of another by calling himself like him.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zmq

from oreline.errors import StreamError
from oreline.keys import ServerKeys
from oreline.stream.curve import KeyGate
from oreline.stream.sockets import make_socket, pending, reach_far, receive
from oreline.wire import HEADER_LIMIT, Buffer

FRAMES = 2
"""Of what a consumer says: its address, which libzmq puts in front, and one control message."""


class Listener:
    """One address of a stream. `address`: as bound, with the port that was found where 0 was asked for."""

    def __init__(self, endpoint: str, keys: ServerKeys | None = None) -> None:
        """Bind. Raises StreamError where that is not possible."""
        far = endpoint.startswith("tcp:")
        self._own: Any = zmq.Context() if far else None
        self.socket = make_socket(zmq.ROUTER, HEADER_LIMIT, self._own)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        if far:
            reach_far(self.socket, endpoint)
        self._gate = KeyGate(self.socket, keys) if keys else None
        try:
            self.socket.bind(endpoint)
            if not far:
                Path(endpoint.removeprefix("ipc://")).chmod(0o700)
        except zmq.ZMQError as error:
            self.close()
            raise StreamError(f"cannot bind {endpoint}: {error}; is another process running here?") from None
        self.address: str = self.socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()

    @property
    def waiting(self) -> bool:
        """True where a message is there."""
        return pending(self.socket)

    def hear(self) -> tuple[bytes, str | None, list[bytes]]:
        """The next message: from which address, by whose key (None where none is asked for), and its frames."""
        identity, *frames = receive(self.socket, FRAMES)
        user = str(frames[-1].get("User-Id")) if frames and self._gate else None
        return identity.bytes, user, [frame.bytes for frame in frames]

    def send(self, identity: bytes, frames: list[Buffer]) -> bool:
        """Returns whether it went out: not where the consumer is gone, or takes no more."""
        try:
            self.socket.send_multipart([identity, *frames], zmq.NOBLOCK)
        except zmq.ZMQError:
            return False
        return True

    def attend(self) -> tuple[int, list[str]]:
        """Answer who shakes hands, see `KeyGate.attend`; to be called a few times a second."""
        return self._gate.attend() if self._gate else (0, [])

    def close(self) -> None:
        self.socket.close()
        if self._gate:
            self._gate.close()
        if self._own:
            self._own.term()
