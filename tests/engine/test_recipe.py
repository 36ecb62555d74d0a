"""Recipes: what may follow what, what settings may be, and what they mean for tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from shotlist import ShotlistError
from shotlist.curate.rules import Rules
from shotlist.engine.film import Clip
from shotlist.engine.recipe import Recipe, load, names
from shotlist.engine.step import Measure, Step, how_only
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots


@dataclass(frozen=True)
class Crisp(Measure):
    """A measure with settings of every kind."""

    height: int = 256
    share: float = 0.5
    label: str | None = None
    sizes: tuple[int, ...] = (1, 2)
    exact: bool = False
    threads: int = how_only(1)

    reads: ClassVar[tuple[str, ...]] = ("clips",)

    def measure(self, clip: Clip) -> float:
        return clip.seconds


FOUND = (Scan(), Shots(), Clips())


def test_a_step_may_read_only_what_is_written_before_it() -> None:
    with pytest.raises(ShotlistError, match="shots reads videos, which no step before it writes"):
        Recipe((Shots(), Scan()))
    Recipe((*FOUND, Crisp()))


def test_no_two_steps_share_a_name() -> None:
    with pytest.raises(ShotlistError, match="two steps are called crisp"):
        Recipe((*FOUND, Crisp(), Crisp(height=8)))


@pytest.mark.parametrize("name", ["everything", "failures", "sources", "../odd", "Odd"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    class Named(Crisp):
        @property
        def name(self) -> str:
            return name

    with pytest.raises(ShotlistError, match="recipe"):
        Recipe((*FOUND, Named()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("height=512", 512),
        ("share=0.25", 0.25),
        ("label=day light", "day light"),
        ("label=none", None),
        ("sizes=[4, 5]", (4, 5)),
        ("exact=true", True),
    ],
)
def test_settings_are_read_as_their_type(text: str, value: object) -> None:
    step = Recipe((*FOUND, Crisp())).with_settings([f"crisp.{text}"]).step("crisp")
    assert getattr(step, text.partition("=")[0]) == value


def test_a_step_without_the_columns_that_it_promises_is_told() -> None:
    @dataclass(frozen=True)
    class Vague(Crisp):
        def measure(self, clip: Clip) -> object:  # type: ignore[override]
            return 1

    with pytest.raises(ShotlistError, match="annotate what it returns"):
        Recipe((*FOUND, Vague())).check_columns()


def test_columns_come_from_annotations() -> None:
    columns = Recipe((*FOUND, Crisp())).columns()
    assert columns["crisp"] == {"clip_id": pa.string(), "video_id": pa.string(), "score": pa.float64()}
    assert "title" in columns["sources"]


def test_the_fingerprint_names_what_changes_results() -> None:
    assert Crisp().fingerprint() == Crisp(height=256).fingerprint()
    assert Crisp().fingerprint() != Crisp(height=8).fingerprint()
    assert Crisp().fingerprint() == Crisp(threads=8).fingerprint()


def test_an_edited_step_of_a_recipe_file_is_another_step(tmp_path: Path, twisted: Callable[..., str]) -> None:
    before = load(twisted("level = 1")).step("odd").fingerprint()
    assert load(twisted("level = 1")).step("odd").fingerprint() == before
    assert load(twisted("level = 2")).step("odd").fingerprint() != before


def test_passes_read_what_all_steps_write_wherever_they_stand() -> None:
    rules = Rules({"crisp": "crisp.score > 0.5"})
    assert Recipe((*FOUND, rules, Crisp())).passes() == [rules]


def test_all_packages_that_are_missing_are_told_at_once() -> None:
    @dataclass(frozen=True)
    class Lacking(Crisp):
        module: str = "no_such_module"

        @property
        def packages(self) -> Mapping[str, str]:
            return {self.module: f"pip install {self.module}"}

    @dataclass(frozen=True)
    class Short(Lacking):
        module: str = "none_such"

    told = (
        "lacking needs the package no_such_module: pip install no_such_module; "
        "short needs the package none_such: pip install none_such"
    )
    with pytest.raises(ShotlistError, match=told):
        Recipe((*FOUND, Lacking(), Short())).check_ready()


def test_built_in_recipes_can_be_loaded() -> None:
    assert "default" in names()
    for name in names():
        recipe = load(name)
        assert recipe.about
        assert all(isinstance(step, Step) for step in recipe.steps)
