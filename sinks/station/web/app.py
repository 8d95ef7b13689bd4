"""Application of the page: its routes."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from oreline.errors import OrelineError
from sinks.station.commands import Actor, Refused
from sinks.station.hub import Hub
from sinks.station.sentences import PARTS, SENTENCES
from sinks.station.web import snapshot
from sinks.station.web.sessions import Sessions
from sinks.station.web.spectra import StoneSpectra
from sinks.station.web.trends import Trends
from sinks.station.web.viewers import Viewer, Viewers
from sinks.station.words import LANGUAGES, Words, chosen

LANGUAGE = "language"
STATUS = {"role": 403, "login": 401, "unknown": 404, "argument": 422}
EXPIRED, FULL, WRONG = 4401, 4429, 1003
CUT_OFFS = [round(0.05 * step, 2) for step in range(1, 21)]
LOOK_S = 5.0
"""How often it is asked whether who looks on still may."""
STATIC = files("sinks.station.web") / "static"


class Page:
    """Page of one hub, for `viewers`, and for `colour_viewers` who ask for false colours besides."""

    def __init__(
        self, hub: Hub, sessions: Sessions, viewers: Viewers, colour_viewers: Viewers, trends: Trends,
        spectra: StoneSpectra | None, language: str,
    ) -> None:  # fmt: skip
        self._hub, self._sessions, self._viewers, self._trends = hub, sessions, viewers, trends
        self._colour_viewers, self._spectra, self._language = colour_viewers, spectra, language
        self._logins = asyncio.Semaphore(1)

    def app(self) -> Starlette:
        get = partial(Route, methods=["GET"])
        post = partial(Route, methods=["POST"])
        return Starlette(
            routes=[
                get("/", self._page),
                get("/login", partial(self._html, "login.html")),
                get("/words.json", self._words),
                get("/trends.json", self._columns),
                get("/spectrum.json", self._spectrum),
                get("/recipes.json", self._recipes),
                get("/cut-offs.json", self._cut_offs),
                post("/login", self._login),
                post("/logout", self._logout),
                post("/do/{verb}", self._do),
                WebSocketRoute("/socket", partial(self._socket, self._viewers)),
                WebSocketRoute("/false-colours", partial(self._socket, self._colour_viewers)),
                Mount("/static", StaticFiles(directory=str(STATIC))),
            ]
        )

    def _words_for(self, request: Request) -> Words:
        asked = request.cookies.get(LANGUAGE, "")
        setting = "" if self._language == "browser" else self._language
        return chosen(asked, setting, request.headers.get("accept-language", ""))

    async def _page(self, request: Request) -> Response:
        if self._sessions.who(request) is None:
            return RedirectResponse("/login", 303)
        return await self._html("index.html", request)

    async def _html(self, name: str, request: Request) -> Response:
        words = self._words_for(request)
        return HTMLResponse(words.filled((STATIC / name).read_text(encoding="utf-8")))

    async def _words(self, request: Request) -> Response:
        words = self._words_for(request)
        told = {"language": words.language, "languages": LANGUAGES, "words": words.all}
        return JSONResponse(told | {"sentences": SENTENCES, "parts": PARTS})

    async def _recipes(self, request: Request) -> Response:
        """Every version of every recipe; none where nothing sorts."""
        if self._sessions.who(request) is None:
            return _refused(_again())
        desk = self._hub.recipes
        return JSONResponse({"recipes": snapshot.plain(await desk.versions() if desk else [])})

    async def _cut_offs(self, request: Request) -> Response:
        """What each cut-off would have done to the last stones; nothing where none has passed."""
        if self._sessions.who(request) is None:
            return _refused(_again())
        desk = self._hub.recipes
        try:
            outcomes = await asyncio.to_thread(desk.by_cut_off, CUT_OFFS) if desk else []
        except OrelineError:
            outcomes = []
        return JSONResponse({"least": CUT_OFFS, "outcomes": snapshot.plain(outcomes)})

    async def _columns(self, request: Request) -> Response:
        if self._sessions.who(request, looks=True) is None:
            return _refused(_again())
        span = request.query_params.get("span")
        return JSONResponse(snapshot.plain(self._trends.columns("shift" if span == "shift" else "minutes")))

    async def _spectrum(self, request: Request) -> Response:
        """That of a stone of the last run, by its number."""
        if self._sessions.who(request) is None:
            return _refused(_again())
        number = request.query_params.get("stone", "")
        found = self._spectra.find(int(number)) if self._spectra and number.isdecimal() and len(number) < 16 else None
        return JSONResponse(snapshot.spectrum(found, self._hub.info))

    async def _login(self, request: Request) -> Response:
        try:
            wanted = await _json(request)
            name, password = (str(wanted.get(key, "")) for key in ("name", "password"))
            async with self._logins:
                await asyncio.to_thread(self._sessions.check, name, password, _address(request))
            response = JSONResponse({})
            self._sessions.begin(name, response)
        except OrelineError as error:
            return _refused(error)
        return response

    async def _logout(self, request: Request) -> Response:
        response = JSONResponse({})
        self._sessions.end(request, response)
        return response

    async def _do(self, request: Request) -> Response:
        actor = self._sessions.who(request)
        try:
            if actor is None:
                raise _again()
            result = await self._hub.commands.do(actor, request.path_params["verb"], **await _json(request))
        except OrelineError as error:
            return _refused(error)
        return JSONResponse(snapshot.plain(result))

    async def _socket(self, viewers: Viewers, socket: WebSocket) -> None:
        actor = self._sessions.who(socket)
        await socket.accept()
        if actor is None or len(viewers) >= viewers.most:
            await socket.close(*((EXPIRED, "log in") if actor is None else (FULL, "too many pages are open")))
            return
        viewer = Viewer()
        viewer.offer_state("you", self._you(actor))
        viewers.join(viewer)
        jobs = [
            asyncio.ensure_future(job) for job in (viewer.serve(socket), _hear(socket, viewer), self._watch(socket))
        ]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            viewers.leave(viewer)
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        for error in filter(None, (job.exception() for job in done)):
            if not isinstance(error, WebSocketDisconnect | RuntimeError):
                raise error

    def _you(self, actor: Actor) -> str:
        allowed = self._hub.commands.allowed(actor.role)
        return snapshot.text("you", name=actor.name, role=actor.role, login=self._sessions.needs_login, may=allowed)

    async def _watch(self, socket: WebSocket) -> None:
        """Who may no longer look on is sent away."""
        while self._sessions.who(socket, looks=True) is not None:
            await asyncio.sleep(LOOK_S)
        await socket.close(EXPIRED, "your session has ended")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _hear(socket: WebSocket, viewer: Viewer) -> None:
    """Take credit until the page is gone, or says something else."""
    while True:
        granted = await socket.receive_text()
        if not granted.isdecimal() or len(granted) > 3:
            await socket.close(WRONG, "a page sends nothing but credit")
            return
        viewer.grant(int(granted))


async def _json(request: Request) -> dict[str, Any]:
    """What a request asks for. Raises Refused where it is no object in JSON."""
    try:
        wanted = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict) or not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused("argument", "send one object in JSON, as application/json")
    return wanted


def _again() -> Refused:
    return Refused("login", "log in again: your session has ended")


def _refused(error: OrelineError) -> Response:
    code = error.code if isinstance(error, Refused) else "state"
    return JSONResponse({"code": code, "words": str(error)}, STATUS.get(code, 409))
