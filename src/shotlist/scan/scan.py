"""The one decode: everything later is computed from what this pass leaves behind."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from shotlist.engine.step import Batch, MediaStep, Notes, how_only
from shotlist.errors import MediaError
from shotlist.media import sound
from shotlist.media.decode import Decoder, key_segments
from shotlist.media.probe import MediaInfo, probe
from shotlist.records import WHOLE, Segment, Source
from shotlist.scan.collect import Collector, Settings
from shotlist.scan.planes import THUMB_BYTES
from shotlist.scan.signals import PAIR_SIGNALS, SIGNALS
from shotlist.timing import SECOND, clock

VIDEOS = pa.schema(
    [
        ("video_id", pa.string()),
        ("uri", pa.string()),
        ("title", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("container", pa.string()),
        ("codec", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("rotation", pa.int32()),
        ("fps", pa.float64()),
        ("frames", pa.int64()),
        ("start_us", pa.int64()),
        ("duration_us", pa.int64()),
        ("audio_codec", pa.string()),
        ("damaged_packets", pa.int64()),
        ("bytes", pa.int64()),
    ]
)
SIGNAL_ROWS = pa.schema(
    [("video_id", pa.string()), ("frame", pa.int64()), ("time_us", pa.int64())]
    + [(name, pa.float32()) for name in SIGNALS]
)
THUMB_ROWS = pa.schema(
    [
        ("video_id", pa.string()),
        ("frame", pa.int64()),
        ("time_us", pa.int64()),
        ("thumb", pa.binary(THUMB_BYTES)),
    ]
)
FRAME_ROWS = pa.schema(
    [
        ("video_id", pa.string()),
        ("frame", pa.int64()),
        ("time_us", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("sharpness", pa.float64()),
        ("bars", pa.list_(pa.float64())),
        ("bars_sure", pa.list_(pa.bool_())),
        ("lit", pa.bool_()),
        ("colours", pa.list_(pa.int32())),
        ("colour_shares", pa.list_(pa.float64())),
        ("jpeg", pa.binary()),
    ]
)
SOUND_ROWS = pa.schema(
    [
        ("video_id", pa.string()),
        ("start_us", pa.int64()),
        ("step_us", pa.int64()),
        ("channels", pa.int32()),
        ("rate", pa.int32()),
        ("integrated", pa.float64()),
        ("momentary", pa.list_(pa.float32())),
        ("peak", pa.list_(pa.float32())),
    ]
)


@dataclass(frozen=True)
class Scan(MediaStep):
    """Decodes each video once: signals per frame, tiny thumbnails, stills, loudness.

    Long videos are cut at key frames and scanned in parallel with the same result.
    """

    stills_per_second: float = 2.0
    """How many stills are kept; the frames on both sides of a sudden change are kept besides."""
    still_height: int = 360
    """Shorter side of a still in pixels; smaller videos are not enlarged."""
    still_quality: int = 6
    """JPEG quality on FFmpeg's scale, 2 is best, 31 worst."""
    vectors_per_second: float = 5.0
    """How often the codec's motion vectors are read; 0 switches them off."""
    fast: bool = False
    """Skip the loop filter and the frames that no other frame needs: quicker, times of cuts less exact."""
    hsv: bool = False
    """Measure PySceneDetect's ``hsv_*`` signals, which the detectors content and adaptive need."""
    segment_seconds: float = how_only(45.0)
    """Videos of more than twice this length are scanned in pieces of about this length."""

    version: ClassVar[int] = 1
    tables: ClassVar[dict[str, pa.Schema]] = {
        "videos": VIDEOS,
        "signals": SIGNAL_ROWS,
        "thumbs": THUMB_ROWS,
        "frames": FRAME_ROWS,
        "sound": SOUND_ROWS,
    }

    @property
    def name(self) -> str:
        """The step's name; its tables have names of their own."""
        return "scan"

    def segments(self, path: Path) -> Sequence[Segment]:
        """See MediaStep."""
        info = probe(path)
        # The header may lie about the length; a file also needs bytes to be long.
        if info.duration_us < 2 * self.segment_seconds * SECOND:
            return (WHOLE,)
        return key_segments(path, self.segment_seconds)

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:
        """See MediaStep; notes carry what the headers claim, what was decoded and the segment's last pair."""
        info = probe(path)
        if segment.index == 0:
            yield from _sound(path, source)
        decoder = Decoder(path, segment, self.fast, vectors=self.vectors_per_second > 0)
        collector = Collector(self._settings(info), segment)
        for picture in decoder:
            yield from _rows(source, collector.add(picture))
        yield from _rows(source, collector.finish())
        notes = collector.notes()
        notes |= {
            "info": vars(info),
            "errors": decoder.errors,
            "last_duration_us": decoder.last_duration_us,
        }
        yield notes

    def _settings(self, info: MediaInfo) -> Settings:
        return Settings(
            still_every_us=round(SECOND / self.stills_per_second) if self.stills_per_second else 0,
            still_height=self.still_height,
            still_quality=self.still_quality,
            vectors_every_us=round(SECOND / self.vectors_per_second) if self.vectors_per_second else 0,
            pixel_aspect=info.pixel_aspect or 1.0,
            hsv=self.hsv,
        )

    def check(self, notes: Sequence[Notes]) -> None:
        """See MediaStep."""
        if not any(n["frames"] for n in notes):
            raise MediaError("no picture", "no picture could be decoded")

    def join(
        self, source: Source, notes: Sequence[Notes], table: str, batches: Iterable[tuple[int, Batch]]
    ) -> Iterator[Batch]:
        """See MediaStep: numbers frames through and closes the gap at each segment's first frame."""
        if table == "videos":
            yield video_row(source, notes)
            return
        if table == "sound":
            yield from (batch for _, batch in batches)
            return
        offsets = np.cumsum([0, *(n["frames"] for n in notes)])
        last_time: int | None = None
        started = -1
        for index, batch in batches:
            rows = _shift(batch, int(offsets[index]))
            if table == "signals" and index != started and index > 0 and rows.num_rows:
                rows = _with_first_pair(rows, notes[index - 1]["after_end"])
            started = index
            if table == "frames" and last_time is not None:  # the edge still may come from both neighbours
                rows = rows.filter(pa.array(rows["time_us"].to_numpy() > last_time))
            if rows.num_rows:
                last_time = rows["time_us"][-1].as_py()
                yield rows

    def unusable(self, source: Source, reason: str) -> dict[str, Batch]:
        """A row in ``videos`` that says why nothing could be read."""
        row = _blank_row(source) | {"status": "failed", "reason": reason}
        return {"videos": pa.RecordBatch.from_pylist([row], VIDEOS)}


