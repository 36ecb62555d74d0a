"""Worker processes that do shards, group by group; what goes wrong in one costs one video."""

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shotlist.dataset import Dataset
from shotlist.engine.devices import Devices
from shotlist.engine.groups import Group
from shotlist.engine.plan import ShardPlan
from shotlist.engine.process import Inbox, WorkerProcess
from shotlist.engine.run import Answered, Event, Read, ShardDone
from shotlist.engine.step import Needs
from shotlist.engine.tasks import At, Done, Fatal, FinishShard, Job, OpenVideo, ReadSegment, Task
from shotlist.engine.work import opened_by
from shotlist.errors import ModelError, ShotlistError
from shotlist.models.budget import LimitReached
from shotlist.records import Failure, Source
from shotlist.sources.names import base_name

_ATTEMPTS = 2
"""How often a task may take its worker down before its video is given up."""
_STILLBORN = 3
"""So many workers in a row that die without a sign of life mean that none will ever start."""
_RECYCLE_AFTER = 500
"""Tasks after which a worker is replaced, should a library leak slowly."""
_BURST = 4
"""Within a task a worker may take so many times the memory that its steps say they need."""
_TICK_SECONDS = 1.0
_START_SECONDS = 120.0
"""How long a worker may take to begin; a loaded machine imports slowly."""


@dataclass(frozen=True)
class Room:
    """What a crew may use: CPU tasks at a time, GPUs by name. ``stall_seconds`` without a sign of life end a video."""

    cpus: float
    gpus: Sequence[str] = ()
    stall_seconds: float = 300.0


@dataclass
class _Pool:
    """Workers of one kind; every task of the groups that share it can be done by each of them."""

    needs: Needs
    workers: list[WorkerProcess] = field(default_factory=list)

    @property
    def busy(self) -> int:
        return sum(worker.task is not None for worker in self.workers)


@dataclass
class _Lane:
    """A group's queue: shards that wait for it, and tasks of those that are begun. ``left`` counts shards to come."""

    group: Group
    pool: _Pool
    waiting: deque[ShardPlan] = field(default_factory=deque)
    ready: deque[Task] = field(default_factory=deque)
    left: int = 0


@dataclass
class _Shard:
    """A shard in the hands of one group; ``whole`` is its plan for all groups."""

    whole: ShardPlan
    plan: ShardPlan
    lane: _Lane
    sources: Sequence[Source]
    open_tasks: int = 0
    failures: list[Failure] = field(default_factory=list)


