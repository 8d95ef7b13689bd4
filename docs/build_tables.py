"""Writes the tables of README.md and docs/ that the code itself knows: `python docs/build_tables.py`.

A page marks where a table goes by `<!-- table: NAME -->` and `<!-- end -->`; NAME is a key of TABLES. What lies between
is replaced. tests/test_docs.py says which page is out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from acquisition import dialects
from hwsim.camera.dialects import DIALECTS
from hwsim.camera.fault_help import described
from hwsim.camera.fault_kinds import When
from hwsim.plant import ValveFault
from hwsim.plant.ejector import Ejector
from hwsim.scenes.base import Motion, Surfaces
from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene, Lithology
from hwsim.scenes.optics import Optics
from inference.calibration.settings import Correction, DarkColumns
from inference.classification.card import Card, CardClass
from inference.flags import UNUSABLE, Quality
from inference.illumination import WhiteStrip
from inference.models import SHIPPED
from inference.references.limits import Limits
from inference.training.not_rock import MADE, WOOD
from inference.training.recipe import USUAL, Laboratory, Rock
from inference.training.recipe import Recipe as TrainingRecipe
from oreline import errors, plc, units
from oreline.camera_settings import Step
from oreline.cli import doctor
from oreline.cli.report import FIELDS
from oreline.config import SETTINGS, Section
from oreline.incidents import KINDS, Severity
from oreline.messages import Flag, Reason
from oreline.recordings.dialects import DIALECTS as MAKERS
from oreline.recordings.dialects import Dialect
from oreline.sink import SORTER
from sinks import SINKS, find
from sinks.conveyor import outputs
from sinks.conveyor.outputs import udp_bank
from sinks.conveyor.recipe import Recipe
from sinks.core.depth_tables import LINE_COLUMNS, RUN_COLUMNS
from sinks.core.session import CORE_MM, Block, Box, Hole, Loss, Run, Session, Survey
from sinks.core.session_csv import FILES
from sinks.settings import Common
from sinks.station.alarms.alarm import Rule
from sinks.station.alarms.rules import NO_ALARM, RULES
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.mqtt.payloads import FIELDS as PAYLOADS
from sinks.station.mqtt.payloads import RETAINED
from sinks.station.mqtt.settings import MqttSettings
from sinks.station.opcua.settings import OpcUaSettings
from sinks.station.opcua.variables import VARIABLES
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.shifts.summary import FIELDS as SUMMARY
from sinks.station.web.settings import WebSettings

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_REFUSAL = re.compile(r"(\w+)\s+(?:[A-Z]\w+Error)?\s+(\d+)(?:\s{2,}(.+))?$")


def pages() -> list[Path]:
    """Every page that a reader may open."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """A page with its tables as the code says now. Raises KeyError for a name that is not in TABLES."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


def exit_codes() -> str:
    """The refusals, from the tree in oreline/errors.py."""
    found = filter(None, (_REFUSAL.search(line) for line in (errors.__doc__ or "").splitlines()))
    return _table(("code", "refusal", "when"), ((f"{m[2]}", f"`{m[1]}`", m[3] or "any other refusal") for m in found))


def registers(fields: Sequence[plc.Field]) -> str:
    """A block of the PLC's register map."""
    head = ("address", "registers", "name", "meaning")
    return _table(head, ((f"{f.address}", f"{f.words}", f"`{f.name}`", f.meaning) for f in fields))


def datagrams() -> str:
    """What goes to a bank of valves over UDP, and what comes back."""
    module = ast.parse(inspect.getsource(udp_bank))
    head = ("datagram", "bytes", "layout", "fields")
    layouts = ((name, getattr(udp_bank, name), text) for name, text in _documented(module.body))
    return _table(head, ((f"`{n}`", f"{s.size}", f"`{s.format}`", t) for n, s, t in layouts))


def states() -> str:
    """The bits of the register `state`."""
    return _table(("bit", "state"), ((f"{s.value.bit_length() - 1}", f"`{s.name}`") for s in plc.State))


