"""What looking for videos yields: files that may be videos, and what was wrong with the rest."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a list or a sidecar says about a video; each is None or empty where nothing is said."""

    id: str | None = None
    url: str | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate(Details):
    """A file that was named or found, not yet opened.

    ``uri`` is an absolute path or a link. ``size`` is in bytes, -1 where a server doesn't tell. ``stamp``
    changes when the file does; it is empty where nothing would show a change.
    """

    uri: str
    size: int
    stamp: str
    subtitles: tuple[str, ...] = ()
    info: str | None = None
    """Address of the ``.info.json`` beside the file (yt-dlp writes them)."""


@dataclass(frozen=True)
class Problem:
    """One thing that did not work while looking, told in one sentence.

    ``kind`` is ``not found``, ``no videos``, ``not a video``, ``list``, ``name``, a kind of ``SourceError``,
    or ``note`` where nothing was left out because of it. ``may_pass`` says whether trying again could help.
    """

    address: str
    message: str
    kind: str
    may_pass: bool = False


@dataclass(frozen=True)
class Findings:
    """The candidates in the order in which they were named, each file once, and the problems met."""

    sources: list[Candidate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


NOTHING = Details()
DETAILS = tuple(f.name for f in fields(Details))
Detailed = TypeVar("Detailed", bound=Details)


def filled(known: Detailed, more: Details) -> Detailed:
    """Fill what ``known`` leaves open from ``more``."""
    gaps: dict[str, Any] = {
        name: getattr(more, name) for name in DETAILS if not getattr(known, name) and getattr(more, name)
    }
    return replace(known, **gaps) if gaps else known


def details(values: Mapping[str, object]) -> Details:
    """Read details out of a table's row or a JSON object, whatever its values are made of."""
    plain = {name: as_text(values.get(name)) for name in DETAILS if name != "tags"}
    return Details(**plain, tags=as_tags(values.get("tags")))


def as_text(value: object) -> str | None:
    """A cell as text that any store accepts, or None if it holds none (null, NaN, blank, a nested value)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:
        return None
    text = str(value).encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()
    return text or None


def as_tags(value: object) -> tuple[str, ...]:
    """Tags from a list or a cell: a JSON or Python list, else split at ``;`` or ``|``, else at ``,``."""
    if isinstance(value, str):
        value = _listed(value) or re.split(r"[;|]" if re.search(r"[;|]", value) else ",", value)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(tag for item in value if (tag := as_text(item))))


def _listed(cell: str) -> list[object] | None:
    if not cell.lstrip().startswith("["):
        return None
    for read in (json.loads, ast.literal_eval):  # pandas writes a list column as Python does
        try:
            value = read(cell.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return value if isinstance(value, list) else None
    return None
