"""Two datasets side by side: at a glance, and video by video."""

import shlex
from pathlib import PurePosixPath
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from shotlist.timing import SECOND
from shotlist.view.answer import Json, NotAsked, NotThere, Page
from shotlist.view.comparing.listed import SHOW, SORTS, listed
from shotlist.view.comparing.settings import settings
from shotlist.view.comparing.store import Counting
from shotlist.view.comparing.video import clips_of, cuts_of, pairs, places, side_by_side, with_stills
from shotlist.view.facts.captions import shown_table
from shotlist.view.facts.rows import Known
from shotlist.view.finding.listing import Asked, paged
from shotlist.view.media.mime import playable_type
from shotlist.view.media.strip import frames
from shotlist.view.viewer import Viewer

Row = dict[str, Any]

PLACES, CAPTIONS = 60, 30
WITHIN = ("0.04", "0.1", "0.25", "0.5", "1")
"""Seconds within which two cuts may count as the same."""
_USUAL = "0.1"
_WAIT = 0.5
"""Seconds after which a page says that it counts."""
_FILTERS = ("show", "within", "charts")
_DIGITS = 17
"""Of the longest time, with a sign."""
_AROUND = 3 * SECOND // 20
"""So much before and after a cut every frame is shown."""


def compare(viewer: Viewer, request: Request) -> Page:
    """``/compare?within=&charts=kept|all&show=&q=&sort=&page=``."""
    other = viewer.other
    if other is None or viewer.comparisons is None:
        start = f"shotlist view {shlex.quote(viewer.dataset.address)} --compare OTHER"
        return Page("compare.html.j2", {"names": None, "start": start})
    asked, within = _asked(request.query_params)
    found = viewer.comparisons.get(_us(within), _WAIT)
    if isinstance(found, Counting):
        return _counting(viewer, found)
    sides = {name: _side(v) for name, v in (("a", viewer), ("b", other))}
    values = {
        "names": _names(viewer),
        "counting": None,
        **sides,
        "settings": settings(*(v.dataset.read_json("recipe.json") for v in (viewer, other))),
        **{name: found.told[name] for name in ("videos", "cuts", "kept", "spans")},
        "measures": found.told["measures"][asked.filters.get("charts", "kept")],
        "problems": list(dict.fromkeys([*viewer.index.problems, *other.index.problems, *found.told["problems"]])),
        "within": within,
        "withins": WITHIN,
        "asked": {k: v for k, v in {"q": asked.q, "sort": asked.sort, **asked.filters}.items() if v},
        **listed(found, asked),
    }
    sorts = {name: asked.query(sort=_turned(asked.sort or "-differences", name)) for name in SORTS}
    return Page("compare.html.j2", values | {"links": {"sorts": sorts} | asked.beside(values)})


def _asked(params: QueryParams) -> tuple[Asked, str]:
    asked = Asked.read(params, list(SORTS), _FILTERS)
    within, show = asked.filters.get("within", _USUAL), asked.filters.get("show", "both")
    if within not in WITHIN:
        raise NotAsked(f"within={within[:40]}: cuts are matched within {', '.join(WITHIN)} seconds")
    if show not in SHOW:
        raise NotAsked(f"show={show[:40]}: there are {', '.join(SHOW)}")
    if asked.filters.get("charts", "kept") not in ("kept", "all"):
        raise NotAsked("charts are of kept clips or of all: charts=kept, charts=all")
    return asked, within


def _us(seconds: str) -> int:
    return round(float(seconds) * SECOND)


def _counting(viewer: Viewer, counting: Counting) -> Page:
    """It looks again by itself; a program sees it by the status 202."""
    return Page("compare.html.j2", {"names": _names(viewer), "counting": counting.stage}, 202)


def _names(viewer: Viewer) -> dict[str, str]:
    """As much of both addresses' ends as it takes to tell them apart."""
    assert viewer.other is not None
    both = [PurePosixPath(v.dataset.store.root).parts for v in (viewer, viewer.other)]
    for size in range(1, max(map(len, both)) + 1):
        ends = ["/".join(parts[-size:]) for parts in both]
        if ends[0] != ends[1]:
            return {"a": ends[0], "b": ends[1]}
    return {"a": viewer.name, "b": viewer.other.name}


