"""A recipe: an ordered list of steps in a Python file, and the overrides that a user puts on it."""

import dataclasses
import difflib
import hashlib
import importlib
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pyarrow as pa

from shotlist.engine.rows import schema_of
from shotlist.engine.step import BatchStep, ClipStep, FilmStep, MediaStep, Pass, Step
from shotlist.errors import ShotlistError
from shotlist.records import Source
from shotlist.reviews.views import COLUMNS, REVIEW_LOG, REVIEWS


@dataclass(frozen=True)
class Recipe:
    """Steps in the order in which they run; each may read only tables that an earlier one writes."""

    steps: tuple[Step, ...]
    name: str = "recipe"
    about: str = ""

    def __post_init__(self) -> None:
        written = dict.fromkeys(("sources", FAILURES, REVIEWS, REVIEW_LOG, "everything"), "shotlist itself")
        names: set[str] = set()
        # Passes run when all else is done, wherever they stand in the list.
        for step in sorted(self.steps, key=lambda s: isinstance(s, Pass)):
            if step.name in names:
                raise self._error(f"two steps are called {step.name}")
            names.add(step.name)
            for table in step.inputs():
                if table not in written and table not in step.uses:
                    known = nearest(table, list(written))
                    raise self._error(f"{step.name} reads {table}, which no step before it writes{known}")
            for table in step.writes:
                if table in written:
                    raise self._error(f"{step.name} and {written[table]} both write {table}")
                if not re.fullmatch(r"[a-z][a-z0-9_]*", table):
                    raise self._error(f"{step.name} writes {table!r}; a table's name is small letters, digits and _")
                written[table] = step.name

    def _error(self, message: str) -> ShotlistError:
        return ShotlistError(f"recipe {self.name}: {message}")

    def step(self, name: str) -> Step:
        """The step of that name; raises ShotlistError that suggests the nearest one."""
        names = [s.name for s in self.steps]
        if name not in names:
            raise ShotlistError(f"recipe {self.name} has no step {name!r}{nearest(name, names)}")
        return self.steps[names.index(name)]

    def with_settings(self, assignments: Sequence[str]) -> "Recipe":
        """A copy with ``step.field=value`` applied; raises ShotlistError for wrong names and values."""
        recipe = self
        for assignment in assignments:
            target, equals, text = assignment.partition("=")
            step_name, dot, field = target.strip().partition(".")
            if not (equals and dot and field):
                raise ShotlistError(f"--set {assignment}: write step.field=value, for example clips.max_seconds=20")
            old = recipe.step(step_name)
            new = _assign(old, field, text)
            recipe = dataclasses.replace(recipe, steps=tuple(new if s is old else s for s in recipe.steps))
        return recipe

    def describe(self) -> dict[str, Any]:
        """Everything as plain values, for ``recipe.json``."""
        return {
            "name": self.name,
            "steps": [
                {
                    "name": s.name,
                    "class": f"{type(s).__module__}.{type(s).__qualname__}",
                    "version": s.version,
                    "settings": s.settings(),
                }
                for s in self.steps
            ],
        }

    def columns(self) -> dict[str, dict[str, pa.DataType]]:
        """Every table that the recipe makes, with its columns."""
        found = {"sources": _typed(schema_of(Source))}
        for step in self.steps:
            if isinstance(step, MediaStep):
                found |= {table: _typed(schema) for table, schema in step.tables.items()}
            elif isinstance(step, FilmStep | ClipStep):
                found[step.name] = _typed(step.keyed_schema())
            elif isinstance(step, Pass) and len(step.schema()):
                found |= {table: _typed(step.schema()) for table in step.writes}
        return found

    def check_ready(self) -> None:
        """Raise ShotlistError where packages are not installed or a step's settings don't suit another's."""
        missing: dict[str, str] = {}  # by the line that installs them, all at once
        for step in self.steps:
            for module, install in step.packages.items():
                if importlib.util.find_spec(module) is None:
                    missing.setdefault(install, f"{step.name} needs the package {module}: {install}")
        if missing:
            raise self._error("; ".join(missing.values()))
        for step in self.steps:
            for setting, value in step.expects.items():
                other, _, field = setting.partition(".")
                if getattr(self.step(other), field) != value:
                    raise self._error(f"{step.name} needs --set {setting}={str(value).lower()}")

    def check_columns(self) -> None:
        """Raise ShotlistError where annotations make no table or a rule names a column that is not made."""
        columns = self.columns() | {REVIEWS: dict(COLUMNS)}
        for step in self.passes():
            step.check(columns)

    def spared(self) -> list[str]:
        """Steps that ask models for what no rule and no other step reads: a clip does without them where they fail."""
        read = {table for step in self.steps for table in step.inputs()}
        return [s.name for s in self.steps if isinstance(s, BatchStep) and read.isdisjoint(s.writes)]

    def media_steps(self) -> list[MediaStep]:
        """Steps that read the media files."""
        return [s for s in self.steps if isinstance(s, MediaStep)]

    def table_steps(self) -> list[Step]:
        """Steps that work from the tables of one shard."""
        return [s for s in self.steps if not isinstance(s, MediaStep | Pass)]

    def passes(self) -> list[Pass]:
        """Steps that need the whole set."""
        return [s for s in self.steps if isinstance(s, Pass)]


