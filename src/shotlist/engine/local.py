"""The local executor: one worker process per core on this machine."""

import os
import queue
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shotlist.engine.plan import ShardPlan
from shotlist.engine.process import WorkerProcess
from shotlist.engine.run import Event, ShardDone
from shotlist.engine.work import At, Done, FinishShard, Job, OpenVideo, ReadSegment, Task
from shotlist.engine.worker import Fatal
from shotlist.errors import ShotlistError
from shotlist.records import Failure, Source

_ATTEMPTS = 2
"""How often a task may take its worker down before its video is given up."""
_RECYCLE_AFTER = 500
"""Tasks after which a worker is replaced, should a library leak."""


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Shard:
    plan: ShardPlan
    sources: Sequence[Source]
    open_tasks: int = 0
    failures: list[Failure] = field(default_factory=list)


class LocalExecutor:
    """Runs shards in worker processes. ``stall_seconds`` without a sign of life end the video at work."""

    def __init__(self, workers: int | None = None, stall_seconds: float = 300.0) -> None:
        self.workers = workers or cores()
        self.stall_seconds = stall_seconds

    def run(
        self,
        job: Job,
        shards: Sequence[ShardPlan],
        sources: Callable[[str], Sequence[Source]],
        report: Callable[[Event], None],
    ) -> None:
        """Do all shards; ``report`` hears of footage read and of shards done. Raises ShotlistError."""
        run = _Run(self, job, deque(shards), sources, report)
        try:
            run.loop()
        finally:
            for worker in run.pool:
                worker.close()


class _Run:
    def __init__(
        self,
        executor: LocalExecutor,
        job: Job,
        waiting: "deque[ShardPlan]",
        sources: Callable[[str], Sequence[Source]],
        report: Callable[[Event], None],
    ) -> None:
        self.executor = executor
        self.job = job
        self.waiting = waiting
        self.sources = sources
        self.report = report
        self.inbox: queue.Queue[tuple[WorkerProcess, Any]] = queue.Queue()
        self.pool: list[WorkerProcess] = []
        self.idle: list[WorkerProcess] = []
        self.ready: deque[Task] = deque()
        self.active: dict[str, _Shard] = {}
        self.attempts: dict[Any, int] = defaultdict(int)

    def loop(self) -> None:
        while self.waiting or self.active:
            self._fill()
            try:
                worker, message = self.inbox.get(timeout=1.0)
            except queue.Empty:
                self._end_stalled()
                continue
            if worker in self.pool:
                self._hear(worker, message)

    # Handing out

    def _fill(self) -> None:
        while len(self.ready) < self.executor.workers and self.waiting:
            self._activate(self.waiting.popleft())
        while self.ready and (self.idle or len(self.pool) < self.executor.workers):
            if not self.idle:
                self._hire()
            worker, task = self.idle.pop(), self.ready.popleft()
            if not worker.start(task):
                self._lost(worker)

    def _hire(self) -> None:
        worker = WorkerProcess(self.job, self.inbox)
        self.pool.append(worker)
        self.idle.append(worker)

    def _activate(self, plan: ShardPlan) -> None:
        shard = _Shard(plan, self.sources(plan.shard))
        self.active[plan.shard] = shard
        reads_media = any(s.name in plan.todo for s in self.job.recipe.media_steps())
        if reads_media and shard.sources:
            shard.open_tasks = len(shard.sources)
            # Large files first: the last one to end decides when the shard does.
            for source in sorted(shard.sources, key=lambda s: -s.size):
                self.ready.append(OpenVideo(plan, source))
        else:
            self._finish(shard)

    def _finish(self, shard: _Shard) -> None:
        # In front: a finished shard frees its staging space and is safe from a crash.
        self.ready.appendleft(FinishShard(shard.plan, shard.sources, tuple(shard.failures)))

    # Hearing

    def _hear(self, worker: WorkerProcess, message: Any) -> None:
        worker.seen = time.monotonic()
        if isinstance(message, At):
            worker.at = message
            if message.footage_us:
                self.report(message)
        elif isinstance(message, Done):
            task, worker.task = worker.task, None
            assert task is not None
            worker.tasks_done += 1
            if worker.tasks_done >= _RECYCLE_AFTER:
                self._dismiss(worker)
            else:
                self.idle.append(worker)
            self._done(task, message)
        elif isinstance(message, Fatal):
            raise ShotlistError(f"the build had to stop: {message}")
        else:
            self._lost(worker)

    def _done(self, task: Task, done: Done) -> None:
        shard = self.active[task.shard.shard]
        if isinstance(task, FinishShard):
            del self.active[task.shard.shard]
            self.report(ShardDone(task.shard.shard, len(task.sources), done))
            return
        shard.failures += done.failures
        shard.open_tasks += len(done.segments) - 1
        if isinstance(task, OpenVideo):
            for step, segment in reversed(done.segments):
                self.ready.appendleft(ReadSegment(task.shard, task.source, step, segment))
        if shard.open_tasks == 0:
            self._finish(shard)

    # Trouble

    def _end_stalled(self) -> None:
        now = time.monotonic()
        for worker in list(self.pool):
            if worker.task is not None and now - worker.seen > self.executor.stall_seconds:
                worker.kill()
                self._lost(worker, stalled=True)

    def _dismiss(self, worker: WorkerProcess) -> None:
        self.pool.remove(worker)
        if worker in self.idle:
            self.idle.remove(worker)
        worker.close()

    def _lost(self, worker: WorkerProcess, stalled: bool = False) -> None:
        task, at = worker.task, worker.at
        how = "" if stalled else worker.how_it_died()
        self._dismiss(worker)
        if task is None:
            return
        key = _key(task, at)
        self.attempts[key] += 1
        if not stalled and self.attempts[key] < _ATTEMPTS:
            self.ready.appendleft(task)
            return
        if at is None:
            raise ShotlistError(f"a worker process died before it began ({how}); try: shotlist doctor")
        self._give_up(task, self._blame(task, at, how, stalled))

    def _blame(self, task: Task, at: At, how: str, stalled: bool) -> Failure:
        source = next(s for s in self.active[task.shard.shard].sources if s.video_id == at.video_id)
        name = source.uri.rsplit("/", 1)[-1]
        if stalled:
            limit = f"{self.executor.stall_seconds:g} s"
            return Failure(
                at.video_id, at.step, "time limit", f"{name}: {at.step} showed no progress for {limit}", True,
                uri=source.uri,
            )  # fmt: skip
        return Failure(
            at.video_id, at.step, "crashed", f"{name}: {at.step} took its process down ({how})", True,
            uri=source.uri,
        )  # fmt: skip

    def _give_up(self, task: Task, failure: Failure) -> None:
        shard = self.active[task.shard.shard]
        shard.failures.append(failure)
        if isinstance(task, FinishShard):
            self.ready.appendleft(replace(task, failures=tuple(shard.failures)))
            return
        self._done(task, Done())


def _key(task: Task, at: At | None) -> Any:
    where = (at.video_id, at.step) if at is not None else None
    segment = task.segment.index if isinstance(task, ReadSegment) else None
    return (type(task).__name__, task.shard.shard, where, segment)


