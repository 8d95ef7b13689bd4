"""Doctor's part of sinks: what they write, and those whom they talk with: the PLC, the plant's broker."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

from oreline.config import Config
from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.errors import ConfigError, PlcError
from oreline.plc import HEARTBEAT_TIMEOUT_MS, MAP_VERSION
from oreline.ring.layout import file_bytes
from oreline.sink import CORE, LOG, RECORDER, SORTER, STONES
from sinks.conveyor.plc.modbus import ModbusLink
from sinks.conveyor.stone_stream import SLOT_BYTES
from sinks.settings import settings_of

STATION = "station"
_PATIENCE_S = 1.0
_BYTES_A_SAMPLE = {"raw": 2, "reflectance": 4, "uncertainty": 4}
"""Of each band; other quantities have some bytes a sample in all."""
_OTHERS, _LOGGED = 8, 3
_USUAL_PORTS = {True: 8883, False: 1883}


def needs(config: Config, wants: Needs) -> None:
    """Add what sinks write, the ring of stones, and the ports of the station. Raises ConfigError."""
    for name, kind in config.kinds.items():
        settings = settings_of(config, name)[2]
        if kind == RECORDER:
            wants.recorded[name] = _recorded(settings, wants)
        elif kind in (LOG, CORE):
            wants.recorded[name] = _LOGGED * wants.samples * wants.line_rate_hz
        elif kind == SORTER:
            wants.rings[STONES] = file_bytes(getattr(settings, "ring_stones", 0), SLOT_BYTES)
        elif kind == STATION:
            wants.ports += _faces(name, settings)


def _recorded(settings: Any, wants: Needs) -> float:
    size = _BYTES_A_SAMPLE.get(settings.what)
    packed = 0.5 if settings.packed else 1.0
    return packed * (wants.bands * size if size else _OTHERS) * wants.samples * wants.line_rate_hz


def _faces(name: str, settings: Any) -> Iterator[tuple[str, str, int]]:
    yield f"sinks.{name}.web.port", settings.web.bind, settings.web.port
    if settings.opcua is not None:
        yield f"sinks.{name}.opcua.port", settings.opcua.bind, settings.opcua.port


def _of_kind(wants: Needs, kind: str) -> list[Any]:
    """Settings of the sinks of a kind that can be read."""
    found = list[Any]()
    for name in wants.config.sinks(kind) if wants.config else ():
        try:
            found.append(settings_of(wants.config, name)[2])  # type: ignore[arg-type]
        except ConfigError:
            continue
    return found


def plc(machine: Machine, wants: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The PLC: it answers, its heart beats, and its register map is one that we know. Nothing is written to it."""
    sorters = _of_kind(wants, SORTER)
    if not sorters:
        yield good("the line has no sorter") if wants.config else unknown("a line's file names the PLC")
    for settings in sorters:
        if "plant" in wants.config.tables:  # type: ignore[union-attr]
            yield good("the line brings its simulated plant along")
        elif wants.runs:
            yield unknown("the line runs, and its sorter talks with the PLC")
        elif not hasattr(settings, "device_id"):
            yield unknown(f"a valve output {settings.output!r} says nothing unless it is told something")
        else:
            yield _asked(settings)


def _asked(settings: Any) -> Answer:
    place = f"the PLC at {settings.host}:{settings.port}"
    link = ModbusLink(settings.host, settings.port, settings.device_id, 1e3 * _PATIENCE_S)
    try:
        first = link.open()
        end = time.monotonic() + 2e-3 * HEARTBEAT_TIMEOUT_MS
        while (status := link.status()).heartbeat == first.heartbeat and time.monotonic() < end:
            time.sleep(0.01)
    except PlcError as error:
        return bad(
            str(error), f"switch it on, and look at its cable and at `ping {settings.host}`; host, port, device_id"
        )
    finally:
        link.close()
    if status.heartbeat == first.heartbeat:
        return bad(f"{place} answers, but its heartbeat stands still", "start its program (RUN), with the register map")
    if first.version > MAP_VERSION:
        return bad(
            f"{place} has register map {first.version}, this knows {MAP_VERSION}", "load its program of this release"
        )
    return good(f"{place} is alive, register map {first.version}" + (", in its safe state" if status.inhibit else ""))


def broker(machine: Machine, wants: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The plant's broker takes a connection."""
    mqtt = [one.mqtt for one in _of_kind(wants, STATION) if one.mqtt is not None]
    if not mqtt:
        yield good("the line tells no broker") if wants.config else unknown("a line's file names the broker")
    for settings in mqtt:
        port = settings.port or _USUAL_PORTS[settings.has_tls]
        try:
            socket.create_connection((settings.host, port), _PATIENCE_S).close()
            yield good(f"the broker at {settings.host}:{port} takes a connection")
        except OSError as error:
            yield bad(
                f"no broker at {settings.host}:{port}: {error.strerror or error}",
                f"start it, or let the firewall pass {port}; sinks.station.mqtt.host and port",
            )


CHECKS = (
    Check("peers", "PLC", "it answers, its heartbeat moves, and its register map is known", ALARM, plc),
    Check("peers", "broker", "the plant's broker takes a connection", WARNING, broker),
)
