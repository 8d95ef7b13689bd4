"""Catalogues of the station: everything that it says is in each of them, and every letter is in its fonts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from oreline import palette
from oreline.incidents.kinds import KINDS
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from sinks.station.alarms.rules import RULES
from sinks.station.sentences import SENTENCES
from sinks.station.words import LANGUAGES, words_in

PACKAGE = Path(__file__).parents[3] / "sinks"
OTHERS = [language for language in LANGUAGES if language != "en"]
SLOT = re.compile(r"\{(\w*)\}")


def said() -> set[str]:
    """What pages, scripts and modules say, and the names of classes."""
    pages = (PACKAGE / "station" / "web" / "static").glob("*.html")
    slots = {" ".join(one.split()) for path in pages for one in re.findall(r"\{\{(.+?)\}\}", path.read_text(), re.S)}
    scripts = (PACKAGE / "station" / "web" / "static").glob("*.js")
    calls = {one for path in scripts for one in re.findall(r'\b[tm]\(\s*"((?:[^"\\]|\\.)*)"', path.read_text())}
    classes = {*palette.MINERALS, *palette.GROUPS, *palette.APART, *(one.name for one in SPECIAL_CLASSES.values())}
    return (slots - {"language"}) | calls | marked() | classes


def marked() -> set[str]:
    nodes = (node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = (node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "marked")
    return {ast.literal_eval(call.args[0]) for call in calls}


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_that_is_said_is_untranslated(language: str) -> None:
    assert said() - words_in(language).all.keys() == set()


def told(node: ast.expr) -> set[str]:
    """A text of a module, or each that it may be, with nothing in its slots."""
    if isinstance(node, ast.IfExp):
        return told(node.body) | told(node.orelse)
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        return {"".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)}
    return set()


def refusals() -> set[str]:
    """What the station refuses with, beside what others have said."""
    paths = [path for path in (PACKAGE / "station").rglob("*.py") if "opcua" not in path.parts]
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = (node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused")
    return {text for call in calls if len(call.args) > 1 for text in told(call.args[1])}


def test_every_refusal_of_the_station_is_a_sentence_that_is_translated() -> None:
    known = {SLOT.sub("{}", one) for one in SENTENCES}
    assert {one for one in refusals() if one.strip("{}: ")} - known == set()
    assert len(refusals()) > 25


@pytest.mark.parametrize("language", OTHERS)
def test_what_an_alarm_says_where_nobody_has_more_to_say_is_translated(language: str) -> None:
    kinds = {kind for rule in RULES for kind in rule.kinds}
    meanings = {KINDS[kind].meaning for kind in kinds & KINDS.keys()}
    assert meanings - words_in(language).all.keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_values_of_what_they_translate(language: str) -> None:
    wrong = {
        text: other
        for text, other in words_in(language).all.items()
        if sorted(SLOT.findall(text)) != sorted(SLOT.findall(other))
    }
    assert wrong == {}


def test_every_letter_is_in_a_font_of_the_page() -> None:
    ttlib = pytest.importorskip("fontTools.ttLib", reason="fontTools comes with matplotlib")
    fonts = PACKAGE / "station" / "web" / "static" / "fonts"
    letters = {letter for language in OTHERS for text in words_in(language).all.values() for letter in text}
    for weights in (("Inter-Regular", "CJK-Regular"), ("Inter-SemiBold", "CJK-Bold")):
        have = {code for name in weights for code in ttlib.TTFont(fonts / f"{name}.woff").getBestCmap()}
        assert {letter for letter in letters if ord(letter) not in have} == set()
