"""Two datasets side by side: at a glance, and video by video."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from shotlist.timing import SECOND
from shotlist.view.answer import Json, NotAsked, NotThere, Page
from shotlist.view.captions import shown_table
from shotlist.view.comparing.settings import settings
from shotlist.view.comparing.store import Comparison, Counting
from shotlist.view.comparing.video import clips_of, cuts_of, name_of, pairs, places, side_by_side, with_stills
from shotlist.view.kinds import playable_type
from shotlist.view.known import Known
from shotlist.view.listing import Asked, paged
from shotlist.view.place import Viewer
from shotlist.view.strip import frames

Row = dict[str, Any]

SIZE, PLACES, CAPTIONS = 20, 60, 30
WITHIN = ("0.04", "0.1", "0.25", "0.5", "1")
"""Seconds within which two cuts may count as the same."""
_USUAL = "0.1"
_WAIT = 0.7
"""Seconds after which a page says that it counts."""
_SORTS = {
    "differences": "places",
    "name": "rank",
    "length": "duration_us",
    "cuts": "CASE WHEN in_a AND in_b THEN only_a + only_b END",
    "kept": "CASE WHEN in_a AND in_b THEN only_a_seconds + only_b_seconds END",
    "captions": "CASE WHEN in_a AND in_b THEN differ END",
}
_SHOW = {
    "differ": "(places > 0 OR differ > 0)",
    "both": "in_a AND in_b",
    "only_a": "NOT in_b",
    "only_b": "NOT in_a",
}
_FILTERS = ("show", "within", "charts")
_THIN = 1000
"""Steps into which a small timeline is divided."""
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
        "asked": {"q": asked.q, "sort": asked.sort or "-differences", **asked.filters},
        **_list(found, asked),
    }
    sorts = {name: asked.query(sort=_turned(asked.sort or "-differences", name)) for name in _SORTS}
    return Page("compare.html.j2", values | {"links": {"sorts": sorts} | asked.beside(values)})


def _asked(params: QueryParams) -> tuple[Asked, str]:
    asked = Asked.read(params, list(_SORTS), _FILTERS)
    within, show = asked.filters.get("within", _USUAL), asked.filters.get("show", "both")
    if within not in WITHIN:
        raise NotAsked(f"within={within[:40]}: cuts are matched within {', '.join(WITHIN)} seconds")
    if show not in _SHOW:
        raise NotAsked(f"show={show[:40]}: there are {', '.join(_SHOW)}")
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


def _list(found: Comparison, asked: Asked) -> dict[str, Any]:
    """A page of the videos, each with a small timeline of both datasets."""
    words = asked.q.split()
    conditions = ["contains(lower(concat_ws(' ', name, uri, video_id)), lower(?))"] * len(words)
    conditions += [_SHOW[asked.filters["show"]]] if "show" in asked.filters else []
    where = " AND ".join(conditions) or "true"
    total = found.rows(f"SELECT count(*) AS n FROM videos WHERE {where}", words)[0]["n"]
    sort = asked.sort or "-differences"
    order = _SORTS[sort.removeprefix("-")] + (" DESC" if sort.startswith("-") else "")
    rows = found.rows(
        f"""SELECT * FROM videos WHERE {where} ORDER BY {order} NULLS LAST, rank
            LIMIT {SIZE} OFFSET {(asked.page - 1) * SIZE}""",
        words,
    )
    timelines = _timelines(found, rows)
    counted = found.rows(f"SELECT {', '.join(f'count(*) FILTER ({c}) AS {n}' for n, c in _SHOW.items())} FROM videos")[0]
    videos = [row | {"timeline": timelines.get(row["rank"])} for row in rows]
    return {**paged(total, asked.page, SIZE), "list": videos, "counted": counted}


def _timelines(found: Comparison, rows: Sequence[Row]) -> dict[int, Row]:
    """By a video's number: for both datasets ``kept`` [start, end] and ``cuts`` [place, is_shared], in thousandths."""
    lengths = {r["rank"]: (r["start_us"] or 0, r["duration_us"]) for r in rows if r["in_a"] and r["in_b"] and r["duration_us"]}
    made: dict[int, Row] = {rank: {side: {"kept": [], "cuts": []} for side in "ab"} for rank in lengths}
    listed = ", ".join(map(str, lengths)) or "NULL"
    for table, times in (("stretches", "start_us, end_us"), ("cuts", "time_us AS start_us, time_us AS end_us")):
        spans = found.rows(f"SELECT rank, {times}, who FROM {table} WHERE rank IN ({listed}) ORDER BY rank, start_us")
        for rank, some in groupby(spans, lambda row: row["rank"]):
            for side, name, value in _thinned(list(some), *lengths[rank], table):
                made[rank][side][name].append(value)
    return made


def _thinned(spans: Sequence[Row], start_us: int, duration_us: int, table: str) -> Iterator[tuple[str, str, list[Any]]]:
    """What can be told apart at that size."""
    for side in "ab":
        last: list[Any] | None = None
        for span in spans:
            who = name_of(span["who"])
            if who not in (side, "both"):
                continue
            places = [max(0, min(_THIN, _THIN * (t - start_us) // duration_us)) for t in (span["start_us"], span["end_us"])]
            if table == "cuts":
                value = [places[0], who == "both"]
                if value != last:
                    yield side, "cuts", value
            elif last is not None and places[0] <= last[1] + 1:
                last[1] = max(last[1], places[1])
                continue
            else:
                value = places
                yield side, "kept", value
            last = value


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
        if not at.removeprefix("-").isdecimal():
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
        **_captions(clips, asked),
        "asked": dict(asked.filters),
    }
    return Page("compare_video.html.j2", values | {"links": asked.beside(values)})


def _brief(clip: Row) -> Row:
    return {k: clip[k] for k in ("clip_id", "start_us", "end_us", "status", "rule", "mark")}


def _places(films: Any, video_id: str, found: list[Row], page: int) -> dict[str, Any]:
    some = found[(page - 1) * PLACES : page * PLACES]
    return {**paged(len(found), page, PLACES), "places": with_stills(films, video_id, some)}


def _captions(clips: Sequence[list[Row]], asked: Asked) -> dict[str, Any]:
    """A page of the captions side by side."""
    number = asked.filters.get("captions", "1")
    if not number.isdecimal() or not 0 < int(number) < 10**6:
        raise NotAsked(f"captions={number[:40]}: pages are numbered from 1")
    page, everything = int(number), "all" in asked.filters
    differing, whole = pairs(*clips, True), pairs(*clips, False)
    found = whole if everything else differing
    some = found[(page - 1) * CAPTIONS : page * CAPTIONS]
    counted = paged(len(found), page, CAPTIONS) | {"differ": len(differing), "pairs": len(whole)}
    return {"captions": counted | {"rows": [side_by_side(*pair) for pair in some]}}
