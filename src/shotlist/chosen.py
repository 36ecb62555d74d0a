"""Which recipe a command means: the one it names, else the one that the dataset was built with."""

import os
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from shotlist.dataset import Dataset
from shotlist.engine.recipe import Recipe, load
from shotlist.engine.step import Pass
from shotlist.errors import ShotlistError
from shotlist.models.budget import Spending
from shotlist.models.names import answers_prompts, known_as, parse
from shotlist.preflight import check_names

Ask: TypeAlias = Literal["all", "kept"]
"""About which clips models are asked: all, or those that the rules keep as far as they need no answer of a model."""


@dataclass(frozen=True)
class Chosen:
    """A recipe with its settings applied, and how it was named: ``origin`` is a name or file, None for an object.

    ``teachers`` are models that were added to the recipe's steps, and ``earlier`` those of them that the dataset has
    from its last build. ``ask`` says about which clips models are asked.
    """

    recipe: Recipe
    origin: str | None
    settings: tuple[str, ...]
    teachers: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    ask: Ask = "all"

    @property
    def words(self) -> str:
        """How to ask for it on the command line."""
        teachers = [f"--teacher {shlex.quote(t)}" for t in self.teachers]
        settings = [f"--set {shlex.quote(s)}" for s in self.settings]
        ask = ["--ask kept"] if self.ask == "kept" else []
        return " ".join([self.origin or self.recipe.name, *teachers, *ask, *settings])

    def plain(self) -> dict[str, Any]:
        """For ``recipe.json``; ``caption`` is the table whose text is shown as the clips' caption."""
        shown = {"caption": self.caption} if self.caption else {}
        named = {"origin": self.origin, "set": list(self.settings), "teachers": list(self.teachers), "ask": self.ask}
        return {**named, **shown, **self.recipe.describe()}

    @property
    def caption(self) -> str | None:
        """The table with the clips' captions: the first teacher's, ``caption``, or what the others lead to."""
        columns = self.recipe.columns()
        if self.teachers or "caption" in columns:
            return titles(self.teachers)[0] if self.teachers else "caption"
        inputs = {s.name: s.inputs() for s in self.recipe.steps if {"text", "prompt"} <= set(columns.get(s.name, ()))}
        last = [name for name in inputs if not any(name in read for read in inputs.values())]
        return max(last, key=lambda name: len(inputs.keys() & set(inputs[name])), default=None)

    @property
    def shown(self) -> str | None:
        """The column of ``everything`` that holds the captions."""
        if self.caption is None:
            return None
        own = [name for name in self.recipe.columns()[self.caption] if name not in ("clip_id", "video_id")]
        return self.caption if len(own) == 1 else f"{self.caption}_text"

    def without(self, teachers: Sequence[str]) -> "Chosen":
        """The same without some of the teachers, and what was set of them."""
        gone = {title for title, model in zip(titles(self.teachers), self.teachers, strict=True) if model in teachers}
        kept = tuple(model for model in self.teachers if model not in teachers)
        steps = tuple(step for step in self.recipe.steps if step.name not in gone)
        recipe = replace(self.recipe, steps=steps)
        return replace(self, recipe=recipe, settings=tuple(_without(self.settings, gone)), teachers=kept)


def choose(
    dataset: Dataset | None,
    recipe: str | Recipe | None,
    settings: Sequence[str],
    teachers: Sequence[str] = (),
    ask: Ask | None = None,
) -> Chosen:
    """Load the named recipe; without a name the dataset's own with its settings and teachers, else ``default``.

    ``teachers`` are models that describe each clip; ``off`` sends those of the last build away. ``ask`` is as in the
    last build where it is not said. Raises ShotlistError for a recipe, setting or model that does not work, and for
    packages that are not installed.
    """
    chosen = named(dataset, recipe, settings, teachers)
    stored = dataset.read_json("recipe.json") if dataset is not None else None
    chosen = _asking(chosen, ask or (stored.get("ask") if isinstance(stored, dict) else None) or "all")
    chosen.recipe.check_ready()
    chosen.recipe.check_columns()
    check_names(chosen.recipe)
    return chosen


