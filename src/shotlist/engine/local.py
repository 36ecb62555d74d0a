"""The local executor: worker processes on this machine, one per core, and one per GPU for steps that need one."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing

from shotlist.engine import devices
from shotlist.engine.crew import Crew, Room
from shotlist.engine.groups import groups
from shotlist.engine.plan import ShardPlan
from shotlist.engine.run import Event
from shotlist.engine.tasks import Job
from shotlist.errors import ShotlistError


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalExecutor:
    """Runs shards in ``workers`` processes. Without ``gpus`` steps that ask for a GPU run on the CPU."""

    def __init__(self, workers: int | None = None, stall_seconds: float = 300.0, gpus: bool = True) -> None:
        self.workers = workers or cores()
        self.stall_seconds = stall_seconds
        self.gpus = gpus

    def run(self, job: Job, shards: Sequence[ShardPlan], report: Callable[[Event], None]) -> None:
        """See Executor."""
        found = groups(job.recipe, self.gpus)
        there = devices.found() if self.gpus else []
        for group in found:
            if group.needs.gpus > len(there) and any(group.share(shard) for shard in shards):
                raise ShotlistError(
                    f"{', '.join(group.steps)} needs {group.needs.gpus:g} GPU, and this machine has {len(there)}: "
                    "run it where there is one, or on the CPU with --no-gpu"
                )
        room = Room(self.workers, there, self.stall_seconds)
        with closing(Crew(job, found, room)) as crew:
            crew.work(shards, report)
