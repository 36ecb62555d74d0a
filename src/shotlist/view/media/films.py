"""Single videos of a dataset: in which shard each lies, its stored rows, and the file that it was made from."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from shotlist.dataset import Dataset
from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.plan import SET_SHARD
from shotlist.errors import StorageError
from shotlist.parts import Part
from shotlist.records import Source
from shotlist.view.answer import NotThere
from shotlist.view.media.album import Album

_NAMING = ("sources", "videos", "clips")
"""Tables that say which videos a shard has."""
_OPEN = 24
"""Shards whose files are kept open."""
_ROWS = 500
"""Parts of tables of videos that are remembered, each of a few hundred rows at most."""
_READERS = 8
_LOOK_AGAIN, _LIST_AGAIN = 2.0, 60.0
"""Seconds after which folders are looked at again, and after which a store is asked for all its names again."""


class _Shard:
    """One shard's open files, which one thread at a time may read."""

    def __init__(self, tables: ShardTables) -> None:
        self.tables = tables
        self.lock = threading.Lock()


class Films:
    """The videos of a dataset as it was when this was made; may be used by many threads."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._looked = time.monotonic()
        self._stamp = self._folders()
        self.parts = dataset.listing()
        self.album = Album(dataset)
        self._lock = threading.Lock()
        self._shards: OrderedDict[str, _Shard] = OrderedDict()
        self._rows: dict[str, dict[str, dict[str, Any]]] = {}

    def outdated(self) -> bool:
        """Whether parts have come or gone since."""
        local = self.dataset.local is not None
        if time.monotonic() - self._looked < (_LOOK_AGAIN if local else _LIST_AGAIN):
            return False
        self._looked = time.monotonic()
        return self._folders() != self._stamp if local else self.dataset.listing() != self.parts

    def _folders(self) -> dict[str, int]:
        """When each local table's folder was last changed, which is much cheaper to ask than its names."""
        home = self.dataset.local
        inside = (home / "tables").glob("*") if home is not None else ()
        return {folder.name: folder.stat().st_mtime_ns for folder in inside}

    @cached_property
    def _shard_of(self) -> dict[str, str]:
        shards = list(dict.fromkeys(shard for table in _NAMING for shard in self.parts.get(table, {})))
        with self._lock, ThreadPoolExecutor(_READERS) as pool:
            inside = pool.map(self._videos_in, shards)
            return {video: shard for shard, videos in zip(shards, inside, strict=True) for video in videos}

    def _videos_in(self, shard: str) -> set[str]:
        """By the first table that can be read: a broken part must not hide what the others hold."""
        for part in filter(None, (self.parts.get(table, {}).get(shard) for table in _NAMING)):
            with suppress(StorageError, FileNotFoundError, KeyError):
                return set(self.dataset.read(part, ["video_id"])["video_id"].to_pylist())
        return set()

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
        told = self.row("sources", video_id)
        if not told:
            raise NotThere(f"{video_id[:80]}: where its file is can't be read any more; build again")
        return Source.of(told)

    def row(self, table: str, video_id: str) -> dict[str, Any]:
        """A video's row in a table of videos, empty where there is none; raises NotThere.

        Nobody waits for it while another thread reads from the shard: a player asks for this at every turn.
        """
        part = self.part(table, video_id)
        if part is None:
            return {}
        if part.path not in self._rows:
            if len(self._rows) > _ROWS:
                self._rows.clear()
            self._rows[part.path] = {row["video_id"]: row for row in self.dataset.read(part).to_pylist()}
        return self._rows[part.path].get(video_id, {})

    def clip(self, clip_id: str) -> Clip:
        """A clip of the dataset; raises NotThere."""
        video_id = clip_id.rsplit("_", 2)[0]
        if video_id in self:
            with self.film(video_id) as film:
                for clip in film.clips():
                    if clip.clip_id == clip_id:
                        return clip
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
