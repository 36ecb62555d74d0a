"""A clip: played, with all that was said, measured and decided about it."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from shotlist.curate.rules import references
from shotlist.errors import ShotlistError
from shotlist.query import quote
from shotlist.report.totals import rule_conditions
from shotlist.reviews.decision import latest
from shotlist.reviews.names import file_name
from shotlist.view.answer import NotThere, Page
from shotlist.view.facts.captions import captions, key_frames, shown_table
from shotlist.view.facts.distribution import measures
from shotlist.view.facts.evidence import evidence
from shotlist.view.facts.rows import Known, Row
from shotlist.view.facts.transcript import transcript
from shotlist.view.index.database import Index
from shotlist.view.media.mime import playable_type
from shotlist.view.viewer import Viewer

_OWN = ("against", "format", "token", "t")
"""What this page's address says beside the query that one came from."""
_WALKED = 5000
"""Clips of a query between which one can go to and fro."""
_ABOUT = (
    "clip_id",
    "video_id",
    "start_us",
    "end_us",
    "seconds",
    "status",
    "rule",
    "value",
    "mark",
    "shown",
    "still_us",
)

_VIDEO = (
    "video_id", "name", "uri", "status", "reason", "codec", "audio_codec", "width", "height", "fps", "frames",
    "start_us", "duration_us",
)  # fmt: skip


def clip(viewer: Viewer, request: Request) -> Page:
    """``/clips/{clip_id}``."""
    index = viewer.index
    row = index.one("SELECT * FROM clips WHERE clip_id = ?", [request.path_params["clip_id"]])
    if row is None:
        raise NotThere(f"{request.path_params['clip_id'][:80]}: the dataset has no such clip")
    known = Known(viewer.films, row["video_id"])
    stored = {**known.row("clips", row["clip_id"]), **{k: row[k] for k in ("clip_id", "start_us", "end_us")}}
    recipe = viewer.dataset.read_json("recipe.json")
    conditions = rule_conditions(recipe)
    failures = _failures(index, row)
    values = {
        "clip": {k: row.get(k) for k in _ABOUT} | {k: stored.get(k) for k in ("start_frame", "end_frame", "shots")},
        "video": _video(index, row["video_id"]),
        "rules": _rules(known, row, conditions),
        "failures": failures,
        "transcript": transcript(known, (row["start_us"], row["end_us"])),
        **_written(known, stored, request.query_params.get("against"), failures),
        "key_frames": key_frames(known, row),
        **measures(index, row, conditions),
        "reviews": _reviews(viewer, row["clip_id"]),
        **_neighbours(index, row, request.query_params),
    }
    source = {k: v for k, v in known.source.items() if k not in ("stamp", "video_id")}
    made = {"source": source, "recipe": _recipe(recipe)}
    return Page("clip.html.j2", values | made | {"copy": _copy(viewer, row, source), "problems": known.problems})


def _video(index: Index, video_id: str) -> dict[str, Any]:
    row = index.one("SELECT * FROM videos WHERE video_id = ?", [video_id]) or {"video_id": video_id}
    return {name: row.get(name) for name in _VIDEO} | {"type": playable_type(row)}


def _failures(index: Index, row: Row) -> list[Row]:
    """What failed on the clip itself, and on its video as a whole."""
    return index.rows(
        """SELECT step, kind, message, may_pass, clip_id FROM failures
           WHERE clip_id = ? OR (video_id = ? AND clip_id IS NULL) ORDER BY clip_id IS NULL, step""",
        [row["clip_id"], row["video_id"]],
    )


