"""How long it takes to judge a million clips by another rule.

    python benchmarks/rejudge.py [--work FOLDER] [--check]

The clips are made up: tables with random numbers and the fingerprints that a build expects.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clock import SHOTLIST, options, report, timed
from shotlist.dataset import Dataset
from shotlist.engine.plan import ShardPlan, plan
from shotlist.engine.recipe import Recipe, load
from shotlist.engine.step import ClipStep, MediaStep, TableStep
from shotlist.members import Arrived, Members
from shotlist.parts import Part, Receipt
from shotlist.records import Source, clip_id

VIDEOS, CLIPS = 10_000, 100
"""Videos, and clips in each of them."""
THRESHOLDS = ("0.21", "0.32", "0.43", "0.24", "0.35")


def make_dataset(out: Path) -> None:
    """A million clips of all built-in measures, without any video."""
    dataset, recipe = Dataset.create(out), load("default")
    members = Members(dataset)
    names = [f"{k:016x}" for k in range(VIDEOS)]
    members.take_in(Arrived(added=[Source(v, f"/films/{v}.mp4", 1 << 24, "0") for v in names]))
    rng = np.random.default_rng(1)
    for shard in plan(dataset, recipe).shards:
        fill(dataset, recipe, shard, [s.video_id for s in members.of(shard.shard)], rng)


def fill(dataset: Dataset, recipe: Recipe, shard: ShardPlan, videos: list[str], rng: np.random.Generator) -> None:
    """Every part of one shard. Media tables but ``videos`` stay empty: judging does not read them."""
    for step in recipe.steps:
        if isinstance(step, MediaStep):
            for table, schema in step.tables.items():
                keys = {"video_id": videos, "status": ["ok"] * len(videos)} if table == "videos" else None
                write(dataset, shard, table, schema, rows(schema, keys, rng) if keys else schema.empty_table())
        elif isinstance(step, TableStep):
            schema = step.keyed_schema()
            known = clip_keys(videos) if "clip_id" in schema.names else {"video_id": videos}
            if isinstance(step, ClipStep):
                known = {k: known[k] for k in ("clip_id", "video_id")}
            write(dataset, shard, step.name, schema, rows(schema, known, rng))


def clip_keys(videos: list[str]) -> dict[str, Any]:
    """Clips of three seconds, one after the other."""
    starts = np.tile(np.arange(CLIPS) * 3_000_000, len(videos))
    owners = [video for video in videos for _ in range(CLIPS)]
    names = [clip_id(v, int(s), int(s) + 3_000_000) for v, s in zip(owners, starts, strict=True)]
    times = {"start_us": starts, "end_us": starts + 3_000_000, "seconds": np.full(len(starts), 3.0)}
    return {"clip_id": names, "video_id": owners, "mark": [None] * len(names)} | times


def rows(schema: pa.Schema, known: dict[str, Any], rng: np.random.Generator) -> pa.Table:
    """The known columns, and chance in the others."""
    count = len(next(iter(known.values())))
    columns = [known[f.name] if f.name in known else chance(f.type, count, rng) for f in schema]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def chance(kind: pa.DataType, count: int, rng: np.random.Generator) -> Any:
    """Random values of a type."""
    if pa.types.is_floating(kind):
        return rng.random(count)
    if pa.types.is_integer(kind):
        return rng.integers(0, 1000, count)
    if pa.types.is_boolean(kind):
        return rng.random(count) < 0.5
    if pa.types.is_string(kind):
        return [f"a sentence of some length that ends with {n}" for n in rng.integers(0, 1 << 40, count)]
    return [[] for _ in range(count)] if pa.types.is_list(kind) else [None] * count


def write(dataset: Dataset, shard: ShardPlan, table: str, schema: pa.Schema, made: pa.Table) -> None:
    """One part, with row groups as a build leaves them."""
    part = Part(table, shard.shard, shard.fingerprints[table])
    with dataset.write(part, schema, Receipt(table, 1, {}, "made up")) as out:
        for start in range(0, made.num_rows, CLIPS):
            out.write(made.slice(start, CLIPS))
            out.next_video()


def main() -> None:
    chosen = options(__doc__ or "", "rejudge")
    out = chosen.work / "dataset"
    if not (out / "dataset.json").exists():
        make_dataset(out)
    command = [*SHOTLIST, "build", "-o", str(out), "--no-report", "--quiet", "--set"]
    judge = [[*command, f"rules.not_too_dark=light.brightness >= {t}"] for t in THRESHOLDS]
    timed(judge[-1:])  # so that every run changes the rule, and nothing else is left to do
    clips = VIDEOS * CLIPS
    report([(f"another rule over {clips:,} clips", timed(judge), 2.0)], chosen.check)


if __name__ == "__main__":
    main()
