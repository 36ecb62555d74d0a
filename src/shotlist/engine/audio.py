"""The stored sound of a film: samples of any span, with no more of it in memory than is asked for."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.models.contracts import RATE, Samples
from shotlist.timing import SECOND

if TYPE_CHECKING:
    from shotlist.engine.film import ShardTables

_KEPT = 3
"""Rows that stay decoded: steps go through a film in order, and clips share the row at their border."""


class Audio:
    """Sound at 16 kHz, float32 in [-1, 1], from the table ``audio``. Sample k lies at ``start_us`` + k × 62.5 µs."""

    rate = RATE

    def __init__(self, tables: "ShardTables", video_id: str) -> None:
        self._tables = tables
        self._video_id = video_id
        found = tables.table("audio", video_id, ["start_us", "samples", "channels"])
        assert found is not None
        self.start_us = int(found["start_us"][0].as_py())
        self.channels = int(found["channels"][0].as_py())
        self._edges = np.concatenate([[0], np.cumsum(found["samples"].to_numpy())])
        self._decoded: OrderedDict[int, npt.NDArray[np.int16]] = OrderedDict()
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._batch: tuple[int, pa.RecordBatch | None] = (0, None)

    @property
    def end_us(self) -> int:
        """When the last sample ends."""
        return self.start_us + int(self._edges[-1]) * SECOND // self.rate

    def mono(self, start_us: int, end_us: int) -> Samples:
        """The mean of the channels in a span, (n,); silence where the span reaches beyond the sound."""
        channels = self.stereo(start_us, end_us)
        mixed: Samples = channels.mean(axis=0, dtype=np.float32) if self.channels > 1 else channels[0]
        return mixed

    def stereo(self, start_us: int, end_us: int) -> Samples:
        """The stored channels in a span, (``channels``, n); silence where the span reaches beyond the sound."""
        first, last = self._index(start_us), self._index(end_us)
        out = np.zeros((self.channels, max(0, last - first)), np.float32)
        row = max(0, int(np.searchsorted(self._edges, first, "right")) - 1)
        while row < len(self._edges) - 1 and self._edges[row] < last:
            begin, end = int(self._edges[row]), int(self._edges[row + 1])
            low, high = max(first, begin), min(last, end)
            out[:, low - first : high - first] = self._row(row)[:, low - begin : high - begin]
            row += 1
        out /= 32768
        return out

    def blocks(self, seconds: float) -> Iterator[tuple[int, Samples]]:
        """The whole sound in order as (start in microseconds, mono (n,)); the last block is shorter."""
        step = round(seconds * SECOND)
        for start in range(self.start_us, self.end_us, step):
            yield start, self.mono(start, min(start + step, self.end_us))

    def _index(self, time_us: int) -> int:
        return ((time_us - self.start_us) * self.rate + SECOND // 2) // SECOND

    def _row(self, row: int) -> npt.NDArray[np.int16]:
        if row not in self._decoded:
            from shotlist.media import flac  # brings in PyAV, which most tables do without

            self._decoded[row] = flac.decode(self._stored(row))
            if len(self._decoded) > _KEPT:
                self._decoded.popitem(last=False)
        return self._decoded[row]

    def _stored(self, row: int) -> bytes:
        """Rows are read on from where the last one was; only going back begins anew."""
        first, batch = self._batch
        if batch is None or row < first:
            self._batches = self._tables.batches("audio", self._video_id, ["flac"])
            first, batch = 0, next(self._batches)
        while row >= first + batch.num_rows:
            first, batch = first + batch.num_rows, next(self._batches)
        self._batch = first, batch
        data: Any = batch["flac"][row - first].as_py()
        return bytes(data)
