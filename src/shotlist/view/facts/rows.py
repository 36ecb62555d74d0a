"""What the tables hold of one video, read from the few parts that can hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.plan import SET_SHARD
from shotlist.errors import ShotlistError
from shotlist.parts import Part, Parts, Receipt
from shotlist.records import Source
from shotlist.view.media.films import Films

T = TypeVar("T")
Row = dict[str, Any]
Span = tuple[int, int]

BULKY = frozenset(("signals", "thumbs", "frames", "sound", "audio", "landmarks", "sounds"))
"""Tables of numbers and pictures: nobody reads them as text."""


class Known:
    """Rows of one video; a part that can't be read is told in ``problems`` and taken for empty. Raises NotThere."""

    def __init__(self, films: Films, video_id: str) -> None:
        self.dataset = films.dataset
        self.video_id = video_id
        self.problems: list[str] = []
        self._parts = _of_shard(films.parts, films.shard(video_id))
        self._schemas: dict[str, pa.Schema] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that may hold something of the video."""
        return tuple(self._parts)

    def columns(self, table: str) -> tuple[str, ...]:
        """A table's columns; none where it is absent or can't be read."""
        if table not in self._schemas:
            found = (self._read(part, pq.read_schema) for part in self._parts.get(table, ()))
            self._schemas[table] = next((schema for schema in found if schema is not None), pa.schema([]))
        return tuple(self._schemas[table].names)

    def table(
        self, table: str, clip_id: str | None = None, span: Span | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table | None:
        """Rows of the video, of one clip, or those that overlap a span (microseconds); None where there are none."""
        there = self.columns(table)
        key, value = ("clip_id", clip_id) if clip_id is not None else ("video_id", self.video_id)
        if key not in there:
            return None
        wanted = pc.field(key) == value
        if span is not None:
            wanted = wanted & (pc.field("start_us") < span[1]) & (pc.field("end_us") > span[0])
        chosen = None if columns is None else [name for name in columns if name in there]
        found = [
            self._read(part, lambda place: pq.read_table(place, columns=chosen, filters=wanted))
            for part in self._parts[table]
        ]
        full = [rows for rows in found if rows is not None and rows.num_rows]
        return pa.concat_tables(full, promote_options="default") if full else None

    def rows(
        self, table: str, clip_id: str | None = None, span: Span | None = None, columns: Sequence[str] | None = None
    ) -> list[Row]:
        """The same as dictionaries."""
        found = self.table(table, clip_id, span, columns)
        return found.to_pylist() if found is not None else []

    def row(self, table: str, clip_id: str | None = None) -> Row:
        """The only row of the video or of a clip; empty where there is none."""
        return next(iter(self.rows(table, clip_id)), {})

    def receipt(self, table: str) -> Receipt | None:
        """Who made a table and from what; None where that can't be told."""
        for part in self._parts.get(table, ()):
            try:
                return self.dataset.receipt(part)
            except (ShotlistError, FileNotFoundError) as error:
                self._problem(part, error)
        return None

    @cached_property
    def source(self) -> Row:
        """The video's row in ``sources``: where the file is, and what was said about it, None where nothing was."""
        return dict.fromkeys(f.name for f in fields(Source)) | self.row("sources")

    def clip(self, row: Mapping[str, Any], tables: Sequence[str]) -> Clip:
        """A clip as the steps see it, knowing only what these tables hold of its span."""
        known = ShardTables({})
        for table in tables:
            clip_id = row["clip_id"] if "clip_id" in self.columns(table) else None
            timed = clip_id is None and {"start_us", "end_us"} <= set(self.columns(table)) and table != "videos"
            found = self.table(table, clip_id, (row["start_us"], row["end_us"]) if timed else None)
            if found is not None:
                known.put(table, found)
        told = {name: value for name, value in self.source.items() if value is not None}
        source = Source.of({"uri": "", "size": 0, "stamp": "", **told, "video_id": self.video_id})
        frames = (row.get("start_frame") or 0, row.get("end_frame") or 0)
        return Clip(Film(source, known), row["start_us"], row["end_us"], *frames, row.get("mark"))

    def _read(self, part: Part, read: Callable[[Path | BinaryIO], T]) -> T | None:
        store = self.dataset.store
        try:
            if store.local is not None:
                return read(store.local / part.path)
            with store.fs.open(store.path(part.path)) as file:  # ranges of it, not the whole
                return read(file)
        except FileNotFoundError:  # a build has replaced it a moment ago
            return None
        except (pa.ArrowException, OSError, ValueError) as error:
            self._problem(part, error)
            return None

    def _problem(self, part: Part, error: Exception) -> None:
        first = str(error).partition("\n")[0]
        sentence = f"{part.path} can't be read ({first}): delete it, and the next build makes it anew"
        if part.path not in "".join(self.problems):
            self.problems.append(sentence)


def _of_shard(listing: Parts, shard: str) -> dict[str, list[Part]]:
    """A shard's part of every table, and those of passes over the whole set."""
    found = {table: [parts[s] for s in (shard, SET_SHARD) if s in parts] for table, parts in listing.items()}
    return {table: parts for table, parts in found.items() if parts}
