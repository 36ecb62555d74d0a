"""Half-done shards on the local disk, one folder per shard: what media steps have read, segment by segment.

A segment's folder is whole or absent. Everything here may be deleted between two runs; only time is lost.
"""

import errno
import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.engine.plan import ShardPlan
from shotlist.engine.step import Batch, MediaStep, Notes, digest
from shotlist.records import Segment
from shotlist.store import storing


class Staging:
    """The folder of a dataset's unfinished shards."""

    def __init__(self, dataset: Dataset, folder: Path | None = None) -> None:
        self.folder = folder or _folder(dataset)
        with storing(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)

    def shard(self, shard: str) -> Path:
        """Everything that is kept for one shard until it is done."""
        return self.folder / shard

    def media(self, shard: ShardPlan) -> Path:
        """Where the shard's remote videos lie while they are worked on."""
        return self.shard(shard.shard) / "media"

    def place(self, shard: ShardPlan, step: MediaStep, video_id: str, segment: Segment) -> Path:
        """Where a segment lies once it was read."""
        return self._root(shard, step) / video_id / f"{segment.index:05d}of{segment.count:05d}"

    def _root(self, shard: ShardPlan, step: MediaStep) -> Path:
        # All settings count here, those too that don't change results: they decide where segments begin.
        return self.shard(shard.shard) / f"{step.name}.{shard.fingerprints[step.writes[0]]}.{digest(step.settings())}"

    @contextmanager
    def write(self, place: Path, schemas: Mapping[str, pa.Schema]) -> Iterator["StagedSegment"]:
        """Fill a segment's folder aside; it is put in place when the block ends well."""
        aside = self.folder / f"{place.relative_to(self.folder).parts[0]}.{uuid.uuid4().hex}"
        out = StagedSegment(aside, schemas)
        try:
            yield out
            out.close()
            with storing(str(self.folder)):
                place.parent.mkdir(parents=True, exist_ok=True)
                _put_in_place(aside, place)
        finally:
            out.discard()

    def notes(self, shard: ShardPlan, step: MediaStep, video_id: str) -> list[Notes]:
        """The notes of a video's segments in order; empty unless all of them are there."""
        return [json.loads((p / "notes.json").read_text()) for p in self._segments(shard, step, video_id)]

    def batches(self, shard: ShardPlan, step: MediaStep, video_id: str, table: str) -> Iterator[tuple[int, Batch]]:
        """One table's staged rows of a video, with the number of their segment, a batch at a time."""
        for k, place in enumerate(self._segments(shard, step, video_id)):
            path = place / f"{table}.arrow"
            if path.exists():
                with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
                    for batch in reader:
                        yield k, batch

    def _segments(self, shard: ShardPlan, step: MediaStep, video_id: str) -> list[Path]:
        folder = self._root(shard, step) / video_id
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return found if found and len(found) == int(found[0].name.partition("of")[2]) else []

    def drop(self, shard: str) -> None:
        """Forget a shard whose parts are written."""
        shutil.rmtree(self.shard(shard), ignore_errors=True)

    def tidy(self, shards: Iterable[ShardPlan], steps: Iterable[MediaStep], ours: Callable[[str], bool]) -> None:
        """Remove what a killed run left behind, except what the planned shards can go on with.

        ``ours`` says of a shard's name whether this run may touch it.
        """
        steps = list(steps)
        wanted = {s.shard: s for s in shards}
        for path in list(self.folder.iterdir()):
            if not ours(path.name.partition(".")[0]):
                continue
            shard = wanted.get(path.name)
            if shard is None:
                _remove(path)
                continue
            useful = {self._root(shard, step).name for step in steps} | {"media"}
            for inside in list(path.iterdir()):
                if inside.name not in useful:
                    _remove(inside)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _put_in_place(aside: Path, place: Path) -> None:
    """A worker that outlived its killed driver may have been faster; what it read is the same."""
    try:
        aside.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _folder(dataset: Dataset) -> Path:
    """Inside a local dataset, else in the machine's folder for temporary files.

    Two stores may have a dataset at the same address, so its own id counts too.
    """
    if dataset.local is not None:
        return dataset.local / "staging"
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{dataset.address} {dataset.header.get('id', '')}").hex
    return Path(tempfile.gettempdir()) / f"shotlist-{name}"


class StagedSegment:
    """The files of one segment while they are written."""

    def __init__(self, folder: Path, schemas: Mapping[str, pa.Schema]) -> None:
        self._folder = folder
        self._schemas = schemas
        self._writers: dict[str, Any] = {}
        self._notes: Notes = {}
        with self._storing():
            folder.mkdir()

    def add(self, table: str, batch: Batch) -> None:
        """Append rows of one table."""
        with self._storing():
            if table not in self._writers:
                path = str(self._folder / f"{table}.arrow")
                self._writers[table] = pa.ipc.new_stream(path, self._schemas[table])
            self._writers[table].write_batch(batch)

    def note(self, notes: Notes) -> None:
        """Remember plain values for ``join``."""
        self._notes |= notes

    def close(self) -> None:
        """Finish the files."""
        with self._storing():
            for writer in self._writers.values():
                writer.close()
            (self._folder / "notes.json").write_text(json.dumps(self._notes))

    def discard(self) -> None:
        """Remove what was not put in place."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _storing(self) -> Any:
        return storing(str(self._folder.parent))
