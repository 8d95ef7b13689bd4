"""Connections of clients: bounded, and closed to whoever the server does not trust.

asyncua opens an unencrypted channel to anyone, whatever its endpoints say, asks for trust in a certificate other than
the channel's, and keeps what a client sends or does not read for as long as it lasts. Here a channel without security
is for asking after endpoints alone, a certificate is trusted before its channel is opened, and each client has a limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from socket import socket
from typing import Any

from asyncua import Server, ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import ServiceError
from asyncua.crypto.security_policies import SecurityPolicyFactory, SecurityPolicyNone
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import struct_from_binary, uatcp_to_binary

CHUNK, MOST_CHUNKS = 65536, 256
MOST_MESSAGE, MOST_IN, MOST_OUT = 1 << 20, 2 * CHUNK, 4 << 20
"""Bytes of a client that wait to be understood, and of answers that it does not fetch."""
MOST_CLIENTS, MOST_WAITING = 32, 32
LOGIN_S = 10.0
_KINDS = frozenset(kind[:n] for kind in (b"HEL", b"OPN", b"MSG", b"CLO") for n in (1, 2, 3))
"""How a message begins."""
Trust = Callable[[bytes], None]
"""Of a client's certificate, DER. Raises ServiceError."""


def _ids(*names: str) -> frozenset[ua.NodeId]:
    return frozenset(ua.NodeId(getattr(ua.ObjectIds, f"{name}Request_Encoding_DefaultBinary")) for name in names)


_DISCOVERY = _ids("FindServers", "GetEndpoints", "CloseSecureChannel")
_CREATE, _ACTIVATE = _ids("CreateSession"), _ids("ActivateSession")
_SERVICES = _DISCOVERY | _CREATE | _ACTIVATE | _ids(
    "CloseSession", "Read", "Browse", "TranslateBrowsePathsToNodeIds", "Call", "CreateSubscription",
    "ModifySubscription", "DeleteSubscriptions", "CreateMonitoredItems", "ModifyMonitoredItems", "DeleteMonitoredItems",
    "SetMonitoringMode", "SetPublishingMode", "Publish", "Republish", "RegisterNodes", "UnregisterNodes",
)  # fmt: skip
"""Those of others change the address space, write, or take over what is another's."""


class _Policy(SecurityPolicyFactory):  # type: ignore[misc]
    """Policy of a channel, which is not made for a certificate without trust."""

    def __init__(self, policy: SecurityPolicyFactory, trust: Trust) -> None:
        super().__init__(policy.cls, policy.mode, policy.certificate, policy.private_key)
        self._trust = trust

    def create(self, peer_certificate: bytes | None) -> Any:
        if self.cls is not SecurityPolicyNone:
            self._trust(peer_certificate or b"")
        return super().create(peer_certificate)


class _Processor(UaProcessor):  # type: ignore[misc]
    """Processor of one client's requests."""

    async def _process_message(self, typeid: ua.NodeId, requesthdr: Any, seqhdr: Any, body: Any) -> Any:
        if typeid not in _SERVICES:
            raise ServiceError(ua.StatusCodes.BadServiceUnsupported)
        policies, channel = self._connection._policies, self._connection.security_policy
        if typeid not in _DISCOVERY and not any(one.matches(channel.URI, channel.Mode) for one in policies):
            raise ServiceError(ua.StatusCodes.BadSecurityModeInsufficient)
        if typeid in _CREATE and self.session is not None:
            raise ServiceError(ua.StatusCodes.BadTooManySessions)
        session = self.session or self.iserver.lookup_external_session(requesthdr.AuthenticationToken)
        if typeid in _ACTIVATE and session is not None:
            token = struct_from_binary(ua.ActivateSessionParameters, body.copy()).UserIdentityToken
            await session.arrive(token, channel.peer_certificate or None)
        elif self.session is not None and self.session.actor is None:
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)
        return await super()._process_message(typeid, requesthdr, seqhdr, body)


class _Connection(OPCUAProtocol):  # type: ignore[misc]
    """Connection of one client, which ends where it sends more than is understood, or fetches nothing."""

    processor: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.processor is not None:
            self.processor = _Processor(self.iserver, self.transport, self.limits)
            self.processor.set_policies(self.policies)
            self.transport.set_write_buffer_limits(high=MOST_OUT)

    def connection_lost(self, ex: BaseException | None) -> None:
        """What its subscriptions have to tell waits for it to come back, for as long as they live."""
        super().connection_lost(ex)
        if self.processor is not None:
            self.processor._publish_requests.clear()

    def pause_writing(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if len(self._buffer) > MOST_IN or (self._buffer and self._buffer[:3] not in _KINDS):
            self.transport.abort()
        elif self.messages.qsize() > MOST_WAITING:
            self.transport.pause_reading()

    async def _process_one_msg(self, header: Any, buf: Any) -> bool:
        if self.messages.qsize() <= MOST_WAITING:
            self.transport.resume_reading()
        try:
            return bool(await super()._process_one_msg(header, buf))
        except Exception as error:
            code = ua.StatusCode(getattr(error, "code", ua.StatusCodes.BadTcpInternalError))
            self.transport.write(uatcp_to_binary(ua.MessageType.Error, ua.ErrorMessage(code, code.name)))
            self.transport.close()
            return False


class _Listener(BinaryServer):  # type: ignore[misc]
    """Listener at a socket that is bound already."""

    def __init__(self, place: socket, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._place = place

    def _make_protocol(self) -> OPCUAProtocol:
        return _Connection(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._make_protocol, sock=self._place)
        self.cleanup_task = asyncio.create_task(self._close_task_loop())


class BoundedServer(Server):  # type: ignore[misc]
    """Server whose clients are bounded, at a socket. `trust`: of certificates."""

    def __init__(self, iserver: Any, place: socket, trust: Trust) -> None:
        super().__init__(iserver)
        self._place, self._trust = place, trust
        self.limits = TransportLimits(CHUNK, CHUNK, MOST_CHUNKS, MOST_MESSAGE)
        iserver.max_connections, iserver.max_pending_messages_per_connection = MOST_CLIENTS, 0
        iserver.max_pending_activation_seconds = LOGIN_S

    async def start(self) -> None:
        """Listen."""
        await self._setup_server_nodes()
        await self.iserver.start()
        self.bserver = _Listener(self._place, self.iserver, *self._place.getsockname()[:2], self.limits)
        self.bserver.set_policies([_Policy(policy, self._trust) for policy in self._policies])
        await self.bserver.start()

    async def stop(self) -> None:
        """End every session, and listen no more."""
        for session in list(self.iserver._external_sessions.values()):
            await session.close_session()
        await super().stop()
