"""The port that Prometheus reads: a few connections at a time, whatever comes.

Whoever connects and says nothing, or says it byte by byte, has its time and is sent away; where more come than are
served at once, the oldest makes room. So nobody takes the port away from Prometheus, and guests cost few threads.
"""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress
from io import StringIO
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from oreline.errors import SystemRefused

AT_ONCE = 8
PATIENCE_S = 5.0
"""For which a connection is waited for, each time that it is to say or take something."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_S

    def log_message(self, *_: object) -> None:
        """Nothing: a request is no news."""

    def get_stderr(self) -> StringIO:
        """Words of the library about guests that leave early go nowhere."""
        return StringIO()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int) -> None:
        self._guests: deque[socket.socket] = deque()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve it. The thread of one that is sent away finds its connection at an end, and closes it."""
        self._guests.append(request)
        if len(self._guests) > AT_ONCE:
            with suppress(OSError, IndexError):
                self._guests.popleft().shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with suppress(ValueError):
            self._guests.remove(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """Nothing: a guest that leaves, or is sent away, is no fault of ours."""


def serve(registry: CollectorRegistry, port: int) -> int:
    """Expose a registry on loopback; 0 takes a free port. Returns the port. Raises SystemRefused."""
    try:
        server = _Server(port)
    except OSError as error:
        raise SystemRefused(
            f"metrics_port {port} cannot be opened: {error.strerror}; stop the program that has it, or set another one "
            "(0 takes one that is free)"
        ) from None
    server.set_app(make_wsgi_app(registry))
    Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