def _typed(schema: pa.Schema) -> dict[str, pa.DataType]:
    return {f.name: f.type for f in schema}


FAILURES = "failures"
"""The view of what failed, in whichever step; a pass may read it like a table."""


def nearest(name: str, names: Sequence[str]) -> str:
    """The end of an error sentence: the nearest known name, else all of them."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(names)}"


def _assign(step: Step, field: str, text: str) -> Step:
    from pydantic import ValidationError

    custom = getattr(step, "with_setting", None)
    if custom is not None:
        return custom(field, text)  # type: ignore[no-any-return]
    names = [f.name for f in dataclasses.fields(step)]
    if field not in names:
        raise ShotlistError(f"--set {step.name}.{field}: no such setting{nearest(field, names)}")
    try:
        return dataclasses.replace(step, **{field: _read(get_type_hints(type(step))[field], text)})
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ShotlistError(f"--set {step.name}.{field}={text}: {reason[0].lower()}{reason[1:]}") from error
    except (TypeError, ValueError) as error:
        raise ShotlistError(f"--set {step.name}.{field}={text}: {error}") from error


def _read(kind: Any, text: str) -> Any:
    """A value as people write it on a command line: plain, or as JSON where it has parts."""
    from pydantic import TypeAdapter, ValidationError

    if text.lower() in ("none", "null") and type(None) in get_args(kind):
        return None
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_strings(text)
    except ValidationError as error:
        try:
            return adapter.validate_json(text)
        except ValidationError:
            raise error from None


def names() -> list[str]:
    """Recipes that come with shotlist."""
    import shotlist.recipes

    return sorted(m.name for m in pkgutil.iter_modules(shotlist.recipes.__path__))


def load(name_or_file: str) -> Recipe:
    """A recipe by its name, or from a file with ``recipe = Recipe((...))`` or a function ``recipe``."""
    if name_or_file.endswith(".py"):
        module = _from_file(Path(name_or_file))
    elif name_or_file in names():
        module = importlib.import_module(f"shotlist.recipes.{name_or_file}")
    else:
        raise ShotlistError(
            f"no recipe {name_or_file!r}{nearest(name_or_file, names())}"
            " (a recipe of your own is a file that ends in .py)"
        )
    found = getattr(module, "recipe", None)
    if callable(found):
        with _its_errors(name_or_file):
            found = found()
    if not isinstance(found, Recipe):
        raise ShotlistError(f"{name_or_file}: defines no recipe; write: recipe = Recipe((Scan(), …))")
    about = (module.__doc__ or "").strip()
    return dataclasses.replace(found, name=Path(name_or_file).stem, about=found.about or about)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ShotlistError(f"{path}: no such recipe file")
    # A name of its own, so that two files called recipe.py don't meet.
    name = f"shotlist_recipe_{hashlib.blake2b(str(path.resolve()).encode(), digest_size=6).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _its_errors(str(path)):
        spec.loader.exec_module(module)
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)  # workers have no such module to import
    return module


@contextmanager
def _its_errors(file: str) -> Iterator[None]:
    """Say in which line of a recipe file something went wrong."""
    try:
        yield
    except ShotlistError:
        raise
    except SyntaxError as error:
        raise ShotlistError(f"{file}, line {error.lineno}: not valid Python: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(file)]
        where = f"{file}, line {lines[-1]}" if lines else file
        raise ShotlistError(f"{where}: {type(error).__name__}: {error}") from error
