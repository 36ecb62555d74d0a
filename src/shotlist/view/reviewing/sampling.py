"""Draws a sample of clips: at random, or as a query on the page Clips finds them."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import QueryParams

from shotlist.errors import ShotlistError
from shotlist.reviews.names import cleaned
from shotlist.reviews.sample import MOST, Sample, drawn
from shotlist.view.answer import NotAsked
from shotlist.view.facts.captions import caption_tables, shown_table
from shotlist.view.facts.rows import Known
from shotlist.view.finding.found import ids
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index
from shotlist.view.viewer import Viewer

TEACHERS = 12
"""Captions to pick from."""
REASONS = (
    "blurry or dark",
    "cut in the wrong place",
    "nothing happens",
    "text or logo over the picture",
    "caption is wrong",
)
"""Reasons for rejecting that a form begins with."""
_REASONS_MOST, _REASON_LONGEST = 8, 80
_ALL = 2**31
_LOOKS = ("page", "size", "view", "format", "token")
"""Words of an address that say how clips are looked at, not which."""


def tables(viewer: Viewer) -> tuple[list[str], str | None]:
    """Tables of captions, and the one that is shown as the clips' caption."""
    first = viewer.index.one("SELECT video_id FROM clips LIMIT 1")
    if first is None:
        return [], None
    known = Known(viewer.films, first["video_id"])
    shown = shown_table(known)
    return caption_tables(known, shown), shown


def draw(viewer: Viewer, told: Mapping[str, Any]) -> Sample:
    """The sample that a form asks for; raises NotAsked with what is to be changed."""
    try:
        name, by = cleaned(told.get("name"), "sample's name"), cleaned(told.get("by"))
        task, number = str(told.get("task")), _number(told.get("number"), 1, MOST, "the number of clips")
        teachers = _teachers(viewer, task, told.get("teachers") or ())
        query, wanted = _query(viewer.index, _whole(told.get("query") or ""))
        seed = None
        if told.get("random", True):
            seed = _number(told.get("seed") or secrets.randbelow(10**6), 0, 2**53, "the seed")
        found = ids(viewer.index, wanted, _ALL)
        if not found:
            there = viewer.index.clips
            raise NotAsked(
                "no clip fits; take something out of the query" if there else "there are no clips to draw from"
            )
        clips = drawn(found, number, seed, bool(told.get("balanced")))
        made = datetime.now(UTC).isoformat(timespec="seconds")
        reasons = _reasons(told.get("reasons") or ()) if task == "judge" else ()
        return Sample(name, task, made, by, tuple(clips), query, seed, reasons, teachers)
    except NotAsked:
        raise
    except ShotlistError as error:
        raise NotAsked(str(error)) from error


def _query(index: Index, text: str) -> tuple[str, Wanted]:
    """A link of the page Clips, what stands behind its question mark, or words to search for."""
    text = text.strip()
    if "?" in text:
        text = urlsplit(text).query
    elif text and "=" not in text:
        text = "q=" + text
    query = asked(parse_qsl(text))
    return query, Wanted.read(QueryParams(query), index)


def asked(pairs: Iterable[tuple[str, str]]) -> str:
    """What of a page's address says which clips are meant, and in which order."""
    return urlencode([(name, value) for name, value in pairs if name not in _LOOKS])


def _teachers(viewer: Viewer, task: str, told: Any) -> tuple[str, ...]:
    """The tables of captions to show: many to pick from, one to edit, at most one to judge with, none for cuts."""
    there, _ = tables(viewer)
    chosen = [str(t) for t in told] if isinstance(told, list | tuple) else []
    unknown = [t for t in chosen if t not in there]
    if unknown:
        raise NotAsked(f"there are no captions called {unknown[0][:60]!r}; there are: {', '.join(there) or 'none'}")
    if task == "cut":
        return ()
    if task == "pick" and not 2 <= len(chosen) <= TEACHERS:
        raise NotAsked(
            f"choose 2 to {TEACHERS} captions to pick from; this dataset has {len(there)}: "
            "shotlist build --teacher MODEL adds one"
        )
    if task == "edit" and len(chosen) != 1:
        raise NotAsked("choose the captions that are to be edited")
    return tuple(chosen if task == "pick" else chosen[:1])


def _reasons(told: Any) -> tuple[str, ...]:
    found = [" ".join(_whole(reason).split()) for reason in told] if isinstance(told, list | tuple) else []
    found = list(dict.fromkeys(reason for reason in found if reason))
    if len(found) > _REASONS_MOST or any(len(reason) > _REASON_LONGEST for reason in found):
        raise NotAsked(f"at most {_REASONS_MOST} reasons of {_REASON_LONGEST} characters have room on the keys")
    return tuple(found)


def _whole(text: object) -> str:
    """A text without halves of characters, which JSON may hold and no file."""
    return str(text).encode("utf-8", "ignore").decode()


def _number(value: Any, least: int, most: int, what: str) -> int:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise NotAsked(f"{what} is a whole number from {least} to {most}")
    return value
