"""What is known of a clip beside its caption: other captions, who is there, what is heard, what is written."""

from dataclasses import dataclass
from typing import Any

from shotlist.report.tables import Tables, listed
from shotlist.report.wording import count, share, shorten

_TEXT, _CAPTION = 160, 600


@dataclass(frozen=True)
class Fact:
    """A line of a card; ``part`` (0..1) is drawn as a bar."""

    label: str
    value: str
    part: float | None = None


def others(tables: Tables, clip_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """By clip all its captions with their tables, the one on its card first, where it has more than one."""
    found = {clip: texts for clip, texts in tables.texts(clip_ids).items() if len(texts) > 1}
    return {
        clip: [(table, shorten(text, _CAPTION)) for table, text in (texts[0], *sorted(texts[1:]))]
        for clip, texts in found.items()
    }


def facts(tables: Tables, clip_ids: list[str]) -> dict[str, list[Fact]]:
    """Facts by clip; clips of which nothing more is known are left out."""
    if not {"presence", "speaking", "music", "written", "speech"} & set(tables.columns):
        return {}
    rows = tables.records(
        f"""SELECT b.clip_id, any_value(p.typical) AS typical, any_value(p.most) AS most, any_value(p.size) AS size,
                   any_value(s.share) AS speech, any_value(m.text) AS music, any_value(w.text) AS written,
                   any_value(t.agreement) AS agreement
            FROM (SELECT clip_id FROM basis WHERE clip_id IN {listed(clip_ids)}) AS b
            LEFT JOIN report.presence AS p USING (clip_id) LEFT JOIN report.speaking AS s USING (clip_id)
            LEFT JOIN report.music AS m USING (clip_id) LEFT JOIN report.written AS w USING (clip_id)
            LEFT JOIN report.transcript AS t USING (clip_id) GROUP BY ALL"""
    )
    found = {row["clip_id"]: facts_of(row) for row in rows}
    return {clip_id: told for clip_id, told in found.items() if told}


def facts_of(row: dict[str, Any]) -> list[Fact]:
    """Facts from the values ``most``, ``typical``, ``size``, ``speech``, ``agreement``, ``music``, ``written``."""
    found = []
    if row["most"]:
        found.append(Fact("people", ", ".join(part for part in (_number(row), _size(row["size"])) if part)))
    if row["speech"] is not None and row["speech"] > 0:
        part = min(1.0, row["speech"])
        found.append(Fact("speech", share(part, 1), part))
    if row["agreement"] is not None:
        found.append(Fact("subtitles", f"{share(row['agreement'], 1)} as heard", max(0.0, min(1.0, row["agreement"]))))
    if row["music"]:
        found.append(Fact("music", shorten(row["music"], _TEXT)))
    if row["written"]:
        found.append(Fact("text", shorten(row["written"], _TEXT)))
    return found


def _number(row: dict[str, Any]) -> str:
    most = count(row["most"])
    if row["typical"] == row["most"]:
        return most
    return f"up to {most}" if row["typical"] else f"{most} at times"


def _size(size: str | None) -> str:
    return f"{size} shot" if size and not size.endswith("close-up") else size or ""
