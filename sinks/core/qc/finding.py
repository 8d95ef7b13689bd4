"""Findings of a check, and the verdict on a box: what is wrong, how much of it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Self

from oreline.languages import marked


class Level(IntEnum):
    """What becomes of a box."""

    PASS = 0
    LOOK = 1
    """Somebody is to look at it before it leaves the table."""
    RESCAN = 2
    """It is to be scanned again."""

    @property
    def words(self) -> str:
        return self.name.lower()


WORDS = {
    "no_reference": (
        marked("nobody can say which dark and white its lines were made with"),
        marked("Keep the folder of references with the output."),
    ),
    "reference_age": (
        marked("its dark and white were {hours} h old"),
        marked("Take a new dark and white before the next box."),
    ),
    "reference_stale": (
        marked("its reference was too old or too cold for {share} of the lines"),
        marked("Take a new dark and white, then scan the box again."),
    ),
    "reference_drift": (
        marked("the white has {change} light against the reference before"),
        marked("Look at the lamp and the white panel; clean the panel, and take a new white."),
    ),
    "reference_tilt": (
        marked("the colour of the light has changed by {change} since the reference before"),
        marked("Look at the lamp: it may be near its end. Take a new white."),
    ),
    "lamp": (
        marked("the lamp was dimmer than in the reference for {share} of the lines"),
        marked("Look at the lamp, take a new white, and scan the box again."),
    ),
    "no_light": (
        marked("{n} lines had no light"),
        marked("Look at lamp and shutter, and scan the box again."),
    ),
    "saturated": (
        marked("{share} of the rock was too bright for the camera"),
        marked("Dry the core, shorten the exposure, take a new dark and white, and scan the box again."),
    ),
    "dust": (
        marked("columns {columns} see less light than those beside them, in all lines"),
        marked("Clean the lens and the white panel, take a new white, and scan the box again if a row lies there."),
    ),
    "edge": (
        marked("rock is cut by the end of the field of view at sample {sample}, in {share} of the lines"),
        marked("Move the box to the middle of the table, and scan it again."),
    ),
    "front": (
        marked("the front of the box was not seen: its first line has rock already"),
        marked("Begin before the box is under the camera, and scan it again."),
    ),
    "back": (
        marked("the back of the box was not seen: its last line still has rock"),
        marked("Wait until the box has passed, and scan it again."),
    ),
    "missing": (
        marked("{n} lines are missing, {mm} mm at the longest stretch"),
        marked("Depths go on behind them. Scan the box again if core lies there."),
    ),
    "encoder": (
        marked("the encoder slipped, or was not read, at {share} of the lines"),
        marked("Look at the wheel and the cable of the encoder: lengths may be wrong. Scan the box again."),
    ),
    "unknown": (
        marked("{share} of the rock has no mineral"),
        marked("Look at the map: is the core wet or dirty, or is its mineral one that the model does not know?"),
    ),
    "noisy": (
        marked("{share} of the rock is too dark or too noisy to tell"),
        marked("Clean the lens, lengthen the exposure, take a new dark and white, and scan the box again."),
    ),
    "no_rock": (
        marked("no rock was seen"),
        marked("See that the box lies under the camera, and that the right box was chosen."),
    ),
    "cut_short": (
        marked("the scan was cut short: {why}"),
        marked("Scan the box again; what there is of it is kept, and stays out of the tables."),
    ),
    "wavelength": (
        marked("features of {standard} lie up to {nm} nm from their certified places"),
        marked("Let the camera warm up, and check again. If it stays so, have its wavelengths calibrated."),
    ),
    "wavelength_age": (
        marked("wavelengths were checked {hours} h ago"),
        marked("Scan the standard, and check it with oreline core qc --standard."),
    ),
    "length": (
        marked("{way} m of way for a box of {usual} m: two trays may have passed"),
        marked("Leave more of the table between trays, and scan the box again."),
    ),
    "counted": (
        marked("which box this is was counted over lines that nobody saw"),
        marked("Look at its number, and say it with oreline core box or oreline core edit --scan-of."),
    ),
    "rows": (
        marked("{share} of the core lies outside its {rows} rows"),
        marked("See that it is this box, and how many rows it has."),
    ),
    "stripes": (
        marked(
            "{n} of its {rows} rows have a stripe without core from end to end: they are other rows than the session's"
        ),
        marked("See that it is this box, and how many rows it has, then scan it again."),
    ),
    "depth": (
        marked("its rows and the session do not agree: {why}"),
        marked("Look at the picture of the box and at its blocks; put the session right with oreline core edit."),
    ),
}
"""By check: what was found, and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a box. `check`: a key of WORDS; `values`: what stands in their `{}`."""

    check: str
    level: Level
    values: Mapping[str, str]

    @property
    def words(self) -> str:
        return WORDS[self.check][0].format(**self.values)

    @property
    def action(self) -> str:
        return WORDS[self.check][1].format(**self.values)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on scan `scan` of a box; a box without findings passes. `made_at`: when, as text."""

    box: int
    scan: int
    findings: tuple[Finding, ...] = ()
    made_at: str = ""

    @property
    def level(self) -> Level:
        return max((one.level for one in self.findings), default=Level.PASS)

    def told(self) -> dict[str, Any]:
        """As JSON has it, the gravest finding first."""
        findings = sorted(self.findings, key=lambda one: -one.level)
        said = [{**asdict(one), "level": one.level.words, "words": one.words, "action": one.action} for one in findings]
        verdict = {"box": self.box, "scan": self.scan, "verdict": self.level.words, "made_at": self.made_at}
        return {**verdict, "findings": said}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """The inverse of `told`. Raises KeyError, TypeError or ValueError for what is none."""
        findings = [Finding(one["check"], Level[one["level"].upper()], one["values"]) for one in told["findings"]]
        if unknown := {one.check for one in findings} - WORDS.keys():
            raise ValueError(f"no check {unknown.pop()!r}")
        return cls(int(told["box"]), int(told["scan"]), tuple(findings), str(told["made_at"]))


def percent(share: float) -> str:
    """A share for people."""
    return f"{100 * share:.{0 if share >= 0.1 else 1 if share >= 0.001 else 2}f} %"


def graded(check: str, amount: float, look: float, rescan: float, **values: str) -> Iterable[Finding]:
    """A finding where an amount is more than `look`; from `rescan` on the box is to be scanned again."""
    if amount > look:
        yield Finding(check, Level.RESCAN if amount >= rescan else Level.LOOK, values)
