"""The last task of a shard: join the staged media and run the other steps, one video at a time."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shotlist.dataset import Part, Receipt
from shotlist.engine.film import Film, ShardTables
from shotlist.engine.rows import table_of
from shotlist.engine.step import ClipStep, FilmStep, MediaStep, Step
from shotlist.records import Failure, Source

if TYPE_CHECKING:
    from shotlist.engine.work import Done, FinishShard, ShardWorker

_GROUP_ROWS = 16_384
_GROUP_BYTES = 8_000_000
"""Rows and bytes that are gathered into one row group, of one video only."""


def finish(task: "FinishShard", worker: "ShardWorker") -> "Done":
    """Write every part that the shard lacks."""
    return _Finish(task, worker).run()


class _Finish:
    def __init__(self, task: "FinishShard", worker: "ShardWorker") -> None:
        self.task = task
        self.worker = worker
        self.shard = task.shard
        self.steps = [s for s in worker.recipe.steps if s.name in task.shard.todo]
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        for failure in task.failures:
            self.failures[failure.step].append(failure)
        self.seconds: dict[str, float] = defaultdict(float)
        self.clips = 0

    def run(self) -> "Done":
        from shotlist.engine.work import Done, fetched_media

        media = [s for s in self.steps if isinstance(s, MediaStep)]
        for step in media:
            self._join(step)
        tables = [s for s in self.steps if not isinstance(s, MediaStep)]
        if tables:
            self._fill(tables)
        for step in media:
            self.worker.staging.drop(self.shard, step)
        for source in self.task.sources:
            fetched_media(self.worker.staging.folder, source).unlink(missing_ok=True)
        failures = [f for found in self.failures.values() for f in found]
        return Done(failures=failures, clips=self.clips, seconds=dict(self.seconds))

    def _receipt(self, step: Step, table: str) -> Receipt:
        level = "video" if isinstance(step, MediaStep | FilmStep) else "clip"
        inputs = {t: self.shard.fingerprints[t] for t in step.inputs() if t in self.shard.fingerprints}
        # A step's failures are counted once, with the first of its tables.
        failures = self.failures[step.name] if table == step.writes[0] else []
        return Receipt(
            step.name, step.version, step.settings(), level, inputs, len(self.task.sources), failures=failures
        )

    def _part(self, table: str) -> Part:
        return Part(table, self.shard.shard, self.shard.fingerprints[table])

    # Media

    def _join(self, step: MediaStep) -> None:
        began = time.monotonic()
        failed = {f.video_id: f for f in self.failures[step.name]}
        # The last table is written last, so a shard is never "done" with a table missing.
        for table, schema in step.tables.items():
            with self.worker.dataset.write(self._part(table), schema, self._receipt(step, table)) as out:
                for source in self.task.sources:
                    self._alive(source, step)
                    batches = self._video_rows(step, table, source, failed.get(source.video_id))
                    for rows in _groups(batches):
                        out.write(rows)
        self.seconds[step.name] += time.monotonic() - began

    def _video_rows(
        self, step: MediaStep, table: str, source: Source, failure: Failure | None
    ) -> Iterator[pa.RecordBatch]:
        if failure is not None:
            blank = step.unusable(source, failure.message)
            if table in blank:
                yield blank[table]
            return
        staging, video = self.worker.staging, source.video_id
        notes = staging.notes(self.shard, step, video)
        if notes:
            yield from step.join(source, notes, table, staging.batches(self.shard, step, video, table))

    # Tables

    def _fill(self, steps: Sequence[Step]) -> None:
        dataset = self.worker.dataset
        with ExitStack() as stack:
            tables = ShardTables(dict(self._stored(stack)))
            stack.callback(tables.close)
            out = {
                step.name: stack.enter_context(
                    dataset.write(self._part(step.name), _keyed(step), self._receipt(step, step.name))
                )
                for step in steps
            }
            for source in self.task.sources:
                film = Film(source, tables)
                if film.readable:
                    for step in steps:
                        rows = self._rows(step, film)
                        tables.put(step.name, rows)
                        out[step.name].write(rows)
                    self.clips += len(film.clips())
                tables.next_video()

    def _stored(self, stack: ExitStack) -> Iterator[tuple[str, Path]]:
        dataset = self.worker.dataset
        fresh = {s.name for s in self.steps if not isinstance(s, MediaStep)}
        for table, fingerprint in self.shard.fingerprints.items():
            if table not in fresh:
                yield table, stack.enter_context(dataset.local_part(Part(table, self.shard.shard, fingerprint)))

    def _rows(self, step: Step, film: Film) -> pa.Table:
        self._alive(film.source, step)
        began = time.monotonic()
        try:
            if film.video_id in {f.video_id for f in self.failures[step.name] if f.clip_id is None}:
                return _keyed(step).empty_table()
            if isinstance(step, FilmStep):
                return self._film_rows(step, film)
            assert isinstance(step, ClipStep)
            return self._clip_rows(step, film)
        finally:
            self.seconds[step.name] += time.monotonic() - began

    def _film_rows(self, step: FilmStep, film: Film) -> pa.Table:
        from shotlist.engine.work import failure_of

        try:
            rows = list(step.rows(film))
        except Exception as error:
            self.failures[step.name].append(failure_of(error, film.source, step.name))
            rows = []
        keys = [_film_key(step, film, row) for row in rows]
        return table_of(rows, step.schema(), keys) if rows else _keyed(step).empty_table()

    def _clip_rows(self, step: ClipStep, film: Film) -> pa.Table:
        from shotlist.engine.work import failure_of

        rows: list[Any] = []
        clips = film.clips()
        for clip in clips:
            try:
                rows.append(step.row(clip))
            except Exception as error:
                self.failures[step.name].append(failure_of(error, film.source, step.name, clip.clip_id))
                rows.append(None)
        keys = [{"clip_id": c.clip_id, "video_id": film.video_id} for c in clips]
        return table_of(rows, step.schema(), keys) if rows else _keyed(step).empty_table()

    def _alive(self, source: Source, step: Step) -> None:
        from shotlist.engine.work import At

        self.worker.report(At(source.video_id, step.name))


def _keyed(step: Step) -> pa.Schema:
    assert isinstance(step, FilmStep | ClipStep)
    keys = ["clip_id", "video_id"] if isinstance(step, ClipStep) or step.name == "clips" else ["video_id"]
    return pa.schema([pa.field(k, pa.string()) for k in keys] + list(step.schema()))


def _film_key(step: FilmStep, film: Film, row: Any) -> dict[str, str]:
    from shotlist.records import clip_id

    if step.name == "clips":
        return {"clip_id": clip_id(film.video_id, row.start_us, row.end_us), "video_id": film.video_id}
    return {"video_id": film.video_id}


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(b.num_rows for b in waiting) >= _GROUP_ROWS or sum(b.nbytes for b in waiting) >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


