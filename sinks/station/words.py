"""Words of the station in the languages of those who read them, from gettext catalogues in `locale/`.

What is to be translated is its own key, in English: in Python what `marked` marks, in pages what stands in `{{ }}`, in
scripts what `t` is called with. A catalogue is read as it is written; plurals are left to sentences that need none.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sinks.station.sentences import parted

LANGUAGES = {"en": "English", "es": "Español", "zh-CN": "中文"}
ENGLISH = "en"
_SLOT = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a language. `all`: by what they are in English; what is not there is said in English."""

    language: str
    all: Mapping[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """A text in this language, with values in its `{}`."""
        return self.all.get(text, text).format(**values) if values else self.all.get(text, text)

    def said(self, text: str, *, inner: bool = False) -> str:
        """A text that was put together elsewhere, in this language as far as that is known. `inner`: of another."""
        if text in self.all or self.language == ENGLISH:
            return self.all.get(text, text)
        for sentence, values in parted(text, inner=inner):
            if sentence in self.all:
                return self(sentence, **{name: self.said(value, inner=True) for name, value in values.items()})
        return text

    def filled(self, page: str) -> str:
        """A page with its words in place."""
        slots = {"language": self.language}
        return _SLOT.sub(lambda slot: html.escape(slots.get(slot[1], self(" ".join(slot[1].split())))), page)


@cache
def words_in(language: str) -> Words:
    """Words of one of `LANGUAGES`."""
    return Words(language, {} if language == ENGLISH else catalogue(_text(language)))


def chosen(*wishes: str) -> Words:
    """Words in the first language that is wished for and there is; each wish one, or a browser's list."""
    for wish in wishes:
        for one in sorted(wish.split(","), key=_weight, reverse=True):
            language = _nearest(one.partition(";")[0].strip())
            if language:
                return words_in(language)
    return words_in(ENGLISH)


def catalogue(text: str) -> dict[str, str]:
    """Translations of a catalogue, by message; those that are empty or fuzzy are none."""
    return {one["msgid"]: one["msgstr"] for one in entries(text) if one.get("msgid") and one.get("msgstr")}


def entries(text: str) -> Iterator[dict[str, str]]:
    """Entries of a catalogue: `msgid` and `msgstr`. Raises ValueError where a line is none of it."""
    for paragraph in re.split(r"\n\s*\n", text):
        entry, key = dict[str, str](), ""
        for line in (one.strip() for one in paragraph.splitlines()):
            if line.startswith("#") or not line:
                continue
            name, _, quoted = line.partition(" ") if not line.startswith('"') else (key, "", line)
            key = name
            entry[key] = entry.get(key, "") + ast.literal_eval(quoted)
        if entry:
            yield entry


def _text(language: str) -> str:
    return (files("sinks.station") / "locale" / f"{language}.po").read_text(encoding="utf-8")


def _weight(wish: str) -> float:
    quality = re.search(r";\s*q=([01](?:\.\d+)?)", wish)
    return float(quality[1]) if quality else 1.0


def _nearest(wish: str) -> str:
    """The language of a tag such as es-MX, or "": Chinese is taken as simplified."""
    whole = next((one for one in LANGUAGES if one.lower() == wish.lower()), "")
    return whole or next((one for one in LANGUAGES if one.split("-")[0] == wish.split("-")[0].lower()), "")
