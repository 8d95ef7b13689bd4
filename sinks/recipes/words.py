"""Conditions in words, for whoever is to see what he has written."""

from __future__ import annotations

from sinks.recipes.expression import Comparison, Condition, Sum

_SIGNS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}


def in_words(condition: Condition) -> str:
    """A condition as a sentence of English, without its end."""
    if isinstance(condition, Comparison):
        return _compared(condition)
    parts = [in_words(part) if isinstance(part, Comparison) else f"({in_words(part)})" for part in condition.parts]
    return (", and " if condition.all else ", or ").join(parts)


def percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def _compared(one: Comparison) -> str:
    left, sign, right = one.left, one.sign, one.right
    if not any(left.terms.values()) and any(right.terms.values()):
        left, right, sign = right, left, sign.translate(str.maketrans("<>", "><"))
    return f"{_summed(left)} is {_SIGNS[sign]} {_summed(right)}"


def _summed(summed: Sum) -> str:
    parts = [(weight, _times(abs(weight), name)) for name, weight in summed.terms.items() if weight]
    if summed.number or not parts:
        parts.append((summed.number, percent(abs(summed.number))))
    (sign, first), *others = parts
    return ("minus " if sign < 0 else "") + first + "".join(f" {_joint(weight)} {part}" for weight, part in others)


def _times(factor: float, name: str) -> str:
    return name if factor == 1 else f"half of {name}" if factor == 0.5 else f"{factor:.6g} times {name}"


def _joint(weight: float) -> str:
    return "minus" if weight < 0 else "plus"
