"""What failed, in sentences."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from shotlist.report.tables import Tables
from shotlist.report.wording import shorten

MAX_ROWS = 200


@dataclass(frozen=True)
class Trouble:
    """Failures of videos and clips, at most ``MAX_ROWS`` of ``count``, and names that led to no video."""

    rows: list[dict[str, Any]]
    count: int
    kinds: list[tuple[str, int]]
    problems: list[str]
    problem_count: int


def trouble(tables: Tables, summary: Any) -> Trouble:
    """Read the failures; ``summary`` is the dataset's JSON file or None."""
    rows = tables.rows(
        f"""SELECT uri, video_id, clip_id, step, kind, message, coalesce(may_pass, false) FROM report.failures
            ORDER BY uri, video_id, clip_id, step LIMIT {MAX_ROWS}"""
    )
    kinds = tables.rows(
        "SELECT coalesce(kind, 'error'), count(*) FROM report.failures GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    )
    count = tables.one("SELECT count(*) FROM report.failures")[0]
    problems = summary.get("problems", []) if isinstance(summary, dict) else []
    return Trouble(
        [_row(*row) for row in rows],
        count,
        kinds,
        [shorten(str(p), 300) for p in problems[:50]],
        len(problems),
    )


def _row(
    uri: str | None, video: str, clip: str | None, step: str, kind: str, message: str, again: bool
) -> dict[str, Any]:
    file = PurePosixPath(uri or "").name or video or ""
    # Sentences begin with the file's name, which has a column of its own here.
    sentence = (message or kind or "").removeprefix(f"{file}: ")
    return {
        "file": shorten(file, 120),
        "where": shorten(uri, 300),
        "clip": clip or "",
        "step": step,
        "sentence": shorten(sentence, 300),
        "again": again,
    }
