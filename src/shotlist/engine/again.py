"""Trying again: parts in which something failed that may pass are set aside, the rest of them is taken over.

A part that is set aside leaves the dataset, which then shows by itself that there is work to do, also after a
kill. It keeps its rows and its receipt, so what must be done anew can be told at any time.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.dataset import Dataset, Part, Receipt
from shotlist.engine.film import ShardTables
from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.staging import Staging
from shotlist.engine.step import Pass, Step
from shotlist.records import Failure


def set_aside(dataset: Dataset, recipe: Recipe, staging: Staging) -> None:
    """Move aside what was made by or from a step with failures that may pass."""
    hopeful = dataset.sql("SELECT DISTINCT shard, step FROM failures WHERE may_pass").fetchall()
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
                    _move(dataset, listing[table][shard], staging)
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


def _folder(staging: Staging, shard: str) -> Path:
    return staging.shard(shard) / "earlier"


def _move(dataset: Dataset, part: Part, staging: Staging) -> None:
    target = _folder(staging, part.shard) / f"{part.table}.{part.fingerprint}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with dataset.local_part(part) as path:
        if dataset.local is not None:
            path.replace(target)
        else:
            shutil.copyfile(path, target)
    dataset.remove(part)


def with_earlier(shard: ShardPlan, recipe: Recipe, staging: Staging) -> ShardPlan:
    """The plan of a shard, limited to the videos that have to be done anew where the rest lies set aside."""
    if not _folder(staging, shard.shard).is_dir():
        return shard
    again: dict[str, frozenset[str]] = {}
    hopeful: dict[str, frozenset[str]] = {}
    afresh: set[str] = set()
    for step in recipe.steps:
        if isinstance(step, Pass):
            continue
        paths = _paths(staging, shard, step.writes)
        if step.name in shard.todo and (len(paths) < len(step.writes) or afresh.intersection(step.inputs())):
            afresh.update(step.writes)
        elif paths:  # also of steps that are done anew already: what reads them may not be
            own = frozenset(f.video_id for f in _receipt(paths[step.writes[0]]).failures if f.may_pass)
            again[step.name] = own.union(*(hopeful[t] for t in step.inputs() if t in hopeful))
            hopeful |= dict.fromkeys(step.writes, again[step.name])
    return replace(shard, again=again)


def _paths(staging: Staging, shard: ShardPlan, tables: Iterable[str]) -> dict[str, Path]:
    folder = _folder(staging, shard.shard)
    paths = {t: folder / f"{t}.{shard.fingerprints[t]}.parquet" for t in tables}
    return {table: path for table, path in paths.items() if path.exists()}


def _receipt(path: Path) -> Receipt:
    with pq.ParquetFile(path) as file:
        return Receipt.read(file)


class Earlier:
    """The parts of one shard that were set aside: rows and failures of the videos that are not done anew."""

    def __init__(self, shard: ShardPlan, steps: Iterable[Step], staging: Staging, stack: ExitStack) -> None:
        self._shard = shard
        kept = {s.name: _paths(staging, shard, s.writes) for s in steps if s.name in shard.again}
        self._first: Mapping[str, Path] = {name: next(iter(paths.values())) for name, paths in kept.items()}
        self._tables = ShardTables({t: path for paths in kept.values() for t, path in paths.items()})
        stack.callback(self._tables.close)

    def failures(self, step: Step) -> list[Failure]:
        """What failed for the videos whose rows are taken over."""
        if step.name not in self._first:
            return []
        found = _receipt(self._first[step.name]).failures
        return [f for f in found if not self._shard.wants(step.name, f.video_id)]

    def batches(self, table: str, video_id: str) -> Iterator[pa.RecordBatch]:
        """One video's rows."""
        return self._tables.batches(table, video_id)
