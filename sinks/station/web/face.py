"""Page as a face of the station: uvicorn on the station's own loop, and what goes from the hub to the viewers."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import ssl
from ipaddress import ip_address
from typing import Self

import uvicorn

from oreline.config import Config
from oreline.errors import ConfigError, SystemRefused
from oreline.messages import Decision
from oreline.terminal import tell
from sinks.station.commands import Role
from sinks.station.hub import Hub
from sinks.station.passing import PassingReflectance
from sinks.station.web import blocks, snapshot
from sinks.station.web.app import Page
from sinks.station.web.colours import FalseColours
from sinks.station.web.connection import Connection
from sinks.station.web.guards import Guards
from sinks.station.web.sessions import Sessions
from sinks.station.web.settings import WebSettings
from sinks.station.web.spectra import StoneSpectra
from sinks.station.web.trends import Trends
from sinks.station.web.viewers import Viewers

MOST_CONNECTIONS = 128
MOST_MESSAGE = 64
"""Bytes of a message from a page: it says no more than a number."""
STOP_S = 1
LOOK_S, UNASKED_S = 0.033, 0.2
"""How often reflectance is looked at while a page shows its false colours, and whether one does."""
TOGETHER_S = 0.1
"""Alarms that come so close to each other are told together."""


class Web:
    """The page of a hub. `address`: where browsers find it."""

    def __init__(self, settings: WebSettings, hub: Hub, listener: socket.socket) -> None:
        self._settings, self._hub, self._listener = settings, hub, listener
        self._port: int = listener.getsockname()[1]
        self._viewers = Viewers(settings.viewers)
        self._trends = Trends()
        self._colour_viewers = Viewers(settings.viewers)
        passing = _passing(hub.config)
        self._colours = FalseColours(passing) if passing else None
        self._spectra = StoneSpectra(passing) if passing else None
        hub.addresses["web"] = self.address

    @classmethod
    def open(cls, settings: WebSettings, hub: Hub) -> Self:
        """Take the port. Raises SystemRefused where another program has it."""
        return cls(settings, hub, listener(settings))

    @property
    def address(self) -> str:
        return f"{self._settings.scheme}://{_in_url(self._settings.bind)}:{self._port}"

    async def run(self) -> None:
        """Serve until cancelled, then let go of the browsers in order."""
        server = uvicorn.Server(self._config())
        topics = [self._lines(), self._stones(), self._status(), self._alarms(), self._stream()]
        if self._colours is not None:
            topics.append(self._false_colours(self._colours))
        feeds = [asyncio.ensure_future(topic) for topic in topics]
        serving = asyncio.ensure_future(server.serve(sockets=[self._listener]))
        tell(f"the operator's page: {self.address}")
        try:
            await asyncio.wait([serving, *feeds], return_when=asyncio.FIRST_COMPLETED)
            for one in (serving, *feeds):
                if one.done():
                    one.result()
        finally:
            for feed in feeds:
                feed.cancel()
            server.should_exit = True
            await asyncio.wait([serving, *feeds])
            self._listener.close()

    def _config(self) -> uvicorn.Config:
        settings = self._settings
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        sessions = Sessions(
            self._hub.accounts, Role[settings.without_account.upper()], secure=settings.certificate is not None
        )
        page = Page(
            self._hub, sessions, self._viewers, self._colour_viewers, self._trends, self._spectra, settings.language
        )
        return uvicorn.Config(
            Guards(page.app(), hosts_of(settings, self._port), settings.scheme),
            http=Connection,
            ws="websockets-sansio",
            ws_max_size=MOST_MESSAGE,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=STOP_S,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.certificate_key,
        )

    async def _lines(self) -> None:
        with self._hub.bus.subscribe("lines") as lines:
            async for block in lines:
                self._viewers.total += block.n
                if len(self._viewers):
                    self._viewers.lines(blocks.encoded(block, self._viewers.total), block.n)

    async def _false_colours(self, colours: FalseColours) -> None:
        """Nothing is looked at while nobody asks for it."""
        while True:
            await asyncio.sleep(LOOK_S if len(self._colour_viewers) else UNASKED_S)
            if not len(self._colour_viewers) or self._hub.info is None:
                continue
            seq, shown = colours.newest(self._hub.info)
            if len(seq):
                self._colour_viewers.total += len(seq)
                block = blocks.encoded_colours(seq, shown, self._colour_viewers.total)
                self._colour_viewers.lines(block, len(seq))

    async def _stones(self) -> None:
        with self._hub.bus.subscribe("stone", 1024) as stones:
            async for stone in stones:
                if not math.isnan(stone.measure):
                    self._trends.stone(stone.measure * stone.pixels, stone.pixels, stone.decision is Decision.EJECTED)
                if len(self._viewers) and self._spectra is not None:
                    self._spectra.take(stone)
                if len(self._viewers) and self._hub.stone_info is not None:
                    self._viewers.stone(snapshot.stone(stone, self._hub.stone_info))

    async def _status(self) -> None:
        with self._hub.bus.subscribe("status", 1) as states:
            async for state in states:
                self._trends.see(state)
                self._viewers.state("status", snapshot.status(state))

    async def _alarms(self) -> None:
        """All of them whenever one has changed, but a few times a second at most."""
        with self._hub.bus.subscribe("alarm", 1) as changes:
            while True:
                self._viewers.state("alarms", snapshot.alarms(self._hub.alarms.alarms))
                await changes.get()
                await asyncio.sleep(TOGETHER_S)

    async def _stream(self) -> None:
        with self._hub.bus.subscribe("info", 1) as infos:
            while True:
                info, answer = self._hub.info, self._hub.answer
                if info is not None and answer is not None:
                    self._viewers.state("stream", snapshot.stream(info, answer, reflectance=self._colours is not None))
                await infos.get()


def _passing(config: Config) -> PassingReflectance | None:
    """Reflectance, where inference makes it on this host."""
    made = "reflectance" in config.tables.get("inference", {}).get("streams", ())
    return PassingReflectance(config.line.ring("reflectance")) if made else None


def listener(settings: WebSettings) -> socket.socket:
    """A socket at the page's port. Raises SystemRefused where it cannot be had, and ConfigError where the certificate
    is none."""
    _try_certificate(settings)
    family = socket.AF_INET6 if ip_address(settings.bind).version == 6 else socket.AF_INET
    try:
        return socket.create_server((settings.bind, settings.port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise SystemRefused(
            f"the operator's page cannot have port {settings.port} at {settings.bind}: {why}; stop the program that "
            "has it, or set another one as web.port of the station (0 takes one that is free)"
        ) from None


def hosts_of(settings: WebSettings, port: int) -> set[str]:
    """What a browser may call this host."""
    names = {_in_url(settings.bind), *settings.names}
    if settings.is_loopback:
        names |= {"localhost", "127.0.0.1", "[::1]"}
    usual = {"http": 80, "https": 443}[settings.scheme]
    return {f"{name.lower()}:{port}" for name in names} | ({name.lower() for name in names} if port == usual else set())


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _try_certificate(settings: WebSettings) -> None:
    if settings.certificate is None or settings.certificate_key is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.certificate, settings.certificate_key
        )
    except OSError as error:
        raise ConfigError(
            f"web.certificate {settings.certificate} and its key cannot be used: {error.strerror or error}"
        ) from None
