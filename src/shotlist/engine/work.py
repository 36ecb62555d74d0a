"""The work on one shard, the same under every executor: read its videos, then fill its tables.

Media are read first, video by video and segment by segment, into a staging folder on the local disk; then one
task joins what was staged, runs the other steps video by video, and writes the shard's parts.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from shotlist.dataset import Dataset
from shotlist.engine.finish import finish
from shotlist.engine.lend import lent
from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.staging import Staging
from shotlist.engine.step import MediaStep
from shotlist.engine.tasks import At, Done, Job, OpenVideo, ReadSegment, Task, failure_of
from shotlist.records import Failure, Segment, Source


class ShardWorker:
    """Does the tasks of one job; ``report`` is called with At while they run."""

    def __init__(self, job: Job, report: Callable[[At], None]) -> None:
        self.dataset = Dataset(job.dataset)
        self.recipe = job.recipe
        self.report = report
        self.staging = Staging(self.dataset, Path(job.scratch) if job.scratch else None)

    def do(self, task: Task) -> Done:
        """Run one task; what is wrong with a video is told in the answer, a StorageError is raised."""
        if isinstance(task, OpenVideo):
            return self._open(task)
        if isinstance(task, ReadSegment):
            return self._read(task)
        return finish(task, self.dataset, self.recipe, self.staging, self.report)

    def _open(self, task: OpenVideo) -> Done:
        segments: list[tuple[str, Segment]] = []
        failures: list[Failure] = []
        for step in opened_by(self.recipe, task.shard, task.source):
            if step.name not in task.without:
                try:
                    segments += self._begin(step, task)
                except Exception as error:
                    failures.append(failure_of(error, task.source, step.name))
        return Done(segments, failures)

    def _begin(self, step: MediaStep, task: OpenVideo) -> list[tuple[str, Segment]]:
        """Read a video at once if it is a single segment, else say which there are."""
        alive = self._alive(task.source, step)
        with lent(task.source, self.staging.media(task.shard), alive) as path:
            found = step.segments(path)
            if len(found) == 1:
                self._stage(step, path, ReadSegment(task.shard, task.source, step.name, found[0]))
                return []
            return [(step.name, segment) for segment in found]

    def _read(self, task: ReadSegment) -> Done:
        step = self.recipe.step(task.step)
        assert isinstance(step, MediaStep)
        try:
            with lent(task.source, self.staging.media(task.shard), self._alive(task.source, step)) as path:
                self._stage(step, path, task)
        except Exception as error:
            return Done(failures=[failure_of(error, task.source, step.name)])
        return Done()

    def _alive(self, source: Source, step: MediaStep) -> Callable[[], None]:
        alive = partial(self.report, At(source.video_id, step.name))
        alive()
        return alive

    def _stage(self, step: MediaStep, path: Path, task: ReadSegment) -> None:
        place = self.staging.place(task.shard, step, task.source.video_id, task.segment)
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
                footage_us = 0
                if table == "signals":
                    first_us, now_us = batch["time_us"][0].as_py(), batch["time_us"][-1].as_py()
                    footage_us, last_us = now_us - (first_us if last_us is None else last_us), now_us
                self.report(At(task.source.video_id, step.name, footage_us))


def opened_by(recipe: Recipe, shard: ShardPlan, source: Source) -> list[MediaStep]:
    """The steps that have to read this video's media."""
    return [step for step in recipe.media_steps() if shard.wants(step.name, source.video_id)]
