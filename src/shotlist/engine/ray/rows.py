"""What passes between operators: a shard's id, what is to be done on it, and counts. Plain strings in every column."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

from shotlist.dataset import Dataset
from shotlist.engine.groups import Group
from shotlist.engine.plan import Fingerprints, ShardPlan
from shotlist.engine.run import ShardDone
from shotlist.engine.tasks import Done, Job
from shotlist.parts import Part
from shotlist.records import Failure

Row: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class Assignment:
    """What an actor is made for."""

    job: Job
    group: Group
    stall_seconds: float


def row_of(shard: ShardPlan) -> Row:
    """A shard on its way through the operators. Its fingerprints follow from that of its sources."""
    plan = {
        "sources": shard.fingerprints["sources"],
        "todo": shard.todo,
        "again": {step: sorted(videos) for step, videos in shard.again.items()},
        "replaced": {table: part.fingerprint for table, part in shard.replaced.items()},
    }
    return {"shard": shard.shard, "plan": json.dumps(plan), "videos": "0", "done": "", "fatal": "", "limit": ""}


def plan_of(row: Row, known: Fingerprints) -> ShardPlan:
    """The plan of a row's shard."""
    plan: dict[str, Any] = json.loads(row["plan"])
    shard = row["shard"]
    return ShardPlan(
        shard,
        known.of(plan["sources"]),
        tuple(plan["todo"]),
        {table: Part(table, shard, fingerprint) for table, fingerprint in plan["replaced"].items()},
        {step: frozenset(videos) for step, videos in plan["again"].items()},
    )


def after(row: Row, event: ShardDone) -> Row:
    """The row when a group is done with its shard."""
    done = replace(done_of(row).plus(event.done), segments=())
    return row | {"videos": str(event.videos), "done": json.dumps(asdict(done))}


def done_of(row: Row) -> Done:
    """What was done on a row's shard so far."""
    plain: dict[str, Any] = json.loads(row["done"] or "{}")
    failures = tuple(Failure(**failure) for failure in plain.pop("failures", ()))
    return Done(failures=failures, **{name: value for name, value in plain.items() if name != "segments"})


def still_to_do(shard: ShardPlan, tables: Mapping[str, tuple[str, ...]], dataset: Dataset) -> ShardPlan:
    """Without the steps whose parts are all there: an actor that was lost may have come that far.

    ``tables`` are what each step writes.
    """
    return shard.only([s for s in shard.todo if not all(dataset.has(shard.part(t)) for t in tables[s])])
