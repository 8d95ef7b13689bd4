"""Alarms as conditions of OPC UA: each a node whose variables are the fields of its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua

from sinks.station.alarms.alarm import Alarm, Change, Priority, What
from sinks.station.opcua.events import Event, Events
from sinks.station.opcua.nodes import Nodes, type_id

V = ua.VariantType
ALARM_TYPE = "OrelineAlarmType"
SEVERITY = {Priority.LOW: 200, Priority.MEDIUM: 500, Priority.HIGH: 750, Priority.CRITICAL: 950}
_FRESH = frozenset((What.RAISED, What.CHATTERING, What.UNSHELVED, What.RELEASED, What.IN_SERVICE))
"""What has somebody to see it anew: who acknowledges has seen an event since then."""


@dataclass(frozen=True, slots=True)
class Field:
    """Field of a condition's events: its path from the condition, type, and what it is of an alarm."""

    path: str
    kind: ua.VariantType
    of: Callable[[Alarm], Any]
    namespace: int = 0


def _two(path: str, of: Callable[[Alarm], bool], yes: str, no: str) -> tuple[Field, Field]:
    """A state that is one of two, with its names."""
    return (
        Field(path, V.LocalizedText, lambda alarm: ua.LocalizedText(yes if of(alarm) else no, "en")),
        Field(f"{path}/Id", V.Boolean, of),
    )


def _text(words: str) -> ua.LocalizedText:
    return ua.LocalizedText(words, "en")


def _changed(alarm: Alarm) -> datetime:
    return (alarm.returned or alarm.raised or datetime.now(UTC)).astimezone(UTC)


def fields(ours: int) -> tuple[Field, ...]:
    """Fields of every condition. `ours`: index of Oreline's namespace, which has what a rule says of it."""
    return (
        Field("ConditionClassId", V.NodeId, lambda _: ua.NodeId(ua.ObjectIds.ProcessConditionClassType)),
        Field("ConditionClassName", V.LocalizedText, lambda _: _text("ProcessConditionClassType")),
        Field("ConditionName", V.String, lambda alarm: alarm.key),
        Field("BranchId", V.NodeId, lambda _: ua.NodeId()),
        Field("Retain", V.Boolean, retained),
        *_two("EnabledState", lambda alarm: not alarm.out_of_service, "Enabled", "Disabled"),
        Field("Quality", V.StatusCode, lambda _: ua.StatusCode()),
        Field("Quality/SourceTimestamp", V.DateTime, _changed),
        Field("LastSeverity", V.UInt16, lambda alarm: SEVERITY[alarm.rule.priority]),
        Field("LastSeverity/SourceTimestamp", V.DateTime, _changed),
        Field("Comment", V.LocalizedText, lambda alarm: _text(alarm.comment)),
        Field("Comment/SourceTimestamp", V.DateTime, _changed),
        Field("ClientUserId", V.String, lambda alarm: alarm.by),
        *_two("AckedState", lambda alarm: alarm.acknowledged, "Acknowledged", "Unacknowledged"),
        *_two("ConfirmedState", lambda alarm: not alarm.latched or alarm.present, "Confirmed", "Unconfirmed"),
        *_two("ActiveState", lambda alarm: alarm.active, "Active", "Inactive"),
        Field("InputNode", V.NodeId, lambda _: ua.NodeId()),
        *_two("SuppressedState", lambda alarm: bool(alarm.suppressed_by), "Suppressed", "Unsuppressed"),
        *_two("OutOfServiceState", lambda alarm: alarm.out_of_service, "Out of Service", "In Service"),
        Field("ShelvingState/CurrentState", V.LocalizedText, lambda alarm: _text(_shelved(alarm)[0])),
        Field("ShelvingState/CurrentState/Id", V.NodeId, lambda alarm: ua.NodeId(_shelved(alarm)[1])),
        Field("SuppressedOrShelved", V.Boolean, lambda alarm: alarm.hidden),
        Field("NormalState", V.NodeId, lambda _: ua.NodeId()),
        Field("Ne107", V.Int32, lambda alarm: int(alarm.rule.ne107), ours),
        Field("Cause", V.LocalizedText, lambda alarm: _text(alarm.rule.cause), ours),
        Field("Consequence", V.LocalizedText, lambda alarm: _text(alarm.rule.consequence), ours),
        Field("Action", V.LocalizedText, lambda alarm: _text(alarm.rule.action), ours),
        Field("ActWithin", V.UInt32, lambda alarm: alarm.rule.act_within_s, ours),
        Field("Times", V.UInt32, lambda alarm: alarm.times, ours),
    )


def _shelved(alarm: Alarm) -> tuple[str, int]:
    if alarm.until_ns:
        return "TimedShelved", ua.ObjectIds.ShelvedStateMachineType_TimedShelved
    return "Unshelved", ua.ObjectIds.ShelvedStateMachineType_Unshelved


