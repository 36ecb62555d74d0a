"""The page of an export and what stands beside it. All of it works from a file: classic scripts, no questions asked."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from shotlist.report.wording import count, duration, shorten
from shotlist.timing import clock
from shotlist.view.exporting.tables import as_json
from shotlist.view.index.columns import Column

Row = dict[str, Any]

_VIEW = Path(__file__).parent.parent
_COPIED = ("base.css", "cards.css", "export.css", "export.js", "icon.svg")
_TOLD = ("clip_id", "caption", "captions", "notes", "transcript", "source", "name", "start_us", "end_us", "seconds")
_ALSO = ("status", "rule", "why", "mark", "film", "still", "missing", "values")


@dataclass(frozen=True)
class Shared:
    """What an export's files say about all clips. ``facets`` and ``sorts`` are columns that the page offers."""

    dataset: str
    recipe: str | None
    asked: list[str]
    facts: Mapping[str, Any]
    columns: Sequence[Column]
    facets: Sequence[str]
    sorts: Sequence[str]


def page(shared: Shared, clips: Sequence[Row]) -> str:
    """``index.html``: all clips as cards, also for browsers without scripts."""
    seconds = sum(clip["seconds"] for clip in clips)
    return _template("export.html.j2").render(
        shared=shared, clips=clips, seconds=seconds, credits=credits(clips), named={c.name: c for c in shared.columns}
    )


def readme(shared: Shared, clips: Sequence[Row], columns: Mapping[str, Column]) -> str:
    """``README.md``: what is in the folder, for people and programs."""
    told = _template("export.md.j2")
    return told.render(
        shared=shared, clips=clips, credits=credits(clips), columns=list(columns.values()), missing=_missing(clips)
    )


def assets(shared: Shared, clips: Sequence[Row]) -> dict[str, str]:
    """Styles and scripts, and the clips as a script: a page in a file can't ask for anything else."""
    copied = {f"assets/{name}": (_VIEW / "static" / name).read_text() for name in _COPIED}
    told = {
        "columns": [asdict(c) for c in shared.columns],
        "facets": list(shared.facets),
        "clips": [{k: clip[k] for k in (*_TOLD, *_ALSO)} for clip in clips],
    }
    return copied | {"assets/clips.js": f"window.shotlist = {as_json(told)};\n"}


def credits(clips: Sequence[Row]) -> list[Row]:
    """Each video with its clips' number and all that is known of where it comes from."""
    counted = Counter(clip["video_id"] for clip in clips)
    first = {clip["video_id"]: clip for clip in reversed(clips)}
    found = [{"name": c["name"], "clips": counted[v], **c["source"]} for v, c in first.items()]
    return sorted(found, key=lambda one: str(one["name"]).lower())


def _missing(clips: Sequence[Row]) -> int:
    return sum(clip["film"] is None for clip in clips)


def in_markdown(text: Any) -> str:
    """A text as it stands, in one line, whatever marks are in it."""
    plain_text = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~$-])", r"\\\1", plain_text)


@cache
def _template(name: str) -> Template:
    made = Environment(
        loader=FileSystemLoader(_VIEW / "templates"),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"count": count, "duration": duration, "shorten": shorten, "clock": clock, "md": in_markdown}
    return made.get_template(name)
