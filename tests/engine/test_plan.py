"""Plans: told from names of files alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from shotlist import Dataset
from shotlist.engine.plan import SET_SHARD, Plan, plan
from shotlist.engine.recipe import Recipe, load
from shotlist.parts import Part, Receipt

SCHEMA = pa.schema([("video_id", pa.string())])
RECIPE = load("default")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.create(tmp_path / "data")
    for shard in ("000000", "000001"):
        put(dataset, Part("sources", shard, f"members of {shard}".replace(" ", "-")))
    return dataset


def put(dataset: Dataset, part: Part) -> None:
    with dataset.write(part, SCHEMA, Receipt("made", 1, {}, "up")):
        pass


def complete(dataset: Dataset, recipe: Recipe, without: Sequence[str] = ()) -> Plan:
    made = plan(dataset, recipe)
    for shard in made.shards:
        for table, fingerprint in shard.fingerprints.items():
            if table not in without:
                put(dataset, Part(table, shard.shard, fingerprint))
    for planned in made.passes:
        put(dataset, planned.part)
    return plan(dataset, recipe)


def test_of_nothing_everything_is_left(dataset: Dataset) -> None:
    made = plan(dataset, RECIPE)
    assert [s.shard for s in made.shards] == ["000000", "000001"]
    assert made.shards[0].todo == tuple(s.name for s in RECIPE.steps if s not in RECIPE.passes())
    assert [p.part.shard for p in made.passes] == [SET_SHARD]


def test_a_complete_dataset_has_nothing_to_do(dataset: Dataset) -> None:
    assert complete(dataset, RECIPE).nothing_to_do


def test_one_missing_table_makes_its_step_run_and_no_other(dataset: Dataset) -> None:
    made = complete(dataset, RECIPE, without=["frames"])
    assert [s.todo for s in made.shards] == [("scan",), ("scan",)]
    assert not made.passes


def test_a_stale_part_is_replaced(dataset: Dataset) -> None:
    complete(dataset, RECIPE)
    made = plan(dataset, RECIPE.with_settings(["caption.subtitles=false"]))
    assert [s.todo for s in made.shards] == [("caption",)] * 2
    old = dataset.parts("caption")
    assert [s.replaced for s in made.shards] == [{"caption": old["000000"]}, {"caption": old["000001"]}]
    assert [p.replaced for p in made.passes] == [dataset.parts("decisions")[SET_SHARD]]


def test_steps_that_do_not_read_the_sources_have_one_fingerprint_in_all_shards(dataset: Dataset) -> None:
    first, second = (s.fingerprints for s in plan(dataset, RECIPE).shards)
    same = {table for table in first if first[table] == second[table]}
    assert {"videos", "signals", "clips", "light"} <= same
    assert {"subtitles", "transcript", "caption"}.isdisjoint(same)


def test_a_new_shard_has_the_whole_set_judged_again(dataset: Dataset) -> None:
    complete(dataset, RECIPE)
    put(dataset, Part("sources", "000002", "more"))
    made = plan(dataset, RECIPE)
    assert [s.shard for s in made.shards] == ["000002"]
    assert len(made.passes) == 1


def test_a_step_that_left_the_recipe_leaves_its_table(dataset: Dataset) -> None:
    complete(dataset, RECIPE)
    smaller = replace(RECIPE, steps=tuple(s for s in RECIPE.steps if s.name != "caption"))
    assert plan(dataset, smaller).shards == []
    assert "caption" in dataset.tables()
