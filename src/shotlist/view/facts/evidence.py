"""What the shown caption was made from, and which of its claims are borne out by what."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shotlist.captions.check import EVIDENCE, CaptionCheck, CheckRow
from shotlist.captions.claims import KINDS, Claim, Kind, claims
from shotlist.engine.film import Clip
from shotlist.view.facts.diff import marked
from shotlist.view.facts.rows import BULKY, Known, Row

_STRUCTURE = frozenset(("clips", "videos", "shots", "decisions", "keyframes", "failures", "people", "voice"))
"""Tables that say where things are; what they hold is no text to show."""
_SILENT = BULKY | {"videos", "shots", "keyframes"}
"""Tables that bear nothing out."""
_REASONS: Mapping[Kind, str] = {
    "numbers": "this number stands in none of the inputs",
    "names": "none of the inputs has this name",
    "quotes": "nobody was heard saying it and nothing reads so",
    "colours": "this colour was not measured",
    "instruments": "nothing that was heard names it",
}
_PICTURES = "; the model saw pictures, and may have it from there"
_LONGEST, _MOST = 600, 20
"""Letters of an input's text, and texts of it, that are shown."""


def evidence(known: Known, clip: Row, caption: Mapping[str, Any], captions: Sequence[str]) -> dict[str, Any]:
    """The caption in pieces, its claims, and the texts it was made from.

    Every claim says which tables hold it; one that none holds has a ``reason`` and is marked in ``pieces``. In a
    ``foreign`` language only figures and quotations are looked up.
    ``captions`` are the tables with captions: only those count that this one was made from.
    """
    table, text = caption["table"], caption["text"] or ""
    receipt = known.receipt(table)
    inputs = [name for name in (receipt.inputs if receipt else ()) if name in (*known.tables, "sources")]
    there = [t for t in dict.fromkeys((*inputs, *EVIDENCE)) if t in known.tables and t not in _SILENT]
    tables = [t for t in there if t != table and (t in inputs or t not in captions)]
    seen = known.clip(clip, [*tables, table, "videos"])
    found, language = _claims(seen, table, text, tables, "pictures" in caption["inputs"])
    spans = [span for claim in found if claim["reason"] for span in _places(text, claim["word"])]
    return {
        "table": table,
        "pieces": marked(text, spans),
        "claims": found,
        "foreign": language,
        "unsupported": sum(claim["reason"] is not None for claim in found),
        "sources": [{"table": name, "texts": texts} for name in inputs if (texts := _told(seen, known, name))],
        "measures": [name for name in inputs if _is_measure(known, name)],
    }


def _claims(
    clip: Clip, table: str, text: str, tables: Sequence[str], pictures: bool
) -> tuple[list[dict[str, Any]], str | None]:
    """The claims with what holds them, and the language in which not all of them can be looked up."""
    together = _checked(clip, table, tuple(tables))
    if together is None:
        return [], None
    judged = [kind for kind in KINDS if getattr(together, kind) is not None]
    unique: dict[tuple[Kind, str], Claim] = {(c.kind, c.word): c for c in claims(text, judged)}
    apart = {name: _checked(clip, table, (name,)) for name in tables} if unique else {}
    found = []
    for kind, word in unique:
        held = [name for name, row in apart.items() if row is not None and word not in row.unsupported_words]
        reason = None
        if word in together.unsupported_words:
            reason = _REASONS[kind] + (_PICTURES if pictures and kind in ("colours", "numbers") else "")
        found.append({"kind": kind, "word": word, "held_by": held, "reason": reason})
    return found, together.language if len(judged) < len(KINDS) else None


def _checked(clip: Clip, table: str, evidence: tuple[str, ...]) -> CheckRow | None:
    """What the caption claims, looked up in these tables alone."""
    return CaptionCheck(caption=f"{table}.text", evidence=evidence).measure(clip)


def _places(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where a claim stands in the text, whatever lies between its words."""
    parts = [re.escape(part) for part in re.findall(r"\w+|[^\w\s]+", word)]
    pattern = r"(?<!\w)" + r"[\s\-]*".join(parts) + r"(?!\w)"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield match.span()


def _told(clip: Clip, known: Known, table: str) -> list[str]:
    """An input's own words about the clip."""
    if table in BULKY or table in _STRUCTURE:
        return []
    if table == "sources":
        source = clip.film.source
        texts: Iterable[str | None] = (source.title, source.description, ", ".join(source.tags))
    elif "clip_id" in known.columns(table):
        texts = _texts(clip.row(table))
    else:
        texts = (row.get("text") for row in clip.film.rows(table))
    return [text[:_LONGEST] for text in list(dict.fromkeys(filter(None, texts)))[:_MOST]]


def _is_measure(known: Known, table: str) -> bool:
    there = known.columns(table)
    return "clip_id" in there and "text" not in there and table not in _STRUCTURE


def _texts(row: Row) -> Iterator[str]:
    if row.get("texts"):
        yield from (text for text in row["texts"] if text)
    elif row.get("notes") or row.get("spans"):
        yield from (piece["text"] for piece in row.get("notes") or row["spans"])
    elif row.get("text"):
        yield row["text"]
    if row.get("tags"):
        yield ", ".join(tag["label"] for tag in row["tags"])