class Crew:
    """Does shards until it is closed. Workers and the models that they have loaded stay from shard to shard."""

    def __init__(self, job: Job, groups: Sequence[Group], room: Room) -> None:
        self.job = job
        self.room = room
        self.dataset = Dataset(job.dataset)
        self.devices = Devices(list(room.gpus))
        self.inbox: Inbox = queue.Queue()
        pools: dict[object, _Pool] = {}
        # GPU groups don't share: each has its own models in memory.
        keys = [group if group.needs.gpus else group.needs.cpus for group in groups]
        for key, group in zip(keys, groups, strict=True):
            pool = pools.setdefault(key, _Pool(group.needs))
            pool.needs = max(pool.needs, group.needs, key=lambda n: n.memory_gb)
        self.pools = list(pools.values())
        self.lanes = [_Lane(group, pools[key]) for key, group in zip(keys, groups, strict=True)]
        self.active: dict[str, _Shard] = {}
        self.done: dict[str, Done] = {}
        self.deaths: Counter[Any] = Counter()
        self.stillborn = 0
        self.limit = ""
        self.last_tick = time.monotonic()
        self.report: Callable[[Event], None] = lambda _: None

    def work(self, shards: Iterable[ShardPlan], report: Callable[[Event], None]) -> None:
        """Do the shards; ``report`` hears of footage read and of shards done.

        Raises ShotlistError; LimitReached when all workers have finished what they had begun before the limit.
        """
        self.report = report
        self.last_tick = time.monotonic()
        for shard in shards:
            for lane in self.lanes:
                lane.left += lane.group.share(shard) is not None
            self._send_on(shard, self.lanes, 0)
        while self.active or any(lane.waiting for lane in self.lanes):
            if not self.limit:
                self._hand_out()
            elif not any(pool.busy for pool in self.pools):
                raise LimitReached(self.limit)
            try:
                worker, message = self.inbox.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                pass
            else:
                if self._pool_of(worker) is not None:
                    self._hear(worker, message)
            if self.inbox.empty():  # only who has said nothing is late, not whom nobody has listened to
                self._end_stalled()

    def close(self) -> None:
        """End the workers."""
        for pool in self.pools:
            for worker in list(pool.workers):
                self._dismiss(worker)

    # Handing out

    def _send_on(self, shard: ShardPlan, lanes: Sequence[_Lane], videos: int) -> None:
        """Put a shard into the queue of the next group that has something to do on it."""
        for lane in lanes:
            if lane.group.share(shard) is not None:
                lane.waiting.append(shard)
                return
        self.report(ShardDone(shard.shard, videos, self.done.pop(shard.shard, Done())))

    def _hand_out(self) -> None:
        for lane in reversed(self.lanes):  # what is nearly done first: it is safe then, and its space is free
            while lane.ready or lane.waiting:
                worker = self._idle_worker(lane.pool)
                if worker is None:
                    break
                if not lane.ready:
                    self._activate(lane, lane.waiting.popleft())
                worker.start(lane.ready.popleft())

    def _idle_worker(self, pool: _Pool) -> WorkerProcess | None:
        if not pool.needs.gpus and not self._has_room(pool):
            return None
        for worker in pool.workers:
            if worker.task is None:
                return worker
        gpus = self._free_gpus(pool.needs.gpus) if pool.needs.gpus else ()
        if gpus is None:
            return None
        worker = WorkerProcess(self.job, self.inbox, max(1, round(pool.needs.cpus)), gpus)
        pool.workers.append(worker)
        return worker

    def _has_room(self, pool: _Pool) -> bool:
        used = sum(p.busy * p.needs.cpus for p in self.pools if not p.needs.gpus)
        return not used or used + pool.needs.cpus <= self.room.cpus

    def _free_gpus(self, gpus: float) -> tuple[str, ...] | None:
        taken = self.devices.take(gpus)
        if taken is None:  # perhaps a group through which all shards have gone still holds one
            for lane in [lane for lane in self.lanes if lane.pool.needs.gpus and not lane.left]:
                for worker in list(lane.pool.workers):
                    self._dismiss(worker)
            taken = self.devices.take(gpus)
        return taken

    def _activate(self, lane: _Lane, whole: ShardPlan) -> None:
        plan = lane.group.share(whole)
        assert plan is not None
        shard = _Shard(whole, plan, lane, self.dataset.sources(whole.part("sources")))
        self.active[whole.shard] = shard
        opened = [s for s in shard.sources if opened_by(self.job.recipe, plan, s)]
        shard.open_tasks = len(opened)
        # Large files first: the last one to end decides when the shard does.
        for source in sorted(opened, key=lambda s: -s.size):
            lane.ready.append(OpenVideo(plan, source))
        if not opened:
            self._finish(shard)

    def _finish(self, shard: _Shard) -> None:
        shard.lane.ready.appendleft(FinishShard(shard.plan, shard.sources, tuple(shard.failures)))

    # Hearing

    def _hear(self, worker: WorkerProcess, message: Any) -> None:
        worker.quiet = 0.0
        if isinstance(message, At):
            self.stillborn = 0
            last, worker.at = worker.at, message
            if message.footage_us or last is None or (last.video_id, last.step) != (message.video_id, message.step):
                self.report(message)
            if message.clips and worker.task is not None:
                counts = message.answered, message.clips, message.cost
                self.report(Answered(worker.task.shard.shard, message.step, *counts))
        elif isinstance(message, Done):
            task, worker.task = worker.task, None
            assert task is not None
            worker.tasks_done += 1
            self._recycle(worker)
            self._done(task, message)
        elif isinstance(message, Fatal) and message.limit:
            worker.task, self.limit = None, message.message
        elif isinstance(message, Fatal):
            if message.model and worker.at is not None:
                raise ModelError(f"the build had to stop: {worker.at.step}: {message.message}")
            raise ShotlistError(f"the build had to stop: {message.message}")
        else:
            self._died(worker)

    def _recycle(self, worker: WorkerProcess) -> None:
        """Replace a worker that holds more memory than its steps say they need, or has done much."""
        pool = self._pool_of(worker)
        assert pool is not None
        if worker.tasks_done >= _RECYCLE_AFTER or worker.memory_gb > pool.needs.memory_gb:
            self._dismiss(worker)

    def _done(self, task: Task, done: Done) -> None:
        shard = self.active[task.shard.shard]
        if isinstance(task, FinishShard):
            self._through(shard, done)
            return
        shard.failures += done.failures
        if not done.segments:
            share = 1 / task.segment.count if isinstance(task, ReadSegment) else 1.0
            self.report(Read(task.shard.shard, task.source, share))
        shard.open_tasks += len(done.segments) - 1
        for step, segment in reversed(done.segments):
            shard.lane.ready.appendleft(ReadSegment(task.shard, task.source, step, segment))
        if shard.open_tasks == 0:
            self._finish(shard)

    def _through(self, shard: _Shard, done: Done) -> None:
        """A group is done with a shard."""
        name = shard.whole.shard
        del self.active[name]
        shard.lane.left -= 1
        self.done[name] = self.done.get(name, Done()).plus(done)
        self._send_on(shard.whole, self.lanes[self.lanes.index(shard.lane) + 1 :], len(shard.sources))

    # Trouble

    def _pool_of(self, worker: WorkerProcess) -> _Pool | None:
        return next((pool for pool in self.pools if worker in pool.workers), None)

    def _end_stalled(self) -> None:
        now = time.monotonic()
        # Time in which this process itself did not run counts for nobody.
        passed, self.last_tick = min(now - self.last_tick, 2 * _TICK_SECONDS), now
        stall = self.room.stall_seconds
        for worker in [w for pool in self.pools for w in pool.workers if w.task is not None]:
            worker.quiet += passed
            if worker.memory_gb > self._most_memory(worker):  # before the system ends whoever it likes
                most = self._most_memory(worker)
                self._dismiss(worker)
                self._give_up(worker, "out of memory", f"took more than {most:g} GB of memory")
            elif worker.quiet > (stall if worker.at else max(stall, _START_SECONDS)):
                self._dismiss(worker)
                self._give_up(worker, "time limit", f"showed no progress for {stall:g} s")

    def _most_memory(self, worker: WorkerProcess) -> float:
        pool = self._pool_of(worker)
        return _BURST * max(1.0, pool.needs.memory_gb if pool else 0)

    def _dismiss(self, worker: WorkerProcess) -> None:
        pool = self._pool_of(worker)
        assert pool is not None
        pool.workers.remove(worker)
        self.devices.give_back(worker.gpus, pool.needs.gpus)
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
            self._try_again(worker.task)
            return
        blamed = (type(worker.task), worker.at.video_id, worker.at.step, _segment(worker.task))
        self.deaths[blamed] += 1
        if self.deaths[blamed] < _ATTEMPTS:  # it may have been ended from outside
            self._try_again(worker.task)
        else:
            self._give_up(worker, "crashed", f"took its process down ({how})")

    def _try_again(self, task: Task) -> None:
        self.active[task.shard.shard].lane.ready.appendleft(task)

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
            self._try_again(replace(task, without=task.without | {at.step}))
        elif isinstance(task, ReadSegment):
            self._done(task, Done(failures=[failure]))
        else:
            shard.failures.append(failure)
            self._finish(shard)


def _segment(task: Task) -> int | None:
    return task.segment.index if isinstance(task, ReadSegment) else None
