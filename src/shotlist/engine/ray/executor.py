"""The Ray executor: the same groups of steps as operators of Ray Data, over shard ids.

Each group is an operator with a pool of actors, named after its steps in Ray's dashboard. An actor keeps one worker
process, as on a single machine, so that what goes wrong there goes wrong in the same way here. Only shard ids, counts
and failures pass between operators; rows, pictures and sound stay in the parts on the storage that all nodes share.
"""

import logging
import os
import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import cloudpickle

from shotlist import __version__
from shotlist.engine.groups import Group, groups
from shotlist.engine.plan import ShardPlan
from shotlist.engine.ray.actor import ShardActor
from shotlist.engine.ray.desk import Desk
from shotlist.engine.ray.rows import Assignment, Row, done_of, row_of
from shotlist.engine.run import Event, Notice, ShardDone
from shotlist.engine.tasks import Job
from shotlist.errors import ShotlistError
from shotlist.models.budget import Budget, LimitReached
from shotlist.sources.names import base_name

if TYPE_CHECKING:
    from shotlist.engine.step import Needs

Pool: TypeAlias = int | tuple[int, int]
"""A number of actors, or from how many up to how many."""

_POLL_SECONDS = 0.5
_WAIT_SECONDS = 5.0
"""After so long without room for a step the user is told what the cluster lacks."""
_KNOCK_SECONDS = 10.0
_HEAD_SECONDS = 30.0
"""How long a head may be away; Ray waits for sixty seconds and then ends the process."""
_END_SECONDS = 10.0
"""So long Ray Data's threads may take to end once the session is closed."""
_MOST_BLOCKS = 10_000
"""Of more shards, several make one block: Ray Data pays about ten milliseconds for each block and operator."""


class RayExecutor:
    """Runs shards on a Ray cluster. ``address`` None is the cluster at hand (``RAY_ADDRESS``), else one made here.

    ``workers`` and ``gpu_workers`` are the sizes of the pools; by default they grow up to what the cluster has.
    All workers count what they spend on models at one desk in the cluster, so that limits hold for all together.
    """

    def __init__(
        self,
        address: str | None = None,
        workers: Pool | None = None,
        gpu_workers: Pool | None = None,
        stall_seconds: float = 300.0,
        gpus: bool = True,
    ) -> None:
        self.address = address
        self.workers = workers
        self.gpu_workers = gpu_workers
        self.stall_seconds = stall_seconds
        self.gpus = gpus

    def run(self, job: Job, shards: Sequence[ShardPlan], report: Callable[[Event], None]) -> None:
        """See Executor."""
        run: _Run | None = None
        try:
            with _session(self.address) as ray:
                run = _Run(self, ray, job, shards, report)
                run.run()
        finally:
            if run is not None and run.pump is not None:
                run.pump.join(_END_SECONDS)


@contextmanager
def _session(address: str | None) -> Iterator[Any]:
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # else a thread that still asks begins another cluster
    try:
        import ray
        import ray.data  # so that a missing half of the extra is told here
    except ImportError as error:
        raise ShotlistError(f"--engine ray needs one more package: pip install 'shotlist[ray]' ({error})") from error
    if ray.is_initialized():  # the user's own session stays as it is
        yield ray
        return
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told by an exception
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        _knock(address or os.environ.get("RAY_ADDRESS", ""))
        with _hushed():
            ray.init(address=address, logging_level=logging.CRITICAL, log_to_driver=False, namespace="shotlist")
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = address or os.environ.get("RAY_ADDRESS") or "this machine"
        raise ShotlistError(f"no Ray cluster can be reached at {where}: {unreached(error)}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def unreached(error: Exception) -> str:
    """Why Ray let nobody in, in a sentence."""
    if "authentication token" in f"{error} {error.__cause__}".lower():
        return "it wants its token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN as on its nodes"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = " ".join(str(error).split())  # versions that differ are told over several lines
    return said[:500] or type(error).__name__


def _knock(address: str) -> None:
    """Raise OSError where nobody listens; Ray itself would try for minutes."""
    if "://" in address:  # of Ray's client or its dashboard, through which another machine would drive
        advice = "send it there with ray job submit, or name HOST:6379 in a shell there"
        raise ShotlistError(f"{address}: a build is driven from a node of the Ray cluster: {advice}")
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), _KNOCK_SECONDS).close()


@contextmanager
def _hushed() -> Iterator[None]:
    """Without what Ray's own library writes on standard error, such as that it heeds the log level."""
    sys.stderr.flush()
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


