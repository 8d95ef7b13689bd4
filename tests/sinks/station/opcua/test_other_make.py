"""What a client of another make sees and does: node-opcua."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sinks.station.status import Phase, Recipe

LINE = "ns=3;s=Line"
MACHINE = f"{LINE}.VisionStateMachine"
MODE = f"{MACHINE}.AutomaticModeStateMachine"
CAUSE = [["Int32", 0], ["String", "shift ends"]]
START = [["Null", None]] * 5
WORD = "correct horse"


@pytest.fixture
def other(plant: Any, node: Any) -> Iterator[Any]:
    """The client, as an operator, by an encrypted channel; its certificate is trusted as a person would do it."""
    refused = node.connect(plant.url, secure=True, user="olga", password=WORD)
    if "error" in refused:
        trust(plant)
        assert "error" not in node.connect(plant.url, secure=True, user="olga", password=WORD)
    node.do("listen", watch=f"{MACHINE}.CurrentState")
    yield node
    node.do("disconnect")


def trust(plant: Any) -> None:
    (rejected,) = (plant.folder / "opcua" / "rejected").iterdir()
    shutil.move(rejected, plant.folder / "opcua" / "trusted" / rejected.name)


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def state(client: Any) -> str:
    return str(client.do("read", node=f"{MACHINE}.CurrentState")["value"])


def mode(client: Any) -> str:
    return str(client.do("read", node=f"{MODE}.CurrentState")["value"])


def call(client: Any, machine: str, method: str, args: Any) -> str:
    return str(client.do("call", object=machine, method=f"{machine}.{method}", args=args)["status"])


def heard(client: Any, **wanted: Any) -> dict[str, Any]:
    """The first event that is as wanted."""
    seen: list[dict[str, Any]] = []

    def look() -> list[dict[str, Any]]:
        seen.extend(client.do("take")["events"])
        return [one for one in seen if all(one[name] == value for name, value in wanted.items())]

    return dict(eventually(look)[0])


def test_a_line_walks_from_preoperational_to_sorting_to_an_error_and_back(plant: Any, other: Any) -> None:
    assert (state(other), mode(other)) == ("Preoperational", "None")
    plant.set(phase=Phase.HELD, held=True)
    eventually(lambda: (state(other), mode(other)) == ("Operational", "Ready"))
    assert heard(other, FromState="Preoperational")["ToState"] == "Operational"
    prepared = other.do(
        "call", object=f"{LINE}.RecipeManagement", method=f"{LINE}.RecipeManagement.PrepareRecipe",
        args=[["ExtensionObject", {"id": "magnetite", "version": "7"}, "ns=2;i=3002"], ["Null", None]],
    )  # fmt: skip
    assert prepared["status"] == "Good"
    assert (prepared["out"][0]["id"], prepared["out"][0]["version"]) == ("magnetite", "7")
    assert plant.hub.status.recipe.name == "magnetite"
    assert call(other, MODE, "StartContinuous", START) == "Good"
    eventually(lambda: mode(other) == "ContinuousExecution")
    plant.hear("camera_lost")
    eventually(lambda: state(other) == "Error")
    assert heard(other, ConditionName="camera_lost")["ActiveState.Id"] is True
    assert call(other, MACHINE, "Reset", CAUSE) == "Good"
    assert heard(other, ConditionName="camera_lost", **{"AckedState.Id": True})["ActiveState.Id"] is True
    plant.quiet()
    plant.set(phase=Phase.RUNNING)
    eventually(lambda: (state(other), mode(other)) == ("Operational", "ContinuousExecution"))
    assert call(other, MODE, "Stop", CAUSE) == "Good"
    eventually(lambda: mode(other) == "Ready")
    done = {(act.verb, act.actor.name, act.actor.face, act.refused) for act in plant.audited()}
    verbs = ("select_recipe", "resume", "acknowledge", "hold")
    assert done == {(verb, "olga", "opcua", "") for verb in verbs}


def test_active_alarms_are_refreshed_and_acknowledged(plant: Any, other: Any) -> None:
    plant.hear("camera_lost")
    plant.hear("plc_lost", "conveyor", "no answer from 10.0.0.7")
    heard(other, ConditionName="plc_lost")
    other.do("refresh")
    events: list[dict[str, Any]] = []
    while not events or events[-1]["Message"] != "refresh ends":
        events += eventually(lambda: other.do("take")["events"])
    shown = {one["ConditionName"]: one for one in events if one["ConditionName"]}
    assert {"camera_lost", "plc_lost"} <= set(shown)
    one = shown["camera_lost"]
    assert one["Severity"] == 950
    assert one["Retain"] is True
    assert one["3:Cause"].startswith("It sends no frames")
    assert one["NodeId"] == f"{LINE}.Alarms.camera_lost"
    assert other.do("acknowledge", condition=one["NodeId"], event=one["EventId"], comment="on my way") == {
        "status": "Good"
    }
    assert heard(other, ConditionName="camera_lost", **{"AckedState.Id": True})
    (act,) = plant.audited()
    assert (act.verb, act.arguments["alarm"], act.arguments["comment"]) == ("acknowledge", "camera_lost", "on my way")


def test_an_event_of_long_ago_acknowledges_nothing(plant: Any, other: Any) -> None:
    plant.hear("camera_lost")
    one = heard(other, ConditionName="camera_lost")
    answer = other.do("acknowledge", condition=one["NodeId"], event="bm8gc3VjaA==", comment="")
    assert answer == {"status": "BadEventIdUnknown"}


def test_a_role_that_is_too_low_is_refused(plant: Any, other: Any) -> None:
    plant.set(phase=Phase.RUNNING)
    assert call(other, MACHINE, "Halt", CAUSE) == "BadUserAccessDenied"
    assert other.do("read", node=f"{LINE}.Oreline.LastRefusal")["value"] == "olga is operator: stop is for engineers"
    assert [act.refused for act in plant.audited()] == ["olga is operator: stop is for engineers"]


def test_a_role_that_is_taken_away_is_gone_at_once(plant: Any, other: Any) -> None:
    role = plant.people.roles.pop("olga")
    try:
        assert "BadUserAccessDenied" in other.do("read", node=f"{LINE}.Oreline.Phase")["error"]
    finally:
        plant.people.roles["olga"] = role


def test_a_wrong_password_and_a_wrong_certificate_are_refused(plant: Any, other: Any, node: Any, tmp_path: Any) -> None:
    other.do("disconnect")
    assert "BadUserAccessDenied" in node.connect(plant.url, secure=True, user="olga", password="guessed")["error"]
    pki = str(tmp_path / "pki")
    answer = node.do("connect", url=plant.url, secure=True, user="olga", password=WORD, pki=pki, uri="urn:somebody")
    assert "error" in answer
    assert len(list((plant.folder / "opcua" / "rejected").iterdir())) == 1
    for path in (plant.folder / "opcua" / "rejected").iterdir():
        path.unlink()
    assert "error" not in node.connect(plant.url, secure=True, user="olga", password=WORD)


RESULT, IDENTITY, INTERNAL, JOB = f"{LINE}.ResultManagement", "ns=2;i=3021", "ns=2;i=3013", "ns=2;i=3016"
ANY = ["Null", None]


def listed(client: Any, *filters: Any, most: int = 0, first: int = 0) -> dict[str, Any]:
    """What GetResultListFiltered answers."""
    args = [["Int32", 0], *([ANY] * 8), ["UInt32", most], ["UInt32", first], ["Int32", 0]]
    for at, filter_ in filters:
        args[at] = filter_
    return dict(client.do("call", object=RESULT, method=f"{RESULT}.GetResultListFiltered", args=args))


def test_a_minute_is_a_result_that_is_told_and_asked_for(plant: Any, other: Any) -> None:
    plant.set(phase=Phase.RUNNING, run="c0ffee", recipe=Recipe("magnetite", 3))
    plant.conclude("2026-11-30T10:00:00+00:00", 40_200)
    told = heard(other, **{"2:JobId": {"id": "c0ffee"}})
    identity = {"id": "2026-11-30T10:00:00+00:00"}
    assert told["2:ResultId"] == identity
    assert json.loads(told["2:ResultContent"][0]["value"])["lines"] == 40_200
    asked = [["ExtensionObject", identity, IDENTITY], ["Int32", 0]]
    answer = other.do("call", object=RESULT, method=f"{RESULT}.GetResultById", args=asked)
    assert answer["status"] == "Good"
    _, result, error = answer["out"]
    assert (result["resultId"], result["internalRecipeId"]["id"], result["resultState"]) == (identity, "magnetite", 1)
    assert (json.loads(result["resultContent"][0]["value"])["lines"], error) == (40_200, 0)
    parts = other.do("call", object=RESULT, method=f"{RESULT}.GetResultComponentsById", args=asked)
    assert (parts["status"], len(parts["out"]), parts["out"][12]) == ("Good", 17, {"id": "c0ffee"})
    asked[0][1] = {"id": "2020-01-01T00:00:00+00:00"}
    refused = other.do("call", object=RESULT, method=f"{RESULT}.GetResultById", args=asked)
    assert refused["status"] == "BadInvalidArgument"


def test_results_are_listed_by_what_they_are_of(plant: Any, other: Any) -> None:
    plant.set(phase=Phase.RUNNING, run="abba", recipe=Recipe("hematite", 1))
    for minute in range(3):
        plant.conclude(f"2026-11-30T11:0{minute}:00+00:00", minute)
    job, recipe = ["ExtensionObject", {"id": "abba"}, JOB], ["ExtensionObject", {"id": "hematite"}, INTERNAL]
    eventually(lambda: listed(other, (8, job))["out"][1] == 3)
    whole, n, _, results, _ = listed(other, (8, job), (4, recipe), most=2)["out"]
    assert (whole, n, [one["resultId"]["id"][14:16] for one in results]) == (False, 2, ["00", "01"])
    whole, n, _, results, _ = listed(other, (8, job), most=2, first=2)["out"]
    assert (whole, n, [one["resultId"]["id"][14:16] for one in results]) == (True, 1, ["02"])
    assert listed(other, (8, job), (0, ["Int32", 4]))["out"][1] == 0


def test_recipes_are_listed_as_they_are_saved(plant: Any, other: Any) -> None:
    plant.set(recipe=Recipe("magnetite", 3))
    place = f"{LINE}.RecipeManagement"

    def recipes(prepared: int, name: str = "") -> list[tuple[str, str]]:
        external = ["ExtensionObject", {"id": name}, "ns=2;i=3002"] if name else ANY
        args = [external, ANY, ["Int32", prepared], ["UInt32", 0], ["UInt32", 0], ["Int32", 0]]
        answer = other.do("call", object=place, method=f"{place}.GetRecipeListFiltered", args=args)
        assert answer["status"] == "Good"
        return [(one["id"], one["version"]) for one in answer["out"][3]]

    assert recipes(2) == [("hematite", "1"), ("magnetite", "2"), ("magnetite", "3")]
    assert recipes(2, "magnetite") == [("magnetite", "2"), ("magnetite", "3")]
    assert (recipes(1), recipes(0, "magnetite")) == ([("magnetite", "3")], [("magnetite", "2")])
