"""Alarms after ISA-18.2 and IEC 62682: what is said of one in a table, and how one stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class Priority(IntEnum):
    """Priority: by what is lost if nobody comes, and how soon."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Ne107(IntEnum):
    """Status by NAMUR NE 107, numbered as in OPC 10000-100."""

    NORMAL = 0
    FAILURE = 1
    CHECK_FUNCTION = 2
    OFF_SPEC = 3
    MAINTENANCE_REQUIRED = 4


class State(StrEnum):
    """State of an alarm."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    """Its cause is there, and nobody has said that he has seen it."""
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    """Its cause has gone, and nobody has said that he has seen it."""
    LATCHED_UNACKNOWLEDGED = "latched unacknowledged"
    """Its cause has gone; it stays until somebody has seen it and confirms that it is dealt with."""
    LATCHED_ACKNOWLEDGED = "latched acknowledged"
    SHELVED = "shelved"
    """Put away by an operator, for a time."""
    SUPPRESSED = "suppressed"
    """By design: another alarm that is its cause says enough."""
    OUT_OF_SERVICE = "out of service"
    """Put away by an engineer, until he takes it back."""


Condition = Callable[[Any], Mapping[str, str] | None]
"""Of a Status: where it holds, by source ("" is the line), with words for people; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is known of an alarm before it comes.

    `title`, `cause`, `consequence`, `action`: for people, to be translated. `act_within_s`: time to act. It is raised
    by incidents of `kinds`, at least `least` of them, none longer than `quiet_s` after the last; or by a condition that
    has held for `after_s`. It returns when the condition has not held, and no incident come, for `quiet_s`.
    `by_source`: each process, stream or valve has one of its own. `suppressed_by`: names of rules that are its cause.
    """

    name: str
    title: str
    cause: str
    consequence: str
    action: str
    priority: Priority
    ne107: Ne107
    act_within_s: int
    kinds: tuple[str, ...] = ()
    least: int = 1
    condition: Condition | None = None
    after_s: float = 0.0
    quiet_s: float = 60.0
    by_source: bool = False
    suppressed_by: tuple[str, ...] = ()
    latched: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, as it stands.

    `number`: of its last change, rising over all alarms. `present`: its cause is there. `latched`: it is there until it
    is confirmed. `chattering`: it came so often that it is held until it is quiet. `times`: how often it came since it
    was normal. `words`: of its last cause. `raised`, `returned`: of the wall's clock. `until_ns`: end of its shelving,
    by CLOCK_MONOTONIC; 0 where it is not shelved. `by`, `comment`: of the last act on it.
    """

    rule: Rule
    source: str = ""
    number: int = 0
    present: bool = False
    latched: bool = False
    acknowledged: bool = True
    chattering: bool = False
    suppressed_by: tuple[str, ...] = ()
    until_ns: int = 0
    out_of_service: bool = False
    times: int = 0
    words: str = ""
    raised: datetime | None = None
    returned: datetime | None = None
    by: str = ""
    comment: str = ""

    @property
    def key(self) -> str:
        """Name for ever: of its rule, and of its source where the rule tells them apart."""
        return f"{self.rule.name}:{self.source}" if self.source else self.rule.name

    @property
    def active(self) -> bool:
        return self.present or self.latched or self.chattering

    @property
    def hidden(self) -> bool:
        """True where nobody is to be called by it."""
        return bool(self.out_of_service or self.until_ns or self.suppressed_by)

    @property
    def state(self) -> State:
        if self.out_of_service:
            return State.OUT_OF_SERVICE
        if self.until_ns:
            return State.SHELVED
        if self.suppressed_by:
            return State.SUPPRESSED
        if self.present or self.chattering:
            return State.ACKNOWLEDGED if self.acknowledged else State.UNACKNOWLEDGED
        if self.latched:
            return State.LATCHED_ACKNOWLEDGED if self.acknowledged else State.LATCHED_UNACKNOWLEDGED
        return State.NORMAL if self.acknowledged else State.RETURNED

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Place in a list of alarms, the first first: what calls somebody, what is not acknowledged, by priority, the
        newest."""
        return self.hidden, self.acknowledged, -self.rule.priority, -self.number


class What(StrEnum):
    """What has become of an alarm."""

    RAISED = "raised"
    RETURNED = "returned"
    CHATTERING = "chattering"
    CHANGED = "changed"
    """Other words, or it came again while it chatters."""
    SUPPRESSED = "suppressed"
    RELEASED = "released"
    """Its cause is no longer there to say it."""
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    OUT_OF_SERVICE = "out of service"
    IN_SERVICE = "in service"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an alarm: `alarm` is as it stands since."""

    what: What
    alarm: Alarm
