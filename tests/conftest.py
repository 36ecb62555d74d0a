"""What all tests share: tiny films whose content is known, a dataset made of them, and recipes with a twist."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.sample.film import render

QUIET = Options(report=False)
FILMS = {"hills": ("mountains", "canvas"), "coast": ("sea", "city"), "sand": ("dunes", "train")}


@contextmanager
def caching_in(folder: Path) -> Iterator[None]:
    """Answers of models and indexes of the viewer lie there, and not in the user's cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("XDG_CACHE_HOME") if before is None else os.environ.update(XDG_CACHE_HOME=before)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with caching_in(tmp_path_factory.mktemp("cache")):
        yield


@pytest.fixture
def empty_cache(tmp_path: Path) -> Iterator[Path]:
    """A cache of the test's own: answers of other tests would hide what is asked in this one."""
    with caching_in(tmp_path / "cache"):
        yield tmp_path / "cache"


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real films and broken files beside the checkout; without them the test is skipped."""
    folder = Path(__file__).parents[2] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("needs ../shared/media")
    return folder


@pytest.fixture(scope="session")
def tiny_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three films of two shots and two seconds each, hills.mp4, coast.mp4 and sand.mp4."""
    folder = tmp_path_factory.mktemp("films")
    for name, shots in FILMS.items():
        render(folder, name, size=(128, 72), fps=10, shots=shots, seconds=1.0)
    return folder


@pytest.fixture(scope="session")
def built(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of the tiny films, for reading only."""
    out = tmp_path_factory.mktemp("built") / "data"
    build([tiny_films], out, options=QUIET)
    return out


Contents = dict[str, list[str]]


def contents_of(out: Path) -> Contents:
    """Everything in a dataset's tables and its failures, as rows in an order of their own."""
    dataset = Dataset(out)
    return {
        table: sorted(map(repr, dataset.sql(f'SELECT * FROM "{table}"').fetchall()))
        for table in [*dataset.tables(), "failures"]
    }


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], Contents]:
    return contents_of


TWISTED = '''
"""A recipe with a measure of its own."""
import ctypes, os, signal, time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Measure
from shotlist.measure.light import Light
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots


@dataclass(frozen=True)
class Odd(Measure):
    """Does something odd."""

    level: float = 1.0
    """Added to the result."""

    reads: ClassVar[tuple[str, ...]] = ("clips",)

    def measure(self, clip) -> float:
        name, marks = Path(clip.film.source.uri).stem, Path("{marks}")
{body}
        return self.level


recipe = Recipe((Scan(), Shots(), Clips(min_seconds=0.2), Odd(), Light(), Rules({rules})))
'''


@pytest.fixture
def twisted(tmp_path: Path) -> Callable[..., str]:
    """Writes a recipe whose measure ``odd`` runs the given lines; they see clip, name (the film's) and marks.

    ``marks`` is a folder in which the lines may leave files.
    """
    marks = tmp_path / "marks"
    marks.mkdir()

    def write(*lines: str, rules: dict[str, Any] | None = None) -> str:
        body = "\n".join(f"        {line}" for line in lines or ["pass"])
        file = tmp_path / "twisted.py"
        text = TWISTED.replace("{body}", body).replace("{marks}", str(marks))
        file.write_text(text.replace("{rules}", repr(rules or {"long": "clips.seconds > 0.1"})))
        return str(file)

    return write
