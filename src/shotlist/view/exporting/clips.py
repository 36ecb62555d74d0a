"""What an export tells of each clip, without a word about the machine that it was made on."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from shotlist.report.wording import video_name
from shotlist.view.exporting.private import Private, file_name, model_name, public_link
from shotlist.view.facts.captions import captions, shown_table
from shotlist.view.facts.rows import Known
from shotlist.view.facts.transcript import transcript
from shotlist.view.finding.groups import groups
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index
from shotlist.view.viewer import Viewer

Row = dict[str, Any]

_FACETS, _FACET_VALUES, _SORTS = 6, 12, 14
_UNTOLD = ("failed_rules", "mark")
_CAPTION = ("table", "text", "compared", "shared", "words", "failure")


def rows_of(index: Index, clip_ids: Sequence[str]) -> list[Row]:
    """All that the index has of these clips, in their order."""
    found = index.rows("SELECT * FROM clips WHERE clip_id IN (SELECT unnest(?::VARCHAR[]))", [list(clip_ids)])
    by_id = {row["clip_id"]: row for row in found}
    return [by_id[clip_id] for clip_id in clip_ids if clip_id in by_id]


def stem(clip_id: str) -> str:
    """The name of a clip's files: its id, unless that could lead out of the folder."""
    if re.fullmatch(r"\w[\w.-]{0,150}", clip_id, re.ASCII):
        return clip_id
    return hashlib.blake2b(clip_id.encode(), digest_size=12).hexdigest()


def private_of(viewer: Viewer) -> Private:
    """Knows the folders of all videos of the dataset, and its own."""
    addresses = [row["uri"] for row in viewer.index.rows("SELECT DISTINCT uri FROM videos WHERE uri IS NOT NULL")]
    folders = {address.rpartition("/")[0] for address in addresses}
    return Private({*folders, viewer.dataset.store.root, viewer.dataset.store.root.rpartition("/")[0]})


class Teller:
    """Puts together what is told of clips. ``problems`` are sentences about tables that can't be read."""

    def __init__(self, viewer: Viewer, private: Private) -> None:
        self._viewer = viewer
        self._private = private
        self._known: Known | None = None
        self.problems: list[str] = []

    def told(self, row: Row) -> Row:
        """A clip for the page: captions, transcript and source beside what the index has."""
        known = self._of(row["video_id"])
        failures = self._viewer.index.rows("SELECT step, message FROM failures WHERE clip_id = ?", [row["clip_id"]])
        shown = shown_table(known)
        written = captions(known, row["clip_id"], shown, None, failures)
        self.problems += [p for p in known.problems if p not in self.problems]
        lines = transcript(known, (row["start_us"], row["end_us"]), words=False)
        head = {k: row[k] for k in ("clip_id", "video_id", "start_us", "end_us", "seconds", "status", "rule", "mark")}
        return head | {
            "name": self._private.text(video_name(row["uri"], row["title"], row["video_id"])),
            "why": self._private.text(row["value"]) if row["value"] else None,
            "caption": self._private.text(row["shown"]) if row["shown"] else None,
            "captions": [self._caption(one) for one in written["rows"] if one["text"] or one["failure"]],
            "notes": [self._notes(one) for one in written["pieces"]],
            "transcript": [self._track(track, row) for track in lines],
            "source": self._source(known),
        }

    def _of(self, video_id: str) -> Known:
        """Clips of one video mostly follow each other."""
        if self._known is None or self._known.video_id != video_id:
            self._known = Known(self._viewer.films, video_id)
        return self._known

    def _caption(self, row: Mapping[str, Any]) -> Row:
        told = {name: row[name] for name in _CAPTION}
        clean = self._private.text
        return told | {
            "text": clean(row["text"] or ""),
            "failure": clean(row["failure"]) if row["failure"] else None,
            "compared": [[clean(text), differs] for text, differs in row["compared"] or ()],
            "model": model_name(row["model"]) if row["model"] else None,
        }

    def _notes(self, row: Mapping[str, Any]) -> Row:
        pieces = [{**piece, "text": self._private.text(piece["text"] or "")} for piece in row["pieces"]]
        return {"table": row["table"], "pieces": pieces}

    def _track(self, track: Mapping[str, Any], clip: Row) -> Row:
        """Times count from the clip's beginning, as its film does."""
        keep = ("text", "kind", "speaker")
        lines = [
            {k: line[k] for k in keep} | {k: line[k] - clip["start_us"] for k in ("start_us", "end_us")}
            for line in track["lines"]
        ]
        return {"name": track["name"], "language": track["language"], "lines": lines}

    def _source(self, known: Known) -> Row:
        source = known.source
        named = {k: self._private.text(source[k]) if source[k] else None for k in ("title", "id", "language")}
        tags = [self._private.text(tag) for tag in source["tags"] or ()]
        return {"file": file_name(source["uri"] or ""), "url": public_link(source["url"]), "tags": tags, **named}


def columns_of(index: Index) -> list[Column]:
    """Columns that tell something of a clip, the most telling first; what people decided stays here."""
    names = (name for group in groups(index).values() for name in group)
    return [index.columns[name] for name in names if name in index.columns]


def facets_of(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Columns with a few different values among these clips, of which most clips have one."""
    found = []
    for column in columns:
        if column.kind not in ("category", "flag", "list") or column.name in _UNTOLD:
            continue
        values = [[one for one in _each(row[column.name]) if one is not None] for row in rows]
        counted = Counter(str(one) for some in values for one in some)
        if 1 < len(counted) <= _FACET_VALUES and 2 * sum(map(bool, values)) >= len(rows):
            found.append(column.name)
    return found[:_FACETS]


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def sorts_of(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Numbers by which these clips can be put in order."""
    found = []
    for column in columns:
        if column.kind == "number" and len({row[column.name] for row in rows} - {None}) > 1:
            found.append(column.name)
    return found[:_SORTS]
