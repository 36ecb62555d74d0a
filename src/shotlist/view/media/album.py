"""Stored stills one at a time, out of very many parts: what is opened stays open, and only one row group is read."""

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.dataset import Dataset
from shotlist.parts import Part

_OPEN = 96
"""Parts that are kept open: a page shows clips of up to so many shards at once."""
_GROUPS = 6
"""Row groups that stay in memory, each of about 8 MB: the stills of a page are often neighbours."""

Span = tuple[int, int]
Numbers = npt.NDArray[Any]


class Album:
    """The parts of ``frames``; may be used by many threads."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Frames] = OrderedDict()
        self._groups: OrderedDict[tuple[str, int], pa.ChunkedArray] = OrderedDict()

    def nearest(self, part: Part, video_id: str, time_us: int, span: Span | None = None) -> tuple[int, bytes] | None:
        """(time, JPEG) of a video's still nearest to a time, if possible one inside the span.

        None where the video has no stills or the part can't be read.
        """
        try:
            frames = self._frames(part)
            found = frames.nearest(video_id, time_us, span)
            if found is None:
                return None
            time, group, row = found
            jpeg = self._group(part, frames, group)[row].as_py()
        except (pa.ArrowException, OSError, KeyError):
            return None
        return (time, bytes(jpeg)) if jpeg else None

    def _frames(self, part: Part) -> "_Frames":
        with self._lock:
            if part.path not in self._open:
                self._open[part.path] = _Frames(self._dataset, part)
                if len(self._open) > _OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(part.path)
            return self._open[part.path]

    def _group(self, part: Part, frames: "_Frames", group: int) -> pa.ChunkedArray:
        key = (part.path, group)
        with self._lock, suppress(KeyError):
            self._groups.move_to_end(key)
            return self._groups[key]
        jpegs = frames.jpegs(group)
        with self._lock:
            self._groups[key] = jpegs
            if len(self._groups) > _GROUPS:
                self._groups.popitem(last=False)
        return jpegs


class _Frames:
    """One open part: where each still is. It is opened at the first question, which is asked under its own lock."""

    def __init__(self, dataset: Dataset, part: Part) -> None:
        self._dataset = dataset
        self._part = part
        self._lock = threading.Lock()
        self._file: pq.ParquetFile | None = None
        self._videos: dict[str, int] = {}
        self._codes: Numbers = np.zeros(0, np.int64)
        self._times: Numbers = np.zeros(0, np.int64)
        self._edges: Numbers = np.zeros(1, np.int64)

    def nearest(self, video_id: str, time_us: int, span: Span | None) -> tuple[int, int, int] | None:
        """(time, row group, row in it) of a still."""
        with self._lock:
            self._opened()
        rows = np.flatnonzero(self._codes == self._videos.get(video_id, -1))
        if not len(rows):
            return None
        if span is not None:
            times = self._times[rows]
            inside = rows[(times >= span[0]) & (times < span[1])]
            rows = inside if len(inside) else rows
        row = int(rows[np.abs(self._times[rows] - time_us).argmin()])
        group = int(np.searchsorted(self._edges, row, "right")) - 1
        return int(self._times[row]), group, row - int(self._edges[group])

    def jpegs(self, group: int) -> pa.ChunkedArray:
        """The pictures of a row group."""
        with self._lock:
            return self._opened().read_row_group(group, ["jpeg"])["jpeg"]

    def _opened(self) -> pq.ParquetFile:
        if self._file is None:
            file = self._source()
            table = file.read(["video_id", "time_us"])
            ids = table["video_id"].combine_chunks().dictionary_encode()
            self._videos = {name: k for k, name in enumerate(ids.dictionary.to_pylist())}
            self._codes = ids.indices.to_numpy()
            self._times = table["time_us"].to_numpy()
            sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
            self._edges = np.concatenate([[0], np.cumsum(sizes)])
            self._file = file
        return self._file

    def _source(self) -> pq.ParquetFile:
        if self._dataset.local is not None:
            return pq.ParquetFile(self._dataset.local / self._part.path)
        store = self._dataset.store  # a part may be large, and one still of it is wanted
        return pq.ParquetFile(store.fs.open(store.path(self._part.path), "rb", cache_type="none"))
