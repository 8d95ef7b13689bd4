"""Guards around the page: which requests are answered at all, and what every answer says to the browser.

A page of another origin can send requests here, and open the socket, by the browser of whoever looks at it; so `Host`
and `Origin` are checked before anything is done. What is checked by neither is read-only and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oreline.incidents import report

MOST_BODY = 65_536
"""Bytes of a request."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE = ("GET", "HEAD")


class Guards:
    """Guards of an application. `hosts`: what `Host` may say, with the port. `scheme`: http or https."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], scheme: str) -> None:
        self._app, self._hosts, self._scheme = app, frozenset(hosts), scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        try:
            await self._app(scope, _Bounded(receive), _Armoured(send, scope["path"]))
        except Exception as error:
            report("station", "face_failed", f"web: {scope['path']}: {error or type(error).__name__}")
            raise

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return 421, f"this page is not {host[:80]!r}: open it by one of its own names"
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        if headers.get("origin", "").lower() != f"{self._scheme}://{host}":
            return 403, "only pages of this station may ask for that"
        return None


async def _refuse(refusal: tuple[int, str], scope: Scope, receive: Receive, send: Send) -> None:
    status, words = refusal
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": words})
    else:
        await PlainTextResponse(words, status)(scope, receive, _Armoured(send, scope["path"]))


class _Bounded:
    """Bytes of a request as they come, up to the most that it may have."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._bytes = receive, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if self._bytes > MOST_BODY:
                raise HTTPException(413, f"a request has at most {MOST_BODY:,} bytes")
        return message


class _Armoured:
    """Answers, with what keeps a browser from doing harm."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._fresh = send, not path.startswith("/static/")

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store" if self._fresh else "no-cache")
        await self._send(message)
