"""What went wrong: by step and kind, each failure with its sentence, its file and what to do next."""

import shlex
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request

from shotlist.view.answer import Page
from shotlist.view.facts.rows import Row
from shotlist.view.finding.listing import Asked, paged
from shotlist.view.viewer import Viewer

SIZE = 100
_PROBLEMS = 200
_FILTERS = ("step", "kind", "may_pass")

_GROUPS = """
    SELECT coalesce(step, '') AS step, coalesce(kind, '') AS kind, count(*) AS failures,
           count(*) FILTER (may_pass) AS may_pass, count(DISTINCT video_id) AS videos
    FROM failures GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""


def failures(viewer: Viewer, request: Request) -> Page:
    """``/failures?step=&kind=&may_pass=&q=&page=``."""
    index = viewer.index
    asked = Asked.read(request.query_params, (), _FILTERS)
    source, parameters = _source(asked)
    total = (index.one(f"SELECT count(*) AS n {source}", parameters) or {"n": 0})["n"]
    rows = index.rows(
        f"""SELECT f.video_id, f.clip_id, f.uri, f.step, f.kind, f.message, coalesce(f.may_pass, false) AS may_pass,
                   v.name {source} ORDER BY f.step, f.kind, v.place, f.uri, f.clip_id
            LIMIT {SIZE} OFFSET {(asked.page - 1) * SIZE}""",
        parameters,
    )
    groups = index.rows(_GROUPS)
    summary = viewer.dataset.read_json("summary.json")
    problems = [str(p) for p in summary.get("problems") or ()] if isinstance(summary, dict) else []
    values = {
        **paged(total, asked.page, SIZE),
        "all": sum(group["failures"] for group in groups),
        "groups": groups,
        "failures": [_told(row) for row in rows],
        "problems": problems[:_PROBLEMS],
        "problem_count": len(problems),
        "broken": list(index.problems),
        "asked": {"q": asked.q, **asked.filters},
        "retry": f"shotlist build -o {shlex.quote(viewer.dataset.address)} --retry",
    }
    links = [asked.query(step=g["step"], kind=g["kind"], may_pass=None) for g in groups]
    return Page("failures.html.j2", values | {"links": asked.beside(values) | {"groups": links}})


def _source(asked: Asked) -> tuple[str, list[str]]:
    """What to select from, and its parameters."""
    conditions, parameters = ["true"], []
    for name, value in asked.filters.items():
        default = "'false'" if name == "may_pass" else "''"
        conditions.append(f"coalesce(f.{name}::VARCHAR, {default}) = ?")
        parameters.append(value)
    for word in asked.q.split():
        conditions.append("contains(lower(concat_ws(' ', f.uri, f.message, v.name, f.clip_id)), lower(?))")
        parameters.append(word)
    joined = "FROM failures AS f LEFT JOIN videos AS v ON v.video_id = f.video_id"
    return f"{joined} WHERE {' AND '.join(conditions)}", parameters


def _told(row: Row) -> dict[str, Any]:
    file = PurePosixPath(row["uri"] or "").name or row["name"] or row["video_id"] or ""
    # Sentences begin with the file's name, which has a place of its own here.
    sentence = (row["message"] or row["kind"] or "").removeprefix(f"{file}: ")
    return {**row, "file": file, "message": sentence}
