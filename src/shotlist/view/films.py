"""Single videos of a dataset: in which shard each lies, its stored rows, and the file that it was made from."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from shotlist.dataset import Dataset
from shotlist.engine.film import Film, ShardTables
from shotlist.engine.plan import SET_SHARD
from shotlist.parts import Part
from shotlist.records import Source
from shotlist.view.answer import NotThere

_OPEN = 24
"""Shards whose files are kept open: a page of sixty clips seldom shows more."""
_READERS = 8


class _Shard:
    """One shard's open files, which one thread at a time may read."""

    def __init__(self, tables: ShardTables) -> None:
        self.tables = tables
        self.lock = threading.Lock()


class Films:
    """The videos of a dataset as it was when this was made; may be used by many threads."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.parts = dataset.listing()
        self._lock = threading.Lock()
        self._shards: OrderedDict[str, _Shard] = OrderedDict()

    @cached_property
    def _shard_of(self) -> dict[str, str]:
        with self._lock, ThreadPoolExecutor(_READERS) as pool:
            parts = self.parts.get("sources", {})
            read = pool.map(lambda part: self.dataset.read(part, ["video_id"])["video_id"].to_pylist(), parts.values())
            return {video: shard for shard, videos in zip(parts, read, strict=True) for video in videos}

    def __contains__(self, video_id: str) -> bool:
        return video_id in self._shard_of

    def shard(self, video_id: str) -> str:
        """The shard of a video; raises NotThere."""
        shard = self._shard_of.get(video_id)
        if shard is None:
            raise NotThere(f"{video_id[:80]}: the dataset has no such video")
        return shard

    def part(self, table: str, video_id: str) -> Part | None:
        """The part of a table in which a video's rows are, if there is one."""
        return self.parts.get(table, {}).get(self.shard(video_id))

    @contextmanager
    def film(self, video_id: str) -> Iterator[Film]:
        """A video's stored rows, for reading them within the block; raises NotThere."""
        shard = self._opened(self.shard(video_id))
        with shard.lock:
            yield Film(Source(video_id, "", 0, ""), shard.tables)

    def source(self, video_id: str) -> Source:
        """What the dataset says about the file of a video; raises NotThere."""
        with self.film(video_id) as film:
            return Source.of(film.rows("sources")[0])

    def clip(self, clip_id: str) -> dict[str, Any]:
        """A clip's row in ``clips``; raises NotThere."""
        video_id = clip_id.rsplit("_", 2)[0]
        if video_id in self:
            with self.film(video_id) as film:
                for row in film.rows("clips"):
                    if row["clip_id"] == clip_id:
                        return row
        raise NotThere(f"{clip_id[:80]}: the dataset has no such clip")

    def _opened(self, name: str) -> _Shard:
        with self._lock:
            if name not in self._shards:
                parts = {t: p.get(name) or p.get(SET_SHARD) for t, p in self.parts.items()}
                known = {t: part for t, part in parts.items() if part is not None}
                self._shards[name] = _Shard(ShardTables(known, self.dataset))
            self._shards.move_to_end(name)
            old = self._shards.popitem(last=False)[1] if len(self._shards) > _OPEN else None
            found = self._shards[name]
        if old is not None:
            with old.lock:
                old.tables.close()
        return found