def retained(alarm: Alarm) -> bool:
    """True of one that a client is to see when it asks for all."""
    return alarm.active or alarm.hidden or not alarm.acknowledged


class Conditions:
    """Conditions of one line, by the key of their alarm; a node is made when an alarm first tells."""

    def __init__(self, server: Server, nodes: Nodes, events: Events) -> None:
        self._server, self._nodes, self._events = server, nodes, events
        self._fields = fields(nodes.ours)
        self._latest: dict[str, tuple[Alarm, list[Event]]] = {}
        self._since: dict[str, int] = {}
        self.kind = ua.NodeId(ALARM_TYPE, nodes.ours)

    def node(self, key: str) -> ua.NodeId:
        """Node of an alarm, the same for ever."""
        return self._nodes.id(f"Alarms/{key}")

    def key(self, node: ua.NodeId) -> str | None:
        """Key of the alarm whose node this is, or its shelving state's."""
        found = (key for key in self._latest if node in (self.node(key), self._nodes.id(f"Alarms/{key}/ShelvingState")))
        return next(found, None)

    async def load(self, alarms: Iterable[Alarm]) -> None:
        """Those that are there when the server begins."""
        for alarm in alarms:
            await self._put(alarm)

    async def tell(self, change: Change) -> None:
        """An alarm has changed."""
        alarm = change.alarm
        if change.what in _FRESH:
            self._since[alarm.key] = alarm.number
        await self._events.tell(await self._put(alarm))

    async def refresh(self, subscription: Any, item: int | None = None) -> None:
        """Have one subscription hear of all that are retained, between a beginning and an end."""
        service = subscription.monitored_item_srv
        start, end = (
            self._events.make(type_id(name), words, 1, {})
            for name, words in (("RefreshStartEventType", "refresh begins"), ("RefreshEndEventType", "refresh ends"))
        )
        retains = [events for alarm, events in self._latest.values() if retained(alarm)]
        for events in (start, *retains, end):
            for event in events:
                await service.trigger_event(event, item)

    def is_of(self, key: str, event: bytes) -> bool:
        """True of an event of an alarm since it called last."""
        alarm = self._latest[key][0]
        known = range(self._since.get(key, alarm.number), alarm.number + 1)
        return any(event == _identity(key, number) for number in known)

    async def _put(self, alarm: Alarm) -> list[Event]:
        if alarm.key not in self._latest:
            await self._make(alarm)
        self._since.setdefault(alarm.key, alarm.number)
        values = {field.path: ua.Variant(field.of(alarm), field.kind) for field in self._fields}
        words = alarm.words or alarm.rule.title
        every = values | {"NodeId": ua.Variant(self.node(alarm.key), V.NodeId)}
        events = self._events.make(
            self.kind, f"{alarm.rule.title}: {words}" if alarm.words else words, SEVERITY[alarm.rule.priority], every,
            _changed(alarm), _identity(alarm.key, alarm.number),
        )  # fmt: skip
        self._latest[alarm.key] = alarm, events
        for path, value in {**events[0].fields, **values}.items():
            if path != "NodeId":
                await self._nodes.write(f"Alarms/{alarm.key}/{path}", value)
        return events

    async def _make(self, alarm: Alarm) -> None:
        """The node of an alarm, with variables; its methods are those of the types."""
        base = f"Alarms/{alarm.key}"
        await self._nodes.object("Alarms", base, alarm.key, self.kind)
        await self._nodes.object(base, f"{base}/ShelvingState", "ShelvingState", "ShelvedStateMachineType", 0)
        for field in (*_BASE, *self._fields):
            above, _, name = f"{base}/{field.path}".rpartition("/")
            value = field.of(alarm)
            await self._nodes.variable(above, name, ua.Variant(value, field.kind), field.namespace)
        for place, names in _METHODS.items():
            for name in names:
                await self._nodes.link(base + place, type_id(name))


_BASE = (
    Field("EventId", V.ByteString, lambda alarm: _identity(alarm.key, alarm.number)),
    Field("EventType", V.NodeId, lambda _: ua.NodeId()),
    Field("SourceNode", V.NodeId, lambda _: ua.NodeId()),
    Field("SourceName", V.String, lambda _: ""),
    Field("Time", V.DateTime, _changed),
    Field("ReceiveTime", V.DateTime, _changed),
    Field("Message", V.LocalizedText, lambda _: _text("")),
    Field("Severity", V.UInt16, lambda alarm: SEVERITY[alarm.rule.priority]),
)
_METHODS = {
    "": ("AcknowledgeableConditionType_Acknowledge", "AcknowledgeableConditionType_Confirm"),
    "/ShelvingState": ("ShelvedStateMachineType_TimedShelve", "ShelvedStateMachineType_Unshelve"),
}


def _identity(key: str, number: int) -> bytes:
    """Identity of an event of an alarm, the same after a restart."""
    return f"{key}#{number}".encode()
