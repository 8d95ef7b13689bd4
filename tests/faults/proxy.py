"""The network between the sorter and its PLC, which can be cut or made to swallow what is sent."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

BYTES = 4096


class Proxy:
    """Forwards connections from `port` to another port of this host, in threads, until it is closed."""

    def __init__(self, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._whole, self._open = threading.Event(), threading.Event()
        self._whole.set()
        self._open.set()
        self._ends: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and take no other until `heal`."""
        self._whole.clear()
        for end in list(self._ends):
            self._close(end)

    def swallow(self) -> None:
        """Let connections stand, and hold back what is sent, until `heal`."""
        self._open.clear()

    def heal(self) -> None:
        self._open.set()
        self._whole.set()

    def close(self) -> None:
        self.cut()
        self.heal()
        self._close(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                try:
                    self._join(here)
                except OSError:
                    self._close(here)

    def _join(self, here: socket.socket) -> None:
        if not self._whole.is_set():
            here.close()
            return
        there = socket.create_connection(self._to)
        self._ends |= {here, there}
        for one, other in ((here, there), (there, here)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while content := one.recv(BYTES):
                self._open.wait()
                other.sendall(content)
        self._close(one)
        self._close(other)

    def _close(self, end: socket.socket) -> None:
        self._ends.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