def _rows(source: Source, tables: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Batch]]:
    for table, columns in tables.items():
        schema = Scan.tables[table]
        n = len(columns["time_us"])
        arrays = [
            pa.array([source.video_id] * n, f.type) if f.name == "video_id" else _array(columns[f.name], f.type)
            for f in schema
        ]
        yield table, pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_binary(kind):
        data = np.ascontiguousarray(values)
        return pa.Array.from_buffers(kind, len(data), [None, pa.py_buffer(data)])
    return pa.array(values, kind, from_pandas=True)  # NaN is "not measured", stored as null


def _sound(path: Path, source: Source) -> Iterator[tuple[str, Batch]]:
    loud = sound.measure(path)
    if loud is None:
        return
    row = {
        "video_id": source.video_id,
        "start_us": loud.start_us,
        "step_us": sound.STEP_US,
        "channels": loud.channels,
        "rate": loud.rate,
        "integrated": loud.integrated,
        "momentary": loud.momentary,
        "peak": loud.peak,
    }
    yield "sound", pa.RecordBatch.from_pylist([row], SOUND_ROWS)


def _shift(batch: Batch, offset: int) -> Batch:
    if not offset:
        return batch
    frames = pa.array(batch["frame"].to_numpy() + offset, pa.int64())
    return batch.set_column(batch.schema.get_field_index("frame"), batch.schema.field("frame"), frames)


def _with_first_pair(batch: Batch, pair: dict[str, float | None]) -> Batch:
    for name in PAIR_SIGNALS:
        values = batch[name].to_pylist()
        values[0] = pair.get(name)
        batch = batch.set_column(
            batch.schema.get_field_index(name), batch.schema.field(name), pa.array(values, pa.float32())
        )
    return batch


def _blank_row(source: Source) -> dict[str, Any]:
    return dict.fromkeys(VIDEOS.names) | {
        "video_id": source.video_id,
        "uri": source.uri,
        "title": source.title,
        "bytes": source.size,
        "frames": 0,
    }


def video_row(source: Source, notes: Sequence[Notes]) -> Batch:
    """The row of a video that was read, from the notes of its segments."""
    info = notes[0]["info"]
    frames = sum(n["frames"] for n in notes)
    seen = [n for n in notes if n["frames"]]
    row = _blank_row(source) | {k: info[k] for k in ("container", "codec", "audio_codec")}
    if not seen:
        row |= {"status": "failed", "reason": "no picture could be decoded"}
        return pa.RecordBatch.from_pylist([row], VIDEOS)
    start, end = seen[0]["first_us"], seen[-1]["last_us"] + max(1, seen[-1]["last_duration_us"])
    errors = sum(n["errors"] for n in notes)
    rotation = seen[0]["rotation"]
    width, height = round(info["width"] * (info["pixel_aspect"] or 1)), info["height"]
    reason = _damage(frames, errors, end - start, info)
    row |= {
        "status": "damaged" if reason else "ok",
        "reason": reason,
        "width": height if rotation % 180 else width,
        "height": width if rotation % 180 else height,
        "rotation": rotation,
        "fps": frames * SECOND / (end - start) if frames > 1 else info["fps"],
        "frames": frames,
        "start_us": start,
        "duration_us": end - start,
        "damaged_packets": errors,
    }
    return pa.RecordBatch.from_pylist([row], VIDEOS)


def _damage(frames: int, errors: int, duration_us: int, info: dict[str, Any]) -> str | None:
    claimed = info["duration_us"]
    if claimed > duration_us * 1.2 + SECOND and claimed > duration_us + 2 * SECOND:
        return (
            f"ends early: {clock(duration_us)} of pictures where the header says {clock(claimed)}; "
            "what could be decoded was kept"
        )
    if errors:
        return f"{errors} damaged place(s) in {frames} frames; what could be decoded was kept"
    return None
