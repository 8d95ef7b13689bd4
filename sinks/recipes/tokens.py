"""Tokens of an expression: all that may stand in one, and where something else does, what was probably meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oreline.errors import ConfigError

MOST_CHARACTERS, MOST_TOKENS, MOST_DEPTH = 500, 120, 12
LOGIC = ("and", "or", "not")
_TOKEN = re.compile(
    r"""(?P<number>(?:\d+\.?\d*|\.\d+)(?![\w.])) | (?P<name>[^\W\d]\w*) | (?P<quoted>'[^']+'|"[^"]+")
    | (?P<sign><=|>=|[-+*/<>()])""",
    re.VERBOSE,
)
_HINTS = {
    "=": "compare with <, <=, > or >=: a share is hardly ever equal to a number",
    "!": "say 'not'",
    "&": "say 'and'",
    "|": "say 'or'",
    "%": "a share is a number from 0 to 1: 0.4 for 40 %",
    ",": "write numbers with a point: 0.4",
    "'": "the quotation is not closed",
    '"': "the quotation is not closed",
    "\\": "names have no backslash",
}
_DIGIT = "numbers are written like 0.4 and end at a space or sign; names begin with a letter, or stand in quotes"
_ALLOWED = "names, numbers, + - * / ( ) < <= > >=, and, or, not"


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: "number", "name", "quoted", "sign" or "logic". `at`: its first character."""

    kind: str
    text: str
    at: int

    @property
    def ends_value(self) -> bool:
        return self.kind in ("number", "name", "quoted") or self.text == ")"

    @property
    def begins_value(self) -> bool:
        return self.kind in ("number", "name", "quoted") or self.text in ("(", "not")


def mistake(text: str, at: int, why: str) -> ConfigError:
    """A refusal that shows the place."""
    return ConfigError(f"{why}; at character {at + 1} of the expression, here: {text[:at]}▸{text[at:]}")


def tokens_of(text: str) -> list[Token]:
    """Tokens of an expression without line breaks. Raises ConfigError at the first place where there is none, or where
    two values have nothing between them, and for what is too long or too deep."""
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(f"the expression has {len(text)} characters, more than {MOST_CHARACTERS}: make it shorter")
    tokens, at, depth = list[Token](), 0, 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        token = _token(text, at)
        depth += (token.text == "(") - (token.text == ")")
        _look(text, tokens, token, depth)
        tokens.append(token)
        at += len(token.text)
    if depth:
        raise mistake(text, len(text), f"{depth} more ')' needed")
    return tokens


def _token(text: str, at: int) -> Token:
    found = _TOKEN.match(text, at)
    if found is None or not found[0].isprintable():
        hint = _DIGIT if text[at].isdigit() else _HINTS.get(text[at])
        raise mistake(text, at, f"{text[at]!r} is not understood: {hint or f'there are {_ALLOWED}'}")
    kind, word = str(found.lastgroup), found[0]
    if kind == "name" and word.lower() in LOGIC:
        if word not in LOGIC:
            raise mistake(text, at, f"write {word.lower()!r} in small letters, or a name {word!r} in quotes")
        kind = "logic"
    return Token(kind, word, at)


def _look(text: str, before: list[Token], token: Token, depth: int) -> None:
    last = before[-1] if before else None
    if depth < 0:
        raise mistake(text, token.at, "this ')' closes nothing")
    if depth > MOST_DEPTH or len(before) >= MOST_TOKENS:
        raise mistake(
            text, token.at, f"it is too long: at most {MOST_TOKENS} words and signs, brackets {MOST_DEPTH} deep"
        )
    if last is not None and last.ends_value and token.begins_value:
        if last.kind == token.kind == "name":
            raise mistake(text, last.at, f"a name of several words stands in quotes: '{last.text} {token.text}'")
        raise mistake(text, token.at, f"something is missing before {token.text!r}: +, -, *, a comparison, and, or")
