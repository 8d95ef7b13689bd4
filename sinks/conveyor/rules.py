"""Rules that stones are decided by: the recipe that was in force when a stone began decides it, whatever is in force
when it ends.

Each recipe that has stones on the belt cuts every line by itself, and only its own stones count. So a stone is what it
would be if its recipe had been in force all day. One cuts on until the last of its own stones has ended: most of the
time there is one, and for the length of a stone after a change there are two.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from oreline.answers import Codes
from oreline.messages import ClassInfo, Flag, LabelLine, StreamInfo
from sinks.conveyor.cores import Cores
from sinks.conveyor.products import Products
from sinks.conveyor.recipe import Recipe, Verdict
from sinks.conveyor.segment import Run, Segmenter, Stone

_NO_CODES = np.empty(0, np.uint8)
MOST_RULES = 4
"""With stones on the belt at once. One more waits for the oldest to end."""


class Rule:
    """A recipe at work on the lines of a stream. Its own are the stones that begin at its first line or later, and
    before line `until`, the first of the next rule. `title`: what its recipe is called. `classes`: what codes that it
    sorts by stand for. Raises ConfigError where the stream does not tell what it asks."""

    def __init__(self, recipe: Recipe, info: StreamInfo, title: str, before: Rule | None = None) -> None:
        self.recipe, self.title = recipe, title
        self.until = sys.maxsize
        self._answer = recipe.answer(info.classes, info.layers)
        self.classes = self._answer.classes
        kinds = recipe.kinds(info.classes, info.layers)
        self._segmenter: Segmenter = before._segmenter.beside(kinds) if before is not None else Segmenter(kinds)
        self._cores = Cores.of(info, kinds) if recipe.decide == "mean" else None
        self._products = Products(recipe, self._answer) if recipe.conditions else None

    def owns(self, stone: Stone) -> bool:
        """True of a stone that this rule decides, as far as it is seen."""
        return stone.first < self.until and not stone.older

    @property
    def has_open(self) -> bool:
        """True while stones of its own go on."""
        return any(map(self.owns, self._segmenter.open))

    def push(self, line: LabelLine, *, alone: bool) -> Cut:
        codes = self._answer.codes(line.labels, line.layers)
        runs, ended, parted = self._segmenter.push(codes, Flag.ENCODER in line.flags, line.stamp.seq)
        if self._cores is not None and line.layers is not None:
            self._cores.push(runs, line.layers)
        if self._products is not None:
            self._products.count(runs, codes)
        return Cut(self, codes, runs, ended, parted, alone)

    def decide(self, stones: list[Stone]) -> None:
        """Decide stones by what was seen of them so far, unless they were decided already."""
        for stone in stones:
            if stone.decision is None:
                stone.product, (stone.decision, stone.measure, stone.why) = self._judge(stone)

    def _judge(self, stone: Stone) -> tuple[int, Verdict]:
        """The product of a stone, and the verdict on it."""
        if self._products is None or stone.counts is None or not self.recipe.counts(stone):
            verdict = self.recipe.judge(stone)
            return int(verdict.wanted), verdict
        product = int(self._products.of(stone.counts[None].astype(np.float64))[0])
        why = self.product_name(product) or ("the recipe's condition holds" if product else "no condition holds")
        return product, Verdict(bool(self._products.opens[product]), math.nan, why)

    def product_name(self, product: int) -> str:
        """Name of one of its recipe's products, counted from 1; empty where it has none."""
        return self.recipe.products[product - 1].name if product and self.recipe.products else ""

    def cut(self, *, alone: bool) -> Cut:
        """End all stones that are open."""
        if self._cores is not None:
            self._cores.cut()
        return Cut(self, _NO_CODES, [], self._segmenter.cut(), [], alone)


@dataclass(frozen=True, slots=True)
class Cut:
    """A line as one rule cuts it: its codes, uint8 (samples,), its runs, the stones that it ended, and those that go
    on, of which it ended pieces. Those of other rules are among them, unless this one was `alone` then."""

    rule: Rule
    codes: Codes
    runs: list[Run]
    ended: list[Stone]
    parted: list[Stone]
    alone: bool

    def hold(self) -> None:
        """What this line is of is not ejected, whatever follows."""
        for run in self.runs:
            run.stone.root().held = run.piece.root().held = True
        for stone in (*self.ended, *self.parted):
            for piece in (stone, *stone.ended):
                piece.held = True

    @property
    def own(self) -> list[Run]:
        """The runs of stones of the rule's own, as far as these are seen now."""
        return self.runs if self.alone else [run for run in self.runs if self.rule.owns(run.stone.root())]

    def own_of(self, stones: list[Stone]) -> list[Stone]:
        """Those of the rule's own."""
        return stones if self.alone else list(filter(self.rule.owns, stones))


class Rules:
    """Rules of a belt, in the order that they came into force. A stone that goes on for more than `patience` lines
    after a change is to be cut, so that the rules end."""

    def __init__(self, recipe: Recipe, info: StreamInfo, patience: int, title: str = "") -> None:
        self._rules = [Rule(recipe, info, title)]
        self._info, self._patience, self._next = info, patience, 0

    @property
    def recipe(self) -> Recipe:
        """Recipe of the stones that begin now."""
        return self._rules[-1].recipe

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """What the codes stand for that it sorts by."""
        return self._rules[-1].classes

    @property
    def is_full(self) -> bool:
        """True while no other recipe can come into force."""
        return len(self._rules) >= MOST_RULES

    @property
    def is_overdue(self) -> bool:
        """True where a stone of an earlier recipe goes on for too long: `cut` is due."""
        return self._next - self._rules[0].until > self._patience

    def use(self, recipe: Recipe, title: str = "") -> None:
        """Let a recipe decide the stones that begin from now on. Raises ConfigError, and leaves what is in force."""
        rule = Rule(recipe, self._info, title, self._rules[-1])
        self._rules[-1].until = self._next
        self._rules.append(rule)

    def push(self, line: LabelLine) -> list[Cut]:
        """Take a line, which follows the last unless all was cut."""
        cuts = [rule.push(line, alone=len(self._rules) == 1) for rule in self._rules]
        self._next = line.stamp.seq + 1
        self._let_go()
        return cuts

    def cut(self) -> list[Cut]:
        """End all stones that are open, since the next line does not follow the last."""
        cuts = [rule.cut(alone=len(self._rules) == 1) for rule in self._rules]
        self._let_go()
        return cuts

    def _let_go(self) -> None:
        """Let go of earlier rules that have no more stones on the belt."""
        if len(self._rules) > 1:
            *earlier, newest = self._rules
            self._rules = [*(rule for rule in earlier if rule.has_open), newest]