def _side(viewer: Viewer) -> dict[str, Any]:
    """One dataset's totals, recipe and captions."""
    totals, recipe = viewer.index.totals, viewer.dataset.read_json("recipe.json")
    first = viewer.index.one("SELECT video_id FROM clips LIMIT 1")
    told = recipe if isinstance(recipe, dict) else {}
    return {
        "address": viewer.dataset.address,
        "recipe": PurePosixPath(str(told.get("origin") or told.get("name") or "")).name or None,
        "set": told.get("set") or [],
        "teachers": told.get("teachers") or [],
        "videos": totals.video_count,
        "shots": totals.shot_count,
        "clips": totals.all_clips.clips,
        "kept": totals.of("kept").clips,
        "kept_seconds": totals.of("kept").seconds,
        "footage_seconds": totals.footage,
        "failures": (viewer.index.one("SELECT count(*) AS n FROM failures") or {"n": 0})["n"],
        "caption_table": shown_table(Known(viewer.films, first["video_id"])) if first else None,
    }


def _turned(sort: str, name: str) -> str:
    """The order that a click on a column's head asks for; numbers begin with the greatest."""
    if sort.removeprefix("-") == name:
        return name if sort.startswith("-") else f"-{name}"
    return name if name == "name" else f"-{name}"


def video(viewer: Viewer, request: Request) -> Page | Response:
    """``/compare/{video_id}?within=&page=&captions=&all=``; ``part=frames&at=`` are the frames around a cut."""
    other, video_id, params = viewer.other, request.path_params["video_id"], request.query_params
    if other is None or viewer.comparisons is None:
        return compare(viewer, request)
    films = viewer.films if video_id in viewer.films else other.films
    if params.get("part") == "frames":
        at = params.get("at", "")
        if not at.removeprefix("-").isdecimal() or len(at) > _DIGITS:
            raise NotAsked("at is the time of a cut in whole microseconds")
        return Json({"frames": frames(films, video_id, int(at) - _AROUND, int(at) + _AROUND)})
    asked = Asked.read(params, (), ("within", "captions", "all"))
    within = asked.filters.get("within", _USUAL)
    if within not in WITHIN:
        raise NotAsked(f"within={within[:40]}: cuts are matched within {', '.join(WITHIN)} seconds")
    found = viewer.comparisons.get(_us(within), _WAIT)
    if isinstance(found, Counting):
        return _counting(viewer, found)
    rows = found.rows("SELECT * FROM videos WHERE video_id = ?", [video_id])
    if not rows:
        raise NotThere(f"{video_id[:80]}: neither dataset has such a video")
    indexes = [v.index for v in (viewer, other)]
    clips = [clips_of(index, video_id) for index in indexes]
    cuts = cuts_of(found, rows[0]["rank"])
    stored = next(filter(None, (i.one("SELECT * FROM videos WHERE video_id = ?", [video_id]) for i in indexes)))
    values = {
        "names": _names(viewer),
        "counting": None,
        "video": rows[0] | {k: stored.get(k) for k in ("width", "height", "fps")} | {"type": playable_type(stored)},
        "a": {"clips": [_brief(c) for c in clips[0]]},
        "b": {"clips": [_brief(c) for c in clips[1]]},
        "cuts": cuts,
        "within": within,
        "withins": WITHIN,
        **_places(films, video_id, places(found, rows[0]["rank"], clips, cuts), asked.page),
        **_captions(clips[0], clips[1], asked),
        "asked": dict(asked.filters),
    }
    return Page("compare_video.html.j2", values | {"links": asked.beside(values)})


def _brief(clip: Row) -> Row:
    return {k: clip[k] for k in ("clip_id", "start_us", "end_us", "status", "rule", "mark")}


def _places(films: Any, video_id: str, found: list[Row], page: int) -> dict[str, Any]:
    some = found[(page - 1) * PLACES : page * PLACES]
    return {**paged(len(found), page, PLACES), "places": with_stills(films, video_id, some)}


def _captions(a: list[Row], b: list[Row], asked: Asked) -> dict[str, Any]:
    """A page of the captions side by side."""
    number = asked.filters.get("captions", "1")
    if not number.isdecimal() or not 0 < int(number[:7]) < 10**6:
        raise NotAsked(f"captions={number[:40]}: pages are numbered from 1")
    page, everything = int(number[:7]), "all" in asked.filters
    differing, whole = pairs(a, b, True), pairs(a, b, False)
    found = whole if everything else differing
    some = found[(page - 1) * CAPTIONS : page * CAPTIONS]
    counted = paged(len(found), page, CAPTIONS) | {"differ": len(differing), "pairs": len(whole)}
    return {"captions": counted | {"rows": [side_by_side(*pair) for pair in some]}}
