"""Trying again: parts in which something failed that may pass are set aside, the rest of them is taken over.

A part that is set aside leaves the dataset's tables, which then show by themselves that there is work to do, also
after a kill. It keeps its rows and its receipt, so what must be done anew can be told at any time.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.engine.film import ShardTables
from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Pass, Step
from shotlist.parts import Part, Parts
from shotlist.query import ask, asking
from shotlist.records import Failure

EARLIER = "earlier"
"""The dataset's folder for what is set aside."""


def set_aside(dataset: Dataset, recipe: Recipe, shards: Collection[str]) -> None:
    """Move aside what was made in these shards by or from a step with failures that may pass."""
    if not shards:
        return
    # Only the given shards are looked at: others may be in the hands of a share, and their files change.
    with asking(), dataset.connection([], shards) as connection:
        hopeful = ask(connection, "SELECT DISTINCT shard, step FROM failures WHERE may_pass").fetchall()
    listing = dataset.listing()
    # First what was made last: if this is interrupted, nothing is left that was made from what is gone.
    judged = [table for step in recipe.passes() for table in step.writes]
    for part in [p for table in judged for p in listing.get(table, {}).values()] if hopeful else ():
        dataset.remove(part)
    for shard in sorted({shard for shard, _ in hopeful}):
        failed = {step for place, step in hopeful if place == shard}
        for step in reversed(_affected(recipe, failed)):
            for table in reversed(step.writes):
                if shard in listing.get(table, {}):
                    dataset.move(listing[table][shard], EARLIER)
    dataset.refresh()


def _affected(recipe: Recipe, failed: set[str]) -> list[Step]:
    """The failed steps and all that read what they write, in the order of the recipe."""
    found: list[Step] = []
    touched: set[str] = set()
    for step in recipe.steps:
        if not isinstance(step, Pass) and (step.name in failed or touched.intersection(step.inputs())):
            found.append(step)
            touched.update(step.writes)
    return found


def with_earlier(dataset: Dataset, recipe: Recipe, shards: Sequence[ShardPlan]) -> list[ShardPlan]:
    """Limit each shard's plan to the videos that have to be done anew, where the rest lies set aside."""
    aside = dataset.listing(EARLIER)
    places = {shard for parts in aside.values() for shard in parts}
    return [_with_earlier(dataset, recipe, s, aside) if s.shard in places else s for s in shards]


def _with_earlier(dataset: Dataset, recipe: Recipe, shard: ShardPlan, aside: Parts) -> ShardPlan:
    again: dict[str, frozenset[str]] = {}
    hopeful: dict[str, frozenset[str]] = {}
    afresh: set[str] = set()
    for step in recipe.steps:
        if isinstance(step, Pass):
            continue
        there = [p for p in _parts(shard, step) if aside.get(p.table, {}).get(p.shard) == p]
        if step.name in shard.todo and (len(there) < len(step.writes) or afresh.intersection(step.inputs())):
            afresh.update(step.writes)
        elif there:  # also of steps that are done anew already: what reads them may not be
            own = frozenset(f.video_id for f in dataset.receipt(there[0]).failures if f.may_pass)
            again[step.name] = own.union(*(hopeful[t] for t in step.inputs() if t in hopeful))
            hopeful |= dict.fromkeys(step.writes, again[step.name])
    return replace(shard, again=again)


def _parts(shard: ShardPlan, step: Step) -> list[Part]:
    return [replace(shard.part(table), folder=EARLIER) for table in step.writes]


def forget(dataset: Dataset, shards: Collection[str]) -> None:
    """Remove what was set aside of these shards, which are done."""
    for parts in dataset.listing(EARLIER).values():
        for shard in parts.keys() & shards:
            dataset.remove(parts[shard])


class Earlier:
    """The parts of one shard that were set aside: rows and failures of the videos that are not done anew."""

    def __init__(self, shard: ShardPlan, steps: Iterable[Step], dataset: Dataset, stack: ExitStack) -> None:
        self._shard = shard
        self._dataset = dataset
        self._steps = {s.name: _parts(shard, s) for s in steps if s.name in shard.again}
        self._tables = ShardTables({p.table: p for parts in self._steps.values() for p in parts}, dataset)
        stack.callback(self._tables.close)

    def failures(self, step: Step) -> list[Failure]:
        """What failed for the videos whose rows are taken over."""
        if step.name not in self._steps:
            return []
        found = self._dataset.receipt(self._steps[step.name][0]).failures
        return [f for f in found if not self._shard.wants(step.name, f.video_id)]

    def batches(self, table: str, video_id: str) -> Iterator[pa.RecordBatch]:
        """One video's rows."""
        return self._tables.batches(table, video_id)