def flags() -> str:
    """What is said of a sample, by bit, and whether it is labelled all the same."""
    labelled = ("no" if f & UNUSABLE else "yes" for f in Quality)
    rows = ((*row, label) for row, label in zip(_members(Quality), labelled, strict=True))
    return _table(("bit", "flag", "meaning", "labelled"), rows)


def line_flags() -> str:
    """What is said of a line, by bit."""
    return _table(("bit", "flag", "meaning"), _members(Flag))


def reasons() -> str:
    """Why lines are not there."""
    return _table(("number", "reason", "meaning"), _members(Reason))


def incidents() -> str:
    """Kinds of incidents."""
    rows = ((kind.stage, f"`{name}`", kind.severity, kind.meaning) for name, kind in KINDS.items())
    return _table(("stage", "kind", "severity", "what it says where nobody has more to say"), rows)


def doctor_checks() -> str:
    """Checks of `oreline doctor`."""
    rows = ((check.subject, check.name, check.wants, f"`{check.severity}`") for check in doctor.checks())
    return _table(("subject", "check", "good where", "otherwise"), rows)


def alarms() -> str:
    """All alarms in short, each with a link to what it says."""
    rows = (
        (f"[`{rule.name}`](#{rule.name})", rule.title, _word(rule.priority), _lasting(rule.act_within_s))
        for rule in sorted(RULES, key=lambda rule: -rule.priority)
    )
    return _table(("alarm", "what is said", "priority", "time to act"), rows)


def alarms_explained() -> str:
    """A section for each alarm."""
    return "\n".join(_explained(rule) for rule in RULES)


def _explained(rule: Rule) -> str:
    facts = {
        "Cause": rule.cause,
        "Consequence": rule.consequence,
        "Action": f"{rule.action} Within {_lasting(rule.act_within_s)}.",
        "Status": f"{_word(rule.ne107)} ({rule.ne107.value}), priority {_word(rule.priority)}.",
        "Comes with": _raised_by(rule),
        "One for each": "process, stream or valve." if rule.by_source else "",
        "Latched": "it stays until it is acknowledged and confirmed." if rule.latched else "",
        "Not told beside": ", ".join(f"[`{name}`](#{name})" for name in rule.suppressed_by),
    }
    said = "".join(f"- {what}: {words}\n" for what, words in facts.items() if words)
    return f"### {rule.name}\n\n{rule.title}.\n\n{said}"


def _word(member: Enum) -> str:
    return member.name.lower().replace("_", " ")


def _raised_by(rule: Rule) -> str:
    kinds = ", ".join(f"`{kind}`" for kind in rule.kinds)
    least = f" ({rule.least} of them or more)" if rule.least > 1 else ""
    condition = " ".join((rule.condition.__doc__ or "").split()).rstrip(".") if rule.condition else ""
    after = f", for {rule.after_s:g} s" if rule.after_s else ""
    seen = f"what is seen of the line ({condition[:1].lower()}{condition[1:]}{after})" if rule.condition else ""
    incidents = f"incidents {kinds}{least}" if kinds else ""
    return (
        f"{' or '.join(filter(None, (incidents, seen)))}; over after {rule.quiet_s:g} s without."
        if kinds or seen
        else ""
    )


