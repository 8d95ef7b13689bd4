"""One connection to the page: who comes and says nothing, or says it byte by byte, keeps nobody else out."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S = 5.0
"""For the first request after somebody has connected."""


class Connection(H11Protocol):
    """Connection of uvicorn's that is closed where no request has come whole within `PATIENCE_S`; later ones have
    uvicorn's own time-outs."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._due = self.loop.call_later(PATIENCE_S, self._send_away)

    def connection_lost(self, exc: Exception | None) -> None:
        self._due.cancel()
        super().connection_lost(exc)

    def _send_away(self) -> None:
        transport: asyncio.Transport = self.transport
        if self.cycle is None and transport.get_protocol() is self:
            transport.close()
