"""Clips as cards: what stands below a picture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shotlist.report.cards import facts_of
from shotlist.report.wording import shorten, video_name
from shotlist.view.index.columns import Column

Row = Mapping[str, Any]

_KNOWN = {
    "camera_kind": "camera",
    "presence_most": "most",
    "presence_typical": "typical",
    "presence_size": "size",
    "speaking_share": "speech",
    "transcript_agreement": "agreement",
    "music_text": "music",
    "written_text": "written",
}
"""Columns that every card tells of where they are there, and what the report's cards call them."""
_CAPTION, _FACT, _FACTS = 280, 48, 5


def card_columns(columns: Mapping[str, Column], asked: Sequence[str] = ()) -> list[str]:
    """Which columns ``cards`` wants to be asked for, beside those that every row has."""
    return [name for name in dict.fromkeys(["status", "rule", "value", "mark", *_KNOWN, *asked]) if name in columns]


def cards(columns: Mapping[str, Column], rows: Sequence[Row], asked: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows as ``_card.html.j2`` shows them; ``asked`` are columns that the query is about, told first."""
    return [_card(columns, row, [name for name in asked if name in columns]) for row in rows]


def _card(columns: Mapping[str, Column], row: Row, asked: Sequence[str]) -> dict[str, Any]:
    facts = [*_asked(columns, row, asked), *_known(row)]
    return {
        **{k: row[k] for k in ("clip_id", "video_id", "start_us", "end_us", "still_us", "seconds")},
        "name": video_name(row.get("uri"), row.get("title"), row["video_id"]),
        **{k: row.get(k) for k in ("status", "rule", "value", "mark", "score", "where")},
        "caption": _caption(row),
        "facts": facts[:_FACTS],
    }


def _caption(row: Row) -> list[list[Any]]:
    """The caption in pieces ``[text, is_hit]``: around what was searched for, else from its beginning."""
    if row.get("snippet"):
        return [[text, bool(hit)] for text, hit in row["snippet"]]
    return [[shorten(row["shown"], _CAPTION), False]] if row.get("shown") else []


def _asked(columns: Mapping[str, Column], row: Row, asked: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name in asked:
        value = row.get(name)
        if name in _KNOWN or name in ("status", "rule", "value", "mark", "seconds", "name") or value is None:
            continue
        yield {"label": columns[name].label.rpartition(".")[2], "value": shorten(told(value), _FACT), "asked": True}


def _known(row: Row) -> Iterator[dict[str, Any]]:
    if row.get("camera_kind"):
        yield {"label": "camera", "value": str(row["camera_kind"]), "asked": False}
    for fact in facts_of({called: row.get(name) for name, called in _KNOWN.items()}):
        yield {"label": fact.label, "value": shorten(fact.value, _FACT), "asked": False}


def told(value: Any) -> str:
    """A value of a column as people read it: numbers with three digits that count."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
