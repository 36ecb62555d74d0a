"""What a step sees of one video and of one clip: rows that earlier steps stored, read when asked for."""

import io
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shotlist.dataset import Dataset
from shotlist.engine.audio import Audio
from shotlist.errors import StorageError
from shotlist.parts import Part
from shotlist.records import Cue, Source, Word, clip_id
from shotlist.timing import SECOND

Array = npt.NDArray[Any]


class ShardTables:
    """The parts of one shard, read by video; one that lies in an object store is copied here when it is first read."""

    def __init__(self, parts: Mapping[str, Part], dataset: Dataset | None = None) -> None:
        self._parts = dict(parts)
        self._dataset = dataset
        self._open: dict[str, pq.ParquetFile | None] = {}
        self._copies = ExitStack()
        self._fresh: dict[str, pa.Table] = {}

    def put(self, table: str, rows: pa.Table) -> None:
        """Hand over rows of the video at work that are not in a part yet."""
        self._fresh[table] = rows

    def next_video(self) -> None:
        """Forget the rows that were handed over."""
        self._fresh.clear()

    def batches(
        self, table: str, video_id: str, columns: list[str] | None = None, span: tuple[int, int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows of one video in stored order, a few thousand at a time; nothing where the table is absent.

        Row groups that lie outside of ``span`` (``time_us`` from, to) are left out: a long film's stills are many.
        """
        if table in self._fresh:
            yield from self._fresh[table].to_batches()
            return
        file = self._file(table)
        if file is None:
            return
        wanted = None if columns is None else list(dict.fromkeys(["video_id", *columns]))
        for group in _groups_of(file, video_id, span):
            for batch in file.iter_batches(8192, row_groups=[group], columns=wanted):
                kept = batch.filter(pc.equal(batch["video_id"], video_id))
                if kept.num_rows:
                    yield kept

    def _file(self, table: str) -> pq.ParquetFile | None:
        """The open part of a table; None where there is none."""
        if table not in self._open:
            self._open[table] = self._opened(table)
        return self._open[table]

    def _opened(self, table: str) -> pq.ParquetFile | None:
        if table not in self._parts or self._dataset is None:
            return None
        part = self._parts[table]
        try:
            return pq.ParquetFile(self._copies.enter_context(self._dataset.local_part(part)))
        except FileNotFoundError:
            return None
        except (pa.ArrowException, OSError) as error:
            place = f"{self._dataset.address}/{part.path}"
            raise StorageError(f"{place} can't be read ({error}); delete it to have it made anew") from error

    def table(self, table: str, video_id: str, columns: list[str] | None = None) -> pa.Table | None:
        """All rows of one video, or None where there are none."""
        found = list(self.batches(table, video_id, columns))
        return pa.Table.from_batches(found) if found else None

    def rows(self, table: str, video_id: str) -> pa.Table:
        """The same with its columns where there are no rows. Raises KeyError for a table that is absent."""
        found = list(self.batches(table, video_id))
        if found:
            return pa.Table.from_batches(found)
        if table in self._fresh:
            return self._fresh[table]
        if (file := self._file(table)) is None:
            raise KeyError(table)
        return file.schema_arrow.empty_table()

    def count(self, table: str, video_id: str) -> int:
        """How many rows one video has."""
        return sum(batch.num_rows for batch in self.batches(table, video_id, []))

    def close(self) -> None:
        """Close the files."""
        for file in self._open.values():
            if file is not None:
                file.close()
        self._open.clear()
        self._copies.close()


def _groups_of(file: pq.ParquetFile, video_id: str, span: tuple[int, int] | None) -> Iterator[int]:
    for k in range(file.num_row_groups):
        videos = _bounds(file, k, "video_id")
        if videos is not None and not videos[0] <= video_id <= videos[1]:
            continue
        times = _bounds(file, k, "time_us") if span else None
        if span is None or times is None or (times[0] < span[1] and times[1] >= span[0]):
            yield k


def _bounds(file: pq.ParquetFile, group: int, column: str) -> tuple[Any, Any] | None:
    """The smallest and largest value in a row group, if its statistics tell."""
    statistics = file.metadata.row_group(group).column(file.schema_arrow.names.index(column)).statistics
    return (statistics.min, statistics.max) if statistics is not None and statistics.has_min_max else None


@dataclass(frozen=True)
class StillInfo:
    """A stored still without its picture: when it was taken and what was measured on it."""

    time_us: int
    frame: int
    sharpness: float
    bars: tuple[float, float, float, float]
    bars_sure: tuple[bool, bool, bool, bool]
    lit: bool
    colours: tuple[int, ...]
    colour_shares: tuple[float, ...]


class Film:
    """One video with everything that is known of it so far. Arrays are one entry per presented frame."""

    def __init__(self, source: Source, tables: ShardTables) -> None:
        self.source = source
        self.tables = tables
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._clip_rows: dict[str, dict[str, dict[str, Any]]] = {}
        self._clips: list[Clip] | None = None

    @property
    def video_id(self) -> str:
        """The video's content id."""
        return self.source.video_id

    @cached_property
    def video(self) -> dict[str, Any]:
        """The video's row in ``videos``: size, rate, duration, codec and so on; empty before the scan."""
        rows = self.tables.table("videos", self.video_id)
        return dict(rows.to_pylist()[0]) if rows is not None else {}

    @property
    def readable(self) -> bool:
        """Whether the scan got at least one picture out of it."""
        return bool(self.video.get("frames"))

    @cached_property
    def signals(self) -> dict[str, Array]:
        """``frame`` and ``time_us`` (int64) and every signal (float32, NaN where not measured), by name."""
        rows = self.tables.table("signals", self.video_id)
        if rows is None:
            return {}
        return {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.column_names if name != "video_id"}

    @property
    def end_us(self) -> int:
        """When the last frame ends."""
        return int(self.video["start_us"]) + int(self.video["duration_us"])

    @cached_property
    def stills(self) -> list[StillInfo]:
        """Stored stills in time order, without their pictures."""
        columns = [f.name for f in fields(StillInfo)]
        rows = self.tables.table("frames", self.video_id, columns)
        return [StillInfo(*(r[c] for c in columns)) for r in rows.to_pylist()] if rows is not None else []

    def jpegs(self, start_us: int, end_us: int) -> list[tuple[int, bytes]]:
        """(time, JPEG) of the stills in a span."""
        return list(self._stills_in(start_us, end_us))

    def pictures(self, start_us: int, end_us: int) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """(time, RGB (rows, columns, 3)) of a span's stills, one at a time; ``scan.still_height`` tall."""
        for time_us, jpeg in self._stills_in(start_us, end_us):
            yield time_us, _decoded(jpeg)

    def _stills_in(self, start_us: int, end_us: int) -> Iterator[tuple[int, bytes]]:
        columns, span = ["time_us", "jpeg"], (start_us, end_us)
        for batch in self.tables.batches("frames", self.video_id, columns, span):
            times = batch["time_us"].to_numpy()
            for k in np.flatnonzero((times >= start_us) & (times < end_us)):
                yield int(times[k]), batch["jpeg"][int(k)].as_py()

    @cached_property
    def sound(self) -> "Sound | None":
        """The loudness series, or None for a video without sound."""
        rows = self.tables.table("sound", self.video_id)
        if rows is None:
            return None
        row = rows.to_pylist()[0]
        return Sound(row["start_us"], row["step_us"], np.array(row["momentary"]), np.array(row["peak"]))

    @cached_property
    def audio(self) -> Audio | None:
        """The stored sound itself; None for a video without sound and before the step ``audio``."""
        return Audio(self.tables, self.video_id) if self.tables.count("audio", self.video_id) else None

    @cached_property
    def cues(self) -> list[Cue]:
        """Subtitles of the whole video in time order."""
        rows = self.tables.table("subtitles", self.video_id)
        if rows is None:
            return []
        return [Cue(**{f.name: r[f.name] for f in _CUE if f.name in r} | _words(r)) for r in rows.to_pylist()]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of this film as they are stored; meant for small tables such as ``voice``."""
        if table not in self._rows:
            found = self.tables.table(table, self.video_id)
            self._rows[table] = found.to_pylist() if found is not None else []
        return self._rows[table]

    def clip_rows(self, table: str) -> dict[str, dict[str, Any]]:
        """Rows of a table of clips by ``clip_id``, without those in which nothing was measured."""
        if table not in self._clip_rows:
            rows = self.tables.table(table, self.video_id)
            found = rows.to_pylist() if rows is not None else []
            keys = ("clip_id", "video_id")
            self._clip_rows[table] = {
                r["clip_id"]: r for r in found if any(v is not None for k, v in r.items() if k not in keys)
            }
        return self._clip_rows[table]

    def clips(self) -> list["Clip"]:
        """The video's clips in time order; none before the step that makes them."""
        if self._clips is None:
            rows = self.tables.table("clips", self.video_id)
            if rows is None:
                return []
            self._clips = [
                Clip(self, r["start_us"], r["end_us"], r["start_frame"], r["end_frame"], r["mark"])
                for r in rows.to_pylist()
            ]
        return self._clips


@dataclass(frozen=True)
class Sound:
    """Loudness in LUFS and peak in dB of full scale, one value per ``step_us`` from ``start_us`` on."""

    start_us: int
    step_us: int
    momentary: npt.NDArray[np.float64]
    peak: npt.NDArray[np.float64]

    def between(self, start_us: int, end_us: int) -> "Sound":
        """The part that lies inside a span; may be empty."""
        first = max(0, -(-(start_us - self.start_us) // self.step_us))
        last = max(first, (end_us - self.start_us) // self.step_us)
        begin = self.start_us + first * self.step_us
        return Sound(begin, self.step_us, self.momentary[first:last], self.peak[first:last])


@dataclass(frozen=True)
class Clip:
    """A span of a film: what a measure or a describer gets."""

    film: Film
    start_us: int
    end_us: int
    start_frame: int
    end_frame: int
    mark: str | None = None

    @property
    def clip_id(self) -> str:
        """The clip's name: video id, start and end in milliseconds."""
        return clip_id(self.film.video_id, self.start_us, self.end_us)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end_us - self.start_us) / SECOND

    def signal(self, name: str) -> npt.NDArray[np.float32]:
        """One signal of the clip's frames, float32 (n,), NaN where it was not measured.

        Signals that compare a frame with the one before leave out the first frame: that comparison reaches
        over the cut. Raises KeyError for a name that is not in ``shotlist steps scan``.
        """
        values = self.film.signals[name][self.start_frame : self.end_frame].astype(np.float32, copy=True)
        if name in _PAIRS and len(values):
            values[0] = np.nan
        return values

    @property
    def stills(self) -> list[StillInfo]:
        """Stored stills inside the clip."""
        stills = self.film.stills
        first = bisect_left(stills, self.start_us, key=lambda s: s.time_us)
        return stills[first : bisect_left(stills, self.end_us, key=lambda s: s.time_us)]

    def jpegs(self) -> list[tuple[int, bytes]]:
        """(time, JPEG) of the stills inside the clip."""
        return self.film.jpegs(self.start_us, self.end_us)

    def pictures(self) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """(time, RGB (rows, columns, 3)) of the stills inside the clip."""
        return self.film.pictures(self.start_us, self.end_us)

    @property
    def sound(self) -> Sound | None:
        """The clip's loudness series; None without a sound track."""
        return self.film.sound.between(self.start_us, self.end_us) if self.film.sound else None

    def row(self, table: str) -> dict[str, Any]:
        """What an earlier step stored about this clip; empty where it had nothing to say."""
        return self.film.clip_rows(table).get(self.clip_id, {})

    @property
    def cues(self) -> list[Cue]:
        """Subtitles that overlap the clip."""
        return [c for c in self.film.cues if c.start_us < self.end_us and c.end_us > self.start_us]


_CUE = fields(Cue)


def _words(row: dict[str, Any]) -> dict[str, Any]:
    return {"words": tuple(Word(**word) for word in row.get("words") or ())}


def _decoded(jpeg: bytes) -> npt.NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


_PAIRS = frozenset(
    ("diff_luma", "diff_chroma", "diff_histogram", "dx", "dy", "zoom", "roll", "local_motion", "codec_motion")
)
