"""Sentences that somebody has put together: refusals, what alarms and processes say, recipes and notes in words.

What comes with values in it is no key of a catalogue. It is found by the sentences here, the first that fits, and its
values are said likewise; what fits none stays as it is, in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from oreline.languages import marked

SENTENCES = (
    marked("this station has no accounts: nobody needs to log in"),
    marked("this account was removed"),
    marked("send one object in JSON, as application/json"),
    marked("log in again: your session has ended"),
    marked("it is not done, since the audit log cannot be written: {why}"),
    marked("there is no command {verb}.{near}"),
    marked("{name} is {role}: {verb} is for {least}s"),
    marked("{verb} takes {known}: {wrong} is missing, or wrong"),
    marked("{verb} takes {what} as {name}, not {value}"),
    marked("nothing came of the {kind} reference within {s} s"),
    marked("the {kind} reference was not taken"),
    marked("this line's camera is not on this host: stop the line there"),
    marked("there is no alarm {key}.{near}"),
    marked("{key} is acknowledged already{who}"),
    marked("{key} is no alarm now"),
    marked("{key} is still there: deal with its cause first ({action})"),
    marked("{key} waits for no confirmation"),
    marked("{key} is not acknowledged yet: acknowledge it first"),
    marked("an alarm is shelved for 1 to {most} s, not for {s} s"),
    marked("{key} is not shelved"),
    marked("{key} is out of service already"),
    marked("{key} is in service already"),
    marked("{key} is {state}: it calls nobody now"),
    marked("a comment has at most {most} characters, not {n}"),
    marked("too many log in at once: try again in a moment"),
    marked("name or password is wrong"),
    marked("too many attempts that were wrong: wait {s} s"),
    marked("this line has no sorter: its file has no sink of that kind"),
    marked("this line does not run: start it first"),
    marked("the sorter has not answered for {s} s; what was asked stands"),
    marked("the line has ended before its sorter answered"),
    marked("boxes are counted from 1"),
    marked("this line logs no core: its file has no sink of kind core"),
    marked("the core sink has not answered for {s} s; what was asked stands"),
    marked("the line has ended before its core sink answered"),
    marked("no box is being scanned"),
    marked("it was given before this run began: give it again"),
    marked("the run has ended"),
    marked("the session of {hole} has no box {n}: it has {first} to {last}"),
    marked("the next tray is box {n}"),
    marked("the tray that passes since line {line} is box {n}"),
    marked("{said}; its scan {scan} of {when} goes out of force once it has passed"),
    marked("box {n} has ended"),
    marked("box {n}: {why}; scan it again"),
    marked("its run ended before the box had passed"),
    marked("another box was begun before it had ended"),
    marked("it ended in lines that nobody saw"),
    marked("a tray passes, but the session of {hole} has no more boxes: add it to {file}"),
    marked("{why}; the session before stays in force"),
    marked("valves are tested while the sorter is held: hold it, and stop the feed"),
    marked("stones are on the belt: wait until none has come for a second"),
    marked("nothing reaches the valves: {why}"),
    marked("this bank of valves takes no tests: that needs a PLC with register map 2"),
    marked("the PLC is in its safe state: re-arm it"),
    marked("the bank has valves 0 to {last}, and no {valve}"),
    marked("{valves} opened in this order, {ms} ms each"),
    marked("{why}; {valves} had opened"),
    marked("the sorter was told to go on"),
    marked("another test was asked for"),
    marked("nobody asks for it any more"),
    marked("the line has ended"),
    marked("the stream began anew"),
    marked("the sorter was started again"),
    marked("no stone has passed since the station started"),
    marked("ordered; the sorter does not run here, or has not answered yet"),
    marked("no line comes"),
    marked("lines are lost"),
    marked("the sorter is sent lines that are too old, and passes them over"),
    marked("one line in a hundred takes over {ms} ms"),
    marked("{gb} GB are free"),
    marked("{n} of {all} records wait"),
    marked("the reference in force has passed a limit"),
    marked("it has {celsius} °C, more than {limit} °C"),
    marked("{share} of the rock of the last minute is unknown"),
    marked("it does not answer"),
    marked("{name} does not answer"),
    marked("it is in its safe state"),
    marked("{n} of {all} valves; the bank does not tell which"),
    marked("{n} valves: {valves}"),
    marked("valve {valve}: up to {share} % of what is shot is lost"),
    marked("valve {valve}"),
    marked("lines have no light"),
    marked("the strip is darker than it was"),
    marked("lines have a doubtful position"),
    marked("samples without an answer"),
    marked("no frame for {s} s: check the camera's trigger, cable and exposure; trying to open it again"),
    marked("{name} has shown no progress for {s} s: killed"),
    marked("{name} was {cause}: started again{why}"),
    marked("killed by signal {n}"),
    marked("{why}; the line goes on without it"),
    marked("{n} lines were given up that {names} lacked, {all} in all"),
    marked("{name} lacks more than {n} records, which is all that is kept for it: a gap will say what it lost"),
    marked("{name} was not heard from for {s} s: nothing is kept for it; a gap will say what it lost"),
    marked("the PLC at {address} was lost: {why}"),
    marked("valve {dead} did not do as told; valve {helper} beside opens for the stones there, and may miss some"),
    marked("valve {dead} did not do as told; valves {helpers} beside open for the stones there, and may miss some"),
    marked("valves {dead} did not do as told; {more}"),
    marked("valves {helpers} beside open for the stones there, and may miss some"),
    marked("nothing opens for the stones under valve {alone}: they are lost"),
    marked("nothing opens for the stones under valves {alone}: they are lost"),
    marked("{why}; it is opened again every {s} s{times}"),
    marked("{why}; trying again"),
    marked("recipe {asked} is not used, {now} is: {why}"),
    marked("stones of at least {n} samples are ejected where {condition}"),
    marked("stones of at least {n} samples are {products}"),
    marked("{ore} is, by mean probability, at least {least} of what it and the most probable other are together"),
    marked("{n} lines of the journal have no date, since no clock was noted with them: in no shift"),
    marked("{n} stones of the journal's runs never came to the log: in no shift"),
    marked("lines shed are those that the station saw: it did not see {n} lines"),
    marked("acquisition.pitch_mm is not set: there are no areas"),
    marked("no ore is named in [sinks.station.shifts] or in the sorter's recipe: there is no grade"),
    marked("tonnes_per_m2 is not set in [sinks.station.shifts]: areas are told, and no tonnes"),
    marked("tonnes are area times {factor} t/m2, a sample taken to be as long as wide"),
    marked("grade and recovery are shares of labelled samples: an estimate, which no assay has confirmed"),
    marked("a reference was taken"),
    marked("no lines came"),
    marked("no line has come yet"),
    marked("lines lost: {reason}"),
)
"""Of refusals, of alarms and processes, of recipes, and of shifts; the more particular first."""
PARTS = (
    marked("{one}, and {other}"),
    marked("{one}, or {other}"),
    marked("({condition})"),
    marked("{left} is at least {right}"),
    marked("{left} is at most {right}"),
    marked("{left} is more than {right}"),
    marked("{left} is less than {right}"),
    marked("{name} (valves) where {condition}"),
    marked("{one} plus {other}"),
    marked("{one} minus {other}"),
    marked("minus {one}"),
    marked("half of {one}"),
    marked("{factor} times {one}"),
    marked("{one} or {other}"),
)
"""Of what stands in these: the conditions of a recipe."""
VALUES = (
    marked("dark"),
    marked("white"),
    marked("killed"),
    marked("nothing"),
    marked("dropped"),
    marked("incomplete"),
    marked("ring full"),
    marked("restart"),
    marked("damaged"),
    marked("a number"),
    marked("a text"),
    marked("a whole number"),
    marked("whole numbers"),
    marked("true or false"),
)
"""What stands in them, and is said nowhere else."""
MOST = 400
"""Letters of what is looked at: a sentence, and no listing."""
_SLOT = re.compile(r"\{(\w+)\}")


def parted(text: str, *, inner: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Sentences that a text may be, with the values that it has in their slots. `inner`: it is a part of another."""
    if len(text) > MOST:
        return
    for sentence, pattern in _patterns((*SENTENCES, *PARTS) if inner else SENTENCES):
        found = pattern.fullmatch(text)
        if found and all(value.count("(") == value.count(")") for value in found.groups()):
            yield sentence, found.groupdict()


@cache
def _patterns(sentences: Sequence[str]) -> list[tuple[str, re.Pattern[str]]]:
    return [(one, re.compile(_pattern(one), re.DOTALL)) for one in sentences if _SLOT.search(one)]


def _pattern(sentence: str) -> str:
    literals, names = _SLOT.split(sentence)[::2], _SLOT.findall(sentence)
    slots = [f"(?P<{name}>.*?)" for name in names] + [""]
    return "".join(re.escape(literal) + slot for literal, slot in zip(literals, slots, strict=True))
