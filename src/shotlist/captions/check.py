"""Whether a caption says more than is known: numbers, names, quotations, colours and instruments without evidence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from shotlist.captions.claims import ANYWHERE, KINDS, Evidence, Kind, claims
from shotlist.captions.faults import written_in
from shotlist.captions.rows import CaptionRow
from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
from shotlist.errors import ShotlistError

_MEASURES = ("clips", "camera", "motion", "light", "colour", "borders", "loudness")
_NOTES = ("transcript", "written", "text", "heard", "music", "presence", "speaking")
_CAPTIONS = (
    "caption", "teacher", "video", "strip", "polish", "first", "middle", "last", "background", "objects",
    "frame_captions", "differences",
)  # fmt: skip
EVIDENCE = ("sources", *_MEASURES, *_NOTES, *_CAPTIONS)
_SAID = ("title", "description", "tags")
"""What the table ``sources`` says about a film; the rest is addresses."""
_ABOUT = {"clip_id", "video_id"} | {f.name for f in fields(CaptionRow)} - {"text", "seconds"}
"""Columns that tell where a text comes from, not what is seen."""


@dataclass(frozen=True)
class CheckRow:
    """What a caption claims and nothing bears out.

    ``claims`` is how many numbers, names, quotations, colours and instruments there are in it, ``unsupported`` how many
    of them no evidence holds (each word counts once), and then how many of each kind; None for what is not looked up.
    In captions in another ``language`` than English that is all but figures and quotations, and so the sums.
    """

    language: str | None
    claims: int | None
    unsupported: int | None
    unsupported_words: tuple[str, ...]
    numbers: int | None
    names: int | None
    quotes: int | None
    colours: int | None
    instruments: int | None


@dataclass(frozen=True)
class CaptionCheck(Measure):
    """Looks up what a caption claims in what it was made from, by lists of English words, by capitals and figures.

    A merged caption should have ``unsupported = 0``: more means that the one who merged has added something.
    """

    title: str = "caption_check"
    """The step's and its table's name."""
    caption: str = "caption.text"
    """The table and column to check."""
    evidence: tuple[str, ...] = EVIDENCE
    """Tables, or single columns of them, with what is known; of the usual ones those that there are."""
    look_for: tuple[Kind, ...] = KINDS
    """What is looked up."""

    version: ClassVar[int] = 1
    uses: ClassVar[tuple[str, ...]] = EVIDENCE

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    def inputs(self) -> tuple[str, ...]:
        """The tables that the settings name."""
        return tuple(dict.fromkeys(("videos", "clips", split(self.caption)[0], *(split(e)[0] for e in self.evidence))))

    def measure(self, clip: Clip) -> CheckRow | None:
        """None for a clip without caption."""
        table, column = split(self.caption)
        text = clip.row(table).get(column or "text")
        if not isinstance(text, str) or not text.strip():
            return None
        known = [value for source in self.evidence if source != table for value in _values(clip, source)]
        evidence = Evidence(
            [v for v in known if isinstance(v, str)],
            [v for v in known if isinstance(v, int | float) and not isinstance(v, bool)],
        )
        language = written_in(text)
        judged = [k for k in self.look_for if language in (None, "en") or k in ANYWHERE]
        found = {(claim.kind, claim.word): claim for claim in claims(text, judged)}
        unsupported = [claim for claim in found.values() if not evidence.holds(claim)]
        kinds = Counter(claim.kind for claim in unsupported)
        words = tuple(claim.word for claim in unsupported)
        every, missing = (len(found), len(unsupported)) if len(judged) == len(self.look_for) else (None, None)
        return CheckRow(language, every, missing, words, *(kinds[k] if k in judged else None for k in KINDS))


def split(place: str) -> tuple[str, str]:
    """``table.column`` taken apart; no column stands for all of them."""
    table, _, column = place.strip().partition(".")
    if not table.isidentifier() or "." in column:
        raise ShotlistError(f"{place!r} names no column: write table.column, for example caption.text")
    return table, column


def _values(clip: Clip, place: str) -> Iterator[Any]:
    """Texts and numbers that a table holds about a clip."""
    table, column = split(place)
    for row in _rows(clip, table):
        left_out = {*_ABOUT, "seconds"} if "prompt_digest" in row else _ABOUT
        for name, value in row.items():
            if name == column or (not column and name not in left_out):
                yield from _plain(value)


def _rows(clip: Clip, table: str) -> Iterable[dict[str, Any]]:
    """A clip's own row, or of a table of whole films the rows that overlap the clip."""
    if table == "sources":
        return [{name: getattr(clip.film.source, name) for name in _SAID}]
    rows = clip.film.rows(table)
    if rows and "clip_id" in rows[0]:
        return [clip.row(table)]
    return [
        r
        for r in rows
        if r.get("start_us", clip.start_us) < clip.end_us and r.get("end_us", clip.end_us) > clip.start_us
    ]


def _plain(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _plain(inner)
    elif value is not None:
        yield value
