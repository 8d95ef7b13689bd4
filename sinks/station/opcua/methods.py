"""Methods that clients call: each is a command of the station, done and audited as who has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError

from oreline.errors import OrelineError
from sinks.station.alarms.alarm import Alarm
from sinks.station.commands import Actor, Refused
from sinks.station.hub import Hub
from sinks.station.opcua.conditions import Conditions
from sinks.station.opcua.machine import Machine, State, stops
from sinks.station.opcua.nodes import Nodes, type_id
from sinks.station.opcua.results import Results, components, page
from sinks.station.opcua.session import SESSION
from sinks.station.opcua.space import MACHINE, MODE, RECIPES, RESULTS

V = ua.VariantType
Codes = ua.StatusCodes
_REFUSED = {
    "role": Codes.BadUserAccessDenied,
    "unknown": Codes.BadNotSupported,
    "argument": Codes.BadInvalidArgument,
    "state": Codes.BadInvalidState,
    "audit": Codes.BadResourceUnavailable,
}
Call = Callable[..., Awaitable[Sequence[ua.Variant] | None]]
"""Called with who calls, the node on which he calls, and his arguments. Returns what comes out."""
DONE, NO_HANDLE = ua.Variant(0, V.Int32), ua.Variant(0, V.UInt32)
PREPARED = {0: False, 1: True}
"""By TriStateBooleanDataType, whose 2 asks for any."""
MOST_WORDS = 500


class Methods:
    """Methods of one server."""

    def __init__(
        self, server: Server, nodes: Nodes, hub: Hub, conditions: Conditions, machine: Machine, results: Results,
        refused: Callable[[str], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._server, self._hub = server, hub
        self._conditions, self._machine, self._results, self._refused = conditions, machine, results, refused
        for path, (takes, call) in self._of_line().items():
            self._link(nodes.id(path), takes, call)
        for name, (takes, call) in self._of_types().items():
            self._link(type_id(name), takes, call)

    def _of_line(self) -> dict[str, tuple[int, Call]]:
        """By path: how many arguments, and what is done."""
        return {
            f"{MACHINE}.Halt": (2, self._halt),
            f"{MACHINE}.Reset": (2, self._reset),
            f"{MACHINE}.SelectModeAutomatic": (0, self._select_automatic),
            f"{MACHINE}.ConfirmAll": (1, self._confirm_all),
            f"{MODE}.StartContinuous": (5, self._start),
            f"{MODE}.StartSingleJob": (5, self._start_single),
            f"{MODE}.Stop": (2, self._stop),
            f"{MODE}.Abort": (2, self._stop),
            f"{RECIPES}.PrepareRecipe": (2, self._prepare),
            f"{RECIPES}.UnprepareRecipe": (2, self._unprepare),
            f"{RECIPES}.GetRecipeListFiltered": (6, self._recipe_list),
            f"{RESULTS}.GetResultById": (2, self._result),
            f"{RESULTS}.GetResultComponentsById": (2, self._result_components),
            f"{RESULTS}.GetResultListFiltered": (12, self._result_list),
        }

    def _of_types(self) -> dict[str, tuple[int, Call]]:
        """The same by name of the standard's own, which are called on conditions."""
        shelve, unshelve = (2, self._shelve), (0, self._unshelve)
        return {
            "ConditionType_ConditionRefresh": (1, self._refresh),
            "ConditionType_ConditionRefresh2": (2, self._refresh),
            "AcknowledgeableConditionType_Acknowledge": (2, self._acknowledge),
            "AcknowledgeableConditionType_Confirm": (2, self._confirm),
            "ShelvedStateMachineType_TimedShelve": (shelve := (1, self._shelve)),
            "AlarmConditionType_ShelvingState_TimedShelve": shelve,
            "ShelvedStateMachineType_Unshelve": unshelve,
            "AlarmConditionType_ShelvingState_Unshelve": unshelve,
        }

    def _link(self, node: ua.NodeId, takes: int, call: Call) -> None:
        async def called(parent: ua.NodeId, *arguments: ua.Variant) -> ua.CallMethodResult | ua.StatusCode:
            if len(arguments) != takes:
                short = len(arguments) < takes
                return ua.StatusCode(Codes.BadArgumentsMissing if short else Codes.BadTooManyArguments)
            try:
                given = [one.Value for one in arguments]
                return ua.CallMethodResult(OutputArguments=list(await call(_caller(), parent, *given) or ()))
            except (ServiceError, ua.UaStatusCodeError) as error:
                return ua.StatusCode(error.code)
            except OrelineError as error:
                await self._refused(str(error))
                return ua.StatusCode(
                    _REFUSED.get(error.code if isinstance(error, Refused) else "", Codes.BadInvalidState)
                )

        self._server.iserver.isession.add_method_callback(node, called)

    async def _do(self, actor: Actor, verb: str, **arguments: Any) -> Any:
        return await self._hub.commands.do(actor, verb, **arguments)

    # The state machine.

    async def _halt(self, actor: Actor, _parent: ua.NodeId, _cause: Any, _words: Any) -> Sequence[ua.Variant]:
        self._machine.method = "Halt"
        await self._do(actor, "stop")
        return (DONE,)

    async def _reset(self, actor: Actor, _parent: ua.NodeId, _cause: Any, words: Any) -> Sequence[ua.Variant]:
        """Errors are acknowledged, and what is dealt with is confirmed."""
        if self._machine.state is not State.ERROR:
            raise Refused("state", f"there is nothing to reset: the line is in {self._machine.state.words}")
        self._machine.method = "Reset"
        for alarm in filter(stops, self._hub.alarms.alarms):
            await self._dealt_with(actor, alarm, _comment(words))
        return (DONE,)

    async def _dealt_with(self, actor: Actor, alarm: Alarm, comment: str) -> None:
        if not alarm.acknowledged:
            await self._do(actor, "acknowledge", alarm=alarm.key, comment=comment)
        if alarm.latched and not alarm.present:
            await self._do(actor, "confirm", alarm=alarm.key, comment=comment)

    async def _select_automatic(self, _actor: Actor, _parent: ua.NodeId) -> Sequence[ua.Variant]:
        """It is the only mode."""
        return (DONE,)

    async def _confirm_all(self, actor: Actor, _parent: ua.NodeId, comment: Any) -> None:
        for alarm in self._hub.alarms.alarms:
            if alarm.latched and not alarm.present and alarm.acknowledged and not alarm.hidden:
                await self._do(actor, "confirm", alarm=alarm.key, comment=_comment(comment))

    async def _start(
        self, actor: Actor, _parent: ua.NodeId, _measurement: Any, _part: Any, recipe: Any, *_others: Any
    ) -> Sequence[ua.Variant]:
        asked, inforce = _text(getattr(recipe, "Id", None)), self._hub.status.recipe.name
        if asked not in ("", inforce):
            raise Refused("state", f"recipe {asked!r} is not prepared: {inforce or 'none'} is in force")
        self._machine.method = "StartContinuous"
        await self._do(actor, "resume")
        return ua.Variant(ua.JobIdDataType(self._hub.status.run), V.ExtensionObject), DONE

    async def _start_single(self, _actor: Actor, _parent: ua.NodeId, *_arguments: Any) -> Sequence[ua.Variant]:
        raise Refused("unknown", "a line sorts until it is told to hold: use StartContinuous")

    async def _stop(self, actor: Actor, _parent: ua.NodeId, _cause: Any, _words: Any) -> Sequence[ua.Variant]:
        self._machine.method = "Stop"
        await self._do(actor, "hold")
        return (DONE,)

    # Recipes.

    async def _prepare(self, actor: Actor, _parent: ua.NodeId, external: Any, internal: Any) -> Sequence[ua.Variant]:
        asked = internal if _text(getattr(internal, "Id", None)) else external
        name, version = _text(getattr(asked, "Id", None)), _text(getattr(asked, "Version", None))
        if not name or not (version == "" or version.removeprefix("v").isdecimal()):
            raise Refused("argument", "the recipe is asked for by Id, its name, and Version, a number or nothing")
        number = {"version": int(version.removeprefix("v"))} if version else {}
        self._machine.method = "PrepareRecipe"
        result = await self._do(actor, "select_recipe", name=name, **number)
        return ua.Variant(_recipe(result, name, version), V.ExtensionObject), ua.Variant(True), DONE

    async def _unprepare(self, _actor: Actor, _parent: ua.NodeId, *_arguments: Any) -> Sequence[ua.Variant]:
        raise Refused("unknown", "a line always has a recipe: prepare another, or call Stop")

    async def _recipe_list(
        self, _actor: Actor, _parent: ua.NodeId, external: Any, product: Any, prepared: Any, most: Any, first: Any,
        _timeout: Any,
    ) -> Sequence[ua.Variant]:  # fmt: skip
        desk, inforce = self._hub.recipes, self._hub.status.recipe
        saved = [one for one in await desk.versions() if "refused" not in one] if desk else []
        if name := _text(getattr(external, "Id", None)):
            saved = [one for one in saved if one["name"] == name]
        if prepared in PREPARED:
            now = inforce.name, inforce.version
            saved = [one for one in saved if ((one["name"], one["version"]) == now) is PREPARED[prepared]]
        told, whole = page([] if _text(getattr(product, "Id", None)) else saved, most, first)
        recipes = ua.Variant([_saved(one) for one in told], V.ExtensionObject, is_array=True)
        return ua.Variant(whole), ua.Variant(len(told), V.Int32), NO_HANDLE, recipes, DONE

    # Results.

    async def _result(self, _actor: Actor, _parent: ua.NodeId, identity: Any, _timeout: Any) -> Sequence[ua.Variant]:
        return NO_HANDLE, ua.Variant(self._results.find(identity), V.ExtensionObject), DONE

    async def _result_components(
        self, _actor: Actor, _parent: ua.NodeId, identity: Any, _timeout: Any
    ) -> Sequence[ua.Variant]:
        onfile, *others = components(self._results.find(identity)).values()
        return onfile, NO_HANDLE, *others, DONE

    async def _result_list(self, _actor: Actor, _parent: ua.NodeId, *asked: Any) -> Sequence[ua.Variant]:
        *wanted, most, first, _timeout = asked
        told, whole = page(self._results.like(*wanted), most, first)
        results = ua.Variant(list(told), V.ExtensionObject, is_array=True)
        return ua.Variant(whole), ua.Variant(len(told), V.Int32), NO_HANDLE, results, DONE

    # Alarms.

    async def _refresh(self, _actor: Actor, _parent: ua.NodeId, number: Any, item: Any = None) -> None:
        subscription = SESSION.get().own(number)
        if item is not None and item not in subscription.monitored_item_srv._monitored_items:
            raise ua.UaStatusCodeError(Codes.BadMonitoredItemIdInvalid)
        await self._conditions.refresh(subscription, item)

    async def _acknowledge(self, actor: Actor, node: ua.NodeId, event: Any, comment: Any) -> None:
        key = self._alarm(node, event)
        await self._do(actor, "acknowledge", alarm=key, comment=_comment(comment))

    async def _confirm(self, actor: Actor, node: ua.NodeId, event: Any, comment: Any) -> None:
        key = self._alarm(node, event)
        await self._do(actor, "confirm", alarm=key, comment=_comment(comment))

    async def _shelve(self, actor: Actor, node: ua.NodeId, milliseconds: Any) -> None:
        if not isinstance(milliseconds, int | float):
            raise ua.UaStatusCodeError(Codes.BadTypeMismatch)
        await self._do(actor, "shelve", alarm=self._alarm(node), seconds=milliseconds * 1e-3)

    async def _unshelve(self, actor: Actor, node: ua.NodeId) -> None:
        await self._do(actor, "unshelve", alarm=self._alarm(node))

    def _alarm(self, node: ua.NodeId, event: Any = None) -> str:
        """Key of the alarm of a node. `event`: one of its own, since it called last."""
        key = self._conditions.key(node)
        if key is None:
            raise ua.UaStatusCodeError(Codes.BadNodeIdInvalid)
        if event is not None and not self._conditions.is_of(key, event):
            raise ua.UaStatusCodeError(Codes.BadEventIdUnknown)
        return key


def _caller() -> Actor:
    """Who calls; asyncua does not tell it to a method. Raises ServiceError where he has no account any more."""
    actor = SESSION.get().actor
    if actor is None:
        raise ServiceError(Codes.BadUserAccessDenied)
    return actor


def _text(value: Any) -> str:
    return value[:MOST_WORDS] if isinstance(value, str) else ""


def _comment(value: Any) -> str:
    return _text(value.Text if isinstance(value, ua.LocalizedText) else value)


def _recipe(result: Any, name: str, version: str) -> Any:
    """Recipe as the specification has it."""
    found = result if isinstance(result, dict) else {}
    number = str(found.get("version", version))
    return ua.RecipeIdInternalDataType(Id=str(found.get("name", name)), Version=number or None)


def _saved(version: dict[str, Any]) -> Any:
    """A saved version of a recipe, likewise."""
    return ua.RecipeIdInternalDataType(
        Id=version["name"],
        Version=str(version["version"]),
        Hash=bytes.fromhex(version["sha256"]),
        HashAlgorithm="SHA-256",
        Description=ua.LocalizedText(version["words"], "en"),
    )
