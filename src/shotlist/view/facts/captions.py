"""Everything that was written about a clip: the captions side by side, and the texts that they were made from."""

from collections.abc import Mapping, Sequence
from typing import Any

from shotlist.view.facts.diff import compared, counted
from shotlist.view.facts.rows import Known, Row

_TOLD = (
    "model", "prompt", "prompt_version", "prompt_digest", "inputs", "tokens_in", "tokens_out", "cost", "seconds",
    "finish", "weights",
)  # fmt: skip
_PIECES = ("notes", "spans", "texts", "objects")
"""Columns with the pieces that a row's text is put together from."""
_LETTERS = {"V": "pictures", "S": "subtitles", "M": "metadata", "A": "sound", "C": "captions"}


def caption_tables(known: Known, shown: str | None) -> list[str]:
    """Tables with a text of a clip that a model or the describer wrote; the ``shown`` one first."""
    found = [t for t in known.tables if {"clip_id", "text"} <= set(known.columns(t))]
    wrote = [t for t in found if "model" in known.columns(t) or t.startswith(("caption", "final")) or t == shown]
    return sorted(wrote, key=lambda t: (t != shown, t))


def shown_table(known: Known) -> str | None:
    """The table that captions are shown from: the recipe's, ``caption``, else one that no other is made from."""
    recipe = known.dataset.read_json("recipe.json")
    named = recipe.get("caption") if isinstance(recipe, dict) else None
    there = caption_tables(known, named)
    made = {t: set(receipt.inputs) for t in there if (receipt := known.receipt(t))}
    ends = [t for t in there if not any(t in inputs for inputs in made.values())]
    best = sorted(ends, key=lambda t: (not t.startswith(("caption", "final")), -len(made.get(t, set()) & set(there))))
    return next((t for t in [named, "caption", *best] if t in there), None)


def captions(
    known: Known, clip_id: str, shown: str | None, against: str | None, failures: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The captions of a clip, each with what it has different from the one that it is compared ``against``.

    A step that failed on the clip has a row with its ``failure`` and no text. ``into`` are the captions that were made
    from it.
    """
    tables = caption_tables(known, shown)
    wrong = {f["step"]: f["message"] for f in failures}
    inputs = {t: set(receipt.inputs) if (receipt := known.receipt(t)) else set() for t in tables}
    rows = [_caption(known, t, clip_id, wrong.get(t)) for t in tables]
    rows = [row | {"into": [t for t in tables if row["table"] in inputs[t]]} for row in rows]
    whole = [row for row in rows if not row["pieces"]]
    chosen = next((r for r in whole if r["table"] == against and r["text"]), None)
    chosen = chosen or next((r for r in whole if r["text"]), None)
    for row in whole:
        row["compared"], row["shared"] = None, None
        if chosen is not None and row["text"] and row is not chosen:
            row["compared"], row["shared"] = compared(row["text"], chosen["text"])
    return {"shown": shown, "against": chosen["table"] if chosen else None, "rows": whole} | {
        "pieces": [row for row in rows if row["pieces"]]
    }


def _caption(known: Known, table: str, clip_id: str, failure: str | None) -> dict[str, Any]:
    row = known.row(table, clip_id)
    text = row.get("text")
    told = {name: row.get(name) for name in _TOLD}
    shown = [_LETTERS.get(letter, letter) for letter in (told["inputs"] or "").split("+") if letter]
    return {
        "table": table,
        "text": text,
        "words": counted(text) if text else 0,
        **told,
        "inputs": shown,
        "failure": None if text else failure,
        "pieces": _pieces(row),
    }


def _pieces(row: Row) -> list[dict[str, Any]]:
    """A text's pieces with their times; names without times are one piece each."""
    name = next((n for n in _PIECES if row.get(n)), None)
    if name is None:
        return []
    if name in ("notes", "spans"):
        times = ("time_us", "previous_us", "start_us", "end_us")
        return [
            {"text": p["text"], **{t: p[t] for t in times if p.get(t) is not None}, "seconds": p.get("seconds")}
            for p in row[name]
        ]
    if name == "texts":
        times_us = row.get("times_us") or [None] * len(row[name])
        return [{"text": text, "time_us": time} for text, time in zip(row[name], times_us, strict=False) if text]
    return [{"text": text} for text in row[name]]


def key_frames(known: Known, clip: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The clip's key frames in order of time: when, the still's time, and how like the one before (0..1)."""
    found = known.rows("keyframes", span=(clip["start_us"], clip["end_us"]))
    return [
        {name: row[name] for name in ("time_us", "still_us", "similarity")}
        for row in found
        if (row["start_us"], row["end_us"]) == (clip["start_us"], clip["end_us"])
    ]
