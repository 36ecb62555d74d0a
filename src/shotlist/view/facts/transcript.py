"""What is said in a video or a part of it, line by line, from recognised speech and from subtitles."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from shotlist.view.facts.rows import Known, Row, Span

_ORIGINS = {"sidecar": "subtitle file", "embedded": "subtitles in the video"}


def transcript(known: Known, span: Span | None = None, words: bool = True) -> list[dict[str, Any]]:
    """Tracks, the one with the most lines first, each with ``lines`` in order of time.

    ``words`` says whether the times of single words are told where they are known.
    """
    tracks = [track for track in (*_subtitles(known, span, words), _speech(known, span, words)) if track["lines"]]
    return sorted(tracks, key=lambda track: -len(track["lines"]))


def _speech(known: Known, span: Span | None, words: bool) -> dict[str, Any]:
    rows = known.rows("speech", span=span)
    language = next((row["language"] for row in rows if row.get("language")), None)
    return {"name": "recognised speech", "language": language, "lines": _lines(rows, words)}


def _subtitles(known: Known, span: Span | None, words: bool) -> Iterator[dict[str, Any]]:
    tracks: dict[int, list[Row]] = defaultdict(list)
    for row in known.rows("subtitles", span=span):
        tracks[row.get("track") or 0].append(row)
    for rows in tracks.values():
        origin = rows[0].get("origin") or ""
        yield {
            "name": _ORIGINS.get(origin, origin or "subtitles"),
            "language": rows[0].get("language"),
            "lines": _lines(rows, words),
        }


def _lines(rows: list[Row], words: bool) -> list[dict[str, Any]]:
    return [_line(row, words) for row in sorted(rows, key=lambda row: (row["start_us"], row["end_us"]))]


def _line(row: Row, words: bool) -> dict[str, Any]:
    speaker, kind = row.get("speaker"), row.get("kind") or "speech"
    line = {"start_us": row["start_us"], "end_us": row["end_us"], "text": row.get("text") or "", "kind": kind}
    line |= {"speaker": f"speaker {speaker}" if isinstance(speaker, int) else speaker or None}
    timed = [{k: w[k] for k in ("start_us", "end_us", "text")} for w in row.get("words") or ()] if words else []
    return line | ({"words": timed} if timed else {})
