"""Words for people, to be translated where they are shown."""

from __future__ import annotations


def marked(text: str) -> str:
    """The same text, which whoever collects words for translators finds by this call."""
    return text
