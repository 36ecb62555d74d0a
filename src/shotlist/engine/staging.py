"""Half-done shards on the local disk: what media steps have read, one folder per segment, whole or absent."""

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from shotlist.engine.plan import ShardPlan
from shotlist.engine.step import Batch, MediaStep, Notes


class Staging:
    """A folder of staged segments; it may be deleted at any time between two runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def place(self, shard: ShardPlan, step: MediaStep, video_id: str, segment: int) -> Path:
        """Where a segment lies once it was read."""
        return self._root(shard, step) / video_id / f"{segment:05d}"

    def _root(self, shard: ShardPlan, step: MediaStep) -> Path:
        return self.folder / f"{shard.shard}.{step.name}.{shard.fingerprints[step.writes[0]]}"

    @contextmanager
    def write(self, place: Path, schemas: Mapping[str, pa.Schema]) -> Iterator["StagedSegment"]:
        """Fill a segment's folder aside; it is put in place when the block ends well."""
        aside = self.folder / f"aside-{uuid.uuid4().hex}"
        aside.mkdir()
        out = StagedSegment(aside, schemas)
        try:
            yield out
            out.close()
            place.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(place)
        finally:
            out.close()
            shutil.rmtree(aside, ignore_errors=True)

    def notes(self, shard: ShardPlan, step: MediaStep, video_id: str) -> list[Notes]:
        """The notes of a video's segments in order; empty where nothing was staged."""
        return [json.loads((p / "notes.json").read_text()) for p in self._segments(shard, step, video_id)]

    def batches(
        self, shard: ShardPlan, step: MediaStep, video_id: str, table: str
    ) -> Iterator[tuple[int, Batch]]:
        """One table's staged rows of a video, with the number of their segment, a batch at a time."""
        for k, place in enumerate(self._segments(shard, step, video_id)):
            path = place / f"{table}.arrow"
            if path.exists():
                with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
                    for batch in reader:
                        yield k, batch

    def _segments(self, shard: ShardPlan, step: MediaStep, video_id: str) -> list[Path]:
        folder = self._root(shard, step) / video_id
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def drop(self, shard: ShardPlan, step: MediaStep) -> None:
        """Forget a shard whose parts are written."""
        shutil.rmtree(self._root(shard, step), ignore_errors=True)


class StagedSegment:
    """The files of one segment while they are written."""

    def __init__(self, folder: Path, schemas: Mapping[str, pa.Schema]) -> None:
        self._folder = folder
        self._schemas = schemas
        self._writers: dict[str, Any] = {}
        self._notes: Notes = {}

    def add(self, table: str, batch: Batch) -> None:
        """Append rows of one table."""
        if table not in self._writers:
            path = str(self._folder / f"{table}.arrow")
            self._writers[table] = pa.ipc.new_stream(path, self._schemas[table])
        self._writers[table].write_batch(batch)

    def note(self, notes: Notes) -> None:
        """Remember plain values for ``join``."""
        self._notes |= notes

    def close(self) -> None:
        """Finish the files."""
        for writer in self._writers.values():
            writer.close()
        if self._folder.exists():
            (self._folder / "notes.json").write_text(json.dumps(self._notes))
        self._writers = {}
