"""What is heard, read and seen in a span of a video, as JSON for drawing it."""

from typing import Any

import numpy as np
from starlette.datastructures import QueryParams
from starlette.responses import Response

from shotlist.engine.film import Film
from shotlist.view.answer import Json, NotAsked
from shotlist.view.films import Films

POINTS, POINTS_MOST = 600, 4000

_SPANS = {
    "voice": ("voice", ()),
    "speech": ("speech", ("text", "speaker")),
    "subtitles": ("subtitles", ("text", "speaker", "kind")),
    "text": ("text", ("text", "kind")),
    "people": ("people", ("track", "size")),
    "shots": ("shots", ("opening",)),
    "clips": ("clips", ("clip_id", "mark")),
}


def answer(films: Films, video_id: str, query: QueryParams) -> Response:
    """The lanes of a span; the whole video where none is told."""
    with films.film(video_id) as film:
        first = int(film.video.get("start_us") or 0)
        start = _number(query, "start_us", first)
        end = _number(query, "end_us", first + int(film.video.get("duration_us") or 0))
        points = max(1, min(POINTS_MOST, _number(query, "points", POINTS)))
        return Json({"start_us": start, "end_us": end, "points": points, **_lanes(film, start, end, points)})


def _number(query: QueryParams, name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise NotAsked(f"{name} must be a whole number of microseconds") from None


def _lanes(film: Film, start: int, end: int, points: int) -> dict[str, Any]:
    spans = {}
    for name, (table, columns) in _SPANS.items():
        rows = [r for r in film.rows(table) if r["start_us"] < end and r["end_us"] > start]
        spans[name] = [{k: r.get(k) for k in ("start_us", "end_us", *columns)} for r in rows]
    music = [r for r in film.rows("sounds") if (r["music"] or 0) >= 0.5 and r["start_us"] < end and r["end_us"] > start]
    spans["music"] = [{k: r[k] for k in ("start_us", "end_us")} for r in music]
    status = {r["clip_id"]: r for r in film.rows("decisions")}
    for clip in spans["clips"]:
        clip["status"] = status.get(clip["clip_id"], {}).get("status")
        clip["rule"] = status.get(clip["clip_id"], {}).get("rule")
    return {"sound": _sound(film, start, end, points), **_signals(film, start, end, points), "spans": spans}


def _sound(film: Film, start: int, end: int, points: int) -> dict[str, Any] | None:
    if film.sound is None:
        return None
    times = film.sound.start_us + np.arange(len(film.sound.peak)) * film.sound.step_us
    level = np.clip((film.sound.momentary + 60) / 60, 0, 1)
    return {"kind": "loudness", "values": _binned(times, level, start, end, points)}


def _signals(film: Film, start: int, end: int, points: int) -> dict[str, Any]:
    if not film.signals:
        return {"brightness": None, "movement": None}
    signals = film.signals
    move = np.hypot(signals["dx"], signals["dy"]) + signals["local_motion"]
    return {
        "brightness": _binned(signals["time_us"], signals["brightness"], start, end, points),
        "movement": _binned(signals["time_us"], move, start, end, points),
    }


def _binned(times: Any, values: Any, start: int, end: int, points: int) -> list[float | None]:
    inside = (times >= start) & (times < end) & np.isfinite(values)
    slot = (times[inside] - start) * points // max(1, end - start)
    most = np.full(points, np.nan)
    np.fmax.at(most, slot, values[inside])
    return [round(float(v), 4) if v == v else None for v in most]
