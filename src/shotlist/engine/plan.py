"""What is left to do: the parts that a recipe asks for against the parts that are there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shotlist.dataset import Dataset
from shotlist.engine.recipe import FAILURES, Recipe
from shotlist.engine.step import Pass, digest
from shotlist.parts import Part, Parts
from shotlist.reviews.views import REVIEWS, stamp

SET_SHARD = "all"
"""The shard name of a pass over the whole set."""


@dataclass(frozen=True)
class ShardPlan:
    """One shard: the fingerprint that each table should have, and the steps whose part is missing or stale.

    ``replaced`` are the parts that go when those steps are done, by table. ``again`` names by step the only
    videos to work on, where the rows of the others lie set aside.
    """

    shard: str
    fingerprints: Mapping[str, str]
    todo: tuple[str, ...]
    replaced: Mapping[str, Part] = field(default_factory=dict)
    again: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def only(self, steps: Collection[str]) -> "ShardPlan":
        """The same, with nothing to do but these steps."""
        return replace(self, todo=tuple(name for name in self.todo if name in steps))

    def part(self, table: str) -> Part:
        """The part that a table should have."""
        return Part(table, self.shard, self.fingerprints[table])

    def wants(self, step: str, video_id: str) -> bool:
        """Whether the step has to work on the video."""
        return step in self.todo and (step not in self.again or video_id in self.again[step])


@dataclass(frozen=True)
class Plan:
    """The shards with work left, and the passes over the set to run afterwards."""

    shards: Sequence[ShardPlan]
    passes: Sequence["PlannedPass"] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether every part is as it should be."""
        return not self.shards and not self.passes


@dataclass(frozen=True)
class PlannedPass:
    """A pass over the set, the part that it will write, and the one that goes then."""

    step: Pass
    part: Part
    replaced: Part | None = None


def plan(dataset: Dataset, recipe: Recipe) -> Plan:
    """Compare names: a part whose fingerprint is the planned one is done. No file is opened."""
    stored = dataset.listing()
    known = Fingerprints(recipe)
    steps = [(s.name, s.writes) for s in recipe.steps if not isinstance(s, Pass)]
    alike: dict[tuple[str, ...], tuple[str, ...]] = {}
    shards, made_of = [], []
    for shard, sources in stored.get("sources", {}).items():
        fingerprints = known.of(sources.fingerprint)
        made_of.append((shard, fingerprints))
        stale = {table for table, fingerprint in fingerprints.items() if _stale(stored, table, shard, fingerprint)}
        todo = tuple(name for name, writes in steps if not stale.isdisjoint(writes)) if stale else ()
        todo = alike.setdefault(todo, todo)  # very many shards have the same to do
        if todo:
            old = {t: parts[shard] for t, parts in stored.items() if shard in parts and t in fingerprints}
            replaced = {t: part for t, part in old.items() if part.fingerprint != fingerprints[t]}
            shards.append(ShardPlan(shard, fingerprints, todo, replaced))
    return Plan(shards, _passes(dataset, recipe, made_of, stored) if made_of else ())


class Fingerprints:
    """Names for what each table of a shard is made from. Most don't depend on the shard and are worked out once."""

    def __init__(self, recipe: Recipe) -> None:
        steps = [s for s in recipe.steps if not isinstance(s, Pass)]
        self._steps = [(s.fingerprint(), s.inputs(), s.writes) for s in steps]
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, sources: str) -> dict[str, str]:
        """Table to fingerprint, for a shard whose sources have the given one."""
        # The members of a shard never change, so reading the media depends on nothing but the settings; what
        # the user said about a video (title, subtitles) may change and is read by few steps.
        found = {"sources": sources}
        for own, inputs, writes in self._steps:
            made_of = (own, *[found[t] for t in inputs if t in found])
            fingerprint = self._known.get(made_of)
            if fingerprint is None:
                fingerprint = self._known[made_of] = digest(made_of)
            for table in writes:
                found[table] = fingerprint
        return found


def _stale(stored: Parts, table: str, shard: str, fingerprint: str) -> bool:
    part = stored.get(table, {}).get(shard)
    return part is None or part.fingerprint != fingerprint


def _passes(
    dataset: Dataset, recipe: Recipe, made_of: Sequence[tuple[str, Mapping[str, str]]], stored: Parts
) -> list[PlannedPass]:
    found = []
    passed: dict[str, str] = {}
    for step in recipe.passes():
        tables = step.inputs()
        inputs = [[shard, *_made_of(fps, tables)] for shard, fps in made_of]
        earlier = [passed[t] for t in tables if t in passed]
        if REVIEWS in tables:
            earlier.append(stamp(dataset.store))
        (table,) = step.writes
        passed[table] = digest([step.fingerprint(), earlier, inputs])
        part, old = Part(table, SET_SHARD, passed[table]), stored.get(table, {}).get(SET_SHARD)
        if part != old:
            found.append(PlannedPass(step, part, old))
    return found


def _made_of(fingerprints: Mapping[str, str], tables: Sequence[str]) -> list[str]:
    if FAILURES in tables:  # they may come from any step
        return list(fingerprints.values())
    return [fingerprints[t] for t in tables if t in fingerprints]
