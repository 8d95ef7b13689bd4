"""JSON schemas of tables, as a user reads them."""

from __future__ import annotations

from typing import Any


def without_titles(schema: Any) -> Any:
    """A schema without the titles that are made of names in the code."""
    if isinstance(schema, list):
        return [without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {key: without_titles(value) for key, value in kept.items()}
