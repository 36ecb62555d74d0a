"""The work on one shard, the same under every executor: read its videos, then fill its tables.

Media are read first, video by video and segment by segment, into a staging folder on the local disk; then one
task joins what was staged, runs the other steps video by video, and writes the shard's parts.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from shotlist.dataset import Dataset
from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.staging import Staging
from shotlist.engine.step import MediaStep
from shotlist.errors import MediaError
from shotlist.records import Failure, Segment, Source
from shotlist.sources.fetch import local_copy
from shotlist.sources.names import is_link


@dataclass(frozen=True)
class Job:
    """What every worker has to know once: the dataset's address and the recipe."""

    dataset: str
    recipe: Recipe


@dataclass(frozen=True)
class OpenVideo:
    """Read a video with the given steps; long ones only find their segments."""

    shard: ShardPlan
    source: Source


@dataclass(frozen=True)
class ReadSegment:
    """Read one segment of a long video with one step."""

    shard: ShardPlan
    source: Source
    step: str
    segment: Segment


@dataclass(frozen=True)
class FinishShard:
    """Join what was staged and fill the shard's tables; ``failures`` are videos that some step gave up on."""

    shard: ShardPlan
    sources: Sequence[Source]
    failures: Sequence[Failure] = ()


Task = OpenVideo | ReadSegment | FinishShard


@dataclass(frozen=True)
class Done:
    """A task's answer: segments still to be read, failures, footage read, and seconds per step."""

    segments: Sequence[tuple[str, Segment]] = ()
    failures: Sequence[Failure] = ()
    clips: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class At:
    """Where a worker is: a sign of life, and whom to blame should it die.

    ``footage_us`` was read since the last report.
    """

    video_id: str
    step: str
    footage_us: int = 0


class ShardWorker:
    """Does the tasks of one job; ``report`` is called with At while they run."""

    def __init__(self, job: Job, report: Callable[[At], None]) -> None:
        self.dataset = Dataset(job.dataset)
        self.recipe = job.recipe
        self.report = report
        self.staging = Staging(staging_folder(self.dataset))

    def do(self, task: Task) -> Done:
        """Run one task; only faults of the surroundings (a full disk, a lost dataset) raise."""
        if isinstance(task, OpenVideo):
            return self._open(task)
        if isinstance(task, ReadSegment):
            return self._read(task)
        from shotlist.engine.finish import finish

        return finish(task, self)

    def _open(self, task: OpenVideo) -> Done:
        segments: list[tuple[str, Segment]] = []
        failures: list[Failure] = []
        for step in media_steps(self.recipe, task.shard):
            self.report(At(task.source.video_id, step.name))
            try:
                with self.media(task.source) as path:
                    found = step.segments(path)
                    if len(found) > 1:
                        segments += [(step.name, segment) for segment in found]
                    else:
                        self._stage(step, path, ReadSegment(task.shard, task.source, step.name, found[0]))
            except Exception as error:
                failures.append(failure_of(error, task.source, step.name))
        return Done(segments, failures)

    def _read(self, task: ReadSegment) -> Done:
        step = self.recipe.step(task.step)
        assert isinstance(step, MediaStep)
        self.report(At(task.source.video_id, step.name))
        try:
            with self.media(task.source) as path:
                self._stage(step, path, task)
        except Exception as error:
            return Done(failures=[failure_of(error, task.source, step.name)])
        return Done()

    def _stage(self, step: MediaStep, path: Path, task: ReadSegment) -> None:
        place = self.staging.place(task.shard, step, task.source.video_id, task.segment.index)
        if place.exists():  # an earlier run got this far
            return
        last_us: int | None = None
        with self.staging.write(place, step.tables) as out:
            for item in step.read(path, task.source, task.segment):
                if isinstance(item, dict):
                    out.note(item)
                    continue
                table, batch = item
                out.add(table, batch)
                if table == "signals":
                    now = batch["time_us"][-1].as_py()
                    self.report(At(task.source.video_id, step.name, now - (last_us or batch["time_us"][0].as_py())))
                    last_us = now

    def media(self, source: Source) -> "_Media":
        """The video as a local file; a remote one is fetched once per shard and dropped when the shard is done."""
        return _Media(source, self.staging.folder)


class _Media:
    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Path:
        if not is_link(self.source.uri):
            return self._stack.enter_context(local_copy(self.source.uri, self.folder))
        kept = fetched_media(self.folder, self.source)
        if not kept.exists():
            with local_copy(self.source.uri, self.folder) as copy:
                kept.parent.mkdir(exist_ok=True)
                shutil.move(copy, kept)
        return kept

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def fetched_media(folder: Path, source: Source) -> Path:
    """Where a remote video lies while its shard is at work."""
    return folder / "media" / source.video_id


def media_steps(recipe: Recipe, shard: ShardPlan) -> list[MediaStep]:
    """The steps that have to read this shard's media."""
    return [step for step in recipe.media_steps() if step.name in shard.todo]


def staging_folder(dataset: Dataset) -> Path:
    """Where unfinished shards lie: inside a local dataset, else in the machine's folder for temporary files."""
    if dataset.local is not None:
        return dataset.local / "staging"
    name = uuid.uuid5(uuid.NAMESPACE_URL, dataset.address).hex
    return Path(tempfile.gettempdir()) / f"shotlist-{name}"


def failure_of(error: Exception, source: Source, step: str, clip_id: str | None = None) -> Failure:
    """An exception as a stored value; faults of the surroundings are raised again."""
    if isinstance(error, OSError) and error.errno in (28, 30, 122):  # disk full, read-only, quota
        raise error
    if isinstance(error, MediaError):
        kind, message, may_pass = error.kind, error.message, error.may_pass
        name = source.uri.rsplit("/", 1)[-1]
        message = message if message.startswith(name) else f"{name}: {message}"
    else:
        kind, message, may_pass = "error", f"{type(error).__name__}: {error}", False
    return Failure(source.video_id, step, kind, message, may_pass, clip_id, source.uri)
