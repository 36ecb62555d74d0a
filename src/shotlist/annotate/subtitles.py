"""Subtitles of a video: files beside it and text tracks inside it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from shotlist.engine.rows import schema_of, table_of
from shotlist.engine.step import Batch, MediaStep, Notes
from shotlist.media.subtitles import embedded_cues, sidecar_cues
from shotlist.records import Cue, Segment, Source
from shotlist.sources.fetch import read_bytes
from shotlist.sources.trouble import SourceError

CUES = pa.schema([("video_id", pa.string()), *schema_of(Cue)])
PROBLEMS = pa.schema([("video_id", pa.string()), ("file", pa.string()), ("problem", pa.string())])


@dataclass(frozen=True)
class Subtitles(MediaStep):
    """Reads subtitles and captions beside a video (.srt, .vtt, .ass, .json3, .srv3) and the text tracks inside it.

    ``subtitle_problems`` tells what could not be read as it stands there, in a sentence each.
    """

    embedded: bool = True
    """Whether tracks inside the file are read too."""

    version: ClassVar[int] = 3
    reads: ClassVar[tuple[str, ...]] = ("sources",)
    tables: ClassVar[dict[str, pa.Schema]] = {"subtitles": CUES, "subtitle_problems": PROBLEMS}

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:  # noqa: ARG002
        """See MediaStep; nothing that is wrong with subtitles fails a video."""
        cues: list[Cue] = []
        problems: list[tuple[str | None, str]] = []
        for track, uri in enumerate(source.subtitles):
            name = uri.rsplit("/", 1)[-1]
            try:
                found, trouble = sidecar_cues(read_bytes(uri), name)
            except SourceError as error:
                found, trouble = [], [error.message]
            cues += [replace(cue, track=track) for cue in found]
            problems += [(name, problem) for problem in trouble]
        if self.embedded:
            found, trouble = embedded_cues(path)
            cues += [replace(cue, track=len(source.subtitles) + cue.track) for cue in found]
            problems += [(None, problem) for problem in trouble]
        cues.sort(key=lambda c: (c.start_us, c.end_us))
        if cues:
            keys = [{"video_id": source.video_id}] * len(cues)
            for batch in table_of(cues, schema_of(Cue), keys).to_batches():
                yield "subtitles", batch
        if problems:
            rows = [{"video_id": source.video_id, "file": file, "problem": problem} for file, problem in problems]
            yield "subtitle_problems", pa.RecordBatch.from_pylist(rows, PROBLEMS)
