"""Expressions of shares, such as `muscovite + 0.5 * illite > 0.4 and quartz < 0.2`: what a stone must be.

A name is a class or a group of the model, or `unknown`, and stands for its share of the stone's samples, 0 to 1; in
quotes where it is of several words. Python's parser finds the structure of what `tokens` has let through; nothing is
ever run, and all that is no sum of shares, comparison, `and`, `or` or `not` is refused. So every comparison is linear,
and a denial is told as the opposite comparison.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from oreline.errors import ConfigError
from sinks.recipes.tokens import mistake, tokens_of

MOST = 1000.0
"""Largest number."""
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


@dataclass(frozen=True, slots=True)
class Sum:
    """Sum of shares, each times a number, and of a number: `terms` by name, and `number`."""

    terms: Mapping[str, float] = field(default_factory=dict)
    number: float = 0.0

    def plus(self, other: Sum, times: float = 1.0) -> Sum:
        names = dict.fromkeys([*self.terms, *other.terms])
        terms = {name: self.terms.get(name, 0.0) + times * other.terms.get(name, 0.0) for name in names}
        return Sum(terms, self.number + times * other.number)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left` beside `right`; `sign`: <, <=, > or >=. `at`: its first character in the expression."""

    left: Sum
    sign: str
    right: Sum
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several conditions: `all` of them hold, or any."""

    all: bool
    parts: tuple[Condition, ...]


Condition = Comparison | Joined


def parse(text: str) -> Condition:
    """The condition that an expression says. Raises ConfigError, which shows the place and what is allowed there."""
    text = " ".join(text.split())
    tokens_of(text)
    return _Reader(text).read()


def comparisons(condition: Condition) -> list[Comparison]:
    """All comparisons of a condition, in order."""
    if isinstance(condition, Comparison):
        return [condition]
    return [one for part in condition.parts for one in comparisons(part)]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> Condition:
        try:
            tree = ast.parse(self._text, mode="eval")
        except SyntaxError as error:
            at = self._at((error.offset or 1) - 1) if error.offset else len(self._text)
            raise mistake(self._text, min(at, len(self._text)), "something is missing, or too much") from None
        return self._condition(tree.body)

    def _condition(self, node: ast.expr, denied: bool = False) -> Condition:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._condition(node.operand, not denied)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self._condition(value, denied) for value in node.values)
            return Joined(isinstance(node.op, ast.And) != denied, parts)
        if isinstance(node, ast.Compare):
            return self._compared(node, denied)
        raise self._mistake(node, "this is no comparison: say how much it must be, as in 'quartz < 0.2'")

    def _compared(self, node: ast.Compare, denied: bool) -> Condition:
        sums, at = [self._sum(one) for one in (node.left, *node.comparators)], self._at(node.col_offset)
        signs = [_SIGNS[type(op)] for op in node.ops if type(op) in _SIGNS]
        if len(signs) != len(node.ops):
            raise self._mistake(node, "compare with <, <=, > or >=; a name like 'in' stands in quotes")
        parts = tuple(
            Comparison(left, _OPPOSITE[sign] if denied else sign, right, at)
            for left, sign, right in zip(sums[:-1], signs, sums[1:], strict=True)
        )
        return parts[0] if len(parts) == 1 else Joined(not denied, parts)

    def _sum(self, node: ast.expr) -> Sum:
        match node:
            case ast.Name(id=name) | ast.Constant(value=str(name)):
                return Sum({name.strip(): 1.0})
            case ast.Constant(value=bool() | None):
                raise self._mistake(node, "this is a word of another language: a name like it stands in quotes")
            case ast.Constant(value=int() | float() as number):
                if number > MOST:
                    raise self._mistake(node, f"numbers are at most {MOST:g}")
                return Sum(number=float(number))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return Sum().plus(self._sum(operand), -1.0 if isinstance(sign, ast.USub) else 1.0)
            case ast.BinOp(left=left, op=op, right=right):
                return self._joined(node, self._sum(left), op, self._sum(right))
        raise self._mistake(node, "this is no share and no number: a name like a word of Python's stands in quotes")

    def _joined(self, node: ast.expr, left: Sum, op: ast.operator, right: Sum) -> Sum:
        match op:
            case ast.Add() | ast.Sub():
                return left.plus(right, -1.0 if isinstance(op, ast.Sub) else 1.0)
            case ast.Mult() if not (left.terms and right.terms):
                factor, other = (right, left) if left.terms else (left, right)
                return Sum().plus(other, factor.number)
            case ast.Div() if not right.terms and right.number:
                return Sum().plus(left, 1.0 / right.number)
        raise self._mistake(node, "shares are added, and multiplied with or divided by a number that is not 0, no more")

    def _mistake(self, node: ast.expr, why: str) -> ConfigError:
        return mistake(self._text, self._at(node.col_offset), why)

    def _at(self, offset: int) -> int:
        """The character at which a byte of the expression is."""
        return len(self._text.encode()[:offset].decode(errors="ignore"))
