"""The sound itself, stored once as models hear it, so that no later step has to open the video."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from shotlist.engine.step import Batch, MediaStep, Notes
from shotlist.errors import MediaError
from shotlist.media import flac
from shotlist.media.hear import SoundTrack, blocks
from shotlist.models.contracts import RATE
from shotlist.records import Segment, Source

AUDIO = pa.schema(
    [
        ("video_id", pa.string()),
        ("start_us", pa.int64()),
        ("samples", pa.int64()),
        ("channels", pa.int32()),
        ("flac", pa.binary()),
    ]
)
_ROW_SECONDS = 30


@dataclass(frozen=True)
class Audio(MediaStep):
    """Stores the first sound track as FLAC: 16 kHz, 16 bit, mono or stereo, in rows of 30 s without gaps.

    More channels are mixed down to stereo. Videos without sound have no rows.
    """

    version: ClassVar[int] = 1
    tables: ClassVar[dict[str, pa.Schema]] = {"audio": AUDIO}

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:  # noqa: ARG002
        """See MediaStep; notes hold how many packets were damaged, or why nothing could be read."""
        track = SoundTrack(path)
        try:
            for start_us, samples in blocks(track, RATE, _ROW_SECONDS * RATE):
                channels, n = samples.shape
                row = (source.video_id, start_us, n, channels, flac.encode(samples, RATE))
                yield "audio", pa.RecordBatch.from_pylist([dict(zip(AUDIO.names, row, strict=True))], AUDIO)
        except MediaError as error:  # the scan fails for the same reason, which need not be told twice
            yield {"problem": error.message}
        yield {"errors": track.errors}
