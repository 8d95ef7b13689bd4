"""Session with a broker: one connection, in which one message is on its way at a time."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import Client as Paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from oreline.errors import SecurityError
from oreline.files import read_plain
from sinks.station.mqtt.settings import MqttSettings

ANSWER_S = 10.0
_QUIET = logging.Logger("mqtt", logging.CRITICAL + 1)
"""What it would say, comes as an error, too."""
_LEFT = "it closed the connection before it answered"


class RefusedByBroker(Exception):
    """The broker, or TLS before it, refuses this client: trying again soon changes nothing."""


class _Client(aiomqtt.Client):
    """Client that knows why the broker refuses a message: MQTT 5 tells with its acknowledgement."""

    refused = ""

    def _on_disconnect(self, client: Paho, userdata: Any, flags: Any, code: ReasonCode, properties: Any = None) -> None:
        """A broker that leaves before it has answered is not waited for."""
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError(_LEFT))
        super()._on_disconnect(client, userdata, flags, code, properties)

    def _on_publish(self, client: Paho, userdata: Any, mid: int, code: ReasonCode, properties: Properties) -> None:
        self.refused = str(code) if code.is_failure else ""
        super()._on_publish(client, userdata, mid, code, properties)


class Session:
    """Session of a client. Used as an asynchronous context; raises RefusedByBroker or OSError where there is none."""

    def __init__(self, settings: MqttSettings, name: str, will_topic: str, will: Mapping[str, Any]) -> None:
        self._address = settings.host, settings.port or (8883 if settings.has_tls else 1883)
        self._tls = tls_of(settings)
        self._client = _Client(
            *self._address,
            identifier=name,
            username=settings.username,
            password=_password(settings),
            protocol=aiomqtt.ProtocolVersion.V5,
            will=aiomqtt.Will(will_topic, json.dumps(will).encode(), qos=1, retain=True),
            clean_start=True,
            logger=_QUIET,
            keepalive=settings.keepalive_s,
            timeout=ANSWER_S,
            tls_context=self._tls,
        )
        self._one = asyncio.Lock()

    async def __aenter__(self) -> Session:
        if self._tls is not None:
            await asyncio.to_thread(self._look, self._tls)
        try:
            await self._client.__aenter__()
        except aiomqtt.MqttError as error:
            if self._tls is not None and str(error) == _LEFT:
                await asyncio.to_thread(self._look, self._tls, ANSWER_S)
            raise _explained(error) from None
        return self

    def _look(self, tls: ssl.SSLContext, wait_s: float = 0.0) -> None:
        """Look whether TLS can be spoken, and wait for a broker that refuses us to say why: the client hides both.
        Raises RefusedByBroker or OSError."""
        try:
            with (
                socket.create_connection(self._address, ANSWER_S) as plain,
                tls.wrap_socket(plain, server_hostname=self._address[0]) as wrapped,
            ):
                wrapped.settimeout(wait_s)
                if wait_s:
                    wrapped.recv(1)
        except ssl.SSLError as error:
            raise RefusedByBroker(f"TLS with the broker fails: {error}") from None

    async def __aexit__(self, *what: Any) -> None:
        try:
            await self._client.__aexit__(*what)
        except aiomqtt.MqttError as error:
            raise OSError(str(error)) from None

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> str:
        """Publish with QoS 1, and wait until the broker has it. Returns why it refuses that, or nothing."""
        async with self._one:
            try:
                await self._client.publish(topic, payload, qos=1, retain=retain)
            except aiomqtt.MqttError as error:
                raise _explained(error) from None
            return self._client.refused

    async def ended(self) -> None:
        """Wait until the connection breaks. Raises RefusedByBroker or OSError."""
        try:
            async for _ in self._client.messages:
                pass
        except aiomqtt.MqttError as error:
            raise _explained(error) from None


def _explained(error: aiomqtt.MqttError) -> Exception:
    if isinstance(error, MqttConnectError):
        return RefusedByBroker(f"the broker refuses this station: {error}")
    return OSError(str(error.__cause__ or error))


def tls_of(settings: MqttSettings) -> ssl.SSLContext | None:
    """What TLS is spoken by; None where none is. Raises SecurityError."""
    if settings.certificate is None or settings.key is None:
        return None
    _refuse_open(settings.key, "key")
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise SecurityError(f"mqtt: {settings.certificate}, {settings.key} or {settings.ca}: {error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key has a password: give one without, which only its owner may read")


def _password(settings: MqttSettings) -> str | None:
    if settings.password is None:
        return None
    return _refuse_open(settings.password, "password").decode().strip("\r\n")


def _refuse_open(path: Any, what: str) -> bytes:
    try:
        return read_plain(path, 1 << 16, private=True)
    except OSError as error:
        raise SecurityError(f"mqtt: the {what} {path} is refused: {error.strerror}") from None
