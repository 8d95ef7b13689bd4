"""Sessions of clients: who somebody is, how much he may ask for, and nothing that is another's."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.monitored_item_service import WhereClauseEvaluator

from sinks.station.commands import Actor, Role
from sinks.station.opcua.events import Event

MOST_NODES, MOST_CALLS, MOST_ITEMS = 1000, 16, 2000
"""Of one request; of one subscription."""
MOST_SUBSCRIPTIONS, MOST_IN_ALL, MOST_QUEUED = 8, 64, 200
FASTEST_MS, SLOWEST_MS = 100.0, 60_000.0
NOBODY = Actor("anonymous", Role.VIEWER, "opcua")
SESSION: ContextVar[Session] = ContextVar("session")
"""The one whose call is being done."""


class People(Protocol):
    """Who may come."""

    async def arrives(self, name: str | None, password: str, address: str) -> Actor | None:
        """Who somebody is, without a name who just looks; None where he is not let in."""

    def now(self, actor: Actor) -> Actor | None:
        """The same with the role that he has now; None where he has lost it."""


@dataclass
class Person(User):  # type: ignore[misc]
    """Person who has come."""

    role: UserRole = UserRole.User
    name: str | None = None
    actor: Actor = NOBODY


class _Arrived:
    """What asyncua asks for a user: the one whose session is activated now."""

    person: Person | None = None

    def get_user(self, _server: Any, **_told: Any) -> Person | None:
        return self.person


class Sessions(InternalServer):  # type: ignore[misc]
    """What a server's sessions share."""

    def __init__(self, people: People) -> None:
        super().__init__(user_manager=_Arrived())
        self.people = people
        self.allow_remote_admin = False
        self.max_subscriptions = MOST_IN_ALL
        self.max_monitored_item_queue_size = MOST_QUEUED
        self.max_unacked_messages_per_subscription = 100
        self.max_lifetime_count, self.max_keep_alive_count = 600, 100

    def create_session(self, name: Any, user: User | None = None, external: bool = False) -> Session:
        return Session(self, self.aspace, self.subscription_service, name, user=user or User(), external=external)


class Session(InternalSession):  # type: ignore[misc]
    """Session of one client."""

    def __init__(self, iserver: Sessions, *arguments: Any, **named: Any) -> None:
        super().__init__(iserver, *arguments, **named)
        self._person: Person | None = None
        iserver.unregister_external_session(self)
        self.auth_token = ua.NodeId(secrets.token_bytes(32), 0, ua.NodeIdType.ByteString)
        iserver.register_external_session(self)

    @property
    def actor(self) -> Actor | None:
        """Who has come, with the role that he has now."""
        return self.iserver.people.now(self.user.actor) if isinstance(self.user, Person) else NOBODY

    async def arrive(self, token: Any, certificate: bytes | None) -> None:
        """Find out who comes, before the session is activated. Raises ServiceError."""
        name, password = None, ""
        if isinstance(token, ua.UserNameIdentityToken):
            if certificate is None:
                raise ServiceError(ua.StatusCodes.BadIdentityTokenRejected)
            try:
                name, password = self.iserver.decrypt_user_token(self, token)
            except Exception:
                raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid) from None
        address = str(self.name[0]) if isinstance(self.name, tuple) else ""
        actor = await self.iserver.people.arrives(name, password or "", address)
        self._person = None if actor is None else Person(name=actor.name, actor=actor)

    def activate_session(self, params: Any, peer_certificate: bytes | None) -> Any:
        self.iserver.user_manager.person = self._person
        return super().activate_session(params, peer_certificate)

    async def read(self, params: Any) -> Any:
        _at_most(MOST_NODES, params.NodesToRead)
        return await super().read(params)

    async def browse(self, params: Any) -> Any:
        _at_most(MOST_NODES, params.NodesToBrowse)
        return await super().browse(params)

    async def translate_browsepaths_to_nodeids(self, params: Any) -> Any:
        _at_most(MOST_NODES, params)
        return await super().translate_browsepaths_to_nodeids(params)

    async def call(self, params: Any) -> Any:
        _at_most(MOST_CALLS, params)
        SESSION.set(self)
        return await super().call(params)

    def own(self, number: int) -> Any:
        """One of this session's subscriptions. Raises ServiceError."""
        subscription = self.subscription_service.subscriptions.get(number)
        if subscription is None or subscription.session_id != self.session_id:
            raise ServiceError(ua.StatusCodes.BadSubscriptionIdInvalid)
        return subscription

    async def create_subscription(self, params: Any, *arguments: Any, **named: Any) -> Any:
        mine = [one for one in self.subscription_service.subscriptions.values() if one.session_id == self.session_id]
        if len(mine) >= MOST_SUBSCRIPTIONS:
            raise ServiceError(ua.StatusCodes.BadTooManySubscriptions)
        asked = params.RequestedPublishingInterval
        params.RequestedPublishingInterval = min(max(asked, FASTEST_MS), SLOWEST_MS) if asked == asked else FASTEST_MS
        return await super().create_subscription(params, *arguments, **named)

    async def create_monitored_items(self, params: Any) -> Any:
        items = self.own(params.SubscriptionId).monitored_item_srv._monitored_items
        _at_most(MOST_NODES, params.ItemsToCreate)
        if len(items) + len(params.ItemsToCreate) > MOST_ITEMS:
            raise ServiceError(ua.StatusCodes.BadTooManyMonitoredItems)
        results = await super().create_monitored_items(params)
        for item in (items[one.MonitoredItemId] for one in results if one.StatusCode.is_good()):
            if item.where_clause_evaluator is not None:
                item.where_clause_evaluator.__class__ = _Where
        return results

    async def modify_monitored_items(self, params: Any) -> Any:
        self.own(params.SubscriptionId)
        for one in params.ItemsToModify:
            one.RequestedParameters.QueueSize = min(one.RequestedParameters.QueueSize or 1, MOST_QUEUED)
        return await super().modify_monitored_items(params)

    async def delete_monitored_items(self, params: Any) -> Any:
        self.own(params.SubscriptionId)
        return await super().delete_monitored_items(params)

    def modify_subscription(self, params: Any) -> Any:
        self.own(params.SubscriptionId)
        return super().modify_subscription(params)

    async def delete_subscriptions(self, ids: list[int]) -> Any:
        for number in ids:
            self.own(number)
        return await super().delete_subscriptions(ids)

    async def set_monitoring_mode(self, params: Any) -> Any:
        self.own(params.SubscriptionId)
        return await super().set_monitoring_mode(params)

    async def set_publishing_mode(self, params: Any) -> Any:
        for number in params.SubscriptionIds:
            self.own(number)
        return await super().set_publishing_mode(params)

    def republish(self, params: Any) -> Any:
        self.own(params.SubscriptionId)
        return super().republish(params)


class _Where(WhereClauseEvaluator):  # type: ignore[misc]
    """Where clause of a client, to which an event is also of the types that its own is a subtype of."""

    def _eval_el(self, index: int, event: Event) -> Any:
        element = self.elements[index]
        if element.FilterOperator == ua.FilterOperator.OfType:
            return self._eval_op(element.FilterOperands[0], event) in event.kinds
        return super()._eval_el(index, event)


def _at_most(most: int, asked: Collection[Any]) -> None:
    if len(asked) > most:
        raise ServiceError(ua.StatusCodes.BadTooManyOperations)
