"""Which clips are worth a model's time: those that the rules keep, as far as they can be judged before any is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import duckdb

from shotlist.curate.rules import Rules, looks_around
from shotlist.engine.film import Clip, Film
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Measure, Pass
from shotlist.preflight import asking


@dataclass(frozen=True)
class Listed:
    """Whether models are asked about a clip, and else the rule that drops it with the values that it looked at."""

    worth: bool
    rule: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Shortlist(Measure):
    """Judges clips before models are asked about them; steps that ask leave out those that are not worth it."""

    keep: Mapping[str, str] = field(default_factory=dict)
    """Conditions by name, as in the rules."""

    def inputs(self) -> tuple[str, ...]:
        """See Step: the tables that the conditions name."""
        return tuple(dict.fromkeys(("videos", *Rules(self.keep).tables())))

    def measure(self, clip: Clip) -> Listed:
        """See Measure."""
        if clip.film not in _judged:
            _judged[clip.film] = self._judge(clip.film)
        return _judged[clip.film][clip.clip_id]

    def _judge(self, film: Film) -> dict[str, Listed]:
        """A film's clips at once, by ``clip_id``: a database for each clip would take longer than its answer."""
        rules = Rules(self.keep)
        with duckdb.connect(config={"threads": 1}) as connection:
            for table in rules.tables():
                connection.register(table, film.tables.rows(table, film.video_id))
            connection.execute("CREATE TABLE failures (clip_id VARCHAR, video_id VARCHAR, message VARCHAR)")
            rows = rules.run(connection).read_all().to_pylist()
        return {row["clip_id"]: Listed(row["status"] == "kept", row["rule"], row["value"] or None) for row in rows}


_judged: "WeakKeyDictionary[Film, dict[str, Listed]]" = WeakKeyDictionary()


def shortlisted(recipe: Recipe) -> Recipe:
    """The recipe with a shortlist before the first step that asks a model; the same where there is nothing to judge by.

    The conditions are those of its rules that name nothing but what the steps before have written. Those that compare
    clips with each other are left to the rules: here only one film is known.
    """
    first = next((recipe.steps.index(step) for step in asking(recipe)), None)
    if first is None:
        return recipe
    before, after = recipe.steps[:first], recipe.steps[first:]
    there = {"sources", *(table for step in before if not isinstance(step, Pass) for table in step.writes)}
    rules = [step for step in recipe.steps if isinstance(step, Rules)]
    keep = {
        name: condition
        for step in rules
        for name, condition in step.keep.items()
        if there.issuperset(Rules({name: condition}).tables()) and not looks_around(condition)
    }
    return replace(recipe, steps=(*before, Shortlist(keep), *after)) if keep else recipe
