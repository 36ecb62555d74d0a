"""What is left to do: the parts that a recipe asks for against the parts that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shotlist.dataset import Dataset, Part
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import MediaStep, Pass, digest


@dataclass(frozen=True)
class ShardPlan:
    """One shard: the fingerprint that each table should have, and the steps whose part is missing or stale."""

    shard: str
    fingerprints: Mapping[str, str]
    todo: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The shards with work left, and the passes over the set to run afterwards."""

    recipe: Recipe
    shards: Sequence[ShardPlan]
    total_shards: int
    passes: tuple[tuple[Pass, str], ...] = ()
    stored: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)

    @property
    def nothing_to_do(self) -> bool:
        """Whether every part is as it should be."""
        return not self.shards and not self.passes


SET_SHARD = "all"
"""The shard name of a pass over the whole set."""


def plan(dataset: Dataset, recipe: Recipe, only: Sequence[str] | None = None) -> Plan:
    """Compare names: a part whose fingerprint is the planned one is done. No file is opened.

    ``only`` limits the shards, for batch schedulers.
    """
    sources = dataset.parts("sources")
    stored = {table: dataset.parts(table) for step in recipe.steps for table in step.writes}
    own = {step.name: step.fingerprint() for step in recipe.steps}
    shards, planned = [], {}
    for shard, part in sources.items():
        fingerprints = _fingerprints(recipe, own, part)
        planned[shard] = fingerprints
        if only is not None and shard not in only:
            continue
        todo = tuple(
            step.name
            for step in recipe.steps
            if not isinstance(step, Pass)
            and any(_stale(stored, table, shard, fingerprints) for table in step.writes)
        )
        if todo:
            shards.append(ShardPlan(shard, fingerprints, todo))
    passes = _passes(recipe, own, planned, stored) if planned and only is None else ()
    return Plan(recipe, shards, len(sources), passes, stored)


def _fingerprints(recipe: Recipe, own: Mapping[str, str], sources: Part) -> dict[str, str]:
    known = {"sources": sources.fingerprint}
    for step in recipe.steps:
        if isinstance(step, Pass):
            continue
        made_of = [own[step.name]]
        # The members of a shard never change, so reading the media depends on nothing but the settings;
        # what the user said about a video (title, subtitles) may change and is read by few steps.
        made_of += [known[t] for t in step.inputs() if t in known]
        value = digest(made_of)
        known |= dict.fromkeys(step.writes, value)
    return known


def _stale(
    stored: Mapping[str, Mapping[str, Part]], table: str, shard: str, fingerprints: Mapping[str, str]
) -> bool:
    part = stored[table].get(shard)
    return part is None or part.fingerprint != fingerprints[table]


def _passes(
    recipe: Recipe,
    own: Mapping[str, str],
    planned: Mapping[str, Mapping[str, str]],
    stored: Mapping[str, Mapping[str, Part]],
) -> tuple[tuple[Pass, str], ...]:
    found = []
    for step in recipe.passes():
        inputs = [[shard, fps[t]] for shard, fps in planned.items() for t in step.inputs() if t in fps]
        fingerprint = digest([own[step.name], inputs])
        part = stored[step.writes[0]].get(SET_SHARD)
        if part is None or part.fingerprint != fingerprint:
            found.append((step, fingerprint))
    return tuple(found)


def media_steps_of(recipe: Recipe, todo: Sequence[str]) -> list[MediaStep]:
    """Steps among ``todo`` that read the media files."""
    return [s for s in recipe.media_steps() if s.name in todo]