def _lasting(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"


def no_alarms() -> str:
    """Kinds of incidents that are no alarm."""
    return _table(("kind", "why it calls nobody"), ((f"`{kind}`", why) for kind, why in NO_ALARM.items()))


def opcua_variables() -> str:
    """Variables of a line under Oreline's own namespace."""
    rows = (
        (f"`{one.path}`", f"{one.kind}{'[]' if one.array else ''}", one.unit.symbol if one.unit else "-", one.words)
        for one in VARIABLES
    )
    return _table(("variable", "type", "unit", "what it says"), rows)


def severities() -> str:
    """What each severity means."""
    return _table(("severity", "meaning"), ((f"`{number}`", said) for number, _, said in _members(Severity)))


def report_fields() -> str:
    """The fields of a report."""
    return _table(("field", "meaning"), ((f"`{name}`", said) for name, said in FIELDS.items()))


def shift_summary() -> str:
    """The fields of a minute's and a shift's summary."""
    return _explained_fields(SUMMARY)


def mqtt_payloads() -> str:
    """The fields of each payload by MQTT."""
    how = {True: "Retained.", False: "Once and for all, through the spool."}
    told = ((topic, how[topic in RETAINED], _explained_fields(said)) for topic, said in PAYLOADS.items())
    return "\n".join(f"### {topic}\n\n{retained}\n\n{table}" for topic, retained, table in told)


def _explained_fields(fields: dict[str, str]) -> str:
    rows = ((", ".join(f"`{one}`" for one in names.split(", ")), said) for names, said in fields.items())
    return _table(("field", "meaning"), rows)


def _members(kind: type[Enum]) -> Iterator[tuple[str, str, str]]:
    """Number, name and meaning of each member that stands for something."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    said = dict(_documented(tree.body))
    return ((f"{one.value}", f"`{one.name}`", said[one.name]) for one in kind if one.value)


def settings(model: type[BaseModel]) -> str:
    """What a model of settings says of itself, then its keys, their defaults, and what stands below each."""
    meanings = _meanings(model)
    rows = ((f"`{n}`", _default(f), meanings.get(n, "")) for n, f in model.model_fields.items())
    table = _table(("key", "default", "meaning"), rows)
    said = re.sub(r"^\[\S+\]: ", "", inspect.cleandoc(model.__doc__ or ""))
    return f"{said[:1].upper()}{said[1:]}\n\n{table}"


def sinks() -> str:
    """The sinks that come with Oreline."""
    kinds = {name: find(name) for name in SINKS.own}
    rows = (
        (f"`{name}`", _first_sentence(kind.Settings), kind.stream, kind.policy, "yes" if kind.acts_on_plant else "no")
        for name, kind in kinds.items()
    )
    return _table(("sink", "what it makes", "stream", "policy", "acts on the plant"), rows)


def sinks_settings() -> str:
    """Headings and keys of those sinks that the page has no more to say of."""
    return "\n".join(f"### {name}\n\n{settings(find(name).Settings)}" for name in SINKS.own if name != SORTER)


def _first_sentence(kind: type) -> str:
    return re.split(r"\.(?:\s|$)", " ".join((kind.__doc__ or "").split()))[0]


def faults() -> str:
    """What can go wrong with a simulated camera, by kind."""
    rows = (
        (*(", ".join(f"`{one}`" for one in said) for said in (kind.kinds, kind.keys)), kind.meaning)
        for kind in described()
    )
    return _table(("kind", "keys and defaults", "what happens"), rows)


def camera_features(features: Sequence[dialects.Feature]) -> str:
    """Features in which cameras tell one thing, in the order in which they are asked."""
    rows = (
        (f"`{one.name}`", one.unit or (f"`{one.base}`" if one.base else "as its node says"), one.cameras)
        for one in features
    )
    return _table(("feature", "unit where its node names none", "cameras"), rows)


def camera_units() -> str:
    """Units of those features, and how else they are spelt."""
    known = (*units.TIMES, *units.RATES, *units.GAINS, *units.DEGREES)
    words = {unit: [word for word, means in units.WORDS.items() if means == unit != word] for unit in known}
    return _table(
        ("unit", "also spelt"), ((f"`{unit}`", ", ".join(f"`{word}`" for word in words[unit])) for unit in known)
    )


def played_dialects() -> str:
    """Dialects that the simulated camera speaks."""
    rows = (
        (f"`{name}`", ", ".join(f"`{one.name}`{f' in {one.unit}' if one.unit else ''}" for one in spoken.features))
        for name, spoken in DIALECTS.items()
    )
    return _table(("`dialect`", "features"), rows)


def pixel_formats() -> str:
    """Formats of pixels."""
    lies = {"": "whole bytes, the low one first", "bit_stream": "a stream of bits, the low one first"}
    lies["pairs"] = "two in three bytes, their low bits in the middle one"
    rows = (
        (f"`{name}`", f"0x{form.code:08X}", f"{form.bits}", lies[form.packing], f"{form.most}")
        for name, form in dialects.PIXEL_FORMATS.items()
    )
    return _table(("PixelFormat", "code", "bits", "in a buffer", "largest count"), rows)


def core_sizes() -> str:
    """Names of sizes of core."""
    return _table(("core", "diameter in mm"), ((f'`"{name}"`', f"{mm:g}") for name, mm in CORE_MM.items()))


def session_csv() -> str:
    """Columns of the CSV files of a session."""
    rows = (
        (f"`{file}.csv`" if at == 0 else "", f"`{ours}`{' *' * (ours in required)}", ", ".join(map(str.upper, called)))
        for file, (columns, required) in FILES.items()
        for at, (ours, called) in enumerate(columns.items())
    )
    return _table(
        ("file", "what (* is needed)", "names of its column; blanks, signs and small letters do not matter"), rows
    )


CORE = "PE257D_0001"


def accuracies() -> str:
    """The models that come with Oreline, by their cards: the few figures that a reader asks for first."""
    asked = (("clean", "species"), ("clean", "group"), ("hard", "species"), ("film 0.1 mm", "species"),
             ("strangers", "AUROC"), (CORE, "either"))  # fmt: skip
    head = ("model", "kMAC", "by name", "by group", "hard", "under .1 mm of water", "strangers, AUROC", "core, either")
    rows = ((f"`{card.name}`", f"{card.kmac:.0f}", *(_figure(card, *one) for one in asked)) for card in _cards())
    return _table(head, rows)


def judged() -> str:
    """Everything that the cards say of the networks, set by set."""
    cards = _cards()
    names = dict.fromkeys(one.name for card in cards for one in card.metrics.sets or ())
    rows = [
        (f"{name}, {_on(cards, name)}", quantity, *(_figure(card, name, quantity) for card in cards))
        for name in names
        for quantity in JUDGED
        if any(_figure(card, name, quantity) not in ("", "not offered") for card in cards)
    ]
    return _table(("judged on", "figure", *(f"`{card.name}`" for card in cards)), rows)


JUDGED = (
    "species", "group", "bands", "AUROC", "FPR95", "named as a species", "named as a group", "right", "wrong", "either",
    "neither and sure", "r", "mean error", "refused by species", "refused by bands",
)  # fmt: skip


def rivals() -> str:
    """Other methods on the same spectra."""
    asked = (("clean", "species"), ("hard", "species"), ("film 0.1 mm", "species"), ("depth 0.1, stain", "bands"),
             ("depth 0.03, stain", "bands"), (CORE, "either"), (CORE, "group"),
             ("HL4_testrocks without magnesite", "group"))  # fmt: skip
    methods = ("network", "LDA, physics", "nearest, hull", "nearest, derivative", "SAM", "SVM", "LDA")
    rows = [
        (f"`{card.name}`", f"{name}: {quantity}", *(_figure(card, name, quantity, method) for method in methods))
        for card in _cards()
        for name, quantity in asked
        if _figure(card, name, quantity) not in ("", "not offered")
    ]
    return _table(("model", "judged on", *methods), rows)


def thresholds() -> str:
    """What the cards' thresholds come to on specimens that did not choose them."""
    rows = (
        (f"`{card.name}`", f"`{one.name}`", one.of, f"{one.aim:.2f}", f"{one.chosen:.2f}", f"{one.measured:.2f}")
        for card in _cards()
        for one in card.metrics.thresholds or ()
    )
    return _table(("model", "threshold", "share that it rules", "aim", "where chosen", "on other rocks"), rows)


def not_for() -> str:
    """What the models must not be used for."""
    rows = ((f"`{card.name}`", sentence) for card in _cards() for sentence in card.not_for or ())
    return _table(("model", "not for"), rows)


def _figure(card: Card, name: str, quantity: str, method: str = "network") -> str:
    """A figure with its interval; of a card before version 2 the one that it has; nothing where it has none."""
    if card.metrics.sets is None:
        asked = (name, quantity, method) == ("clean", "species", "network")
        return f"{card.metrics.accuracy.cnn:.2f}" if asked else ""
    found = next((one for one in card.metrics.sets if one.name == name), None)
    if found is None or quantity not in found.figures.get(method, {}):
        return "not offered" if name == CORE and any(one.not_offered for one in card.metrics.sets) else ""
    of = found.figures[method][quantity]
    return f"{of.mean:.2f} ({of.low:.2f}-{of.high:.2f})"


def _on(cards: Sequence[Card], name: str) -> str:
    sizes = [(one.spectra, one.specimens) for card in cards for one in card.metrics.sets or () if one.name == name]
    spectra, specimens = max(sizes)
    return f"{spectra} of {specimens}"


def inseparable() -> str:
    """The pairs that a model's range cannot separate."""
    rows = (
        (f"`{card.name}`", f"{pair.a} and {pair.b}", f"{pair.a_as_b:.0%}", f"{pair.b_as_a:.0%}")
        for card in _cards()
        for pair in card.confused
    )
    return _table(("model", "pair", "first taken for second", "second for first"), rows)


def recalls() -> str:
    """How much of each class was found, by model."""
    cards = _cards()
    found = [{one.name: one for one in card.classes} for card in cards]
    names = sorted(set().union(*found))
    head = ("class", *(f"`{card.name}`" for card in cards))
    return _table(head, ((name, *(_recall(by.get(name)) for by in found)) for name in names))


def _recall(one: CardClass | None) -> str:
    return "" if one is None else f"{one.recall:.0%} of {one.spectra} spectra, {one.specimens} specimens"


def recording_words() -> str:
    """In which words each maker says how a recording was taken."""
    says = list(dict.fromkeys(words.says for dialect in MAKERS for words in dialect.words))
    columns = [[_keys(dialect, what) for dialect in MAKERS] for what in says]
    rows = ((what, *cells) for what, cells in zip(says, columns, strict=True))
    files = ("files of references", *(", ".join(f"`{name}`" for name in d.references) for d in MAKERS))
    return _table(("", *(dialect.maker for dialect in MAKERS)), [*rows, files])


def recipe() -> str:
    """Ranges that training draws from."""
    kinds = {"": TrainingRecipe, "laboratory.": Laboratory, "in_rock.": Rock}
    said = {place + name: text for place, kind in kinds.items() for name, text in _fields(kind)}
    rows = ((f"`{name}`", _plain(value), said.get(name, "")) for name, value in USUAL.flat().items())
    return _table(("name", "value", ""), rows)


def not_rock_bands() -> str:
    """Where what is no rock absorbs."""
    rows = (
        (kind, ", ".join(str(centre) for centre, _, _ in bands))
        for kind, bands in {"wood, plants": WOOD, **MADE}.items()
    )
    return _table(("kind", "bands, nm"), rows)


def _fields(kind: type) -> Iterator[tuple[str, str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return _documented(tree.body)


def _keys(dialect: Dialect, says: str) -> str:
    found = (words for words in dialect.words if words.says == says)
    return ", ".join(f"`{key}`{words.unit and f' {words.unit}'}" for words in found for key in words.keys)


def _cards() -> list[Card]:
    return [Card.read(path.parent) for path in sorted(SHIPPED.glob("*/card.json"))]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    return f"`{_plain(field.get_default(call_default_factory=True))}`"


def _plain(value: Any) -> str:
    """A value as TOML has it, a default that is left out as `-`."""
    if isinstance(value, BaseModel):
        return "its own defaults"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_plain(one) for one in value)}]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "-"}[value]
    return f'"{value}"' if isinstance(value, str | Path) else f"{value}"


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """The string that stands below each field, here or in what the model is made from."""
    meanings = {}
    for kind in reversed(model.__mro__[: model.__mro__.index(Section)]):
        meanings |= dict(_fields(kind))
    return meanings


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


