"""OPC UA face of the station: a server that shows the hub, and hands on what clients call."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import replace
from typing import Self

from asyncua import ua

from oreline.errors import ConfigError, OrelineError, SystemRefused
from sinks.station.commands import Actor
from sinks.station.hub import Hub
from sinks.station.opcua.session import NOBODY, Sessions
from sinks.station.opcua.settings import OpcUaSettings
from sinks.station.opcua.shown import Shown
from sinks.station.opcua.space import MAKER, PRODUCT, build
from sinks.station.opcua.trust import Certificates
from sinks.station.opcua.wire import BoundedServer

FACE = "opcua"


class OpcUa:
    """OPC UA server of one line."""

    def __init__(self, settings: OpcUaSettings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        self._certificates = Certificates(settings.certificates or hub.config.line.output / "opcua", uri(hub))
        self._place = _bound(settings)
        self.port: int = self._place.getsockname()[1]
        self.up = asyncio.Event()

    @classmethod
    def open(cls, settings: OpcUaSettings, hub: Hub) -> Self:
        """A server at its address. Raises SystemRefused where that is taken, SecurityError, ConfigError where nobody
        could come."""
        if hub.accounts is None and not settings.anonymous:
            raise ConfigError(
                "nobody could log in by OPC UA: name a file of accounts in sinks.station.accounts, or on loopback set "
                "sinks.station.opcua.anonymous = true for who just looks"
            )
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        return cls(settings, hub)

    async def run(self) -> None:
        """Serve until cancelled."""
        server, shown = await asyncio.to_thread(lambda: asyncio.run(self._make()))
        await server.start()
        try:
            await shown.run(self.up.set)
        finally:
            self.up.clear()
            await server.stop()

    async def _make(self) -> tuple[BoundedServer, Shown]:
        """The server and its nodes, made in a thread, since it takes a second."""
        server = BoundedServer(Sessions(self), self._place, self._certificates.trust)
        await server.init()
        name = self._hub.config.line.name
        server.name, server.product_uri, server.manufacturer_name = f"{MAKER} {name}", PRODUCT, MAKER
        await server.set_application_uri(uri(self._hub))
        server.set_endpoint(f"opc.tcp://{self._settings.bind}:{self.port}")
        await server.load_certificate(self._certificates.own)
        await server.load_private_key(self._certificates.key)
        policies, tokens = [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt], [ua.UserNameIdentityToken]
        if self._settings.anonymous:
            policies.append(ua.SecurityPolicyType.NoSecurity)
            tokens.append(ua.AnonymousIdentityToken)
        server.set_security_policy(policies)
        server.set_identity_tokens(tokens)
        nodes, vision = await build(server, name)
        return server, Shown(server, nodes, vision, self._hub)

    async def arrives(self, name: str | None, password: str, address: str) -> Actor | None:
        """Who somebody is; without a name he just looks, where the settings let him."""
        accounts = self._hub.accounts
        if name is None:
            return NOBODY if self._settings.anonymous else None
        if accounts is None:
            return None
        try:
            role = await asyncio.to_thread(accounts.login, name, password, address, FACE)
        except OrelineError:
            return None
        return Actor(name, role, FACE, address)

    def now(self, actor: Actor) -> Actor | None:
        """Somebody with the role that he has now; None where he has no account any more."""
        accounts = self._hub.accounts
        if accounts is None or actor is NOBODY:
            return actor
        role = accounts.role(actor.name)
        return None if role is None else replace(actor, role=role)


def uri(hub: Hub) -> str:
    """Name of the server for ever, which its certificate has, too."""
    return f"{PRODUCT}:{hub.config.line.name}"


def _bound(settings: OpcUaSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    try:
        return socket.create_server((settings.bind, settings.port), family=family)
    except OSError as error:
        where = f"{settings.bind}:{settings.port}"
        raise SystemRefused(
            f"OPC UA cannot be served at {where}: {error.strerror}; choose another sinks.station.opcua.port"
        ) from None
