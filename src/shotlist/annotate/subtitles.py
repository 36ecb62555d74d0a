"""Subtitles of a video: files beside it and text tracks inside it."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from shotlist.engine.step import Batch, MediaStep, Notes
from shotlist.media.subtitles import embedded_cues, sidecar_cues
from shotlist.records import Cue, Segment, Source
from shotlist.sources.fetch import read_bytes
from shotlist.sources.trouble import SourceError

CUES = pa.schema(
    [
        ("video_id", pa.string()),
        ("start_us", pa.int64()),
        ("end_us", pa.int64()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("origin", pa.string()),
    ]
)


@dataclass(frozen=True)
class Subtitles(MediaStep):
    """Reads .srt, .vtt and .ass files beside a video and the text tracks inside it."""

    embedded: bool = True
    """Whether tracks inside the file are read too."""

    reads: ClassVar[tuple[str, ...]] = ("sources",)
    tables: ClassVar[dict[str, pa.Schema]] = {"subtitles": CUES}

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:  # noqa: ARG002
        """See MediaStep; notes hold what was wrong with the subtitles."""
        cues: list[Cue] = []
        problems: list[str] = []
        for uri in source.subtitles:
            name = uri.rsplit("/", 1)[-1]
            try:
                found, trouble = sidecar_cues(read_bytes(uri), name)
            except SourceError as error:
                found, trouble = [], [error.message]
            cues += found
            problems += [f"{name}: {t}" for t in trouble]
        if self.embedded:
            found, trouble = embedded_cues(path)
            cues += found
            problems += trouble
        cues.sort(key=lambda c: (c.start_us, c.end_us))
        if cues:
            columns = zip(*(astuple(c) for c in cues), strict=True)
            arrays = [pa.array([source.video_id] * len(cues))]
            arrays += [pa.array(v, CUES.field(f.name).type) for f, v in zip(fields(Cue), columns, strict=True)]
            yield "subtitles", pa.RecordBatch.from_arrays(arrays, schema=CUES)
        yield {"problems": problems}
