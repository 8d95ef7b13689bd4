"""Mistakes in settings, in the words of the file that they stand in, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from oreline.errors import nearest

RENAMED = {"bad_elements": "bad_pixels", "find_bad_elements": "find_bad_pixels"}
"""Keys of earlier releases, and what they are called now."""
_QUOTED = re.compile(r"'([^']*)'")


def mistake(model: type[BaseModel], item: Any, others: Iterable[str] = ()) -> str:
    """The words for one of pydantic's errors. `others`: keys that may stand beside the model's."""
    path, context = ".".join(str(part) for part in item["loc"]), item.get("ctx", {})
    match item["type"]:
        case "extra_forbidden":
            *above, key = item["loc"]
            if key in RENAMED:
                return f"{path!r} is called {RENAMED[key]!r} now."
            return f"unknown key {path!r}.{nearest(str(key), [*_keys(model, above), *(() if above else others)])}"
        case "union_tag_invalid":
            tag, tags = str(context["tag"]), _QUOTED.findall(context["expected_tags"])
            (key,) = _QUOTED.findall(context["discriminator"])
            meant = nearest(tag, tags) or f" Use one of {', '.join(tags)}"
            return f"{path}: no {key} {tag!r}.{meant}"
        case "union_tag_not_found":
            return f"{path}: it lacks the key {context['discriminator']}"
        case "literal_error":
            near = nearest(str(item["input"]), _QUOTED.findall(context["expected"]))
            return f"{path}: {item['msg']} (got {item['input']!r}){near and '.'}{near}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{path}: give a table (got {item['input']!r})"
        case "list_type" | "tuple_type":
            return f"{path}: give a list (got {item['input']!r})"
        case "float_type" | "float_parsing" if isinstance(item["input"], str):
            return f"{path}: give a number without quotes, with a point before its decimals (got {item['input']!r})"
        case "value_error":
            return f"{path}: {context['error']}" if path else str(context["error"])
    return f"{path}: {item['msg']} (got {item['input']!r})"


def renamed_in(model: Any, table: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Places in a table whose keys have another name now, and are refused therefore. `model`: a `Section` for it."""
    try:
        model.model_for(table).model_validate(table)
    except ValidationError as error:
        items = error.errors()
        return [
            _place(table, one["loc"]) for one in items if one["type"] == "extra_forbidden" and one["loc"][-1] in RENAMED
        ]
    return []


def _place(table: Any, path: Iterable[Any]) -> tuple[str | int, ...]:
    """Where something is in a table, by pydantic's path to it, in which members of unions have names, too."""
    place, at = list[str | int](), table
    for part in path:
        if (isinstance(at, dict) and part in at) or (isinstance(at, list) and isinstance(part, int)):
            place.append(part)
            at = at[part]
    return tuple(place)


def _keys(model: type[BaseModel], path: Iterable[Any]) -> list[str]:
    """The keys known at a place inside a model."""
    models = [model]
    for part in path:
        if isinstance(part, str):
            inner = [member for model in models for member in models_in(model.model_fields.get(part))]
            models = inner or [model for model in models if _is_tagged(model, part)] or models
    return list(dict.fromkeys(key for model in models for key in model.model_fields))


def _is_tagged(model: type[BaseModel], tag: str) -> bool:
    """True where a tag is that of this member of a union."""
    return any(tag in get_args(field.annotation) for field in model.model_fields.values())


def models_in(field: Any) -> list[type[BaseModel]]:
    """All that a field, or an annotation, holds."""
    annotation = field.annotation if isinstance(field, FieldInfo) else field
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]
