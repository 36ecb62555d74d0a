"""The overview: what the dataset is, what became of its clips, and how its measures hang together."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shotlist.report.funnel import clips_note, short_videos_note, shots_note
from shotlist.report.totals import Group, RuleYield, Totals
from shotlist.report.wording import count, duration, share
from shotlist.view.answer import Page
from shotlist.view.finding.cards import Row, card_columns, cards
from shotlist.view.finding.forms import tidied, unshown
from shotlist.view.finding.found import found
from shotlist.view.finding.groups import grouped, opened
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index
from shotlist.view.viewer import Viewer

_FEWEST = 10
"""Columns whose charts come with the page; the others are asked for when they come near the window."""
_PICTURES, _SAMPLE = 8, 64
_STRIKING = ("colour_colourfulness", "light_contrast")
"""Measures that make a picture good to look at, where they are there."""


def overview(viewer: Viewer, request: Request) -> Page | Response:
    """``/``; ``facets=`` names the groups that are wanted, and ``part=facets`` wants nothing else."""
    index = viewer.index
    if (elsewhere := tidied(request)) is not None:
        return elsewhere
    wanted = Wanted.read(request.query_params, index)
    groups = grouped(index, wanted, opened(index, request.query_params.getlist("facets"), _FEWEST))
    if request.query_params.get("part") == "facets":
        return Page("facets.html.j2", {"groups": groups})
    recipe = index.dataset.read_json("recipe.json")
    return Page(
        "overview.html.j2",
        {
            "name": viewer.name,
            "address": viewer.dataset.address,
            "recipe": str(recipe.get("name") or "") if isinstance(recipe, dict) else "",
            "built": _built(index),
            "totals": _totals(index.totals),
            "judged": bool(index.totals.rules),
            "funnel": list(_funnel(index.totals)),
            "problems": list(_problems(index)),
            **selected(index, wanted),
            "groups": groups,
            "hidden": unshown(request.query_params, groups, ()),
        },
    )


def _built(index: Index) -> str | None:
    """When the last build ended, as ISO text in UTC."""
    seconds = index.dataset.store.modified("summary.json")
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S") if seconds else None


def _totals(totals: Totals) -> dict[str, Any]:
    everything, kept = totals.all_clips, totals.of("kept")
    return {
        "videos": totals.video_count,
        "videos_note": short_videos_note(totals),
        "footage_seconds": totals.footage,
        "shots": totals.shot_count,
        "clips": everything.clips,
        "clips_note": clips_note(totals),
        "clip_seconds": everything.seconds,
        "kept": kept.clips,
        "kept_seconds": kept.seconds,
    }


def _funnel(totals: Totals) -> Iterator[dict[str, Any]]:
    """Rows from the videos down to the kept clips; ``path`` and ``query`` lead to what a row tells of."""
    there = totals.video_count or 1
    videos = [(status, totals.videos.get(status, 0) / there) for status in ("ok", "damaged", "failed")]
    yield _row(
        "videos", "Videos", short_videos_note(totals), totals.video_count, totals.footage, videos, path="/videos"
    )
    if totals.shot_count:
        yield _row("shots", "Shots", f"opened by {shots_note(totals)}", totals.shot_count, None, [], path="/videos")
    whole = max(totals.footage, totals.all_clips.seconds) or 1
    yield _clips(
        "clips", "Clips", "shots without their transitions, within the limits of length", totals.all_clips, whole
    )
    failed = totals.of("failed")
    if failed.clips:
        left = Group(totals.all_clips.clips - failed.clips, totals.all_clips.seconds - failed.seconds)
        note = "clips that no step failed on"
        yield _clips("measured", "Measured", note, left, whole, {"status": "failed"}, failed)
    for rule in totals.rules:
        yield _rule(rule, whole)
    kept = totals.of("kept")
    parts = share(kept.clips, totals.all_clips.clips), share(kept.seconds, totals.footage)
    note = f"{parts[0]} of the clips, {parts[1]} of the footage"
    yield _clips("kept", "Kept", note, kept, whole, {"status": "kept"})


def _rule(rule: RuleYield, whole: float) -> dict[str, Any]:
    row = _clips("rule", rule.name, rule.condition, rule.left, whole, {"rule": rule.name}, rule.dropped)
    return row | {"refused": rule.refused.clips, "alone": rule.alone.clips}


def _clips(
    kind: str,
    label: str,
    note: str,
    left: Group,
    whole: float,
    query: Mapping[str, str] | None = None,
    dropped: Group | None = None,
) -> dict[str, Any]:
    lost = dropped or Group()
    parts = [("left", left.seconds / whole), ("lost", lost.seconds / whole)]
    row = _row(kind, label, note, left.clips, left.seconds, parts, query=query)
    return row | ({"dropped": lost.clips, "dropped_seconds": lost.seconds} if dropped else {})


def _row(
    kind: str,
    label: str,
    note: str,
    left: int,
    seconds: float | None,
    parts: Sequence[tuple[str, float]],
    path: str = "/clips",
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    drawn, start = [], 0.0
    for name, part in parts:
        if part > 0:
            drawn.append({"kind": name, "start": start, "share": part})
        start += part
    unknown = dict.fromkeys(("dropped", "dropped_seconds", "refused", "alone"))
    told = {"kind": kind, "label": label, "note": note, "left": left, "seconds": seconds, "parts": drawn}
    return told | unknown | {"path": path, "query": dict(query or {})}


def _problems(index: Index) -> Iterator[dict[str, str]]:
    """What went wrong, as sentences with where to read on."""
    for sentence in index.problems[:5]:
        yield {"sentence": sentence, "path": "/failures", "link": "All problems"}
    counted = index.one("SELECT count(*) AS failures, count(DISTINCT video_id) AS videos FROM failures")
    if counted and counted["failures"]:
        sentence = f"{count(counted['failures'], 'failure')} in {count(counted['videos'], 'video')}."
        yield {"sentence": sentence, "path": "/failures", "link": "What went wrong"}


# What is selected


def selected(index: Index, wanted: Wanted) -> dict[str, Any]:
    """The clips that the query leaves: how many, and pictures of some of them."""
    striking = [name for name in _STRIKING if name in index.columns]
    columns = [*card_columns(index.columns), *striking]
    some = found(index, replace(wanted, sort="random.1", page=1, size=_SAMPLE), columns)
    everything = index.totals.all_clips.clips
    told = duration(some.seconds)
    if wanted.chips:
        told += f", {share(some.total, everything)} of all"
    return {
        "selection": {"clips": some.total, "seconds": some.seconds, "told": told},
        "chips": wanted.chips,
        "query": wanted.query(),
        "stills": cards(index.columns, _best(some.rows, striking)),
    }


def _best(rows: Sequence[Row], striking: Sequence[str]) -> list[Row]:
    """Colourful clips of many videos out of a sample; kept ones first."""
    rank = [0.0] * len(rows)
    for name in striking:
        order = sorted(range(len(rows)), key=lambda k: rows[k].get(name) or 0.0)
        for place, k in enumerate(order):
            rank[k] += place / len(rows)
    for k, row in enumerate(rows):
        rank[k] = (1 + rank[k]) * (1.0 if row["status"] == "kept" else 0.2) * (0.3 if row.get("mark") else 1.0)
    chosen: list[int] = []
    left = list(range(len(rows)))
    while left and len(chosen) < _PICTURES:
        best = max(left, key=lambda k: rank[k] * _freshness(rows[k], [rows[c] for c in chosen], striking))
        chosen.append(best)
        left.remove(best)
    return [rows[k] for k in chosen]


def _freshness(row: Row, chosen: Sequence[Row], striking: Sequence[str]) -> float:
    """Less for another clip of a chosen video, and for one that measures the same as a chosen one: a copy."""
    used = sum(c["video_id"] == row["video_id"] for c in chosen)
    alike = any(all(_near(row.get(name), c.get(name)) for name in striking) for c in chosen) if striking else False
    return float(0.6**used) * (0.1 if alike else 1.0)


def _near(a: float | None, b: float | None) -> bool:
    return a is None or b is None or abs(a - b) <= 0.06 * max(abs(a), abs(b))
