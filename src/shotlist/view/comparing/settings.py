"""Two recipes side by side: what differs, and what is the same."""

from collections.abc import Iterator, Mapping
from typing import Any

Told = dict[tuple[str, str], Any]
"""(step, setting) to value; the setting of a step itself, its class and version, is empty."""


def settings(a: Any, b: Any) -> dict[str, Any]:
    """``differ`` and ``same`` rows {step, setting, a, b} of two stored recipes, either of which may be absent.

    ``only_a`` and ``only_b`` are steps that the other does not have. One that is of another class is a single row: its
    settings mean something else.
    """
    first, second = _told(a), _told(b)
    steps = list(dict.fromkeys(step for step, _ in (*first, *second)))
    both = [step for step in steps if _class(first, step) == _class(second, step)]
    differ: list[dict[str, Any]] = []
    same: list[dict[str, Any]] = []
    only = {"only_a": [s for s in steps if not _class(second, s)], "only_b": [s for s in steps if not _class(first, s)]}
    for step in (s for s in steps if s not in only["only_a"] + only["only_b"]):
        known = {setting: None for where in (first, second) for s, setting in where if s == step}
        for setting in known if step in both else [""]:
            row = {"step": step, "setting": setting, "a": first.get((step, setting)), "b": second.get((step, setting))}
            (same if row["a"] == row["b"] else differ).append(row)
    return {"differ": differ, "same": [row for row in same if row["setting"]], **only}


def _class(told: Told, step: str) -> str | None:
    found = told.get((step, ""))
    return None if found is None else str(found).partition(",")[0]


def _told(recipe: Any) -> Told:
    steps = recipe.get("steps") if isinstance(recipe, dict) else None
    return {key: value for step in steps or () if isinstance(step, dict) for key, value in _step(step)}


def _step(step: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    name = str(step.get("name"))
    version = f", version {step['version']}" if step.get("version") not in (None, 1) else ""
    yield (name, ""), f"{str(step.get('class') or name).rpartition('.')[2]}{version}"
    for setting, value in (step.get("settings") or {}).items():
        if isinstance(value, dict) and value:
            yield from (((name, f"{setting}.{key}"), one) for key, one in value.items())
        else:
            yield (name, str(setting)), value
