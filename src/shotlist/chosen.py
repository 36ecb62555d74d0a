"""Which recipe a command means: the one it names, else the one that the dataset was built with."""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shotlist.dataset import Dataset
from shotlist.engine.recipe import Recipe, load
from shotlist.engine.step import Pass
from shotlist.errors import ShotlistError
from shotlist.models.budget import Spending
from shotlist.models.names import answers_prompts, parse


@dataclass(frozen=True)
class Chosen:
    """A recipe with its settings applied, and how it was named: ``origin`` is a name or file, None for an object.

    ``teachers`` are models that were added to the recipe's steps.
    """

    recipe: Recipe
    origin: str | None
    settings: tuple[str, ...]
    teachers: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How to ask for it on the command line."""
        teachers = [f"--teacher {shlex.quote(t)}" for t in self.teachers]
        settings = [f"--set {shlex.quote(s)}" for s in self.settings]
        return " ".join([self.origin or self.recipe.name, *teachers, *settings])

    def plain(self) -> dict[str, Any]:
        """For ``recipe.json``; ``caption`` is the table whose text is shown as the clips' caption."""
        shown = {"caption": titles(self.teachers)[0]} if self.teachers else {}
        named = {"origin": self.origin, "set": list(self.settings), "teachers": list(self.teachers)}
        return {**named, **shown, **self.recipe.describe()}


def choose(
    dataset: Dataset | None, recipe: str | Recipe | None, settings: Sequence[str], teachers: Sequence[str] = ()
) -> Chosen:
    """Load the named recipe; without a name the dataset's own with its settings and teachers, else ``default``.

    ``teachers`` are models that describe each clip; ``off`` sends those of the last build away. Raises ShotlistError
    for a recipe, setting or model that does not work.
    """
    if isinstance(recipe, Recipe):
        return _checked(recipe, None, tuple(settings), _hired((), teachers))
    if recipe is not None:
        origin = os.path.abspath(recipe) if recipe.endswith(".py") else recipe  # noqa: PTH100  # "~" is the shell's
        return _checked(load(recipe), origin, tuple(settings), _hired((), teachers))
    stored = dataset.read_json("recipe.json") if dataset is not None else None
    if not isinstance(stored, dict) or "origin" not in stored:
        return _checked(load("default"), "default", tuple(settings), _hired((), teachers))
    if stored["origin"] is None:
        raise ShotlistError("this dataset was built with a recipe made in Python; name the one to use with recipe=")
    # Said again, a setting replaces the earlier one; only "off" needs what it switches off.
    again = {_target(new) for new in settings if not new.endswith("=off")}
    earlier = [s for s in stored["set"] if _target(s) not in again]
    try:
        last = load(stored["origin"])
    except ShotlistError as error:
        raise ShotlistError(f"{error} (the recipe of the last build; another one: --recipe NAME)") from error
    hired = _hired(stored.get("teachers") or (), teachers)
    return _checked(last, stored["origin"], (*earlier, *settings), hired)


def _checked(recipe: Recipe, origin: str | None, settings: tuple[str, ...], teachers: tuple[str, ...]) -> Chosen:
    chosen = _with_teachers(recipe, teachers).with_settings(settings)
    chosen.check_ready()
    chosen.check_columns()
    return Chosen(chosen, origin, settings, teachers)


def _hired(earlier: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """The teachers of the last build and those named now; what was said before ``off`` does not count."""
    found = [*earlier, *named]
    if "off" in found:
        found = found[len(found) - found[::-1].index("off") :]
    return tuple(dict.fromkeys(found))


def _with_teachers(recipe: Recipe, models: Sequence[str]) -> Recipe:
    """The recipe with a teacher for each model before its rules."""
    from shotlist.captions.teacher import Teacher

    for model in models:
        if not (model == "builtin" or answers_prompts(model)):
            raise ShotlistError(f"--teacher {model}: write hf:ORG/NAME, openai:NAME@URL, builtin, or off for none")
    hired = [Teacher(title=title, model=model) for title, model in zip(titles(models), models, strict=True)]
    first = next((k for k, step in enumerate(recipe.steps) if isinstance(step, Pass)), len(recipe.steps))
    return replace(recipe, steps=(*recipe.steps[:first], *hired, *recipe.steps[first:]))


def titles(models: Sequence[str]) -> list[str]:
    """Names of the teachers' steps and tables: ``teacher_`` and the model's own, with a number where it comes again."""
    found: list[str] = []
    for model in models:
        name = parse(model).name or parse(model).kind
        title = f"teacher_{re.sub(r'[^a-z0-9]+', '_', name.rstrip('/').rpartition('/')[2].lower()).strip('_')}"
        same = sum(earlier == title or earlier.startswith(f"{title}_no") for earlier in found)
        found.append(f"{title}_no{same + 1}" if same else title)
    return found


def spending_of(dataset: Dataset | None, named: Spending) -> Spending:
    """The limits that count: those named, else those of the last build."""
    stored = dataset.read_json("recipe.json") if dataset is not None else None
    return named.after(Spending.of(stored.get("spending") if isinstance(stored, dict) else None))


def _target(assignment: str) -> str:
    return assignment.partition("=")[0].strip()