class _Run:
    def __init__(
        self,
        executor: RayExecutor,
        ray: Any,
        job: Job,
        shards: Sequence[ShardPlan],
        report: Callable[[Event], None],
    ) -> None:
        self.executor = executor
        self.ray = ray
        self.job = job
        self.limit = ""
        self.shards = {shard.shard: shard for shard in shards}
        self.report = report
        self.rows: queue.Queue[Row | Exception | None] = queue.Queue()
        self.stopped = threading.Event()
        self.desk = self._desk()
        self.began = time.monotonic()
        self.left = set(self.shards)
        self.heard = self.began
        self.head = str(ray.get_runtime_context().gcs_address)
        self.warned = False
        self.pump: threading.Thread | None = None

    def run(self) -> None:
        found = [g for g in groups(self.job.recipe, self.executor.gpus) if any(map(g.share, self.shards.values()))]
        self.pump = threading.Thread(target=self._pump, args=(self._pipeline(found),), daemon=True)
        self.pump.start()
        try:
            self._listen(found)
        finally:
            self.stopped.set()
            self._book()

    def _desk(self) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # On the driver's node, which may be lost least of all: without the desk nothing may be spent any more.
        where = NodeAffinitySchedulingStrategy(self.ray.get_runtime_context().get_node_id(), soft=True)
        return self.ray.remote(num_cpus=0, scheduling_strategy=where)(Desk).remote()

    def _book(self) -> None:
        """Close the desk, and add what was spent to this build's counter."""
        with suppress(Exception):  # it may be lost, and so is the account then
            spent = self.ray.get(self.desk.close.remote(), timeout=10)
            if (spent.requests or spent.models) and self.job.counter:
                Budget(Path(self.job.counter)).take_over(spent)
        with suppress(Exception):
            self.ray.kill(self.desk)

    def _pipeline(self, found: Sequence[Group]) -> Any:
        data = self.ray.data
        context = data.DataContext.get_current().copy()  # the user's own datasets keep theirs
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        # A busy actor is reason enough for another one, and no task waits behind one that takes minutes.
        context.autoscaling_config.actor_pool_util_upscaling_threshold = 1.0
        context.max_errored_blocks = 0  # no shard is dropped in silence
        rows = [row_of(shard) for shard in self.shards.values()]
        with data.DataContext.current(context):  # a dataset keeps the context in which it was begun
            dataset = data.from_items(rows, override_num_blocks=min(len(rows), _MOST_BLOCKS))
        dataset.set_name(re.sub(r"[^\w.-]", "-", base_name(self.job.dataset), flags=re.ASCII))  # for the dashboard
        for group in found:
            dataset = dataset.map_batches(
                _operator(group),
                fn_constructor_args=(__version__, self._assignment(group), self.desk),
                batch_size=1,
                compute=self._pool(group.needs),
                num_cpus=group.needs.cpus,
                num_gpus=group.needs.gpus or None,
                memory=group.needs.memory_gb * 1e9,
            )
        return dataset

    def _assignment(self, group: Group) -> bytes:
        # By value: a user's recipe file is no module that a node could import.
        assignment = Assignment(self.job, group, self.executor.stall_seconds)
        return bytes(cloudpickle.dumps(assignment))

    def _pool(self, needs: "Needs") -> Any:
        size = self.executor.gpu_workers if needs.gpus else self.executor.workers
        least, most = (size, size) if isinstance(size, int) else size or (1, None)
        return self.ray.data.ActorPoolStrategy(min_size=least, max_size=most, max_tasks_in_flight_per_actor=1)

    def _pump(self, dataset: Any) -> None:
        """Take rows as they come; the generator's end ends the operators."""
        try:
            for row in dataset.iter_rows():
                self.rows.put(row)
                if self.stopped.is_set():
                    return
        except Exception as error:
            self.rows.put(error)
        self.rows.put(None)

    def _listen(self, found: Sequence[Group]) -> None:
        while True:
            try:
                row = self.rows.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                self._hear_news(found)
                continue
            if isinstance(row, Exception):
                raise ShotlistError(f"Ray gave up: {_reason(row)}") from row
            self._hear_news(found)
            if row is None and self.limit:
                raise LimitReached(self.limit)
            if row is None and self.left:
                lost = f"{len(self.left)} of {len(self.shards)} shards"
                raise ShotlistError(f"Ray ended without {lost}; run the same line again to go on")
            if row is None:
                return
            self._shard_done(row)

    def _shard_done(self, row: Row) -> None:
        if row["fatal"]:
            raise ShotlistError(row["fatal"])
        self.left.discard(row["shard"])
        if row["limit"]:
            self.limit = row["limit"]
            return
        self.report(ShardDone(row["shard"], int(row["videos"]), done_of(row)))

    def _hear_news(self, found: Sequence[Group]) -> None:
        try:
            events = self.ray.get(self.desk.take.remote(), timeout=10)
            self.heard = time.monotonic()
        except Exception:  # news is a courtesy; whether the work gets done is told by the rows
            events = []
            if time.monotonic() - self.heard > _HEAD_SECONDS:
                look_for_head(self.head)
        for event in events:
            self.report(event)
        if not self.warned and time.monotonic() - self.began > _WAIT_SECONDS:
            self.warned = True  # also where the first group is at work already: the next one may wait for ever
            for text in lacking(found, self.ray.nodes()):
                self.report(Notice(text))


def look_for_head(address: str) -> None:
    """Raise ShotlistError where the cluster is gone: Ray would end this process without a word."""
    try:
        _knock(address)
    except OSError as error:
        text = f"the Ray cluster is gone: its head at {address} does not answer any more"
        raise ShotlistError(f"{text}; start it anew and run the same line again to go on") from error


def lacking(found: Sequence[Group], nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each group that fits on no node a sentence that says what it waits for."""
    there = [node.get("Resources", {}) for node in nodes if node.get("Alive", True)]
    told = []
    for group in found:
        wanted = {"CPU": group.needs.cpus, "GPU": group.needs.gpus, "memory": group.needs.memory_gb * 1e9}
        if any(all(node.get(kind, 0) >= amount for kind, amount in wanted.items()) for node in there):
            continue
        kind = next((k for k, n in wanted.items() if all(node.get(k, 0) < n for node in there)), "CPU")
        amount = f"{wanted[kind] / 1e9:g} GB of memory" if kind == "memory" else f"{wanted[kind]:g} {kind}"
        advice = "; --no-gpu runs it on CPUs" if kind == "GPU" else ""
        told.append(f"{', '.join(group.steps)} waits for a node with {amount}; the cluster has none yet{advice}")
    return told


def _operator(group: Group) -> type:
    """The actor's class, with the group's name for the dashboard."""
    return type(group.label, (ShardActor,), {"__module__": ShardActor.__module__})


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:500]
