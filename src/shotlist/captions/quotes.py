"""What is written and what is said in a clip, as quotations; and how quotations are found in texts."""

import re
from typing import Any

from shotlist.annotate.text_tracks import letters
from shotlist.annotate.words import agreement, joined
from shotlist.engine.film import Clip
from shotlist.timing import SECOND, overlap

Row = dict[str, Any]

_READS = {
    "title card": "a title card reads",
    "slide": "a slide reads",
    "credits": "credits read",
    "banner": "a banner reads",
    "subtitle": "burned-in subtitles read",
    "logo": "a logo reads",
    "scene": "writing in the picture reads",
}
_PAGES = ("title card", "slide", "credits")
_SURE = 0.9
"""Text whose reading is less sure (0..1) is not quoted."""
_LETTERS = 3
"""Shorter readings are mostly shapes that look like letters, but on a page."""
_SHOWN_US = SECOND // 4
"""Text must be seen in a clip for so long, or for half of the clip."""
_MUCH = 4
"""Lines from which text that can't be read is told of."""
_SAME = 0.6
"""Agreement (see words) from which burned-in subtitles say what the transcript says already."""

QUOTED = re.compile(
    '„([^„“”]+)[“”]|“([^“”]+)”|"([^"]+)"|«([^«»]+)»|「([^「」]+)」|『([^『』]+)』'
    "|\u2018([^\u2018\u2019]{2,})\u2019(?!\\w)|(?<!\\w)'([^'\n]{2,})'(?!\\w)"
)
"""A quotation; one of its groups holds the words."""
_QUOTES = dict.fromkeys(map(ord, '“”„«»「」『』"'), "'")


def bare(text: str) -> str:
    """A text without quotation marks around all of it, as some models answer."""
    whole = QUOTED.fullmatch(text.strip())
    return next(filter(None, whole.groups())) if whole else text


def quotable(text: str, limit: int = 280) -> str:
    """One line without double quotes, so that nobody can pretend that the quotation has ended."""
    line = " ".join(text.translate(_QUOTES).split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"


def said(transcript: Row) -> str:
    """What subtitles or somebody say; empty where that is not known."""
    if not transcript.get("text"):
        return ""
    how = "Speech is recognised as" if transcript.get("source") == "speech" else "Subtitles read"
    return f"{how}: “{quotable(transcript['text'])}”"


def written(clip: Clip, transcript: Row) -> str:
    """What can be read in the picture, the two kinds with the most of it; empty where there is no text for sure."""
    shown = [row for row in clip.film.rows("text") if _is_shown(row, clip)]
    lines: dict[str, list[str]] = {}
    for row in filter(_is_sure, shown):
        if row["text"] not in lines.setdefault(row["kind"], []):
            lines[row["kind"]].append(row["text"])
    if not lines:
        return "There is text in the picture that could not be read." if len(shown) >= _MUCH else ""
    if (agreement(transcript.get("text") or "", joined(lines.get("subtitle", ()))) or 0.0) >= _SAME:
        del lines["subtitle"]
    most = sorted(lines, key=lambda kind: -sum(map(len, lines[kind])))[:2]
    quoted = [
        f"{_reads(kind, clip)}: “{_together(kind, lines[kind], 280 // len(most))}”" for kind in lines if kind in most
    ]
    text = "; ".join(quoted)
    return text[:1].upper() + text[1:]


def _reads(kind: str, clip: Clip) -> str:
    return f"the {kind} reads" if kind == clip.mark == "title card" else _READS.get(kind, "text in the picture reads")


def _is_shown(row: Row, clip: Clip) -> bool:
    least = min(_SHOWN_US, (clip.end_us - clip.start_us) // 2)
    return overlap((clip.start_us, clip.end_us), (row["start_us"], row["end_us"])) >= least


def _is_sure(row: Row) -> bool:
    return bool(row["score"] >= _SURE and (row["kind"] in _PAGES or len(letters(row["text"])) >= _LETTERS))


def _together(kind: str, lines: list[str], limit: int) -> str:
    """Sentences go on from line to line in subtitles; elsewhere the lines are kept apart."""
    text = joined(lines) if kind == "subtitle" else " / ".join(line.lstrip("•●-–* ") for line in lines)
    return quotable(text, limit)
