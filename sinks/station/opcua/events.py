"""Events for clients: a type, and its fields by their paths."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua

V = ua.VariantType


@dataclass(frozen=True)
class Event:
    """Event of a node and a type. `kinds`: its type, and those that it is a subtype of. `fields`: by path, names with a
    slash between; `NodeId` is that of a condition."""

    emitting_node: ua.NodeId
    kinds: Sequence[ua.NodeId]
    fields: Mapping[str, ua.Variant]

    def __getattr__(self, name: str) -> Any:
        """Value of a field, for a client's where clause."""
        try:
            return self.fields[name].Value
        except KeyError:
            raise AttributeError(name) from None

    def to_event_fields(self, clauses: Sequence[Any]) -> list[ua.Variant]:
        """The fields that a client has asked for; null for those that the event has not."""
        return [self.fields.get(_path(clause), ua.Variant()) for clause in clauses]


def _path(clause: Any) -> str:
    if not clause.BrowsePath:
        return "NodeId" if clause.AttributeId == ua.AttributeIds.NodeId else ""
    return "/".join(one.Name for one in clause.BrowsePath)


class Events:
    """Events of one source: whoever listens to the server, or to the source, hears of them."""

    def __init__(self, server: Server, source: ua.NodeId, name: str) -> None:
        self._server, self.source, self._name = server, source, name
        self._kinds: dict[ua.NodeId, tuple[ua.NodeId, ...]] = {}

    def make(
        self, kind: ua.NodeId, words: str, severity: int, fields: Mapping[str, ua.Variant], at: datetime | None = None,
        identity: bytes = b"",
    ) -> list[Event]:  # fmt: skip
        """An event, as those hear it who listen at each node."""
        at = at or datetime.now(UTC)
        every = {
            "EventId": ua.Variant(identity or secrets.token_bytes(16), V.ByteString),
            "EventType": ua.Variant(kind, V.NodeId),
            "SourceNode": ua.Variant(self.source, V.NodeId),
            "SourceName": ua.Variant(self._name, V.String),
            "Time": ua.Variant(at, V.DateTime),
            "ReceiveTime": ua.Variant(datetime.now(UTC), V.DateTime),
            "Message": ua.Variant(ua.LocalizedText(words, "en"), V.LocalizedText),
            "Severity": ua.Variant(severity, V.UInt16),
        }
        kinds = self._kinds.get(kind) or self._kinds.setdefault(kind, _supertypes(self._server, kind))
        return [Event(node, kinds, {**every, **fields}) for node in (ua.NodeId(ua.ObjectIds.Server), self.source)]

    async def tell(self, events: Sequence[Event]) -> None:
        """Have everybody hear it who listens."""
        for subscription in list(self._server.iserver.subscription_service.subscriptions.values()):
            for event in events:
                await subscription.monitored_item_srv.trigger_event(event)


def _supertypes(server: Server, kind: ua.NodeId) -> tuple[ua.NodeId, ...]:
    """A type and those above it, from its references."""
    found = [kind]
    while node := server.iserver.aspace.get(found[-1]):
        above = [
            one.NodeId
            for one in node.references
            if one.ReferenceTypeId == ua.NodeId(ua.ObjectIds.HasSubtype) and not one.IsForward
        ]
        if not above:
            break
        found.append(above[0])
    return tuple(found)