def named(
    dataset: Dataset | None, recipe: str | Recipe | None, settings: Sequence[str], teachers: Sequence[str] = ()
) -> Chosen:
    """The same, whether it could run here or not."""
    settings, teachers = [_absolute(s) for s in settings], [_here(model) for model in teachers]
    if isinstance(recipe, Recipe):
        return _put_together(recipe, None, tuple(settings), _hired((), teachers))
    if recipe is not None:
        origin = os.path.abspath(recipe) if recipe.endswith(".py") else recipe  # noqa: PTH100  # "~" is the shell's
        return _put_together(load(recipe), origin, tuple(settings), _hired((), teachers))
    stored = dataset.read_json("recipe.json") if dataset is not None else None
    if not isinstance(stored, dict) or "origin" not in stored:
        return _put_together(load("default"), "default", tuple(settings), _hired((), teachers))
    if stored["origin"] is None:
        raise ShotlistError("this dataset was built with a recipe made in Python; name the one to use with recipe=")
    again = {_target(new) for new in settings}
    earlier = [s for s in stored["set"] if _target(s) not in again]
    said = {_target(s) for s in stored["set"]} - {_target(s) for s in earlier}
    before = tuple(stored.get("teachers") or ())
    hired = _hired(before, teachers)
    earlier = _without(earlier, set(titles(before)) - set(titles(hired)))
    try:
        last = load(stored["origin"])
    except ShotlistError as error:
        raise ShotlistError(f"{error} (the recipe of the last build; another one: --recipe NAME)") from error
    # What the recipe itself does not have needs no "off" any more.
    settings = [s for s in settings if not (s.endswith("=off") and _target(s) in said and _has_not(last, s))]
    chosen = _put_together(last, stored["origin"], (*earlier, *settings), hired)
    known = {known_as(model) for model in before}
    return replace(chosen, earlier=tuple(model for model in hired if known_as(model) in known))


def _asking(chosen: Chosen, ask: Ask) -> Chosen:
    from shotlist.curate.shortlist import shortlisted

    recipe = shortlisted(chosen.recipe) if ask == "kept" else chosen.recipe
    return replace(chosen, recipe=recipe, ask=ask)


def _put_together(recipe: Recipe, origin: str | None, settings: tuple[str, ...], teachers: tuple[str, ...]) -> Chosen:
    return Chosen(_with_teachers(recipe, teachers).with_settings(settings), origin, settings, teachers)


def _hired(earlier: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """The teachers of the last build and those named now, each model once, at the address that was said last.

    What was said before ``off`` does not count. Raises ShotlistError for one model at two addresses.
    """
    addresses: dict[str, str] = {}
    for model in named:
        if model != "off" and (first := addresses.setdefault(known_as(model), model)) != model:
            raise ShotlistError(
                f"--teacher {first} and {model} are one model; name it once, or tell two models of one name apart"
                " with ?revision=…"
            )
    found = [*earlier, *named]
    if "off" in found:
        found = found[len(found) - found[::-1].index("off") :]
    return tuple({known_as(model): model for model in found}.values())


def _with_teachers(recipe: Recipe, models: Sequence[str]) -> Recipe:
    """The recipe with a teacher for each model before its rules."""
    from shotlist.captions.teacher import Teacher

    for model in models:
        if not (model == "builtin" or answers_prompts(model)):
            meant = f" (did you mean hf:{model}?)" if re.fullmatch(r"[\w.-]+/[\w.-]+", model) else ""
            raise ShotlistError(
                f"--teacher {model}: write hf:ORG/NAME, openai:NAME@URL, builtin, or off for none{meant}"
            )
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


def _has_not(recipe: Recipe, off: str) -> bool:
    try:
        recipe.with_settings([off])
    except ShotlistError:
        return True
    return False


def _target(assignment: str) -> str:
    return assignment.partition("=")[0].strip()


def _without(settings: Sequence[str], steps: Collection[str]) -> list[str]:
    """The settings of all other steps."""
    return [s for s in settings if _target(s).partition(".")[0] not in steps]


def _absolute(assignment: str) -> str:
    """A setting that still means the same file when it is looked up from another folder, in a later build."""
    target, equals, value = assignment.partition("=")
    if target.strip().endswith(".prompt") and value.strip().endswith(".md"):
        return f"{target}{equals}{_full(value.strip())}"
    return f"{target}{equals}{_here(value)}" if target.strip().endswith("model") else assignment


def _here(model: str) -> str:
    """The same for a model: a folder by its full path."""
    kind, colon, rest = model.strip().partition(":")
    folder, mark, settings = rest.partition("?")
    here = kind == "hf" and folder and Path(folder).is_dir()
    return f"{kind}{colon}{_full(folder)}{mark}{settings}" if here else model


def _full(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100  # a link may be meant as it is
