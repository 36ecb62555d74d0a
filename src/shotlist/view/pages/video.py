"""Videos: all of them as a table, and one of them over time with its clips."""

import shlex
from typing import Any

from starlette.requests import Request

from shotlist.view.answer import NotThere, Page
from shotlist.view.facts.rows import Known, Row
from shotlist.view.facts.transcript import transcript
from shotlist.view.finding.listing import Asked, paged
from shotlist.view.index.database import Index
from shotlist.view.media.mime import playable_type
from shotlist.view.viewer import Viewer

SIZE, CLIPS = 50, 100
_SORTS = {
    "name": "place",
    "length": "duration_us",
    "size": "width * height",
    "rate": "fps",
    "codec": "codec",
    "clips": "clips",
    "kept": "kept_seconds / nullif(duration_us, 0)",
    "status": "status",
}
_COLUMNS = (
    "video_id", "name", "uri", "status", "reason", "codec", "width", "height", "fps", "frames", "start_us",
    "duration_us", "clips", "kept", "dropped", "failed", "kept_seconds",
)  # fmt: skip
_CLIP = "clip_id, start_us, end_us, still_us, seconds, status, rule, value, mark, shown"
_FACTS = ("container", "rotation", "audio_codec", "bytes", "damaged_packets")


def videos(viewer: Viewer, request: Request) -> Page:
    """``/videos?q=&status=&sort=&page=``."""
    index = viewer.index
    asked = Asked.read(request.query_params, list(_SORTS), ("status",))
    condition, parameters = _condition(asked)
    order = _SORTS[asked.sort.removeprefix("-") or "name"] + (" DESC" if asked.sort.startswith("-") else "")
    counted = index.one(
        f"SELECT count(*) AS total, coalesce(sum(duration_us), 0) / 1e6 AS seconds FROM videos WHERE {condition}",
        parameters,
    ) or {"total": 0, "seconds": 0.0}
    rows = index.rows(
        f"""SELECT {", ".join(_COLUMNS)} FROM videos WHERE {condition}
            ORDER BY {order} NULLS LAST, place LIMIT {SIZE} OFFSET {(asked.page - 1) * SIZE}""",
        parameters,
    )
    values = {
        **paged(counted["total"], asked.page, SIZE),
        "seconds": counted["seconds"],
        "statuses": index.rows(
            "SELECT coalesce(status, 'ok') AS status, count(*) AS videos FROM videos GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        "videos": [row | _retold(row) for row in rows],
        "asked": {"q": asked.q, "sort": asked.sort, **asked.filters},
        "problems": index.problems,
    }
    links = {"sorts": {name: asked.query(sort=_turned(asked.sort, name)) for name in _SORTS}} | asked.beside(values)
    return Page("videos.html.j2", values | {"links": links})


def _condition(asked: Asked) -> tuple[str, list[str]]:
    """Every word stands somewhere in the name, the address or the id."""
    words = asked.q.split()
    conditions = ["contains(lower(concat_ws(' ', name, uri, video_id)), lower(?))"] * len(words)
    if "status" in asked.filters:
        return " AND ".join([*conditions, "coalesce(status, 'ok') = ?"]), [*words, asked.filters["status"]]
    return " AND ".join(conditions) or "true", words


def video(viewer: Viewer, request: Request) -> Page:
    """``/videos/{video_id}?status=&page=``; ``part=transcript`` is all that is said in it."""
    index, video_id = viewer.index, request.path_params["video_id"]
    found = index.one(f"SELECT {', '.join(_COLUMNS)} FROM videos WHERE video_id = ?", [video_id])
    if found is None and video_id not in viewer.films:
        raise NotThere(f"{video_id[:80]}: the dataset has no such video")
    known = Known(viewer.films, video_id)
    if request.query_params.get("part") == "transcript":
        return Page("video_transcript.html.j2", {"transcript": transcript(known, words=False)})
    row = known.row("videos")
    about = dict.fromkeys(_COLUMNS) | {"name": video_id, "video_id": video_id, "status": "failed"} | (found or {})
    asked = Asked.read(request.query_params, (), ("status",))
    clips = _clips(index, video_id, asked)
    failures = _failures(viewer, video_id)
    source = {k: v for k, v in known.source.items() if k not in ("stamp", "video_id")}
    values: dict[str, Any] = {
        "video": about | {k: row.get(k) for k in _FACTS} | _retold(about) | {"type": playable_type(row)},
        "source": source,
        "subtitles": known.rows("subtitle_offset"),
        "lines": sum(len(known.rows(table, columns=["video_id"])) for table in ("subtitles", "speech")),
        "failures": failures,
        "passing": any(f["may_pass"] for f in failures),
        "retry": _retry(viewer) if failures else None,
        **clips,
        "statuses": index.rows(
            "SELECT status, count(*) AS clips FROM clips WHERE video_id = ? GROUP BY 1 ORDER BY 2 DESC", [video_id]
        ),
        "asked": dict(asked.filters),
        "problems": [*known.problems],
    }
    return Page("video.html.j2", values | {"links": asked.beside(clips)})


def _clips(index: Index, video_id: str, asked: Asked) -> dict[str, Any]:
    """A page of the video's clips in order of time."""
    condition, parameters = "video_id = ?", [video_id]
    if "status" in asked.filters:
        condition += " AND status = ?"
        parameters.append(asked.filters["status"])
    total = (index.one(f"SELECT count(*) AS n FROM clips WHERE {condition}", parameters) or {"n": 0})["n"]
    rows = index.rows(
        f"""SELECT {_CLIP} FROM clips WHERE {condition}
            ORDER BY number LIMIT {CLIPS} OFFSET {(asked.page - 1) * CLIPS}""",
        parameters,
    )
    return {**paged(total, asked.page, CLIPS), "clips": rows}


def _failures(viewer: Viewer, video_id: str) -> list[Row]:
    return viewer.index.rows(
        """SELECT step, kind, message, may_pass, clip_id FROM failures WHERE video_id = ?
           ORDER BY clip_id IS NOT NULL, clip_id, step LIMIT 200""",
        [video_id],
    )


def _retry(viewer: Viewer) -> str:
    return f"shotlist build -o {shlex.quote(viewer.dataset.address)} --retry"


def _retold(row: Row) -> dict[str, Any]:
    """What is worked out from a video's row: its length, and how much of it was kept."""
    seconds = (row["duration_us"] or 0) / 1e6
    kept = row["kept_seconds"] or 0.0
    return {"seconds": seconds, "kept_share": min(1.0, kept / seconds) if seconds else None}


def _turned(sort: str, name: str) -> str:
    """The order that a click on a column's head asks for; numbers begin with the greatest."""
    if sort.removeprefix("-") == name:
        return name if sort.startswith("-") else f"-{name}"
    return name if name in ("name", "codec", "status") else f"-{name}"
