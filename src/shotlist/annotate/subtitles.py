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


@dataclass(frozen=True)
class Subtitles(MediaStep):
    """Reads subtitles and captions beside a video (.srt, .vtt, .ass, .json3, .srv3) and the text tracks inside it."""

    embedded: bool = True
    """Whether tracks inside the file are read too."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("sources",)
    tables: ClassVar[dict[str, pa.Schema]] = {"subtitles": CUES}

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:  # noqa: ARG002
        """See MediaStep; notes hold what was wrong with the subtitles."""
        cues: list[Cue] = []
        problems: list[str] = []
        for track, uri in enumerate(source.subtitles):
            name = uri.rsplit("/", 1)[-1]
            try:
                found, trouble = sidecar_cues(read_bytes(uri), name)
            except SourceError as error:
                found, trouble = [], [error.message]
            cues += [replace(cue, track=track) for cue in found]
            problems += [f"{name}: {t}" for t in trouble]
        if self.embedded:
            found, trouble = embedded_cues(path)
            cues += [replace(cue, track=len(source.subtitles) + cue.track) for cue in found]
            problems += trouble
        cues.sort(key=lambda c: (c.start_us, c.end_us))
        if cues:
            keys = [{"video_id": source.video_id}] * len(cues)
            for batch in table_of(cues, schema_of(Cue), keys).to_batches():
                yield "subtitles", batch
        yield {"problems": problems}
