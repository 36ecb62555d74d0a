"""What an executor is: it decides where a shard's work runs, nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shotlist.engine.plan import ShardPlan
from shotlist.engine.tasks import At, Done, Job
from shotlist.records import Source


@dataclass(frozen=True)
class ShardDone:
    """A shard's parts are written; ``done`` carries its failures and counts."""

    shard: str
    videos: int
    done: Done


@dataclass(frozen=True)
class Read:
    """A share (0..1] of one video of a shard was read, or given up."""

    shard: str
    source: Source
    share: float


@dataclass(frozen=True)
class Answered:
    """A step that asks a model has ``answered`` of its ``clips`` in a shard by now, which cost so much."""

    shard: str
    step: str
    answered: int
    clips: int
    cost: float = 0.0


@dataclass(frozen=True)
class Notice:
    """Something that the user should know while the work goes on, such as what it waits for."""

    text: str


Event = At | Read | Answered | ShardDone | Notice


class Executor(Protocol):
    """Runs the planned shards of a job somewhere and reports what happens.

    Rows, pictures and sound stay where the work is done; only ids, counts and failures come back.
    """

    def run(self, job: Job, shards: Sequence[ShardPlan], report: Callable[[Event], None]) -> None:
        """Do all shards; raises ShotlistError when the surroundings fail (a full disk, no memory)."""
        ...
