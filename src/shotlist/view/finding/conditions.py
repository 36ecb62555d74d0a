"""Filters of an address as SQL conditions over the index's clips."""

import math

from shotlist.query import identifier, quote
from shotlist.view.answer import NotAsked
from shotlist.view.index.columns import Column

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


def condition(column: Column, values: tuple[str, ...]) -> str:
    """One of the values, and none of those with ``!`` before them; raises NotAsked for a value that fits no kind."""
    wanted = [_one(column, v) for v in values if not v.startswith("!")]
    unwanted = [_one(column, v[1:]) for v in values if v.startswith("!")]
    told = [f"({' OR '.join(wanted)})"] if wanted else []
    # What has no value is none of those that are not wanted.
    told += [f"({c}) IS NOT TRUE" for c in unwanted]
    return " AND ".join(told)


def _one(column: Column, value: str) -> str:
    place = identifier(column.name)
    if value == "none":
        return _empty(column, place)
    if column.kind == "number":
        return _number(column, place, value)
    if column.kind == "flag":
        return _flag(column, place, value)
    exact = value.startswith("=")
    text = quote((value[1:] if exact else value).replace("\0", ""))
    if column.kind == "list":
        return f"list_contains({place}, {text})"
    if column.kind == "category" or exact or column.name.endswith("_id"):
        return f"{place} = {text}"
    return f"contains(lower({place}), lower({text}))"


def _empty(column: Column, place: str) -> str:
    if column.kind == "list":
        return f"coalesce(len({place}), 0) = 0"
    return f"({place} IS NULL OR {place} = 'none')" if column.kind in ("category", "text") else f"{place} IS NULL"


def _number(column: Column, place: str, value: str) -> str:
    low, dots, high = value.partition("..")
    if not dots:
        return f"{place} = {_float(column, value)}"
    ends = [f"{place} >= {_float(column, low)}"] if low.strip() else []
    ends += [f"{place} <= {_float(column, high)}"] if high.strip() else []
    return " AND ".join(ends) if ends else f"{place} IS NOT NULL"


def _float(column: Column, text: str) -> str:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise NotAsked(f"{column.name}: {text!r} is no number; write a number, 2..5, 2.. or ..5") from None
    return (
        f"{text.strip()}::DOUBLE"
        if text.isascii() and text.strip().isdigit() and len(text) < 18
        else f"{found!r}::DOUBLE"
    )


def _flag(column: Column, place: str, value: str) -> str:
    if value.lower() not in _TRUE + _FALSE:
        raise NotAsked(f"{column.name}: {value!r} is neither true nor false (nor none)")
    return place if value.lower() in _TRUE else f"NOT {place}"