def _rules(known: Known, row: Row, conditions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each rule with whether the clip fulfils it, and the values that it looked at."""
    refused = set(row.get("failed_rules") or ())
    judged = row["status"] in ("kept", "dropped")
    found = []
    for name, condition in conditions.items():
        told = {"rule": name, "condition": condition, "fulfilled": name not in refused if judged else None}
        try:
            named = [ref if len(ref) > 1 else ("clips", ref[0]) for ref in references(condition)]
        except ShotlistError:
            named = []
        values = {f"{ref[0]}.{ref[1]}": _value(known, row, ref[0], ref[1]) for ref in named}
        found.append(told | {"values": values})
    return found


def _value(known: Known, row: Row, table: str, column: str) -> Any:
    return known.row(table, None if table in ("videos", "sources") else row["clip_id"]).get(column)


def _written(known: Known, clip: Row, against: str | None, failures: list[Row]) -> dict[str, Any]:
    """The captions, and the evidence of the one that is shown."""
    shown = shown_table(known)
    found = captions(known, clip["clip_id"], shown, against, [f for f in failures if f["clip_id"]])
    there = [*found["rows"], *found["pieces"]]
    final = next((row for row in there if row["table"] == shown and row["text"]), None)
    tables = [row["table"] for row in there]
    return {"captions": found, "evidence": evidence(known, clip, final, tables) if final else None}


def _reviews(viewer: Viewer, clip_id: str) -> list[Row]:
    """The decisions of people so far, the last one first; ``counts`` is whether it was not changed later."""
    log = viewer.reviews.decisions()
    own = sorted((d for d in log if d.clip_id == clip_id), key=lambda d: d.time)
    last = latest(own)
    return [
        asdict(d) | {"counts": last[d.who, d.task, clip_id] is d, "key": file_name(d.sample)} for d in reversed(own)
    ]


def _neighbours(index: Index, row: Row, asked: QueryParams) -> dict[str, Any]:
    """The clips before and after, in the video and in the query that one came from; ``query`` is that query."""
    beside = {
        name: (
            index.one(
                f"SELECT clip_id FROM clips WHERE video_id = ? AND number {sign} ? ORDER BY number {order} LIMIT 1",
                [row["video_id"], row["number"]],
            )
            or {}
        ).get("clip_id")
        for name, sign, order in (("previous", "<", "DESC"), ("next", ">", "ASC"))
    }
    place = index.one(
        "SELECT count(*) FILTER (number <= ?) AS place, count(*) AS total FROM clips WHERE video_id = ?",
        [row["number"], row["video_id"]],
    )
    rest = [(k, v) for k, v in asked.multi_items() if k not in _OWN]
    return {"in_video": beside | (place or {}), **_in_query(index, row["clip_id"], QueryParams(rest))}


def _in_query(index: Index, clip_id: str, asked: QueryParams) -> dict[str, Any]:
    from shotlist.view.finding.found import ids
    from shotlist.view.finding.wanted import Wanted

    if not asked:
        return {"query": {}, "in_query": None}
    try:
        wanted = Wanted.read(asked, index)
        found = ids(index, wanted, _WALKED)
        query = wanted.query()
    except ShotlistError:  # a wrong question must not hide the clip
        return {"query": {}, "in_query": None}
    if clip_id not in found:
        return {"query": query, "in_query": None}
    at = found.index(clip_id)
    beside = {"previous": found[at - 1] if at else None, "next": found[at + 1] if at + 1 < len(found) else None}
    return {"query": query, "in_query": beside | {"place": at + 1, "total": len(found)}}


def _recipe(recipe: Any) -> dict[str, Any] | None:
    if not isinstance(recipe, dict):
        return None
    return {"name": recipe.get("name"), "origin": recipe.get("origin"), "set": recipe.get("set") or []} | {
        "teachers": recipe.get("teachers") or []
    }


def _copy(viewer: Viewer, row: Row, source: Row) -> list[dict[str, str]]:
    """Lines to copy, each with what it is for."""
    seconds = (row["end_us"] - row["start_us"]) / 1e6
    cut = (
        f"ffmpeg -seek_timestamp 1 -ss {row['start_us'] / 1e6:.6f} -i {shlex.quote(source.get('uri') or 'VIDEO')} "
        f"-t {seconds:.6f} -c:v libx264 -crf 18 -c:a aac {row['clip_id']}.mp4"
    )
    sql = f"SELECT * FROM everything WHERE clip_id = {quote(row['clip_id'])}"
    return [
        {"name": "clip id", "line": row["clip_id"]},
        {"name": "cut it out", "line": cut},
        {"name": "ask about it", "line": f"shotlist sql -o {shlex.quote(viewer.dataset.address)} {_quoted(sql)}"},
    ]


def _quoted(sql: str) -> str:
    """For a shell; in the quotes that read best where nothing inside means something to it."""
    return shlex.quote(sql) if set(sql) & set('"$`\\!\n') else f'"{sql}"'
