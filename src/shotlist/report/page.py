"""The page itself: template, style and script put together so that nothing in the data can act as code."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shotlist.report.funnel import clips_note, funnel, short_videos_note, shots_note
from shotlist.report.wording import count, duration, share, shorten
from shotlist.timing import clock

_HERE = Path(__file__).parent
_SCRIPTS = ("report.js", "charts.js", "timelines.js", "start.js")
"""One script in several files: what all use, the two things it draws, and what puts them in place."""


def render(found: dict[str, Any]) -> str:
    """The whole of ``report.html`` from what ``gather`` found."""
    script = "".join(map(_text, _SCRIPTS))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            found,
            funnel=funnel(found["totals"]),
            short_videos_note=short_videos_note(found["totals"]),
            shots_note=shots_note(found["totals"]),
            clips_note=clips_note(found["totals"]),
            recipe_name=shorten(str(found["recipe"].get("name") or ""), 80),
            settings=_settings(found["recipe"]),
            policy=_policy(script),
            style=Markup(_text("report.css")),  # our own files: the only text that is not escaped
            script=Markup(script),
            data=Markup(embedded(_data(found))),
        )
    )


def embedded(value: Any) -> str:
    """JSON that can stand in a ``<script>``: without ``<``, ``>``, ``&`` no text in it ends the element."""
    packed = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        packed = packed.replace(sign, f"\\u{ord(sign):04x}")
    return packed


def _data(found: dict[str, Any]) -> dict[str, Any]:
    kept = found["totals"].of("kept")
    return {
        "stills": [still.data for still in found["stills"]],
        "clips": found["clips"],
        "charts": found["charts"].drawn,
        "videos": found["videos"],
        "kept": [kept.clips, round(kept.seconds, 1)],
        "all": found["totals"].all_clips.clips,
    }


def _policy(script: str) -> str:
    """Nothing may be loaded, and no script may run but the one whose hash stands here."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _settings(recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """Steps with their settings as short texts."""
    steps = []
    for step in (recipe.get("steps") or [])[:200]:
        pairs = [(str(k), shorten(_setting(v), 500)) for k, v in (step.get("settings") or {}).items()]
        if step.get("name") == "rules" and isinstance(step["settings"].get("keep"), dict):
            pairs = [(str(k), shorten(str(v), 500)) for k, v in step["settings"]["keep"].items()]
        steps.append({"name": str(step.get("name", "")), "class": str(step.get("class", "")), "pairs": pairs[:100]})
    return steps


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"count": count, "duration": duration, "share": share, "clock": clock}
    return made
