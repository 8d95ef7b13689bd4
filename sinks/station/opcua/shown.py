"""What clients see of a hub: variables, the state machine, and alarms, as they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from asyncua import Server, ua

from sinks.station.bus import Subscription
from sinks.station.hub import Hub
from sinks.station.opcua.conditions import Conditions
from sinks.station.opcua.events import Events
from sinks.station.opcua.machine import Machine, State, Transition, place
from sinks.station.opcua.methods import Methods
from sinks.station.opcua.nodes import Nodes, type_id, valued
from sinks.station.opcua.results import Results, components
from sinks.station.opcua.space import MACHINE, MODE, REFUSAL, VARIABLES_IN
from sinks.station.opcua.variables import VARIABLES
from sinks.station.status import Recipe, Status

V = ua.VariantType
WAITING = 1024
"""Changes of alarms that wait to be told."""
STATE_CHANGED, RECIPE_PREPARED, RESULT_READY = 1018, 1022, 1024


class Shown:
    """What a server shows of a hub. `vision`: index of the companion specification's namespace."""

    def __init__(self, server: Server, nodes: Nodes, vision: int, hub: Hub) -> None:
        self._nodes, self._vision, self._hub = nodes, vision, hub
        self._machine, self._recipe = Machine(), Recipe()
        self._events = Events(server, nodes.id(), hub.config.line.name)
        self._conditions = Conditions(server, nodes, self._events)
        self._results = Results()
        Methods(server, nodes, hub, self._conditions, self._machine, self._results, self._refused)

    async def run(self, begun: Callable[[], None]) -> None:
        """Show the hub until cancelled. `begun`: called when all is there."""
        bus = self._hub.bus
        with (
            bus.subscribe("status", 1) as looks,
            bus.subscribe("alarm", WAITING) as changes,
            bus.subscribe("minute", WAITING) as minutes,
        ):
            await self._conditions.load(self._hub.alarms.alarms)
            await self._show_state()
            await self._see(self._hub.status)
            begun()
            await asyncio.gather(self._look(looks), self._hear(changes), self._conclude(minutes))

    async def _look(self, looks: Subscription) -> None:
        async for status in looks:
            await self._see(status)

    async def _see(self, status: Status) -> None:
        for variable in VARIABLES:
            value = valued(variable.value(status), V[variable.kind], array=variable.array)
            await self._nodes.write(f"{VARIABLES_IN}/{variable.path}", value)
        await self._go(status)
        if status.recipe != self._recipe:
            self._recipe = status.recipe
            await self._tell_recipe(status.recipe)

    async def _go(self, status: Status) -> None:
        """Be in the state that the line is in."""
        ways = list(self._machine.go(*place(status, self._hub.alarms.alarms)))
        if ways:
            await self._show_state()
        for way in ways:
            await self._tell_transition(way)

    async def _hear(self, changes: Subscription) -> None:
        """Tell of each change; where some were missed, all who listen are asked to refresh."""
        missed = 0
        async for change in changes:
            await self._conditions.tell(change)
            await self._go(self._hub.status)
            if changes.dropped != missed:
                missed = changes.dropped
                await self._conditions.load(self._hub.alarms.alarms)
                kind = type_id("RefreshRequiredEventType")
                await self._events.tell(self._events.make(kind, "changes were missed", 1, {}))

    async def _conclude(self, minutes: Subscription) -> None:
        async for minute in minutes:
            result = self._results.take(minute, self._hub.status)
            identity = ua.Variant(result.ResultId, V.ExtensionObject)
            fields = {"ResultId": identity} | components(result)
            kind, words = ua.NodeId(RESULT_READY, self._vision), f"result {result.ResultId.Id} is ready"
            await self._events.tell(self._events.make(kind, words, 100, fields))

    async def _show_state(self) -> None:
        await self._show(MACHINE, self._machine.state)
        await self._show(MODE, self._machine.mode)

    async def _show(self, machine: str, state: State | None) -> None:
        path = f"{machine}.CurrentState"
        if state is None:
            nothing = ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadStateNotActive))
            await self._nodes.write(path, nothing)
            await self._nodes.write(f"{path}.Id", nothing)
        else:
            await self._nodes.write(path, _text(state.words))
            await self._nodes.write(f"{path}.Id", self._of_type(state.node))

    def _of_type(self, number: int) -> ua.Variant:
        return ua.Variant(ua.NodeId(number, self._vision), V.NodeId)

    async def _tell_transition(self, way: Transition) -> None:
        fields: dict[str, ua.Variant] = {}
        named = (("FromState", way.before), ("ToState", way.after), ("Transition", way))
        for name, one in named:
            fields |= {name: _text(one.words), f"{name}/Id": self._of_type(one.node)}
        words = f"from {way.before.words} to {way.after.words}"
        kind = ua.NodeId(STATE_CHANGED, self._vision)
        await self._events.tell(self._events.make(kind, words, 100, fields))

    async def _tell_recipe(self, recipe: Recipe) -> None:
        identity = ua.RecipeIdInternalDataType(Id=recipe.name, Version=str(recipe.version))
        fields = {"InternalId": ua.Variant(identity, V.ExtensionObject)}
        kind = ua.NodeId(RECIPE_PREPARED, self._vision)
        words = f"recipe {recipe.name} v{recipe.version} is in force"
        await self._events.tell(self._events.make(kind, words, 100, fields))

    async def _refused(self, words: str) -> None:
        """Why the last call was refused; a status code does not say it."""
        await self._nodes.write(f"{VARIABLES_IN}/{REFUSAL}", ua.Variant(words, V.String))


def _text(words: str) -> ua.Variant:
    return ua.Variant(ua.LocalizedText(words, "en"), V.LocalizedText)
