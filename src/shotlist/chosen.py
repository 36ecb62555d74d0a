"""Which recipe a command means: the one it names, else the one that the dataset was built with."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shotlist.dataset import Dataset
from shotlist.engine.recipe import Recipe, load
from shotlist.errors import ShotlistError


@dataclass(frozen=True)
class Chosen:
    """A recipe with its settings applied, and how it was named: ``origin`` is a name or file, None for an object."""

    recipe: Recipe
    origin: str | None
    settings: tuple[str, ...]

    @property
    def words(self) -> str:
        """How to ask for it on the command line."""
        return " ".join([self.origin or self.recipe.name, *(f"--set {shlex.quote(s)}" for s in self.settings)])

    def plain(self) -> dict[str, Any]:
        """For ``recipe.json``."""
        return {"origin": self.origin, "set": list(self.settings), **self.recipe.describe()}


def choose(dataset: Dataset | None, recipe: str | Recipe | None, settings: Sequence[str]) -> Chosen:
    """Load the named recipe; without a name the dataset's own with its settings, else ``default``.

    Raises ShotlistError for a recipe or setting that does not work.
    """
    if isinstance(recipe, Recipe):
        return _checked(recipe, None, tuple(settings))
    if recipe is not None:
        origin = os.path.abspath(recipe) if recipe.endswith(".py") else recipe  # noqa: PTH100  # "~" is the shell's
        return _checked(load(recipe), origin, tuple(settings))
    stored = dataset.read_json("recipe.json") if dataset is not None else None
    if not isinstance(stored, dict) or "origin" not in stored:
        return _checked(load("default"), "default", tuple(settings))
    if stored["origin"] is None:
        raise ShotlistError("this dataset was built with a recipe made in Python; name the one to use with recipe=")
    # Said again, a setting replaces the earlier one; only "off" needs what it switches off.
    again = {_target(new) for new in settings if not new.endswith("=off")}
    earlier = [s for s in stored["set"] if _target(s) not in again]
    try:
        last = load(stored["origin"])
    except ShotlistError as error:
        raise ShotlistError(f"{error} (the recipe of the last build; another one: --recipe NAME)") from error
    return _checked(last, stored["origin"], (*earlier, *settings))


def _checked(recipe: Recipe, origin: str | None, settings: tuple[str, ...]) -> Chosen:
    chosen = recipe.with_settings(settings)
    chosen.check_ready()
    chosen.check_columns()
    return Chosen(chosen, origin, settings)


def _target(assignment: str) -> str:
    return assignment.partition("=")[0].strip()