TABLES: dict[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "plc-command": partial(registers, plc.COMMAND),
    "plc-status": partial(registers, plc.STATUS),
    "plc-state": states,
    "udp-datagrams": datagrams,
    "models": accuracies,
    "judged": judged,
    "rivals": rivals,
    "thresholds": thresholds,
    "not-for": not_for,
    "inseparable": inseparable,
    "recipe": recipe,
    "not-rock": not_rock_bands,
    "recall": recalls,
    "recording-words": recording_words,
    **{f"settings-{name}": partial(settings, read()) for name, read in SETTINGS.items()},
    "settings-step": partial(settings, Step),
    "settings-strip": partial(settings, WhiteStrip),
    "settings-limits": partial(settings, Limits),
    "settings-correction": partial(settings, Correction),
    "settings-shade": partial(settings, DarkColumns),
    "flags": flags,
    "line-flags": line_flags,
    "reasons": reasons,
    "incidents": incidents,
    "doctor": doctor_checks,
    "severities": severities,
    "alarms": alarms,
    "shift-summary": shift_summary,
    "mqtt-payloads": mqtt_payloads,
    "alarms-explained": alarms_explained,
    "no-alarms": no_alarms,
    "report": report_fields,
    "settings-session": partial(settings, Session),
    "settings-hole": partial(settings, Hole),
    "settings-survey": partial(settings, Survey),
    "settings-box": partial(settings, Box),
    "settings-block": partial(settings, Block),
    "settings-run": partial(settings, Run),
    "settings-loss": partial(settings, Loss),
    "core-sizes": core_sizes,
    "session-csv": session_csv,
    "depth-columns": partial(_explained_fields, LINE_COLUMNS),
    "run-columns": partial(_explained_fields, RUN_COLUMNS),
    "settings-scene": partial(settings, BeltScene),
    "settings-core": partial(settings, CoreScene),
    "settings-lithology": partial(settings, Lithology),
    "settings-surface": partial(settings, Surfaces),
    "settings-motion": partial(settings, Motion),
    "settings-optics": partial(settings, Optics),
    "settings-when": partial(settings, When),
    "faults": faults,
    "camera-exposure": partial(camera_features, dialects.EXPOSURE),
    "camera-gain": partial(camera_features, dialects.GAIN),
    "camera-rate": partial(camera_features, dialects.RATE),
    "camera-temperature": partial(camera_features, dialects.TEMPERATURE),
    "camera-units": camera_units,
    "pixel-formats": pixel_formats,
    "played-dialects": played_dialects,
    "settings-ejector": partial(settings, Ejector),
    "settings-valve-fault": partial(settings, ValveFault),
    "settings-sinks": partial(settings, Common),
    "settings-recipe": partial(settings, Recipe),
    **{f"settings-{name}-output": partial(settings, outputs.find(name).Settings) for name in outputs.VALVE_OUTPUTS.own},
    "settings-conveyor": partial(settings, find(SORTER).Settings),
    "settings-station-alarms": partial(settings, AlarmSettings),
    "settings-station-opcua": partial(settings, OpcUaSettings),
    "opcua-variables": opcua_variables,
    "settings-station-web": partial(settings, WebSettings),
    "settings-station-mqtt": partial(settings, MqttSettings),
    "settings-station-shifts": partial(settings, ShiftsSettings),
    "sinks": sinks,
    "sinks-settings": sinks_settings,
}


if __name__ == "__main__":
    for page in pages():
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
