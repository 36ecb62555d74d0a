"""The last task of a shard: join the staged media and run the other steps, one video at a time."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from itertools import groupby
from typing import Any

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.engine.again import Earlier
from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.lend import breathing
from shotlist.engine.recipe import Recipe
from shotlist.engine.rows import table_of
from shotlist.engine.staging import Staging
from shotlist.engine.step import BatchStep, ClipStep, FilmStep, MediaStep, Step, TableStep
from shotlist.engine.tasks import At, Done, FinishShard, failure_of
from shotlist.errors import MediaError, ShotlistError, StorageError
from shotlist.parts import Part, PartWriter, Receipt
from shotlist.records import Failure, Source, clip_id

_LONGEST_SILENCE = 3600.0
"""Seconds until the next row; a clip may take many questions, each of which has a time limit of its own."""

_TOLD_SECONDS = 0.5
"""How often it is told how many answers have come."""


def finish(task: FinishShard, dataset: Dataset, recipe: Recipe, staging: Staging, report: Callable[[At], None]) -> Done:
    """Write every part that the shard lacks. Raises StorageError."""
    with ExitStack() as stack:
        return _Finish(task, dataset, recipe, staging, report, stack).run()


class _Unjoined(Exception):
    """A video whose staged rows can't be put together, after some of them may have been written."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class _Finish:
    def __init__(
        self,
        task: FinishShard,
        dataset: Dataset,
        recipe: Recipe,
        staging: Staging,
        report: Callable[[At], None],
        stack: ExitStack,
    ) -> None:
        self.dataset = dataset
        self.staging = staging
        self.report = report
        self.shard = task.shard
        self.sources = task.sources
        self.steps = [s for s in recipe.steps if s.name in task.shard.todo]
        self.earlier = Earlier(task.shard, self.steps, dataset, stack)
        self.failures: dict[str, list[Failure]] = {s.name: self.earlier.failures(s) for s in self.steps}
        for failure in task.failures:
            self.failures[failure.step].append(failure)
        self.seconds: dict[str, float] = defaultdict(float)
        self.clips = 0
        self.to_ask: dict[str, int] = {}
        self.last = At("", "")
        self.answered = time.monotonic()

    def run(self) -> Done:
        for step in self.steps:
            if isinstance(step, MediaStep):
                began = time.monotonic()
                self._join(step)
                self.seconds[step.name] += time.monotonic() - began
        tables = [s for s in self.steps if isinstance(s, TableStep) and not isinstance(s, BatchStep)]
        if tables:
            self._fill(tables)
        asking = [s for s in self.steps if isinstance(s, BatchStep)]
        for step in asking:  # all of it is told before the first answer
            self.to_ask[step.name] = self._to_ask(step)
            self._told(At(self.sources[0].video_id, step.name, clips=self.to_ask[step.name]))
        for step in asking:
            began = time.monotonic()
            self._ask(step)
            self.seconds[step.name] += time.monotonic() - began
        self.staging.drop(self.shard.shard)
        failures = [f for found in self.failures.values() for f in found]
        return Done(failures=failures, clips=self.clips, seconds=dict(self.seconds))

    def _write(self, step: Step, table: str, schema: pa.Schema, stack: ExitStack) -> PartWriter:
        level = "clip" if "clip_id" in schema.names else "video"
        inputs = {t: self.shard.fingerprints[t] for t in step.inputs() if t in self.shard.fingerprints}
        # A step's failures are noted once, with the first of its tables. Those to come will be there in time.
        failures = self.failures[step.name] if table == step.writes[0] else []
        receipt = Receipt(step.name, step.version, step.settings(), level, inputs, len(self.sources), failures=failures)
        old = self.shard.replaced.get(table)
        return stack.enter_context(self.dataset.write(self.shard.part(table), schema, receipt, replaces=old))

    def _failed(self, step: Step, source: Source) -> Failure | None:
        """Why a step gave up on the whole video, if it did."""
        found = (f for f in self.failures[step.name] if f.video_id == source.video_id and f.clip_id is None)
        return next(found, None)

    def _alive(self, source: Source, step: Step) -> None:
        self._told(At(source.video_id, step.name))

    def _told(self, at: At) -> None:
        self.last = at
        self.report(at)

    # Media

    def _join(self, step: MediaStep) -> None:
        for source in self.sources:
            if self.shard.wants(step.name, source.video_id) and not self._failed(step, source):
                self._check(step, source)
        while True:
            try:
                self._write_tables(step)
                return
            except _Unjoined as found:  # once more, without this video
                self.failures[step.name].append(found.failure)

    def _check(self, step: MediaStep, source: Source) -> None:
        """A video without failure has all its segments, and they are of use; else that is its failure."""
        try:
            notes = self.staging.notes(self.shard, step, source.video_id)
            if not notes:
                raise MediaError("lost", "what was read of it is gone from the folder staging", may_pass=True)
            step.check(notes)
        except Exception as error:
            self.failures[step.name].append(failure_of(error, source, step.name))

    def _write_tables(self, step: MediaStep) -> None:
        for table, schema in step.tables.items():
            with ExitStack() as stack:
                out = self._write(step, table, schema, stack)
                for source in self.sources:
                    self._alive(source, step)
                    for rows in self._media_rows(step, table, source):
                        out.write(rows)
                    out.next_video()

    def _media_rows(self, step: MediaStep, table: str, source: Source) -> Iterator[pa.RecordBatch]:
        if not self.shard.wants(step.name, source.video_id):
            yield from self.earlier.batches(table, source.video_id)
            return
        failure = self._failed(step, source)
        if failure is not None:
            blank = step.unusable(source, failure.message)
            yield from [blank[table]] if table in blank else []
            return
        video = source.video_id
        try:
            notes = self.staging.notes(self.shard, step, video)
            yield from step.join(source, notes, table, self.staging.batches(self.shard, step, video, table))
        except Exception as error:
            raise _Unjoined(failure_of(error, source, step.name)) from error

    # Tables

    def _fill(self, steps: Sequence[TableStep]) -> None:
        with ExitStack() as stack:
            tables = ShardTables(self._stored(steps), self.dataset)
            stack.callback(tables.close)
            out = {step.name: self._write(step, step.name, step.keyed_schema(), stack) for step in steps}
            for source in self.sources:
                film = Film(source, tables)
                for step in steps if film.readable else ():
                    self._alive(source, step)
                    began = time.monotonic()
                    rows = self._rows(step, film)
                    self.seconds[step.name] += time.monotonic() - began
                    tables.put(step.name, rows)
                    out[step.name].write(rows)
                    out[step.name].next_video()
                self.clips += tables.count("clips", source.video_id)
                tables.next_video()

    def _ask(self, step: BatchStep) -> None:
        self._alive(self.sources[0], step)
        with ExitStack() as stack:
            tables = ShardTables(self._stored([step]), self.dataset)
            stack.callback(tables.close)
            out = self._write(step, step.name, step.keyed_schema(), stack)
            asked: deque[Clip] = deque()
            answers = self._counted(step, self._answers(step, self._clips(step, tables, out, asked), asked))
            # Films follow each other, so the rows of one come together.
            for film, group in groupby(answers, lambda answer: answer[0].film):
                self._alive(film.source, step)
                clips, rows = zip(*group, strict=True)
                out.write(self._clip_table(step, clips, rows))
                out.next_video()

    def _to_ask(self, step: BatchStep) -> int:
        """How many clips a step has to ask about; none where that can't be read, as will be told soon enough."""
        videos = [s.video_id for s in self.sources if self.shard.wants(step.name, s.video_id)]
        tables = ShardTables({"clips": self.shard.part("clips")}, self.dataset)
        with closing(tables), suppress(pa.ArrowException, OSError, StorageError):
            return sum(tables.count("clips", video) for video in videos)
        return 0

    def _counted(self, step: BatchStep, answers: Iterator[tuple[Clip, Any]]) -> Iterator[tuple[Clip, Any]]:
        """The same, and now and then it is told how many there are."""
        clips, answered, cost, told = self.to_ask[step.name], 0, 0.0, 0.0
        try:
            for clip, row in answers:
                answered, cost = answered + 1, cost + (getattr(row, "cost", None) or 0.0)
                if time.monotonic() - told > _TOLD_SECONDS:
                    told = time.monotonic()
                    self._told(At(clip.film.video_id, step.name, 0, clips, answered, cost))
                yield clip, row
        finally:
            self._told(replace(self.last, clips=clips, answered=answered, cost=cost))

    def _clips(self, step: BatchStep, tables: ShardTables, out: PartWriter, asked: "deque[Clip]") -> Iterator[Clip]:
        """All clips to ask about; of the others the earlier rows are taken over."""
        try:
            for source in self.sources:
                film = Film(source, tables)
                if not self.shard.wants(step.name, source.video_id):
                    for batch in self.earlier.batches(step.name, source.video_id):
                        out.write(batch)
                elif film.readable and not self._failed(step, source):
                    self._alive(source, step)
                    for clip in film.clips():
                        asked.append(clip)
                        yield clip
        except (pa.ArrowException, OSError) as error:  # else the films behind it would be missing without a word
            place = f"{self.dataset.address}, shard {self.shard.shard}"
            raise StorageError(
                f"{place} can't be read ({error}); delete its damaged part to have it made anew"
            ) from error

    def _answers(self, step: BatchStep, clips: Iterator[Clip], asked: "deque[Clip]") -> Iterator[tuple[Clip, Any]]:
        """A row for each clip; where the step breaks off, the clips under way are asked about one by one."""
        with breathing(self._breathe):
            while (error := (yield from self._until_broken(step, clips, asked))) is not None:
                under_way = list(asked)
                for clip in under_way or clips:  # without any, it can't even begin
                    yield from self._alone(step, clip, error if len(under_way) < 2 else None)
                asked.clear()
                if not under_way:
                    return

    def _alone(self, step: BatchStep, clip: Clip, error: Exception | None) -> Generator[tuple[Clip, Any], None, None]:
        """The row of one clip, without which there is its failure."""
        asked = deque([clip])
        if error is None:
            error = yield from self._until_broken(step, iter([clip]), asked)
        if error is not None and asked:
            self._clip_failed(step, clip, error)
            yield clip, None

    def _until_broken(
        self, step: BatchStep, clips: Iterator[Clip], asked: "deque[Clip]"
    ) -> Generator[tuple[Clip, Any], None, Exception | None]:
        """Rows as they come; returns the error with which the step broke off."""
        try:
            for row in step.answers(clips):
                self.answered = time.monotonic()
                clip = asked.popleft()
                if isinstance(row, Exception):
                    self._clip_failed(step, clip, row)
                    row = None
                yield clip, row
            if asked:
                raise ValueError(f"{len(asked)} clips got no answer")
        except ShotlistError:  # wrong settings, a model or a disk that does not work: no clip is to blame
            raise
        except Exception as error:
            return error
        return None

    def _breathe(self) -> None:
        if time.monotonic() - self.answered < _LONGEST_SILENCE:
            self.report(self.last)

    def _stored(self, steps: Sequence[TableStep]) -> dict[str, Part]:
        """The parts to read from; raises StorageError where one that is needed has vanished."""
        fresh = {step.name for step in steps}
        parts = {t: self.shard.part(t) for t in self.shard.fingerprints if t not in fresh}
        for table in {t for step in steps for t in step.inputs() if t in parts}:
            if not self.dataset.has(parts[table]):
                place = f"{self.dataset.address}/{parts[table].path}"
                raise StorageError(f"{place} is gone; run the same line again to have it made anew")
        return parts

    def _rows(self, step: TableStep, film: Film) -> pa.Table:
        schema = step.keyed_schema()
        if not self.shard.wants(step.name, film.video_id):
            return pa.Table.from_batches(self.earlier.batches(step.name, film.video_id), schema)
        if self._failed(step, film.source):
            return schema.empty_table()
        try:
            if isinstance(step, FilmStep):
                rows = list(step.rows(film))
                keys = [_film_key(step, film, row) for row in rows]
                return table_of(rows, step.schema(), keys) if rows else schema.empty_table()
            assert isinstance(step, ClipStep)
            return self._clip_rows(step, film)
        except Exception as error:
            self.failures[step.name].append(failure_of(error, film.source, step.name))
            return schema.empty_table()

    def _clip_rows(self, step: ClipStep, film: Film) -> pa.Table:
        clips = film.clips()
        if not clips:
            return step.keyed_schema().empty_table()
        return self._clip_table(step, clips, [self._clip_row(step, clip) for clip in clips])

    def _clip_table(self, step: ClipStep, clips: Sequence[Clip], rows: Sequence[Any]) -> pa.Table:
        keys = [{"clip_id": c.clip_id, "video_id": c.film.video_id} for c in clips]
        try:
            return table_of(rows, step.schema(), keys)
        except Exception:  # a row is not what was promised; found out only here, since one by one is slow
            rows = [self._fitting(step, clip, row) for clip, row in zip(clips, rows, strict=True)]
            return table_of(rows, step.schema(), keys)

    def _clip_row(self, step: ClipStep, clip: Clip) -> Any:
        try:
            return step.row(clip)
        except Exception as error:
            return self._clip_failed(step, clip, error)

    def _fitting(self, step: ClipStep, clip: Clip, row: Any) -> Any:
        try:
            table_of([row], step.schema(), [{}])
        except Exception as error:
            return self._clip_failed(step, clip, error)
        return row

    def _clip_failed(self, step: ClipStep, clip: Clip, error: Exception) -> None:
        failure = failure_of(error, clip.film.source, step.name, clip.clip_id)
        self.failures[step.name].append(failure)


def _film_key(step: FilmStep, film: Film, row: Any) -> dict[str, str]:
    keys = {"video_id": film.video_id}
    if "clip_id" in step.key_columns:
        keys = {"clip_id": clip_id(film.video_id, row.start_us, row.end_us)} | keys
    return keys
