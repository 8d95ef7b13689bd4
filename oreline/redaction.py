"""Redaction: texts without secrets, before they leave a site.

Two ways, one for what is known and one for what is not: values that were read where secrets are kept (keys, passwords,
accounts, variables of the environment) are struck out wherever they stand, and so is what looks like one: the value
beside a telling name, a name and password in an address, a private key in PEM.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

STRUCK = "[left out]"
LEAST, ALONE = 3, 8
"""Letters from which on a known value is struck out; up to `ALONE` only where it stands as a word."""
MOST_BYTES = 1 << 20
_WORD = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api[_-]?key|auth(?:orization)?|user(?:name)?|cookie|"
    r"session[_-]?id)"
)
TELLING = re.compile(rf"(?:^|[_.-]){_WORD}(?:$|[_.-])", re.IGNORECASE)
"""Names of settings and variables whose values are secret."""
_VALUE = r"""(?:\\?"(?:[^"\\]|\\.)*"|'[^']*'|(?!\[left out\])[^\s,;}\])"']+)"""
_LOOKS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), STRUCK),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^/\s@\"']+@", re.IGNORECASE), rf"\1{STRUCK}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {STRUCK}"),
    (re.compile(rf"((?:\b|_){_WORD}[\"']?\s*(?:[=:]|\bis\b)\s*){_VALUE}", re.IGNORECASE), rf"\1{STRUCK}"),
    (re.compile(r"\$argon2[\w$=,.+/-]+"), STRUCK),
)


_HARMLESS = ("HOME", "PWD", "SHELL", "USER", "LOGNAME", "USERNAME", "SUDO_USER")


class Redaction:
    """Strikes secrets out of texts: `known`, and what looks like one."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {form for value in known if len(value) >= LEAST for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(_pattern, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """The same without secrets."""
        if self._known is not None:
            text = self._known.sub(STRUCK, text)
        for pattern, instead in _LOOKS:
            text = pattern.sub(instead, text)
        return text

    def tables(self, value: Any, name: str = "") -> Any:
        """The same of settings: the value of a telling name is struck out whatever it is."""
        if TELLING.search(name) and not isinstance(value, dict | bool):
            return STRUCK
        if isinstance(value, dict):
            return {self.text(key): self.tables(one, key) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.tables(one, name) for one in value]
        return self.text(value) if isinstance(value, str) else value


def _pattern(form: str) -> str:
    return re.escape(form) if len(form) > ALONE else rf"(?<!\w){re.escape(form)}(?!\w)"


def _forms(value: str) -> set[str]:
    """A value as it may stand in a text: plain, in JSON, in an address, in base64."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return {value, escaped, quote(value, safe=""), base64.b64encode(value.encode()).decode()}


def of_environment(environment: Mapping[str, str] = os.environ) -> set[str]:
    """Values of variables of telling names."""
    return {value for name, value in environment.items() if TELLING.search(name)} - _harmless(environment)


def _harmless(environment: Mapping[str, str]) -> set[str]:
    return {environment.get(name, "") for name in _HARMLESS}


def of_settings(value: Any, name: str = "") -> set[str]:
    """Secrets that settings hold, or that stand in files which they name: the values of telling names."""
    if isinstance(value, dict):
        return {secret for key, one in value.items() for secret in of_settings(one, key)}
    if isinstance(value, list | tuple):
        return {secret for one in value for secret in of_settings(one, name)}
    if not isinstance(value, str):
        return set()
    told = {value} if TELLING.search(name) else set[str]()
    return told | (of_file(Path(value)) if told or name.endswith("key") else set())


def of_file(path: Path) -> set[str]:
    """Lines of a file of secrets; none of one that cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode(errors="replace")
    except (OSError, ValueError):
        return set()
    return {line.strip() for line in text.splitlines() if not line.startswith("-----")} | {text.strip()}
