"""The local executor: one worker process per core on this machine."""

import os
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shotlist.engine.plan import ShardPlan
from shotlist.engine.process import WorkerProcess
from shotlist.engine.run import Event, Read, ShardDone
from shotlist.engine.tasks import At, Done, Fatal, FinishShard, Job, OpenVideo, ReadSegment, Task
from shotlist.engine.work import opened_by
from shotlist.errors import ShotlistError
from shotlist.records import Failure, Source
from shotlist.sources.names import base_name

_ATTEMPTS = 2
"""How often a task may take its worker down before its video is given up."""
_STILLBORN = 3
"""So many workers in a row that die without a sign of life mean that none will ever start."""
_RECYCLE_AFTER = 500
"""Tasks after which a worker is replaced, should a library leak."""
_TICK_SECONDS = 1.0
_START_SECONDS = 120.0
"""How long a worker may take to begin; a loaded machine imports slowly."""


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
        self.ready: deque[Task] = deque()
        self.active: dict[str, _Shard] = {}
        self.deaths: Counter[Any] = Counter()
        self.stillborn = 0
        self.last_tick = time.monotonic()

    def loop(self) -> None:
        while self.waiting or self.active:
            self._hand_out()
            try:
                worker, message = self.inbox.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                pass
            else:
                if worker in self.pool:
                    self._hear(worker, message)
            if self.inbox.empty():  # only who has said nothing is late, not whom nobody has listened to
                self._end_stalled()

    # Handing out

    def _hand_out(self) -> None:
        while len(self.ready) < self.executor.workers and self.waiting:
            self._activate(self.waiting.popleft())
        while self.ready:
            worker = next((w for w in self.pool if w.task is None), None)
            if worker is None:
                if len(self.pool) >= self.executor.workers:
                    return
                worker = WorkerProcess(self.job, self.inbox)
                self.pool.append(worker)
            worker.start(self.ready.popleft())

    def _activate(self, plan: ShardPlan) -> None:
        shard = _Shard(plan, self.sources(plan.shard))
        self.active[plan.shard] = shard
        opened = [s for s in shard.sources if opened_by(self.job.recipe, plan, s)]
        shard.open_tasks = len(opened)
        # Large files first: the last one to end decides when the shard does.
        for source in sorted(opened, key=lambda s: -s.size):
            self.ready.append(OpenVideo(plan, source))
        if not opened:
            self._finish(shard)

    def _finish(self, shard: _Shard) -> None:
        # In front: a finished shard frees its staging space and is safe from a crash.
        self.ready.appendleft(FinishShard(shard.plan, shard.sources, tuple(shard.failures)))

    # Hearing

    def _hear(self, worker: WorkerProcess, message: Any) -> None:
        worker.quiet = 0.0
        if isinstance(message, At):
            self.stillborn = 0
            worker.at = message
            if message.footage_us:
                self.report(message)
        elif isinstance(message, Done):
            task, worker.task = worker.task, None
            assert task is not None
            worker.tasks_done += 1
            if worker.tasks_done >= _RECYCLE_AFTER:
                self._dismiss(worker)
            self._done(task, message)
        elif isinstance(message, Fatal):
            raise ShotlistError(f"the build had to stop: {message.message}")
        else:
            self._died(worker)

    def _done(self, task: Task, done: Done) -> None:
        shard = self.active[task.shard.shard]
        if isinstance(task, FinishShard):
            del self.active[task.shard.shard]
            self.report(ShardDone(task.shard.shard, len(task.sources), done))
            return
        shard.failures += done.failures
        if not done.segments:
            share = 1 / task.segment.count if isinstance(task, ReadSegment) else 1.0
            self.report(Read(task.shard.shard, task.source, share))
        shard.open_tasks += len(done.segments) - 1
        for step, segment in reversed(done.segments):
            self.ready.appendleft(ReadSegment(task.shard, task.source, step, segment))
        if shard.open_tasks == 0:
            self._finish(shard)

    # Trouble

    def _end_stalled(self) -> None:
        now = time.monotonic()
        # Time in which this process itself did not run counts for nobody.
        passed, self.last_tick = min(now - self.last_tick, 2 * _TICK_SECONDS), now
        for worker in [w for w in self.pool if w.task is not None]:
            worker.quiet += passed
            stall = self.executor.stall_seconds
            if worker.quiet > (stall if worker.at else max(stall, _START_SECONDS)):
                self._dismiss(worker)
                self._give_up(worker, "time limit", f"showed no progress for {stall:g} s")

    def _dismiss(self, worker: WorkerProcess) -> None:
        self.pool.remove(worker)
        worker.close()

    def _died(self, worker: WorkerProcess) -> None:
        how = worker.how_it_died()
        self._dismiss(worker)
        if worker.task is None:
            return
        if worker.at is None:
            self.stillborn += 1
            if self.stillborn >= _STILLBORN:
                raise ShotlistError(f"worker processes die before they begin ({how}); try: shotlist doctor")
            self.ready.appendleft(worker.task)
            return
        blamed = (type(worker.task), worker.at.video_id, worker.at.step, _segment(worker.task))
        self.deaths[blamed] += 1
        if self.deaths[blamed] < _ATTEMPTS:  # it may have been ended from outside
            self.ready.appendleft(worker.task)
        else:
            self._give_up(worker, "crashed", f"took its process down ({how})")

    def _give_up(self, worker: WorkerProcess, kind: str, what: str) -> None:
        """Note the failure of one video in one step, and go on with what else the task had to do."""
        task, at = worker.task, worker.at
        if task is None or at is None:
            raise ShotlistError(f"a worker process {what} before it began; try: shotlist doctor")
        shard = self.active[task.shard.shard]
        source = next(s for s in shard.sources if s.video_id == at.video_id)
        message = f"{base_name(source.uri)}: {at.step} {what}"
        failure = Failure(at.video_id, at.step, kind, message, True, uri=source.uri)
        if isinstance(task, OpenVideo):
            shard.failures.append(failure)
            self.ready.appendleft(replace(task, without=task.without | {at.step}))
        elif isinstance(task, ReadSegment):
            self._done(task, Done(failures=[failure]))
        else:
            shard.failures.append(failure)
            self._finish(shard)


def _segment(task: Task) -> int | None:
    return task.segment.index if isinstance(task, ReadSegment) else None
