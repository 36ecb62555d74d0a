"""Steps that ask a model about many clips at once: every row belongs to its clip, whatever fails in between."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.engine.groups import groups
from shotlist.engine.recipe import load

RECIPE = '''
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched_or_not
from shotlist import Clip, Recipe, load_recipe
from shotlist.engine.step import BatchStep
from shotlist.errors import MediaError


@dataclass(frozen=True)
class Said:
    """Which clip was asked about, and with how many others."""

    name: str
    together: int


@dataclass(frozen=True)
class Asked(BatchStep):
    """Answers four clips at a time with their own names."""

    def answers(self, clips: Iterable[Clip]) -> Iterator[Said | MediaError | None]:
        waiting = []
        for clip in clips:
            waiting.append(clip)
            if len(waiting) == 4:
                yield from self.batch(waiting)
                waiting = []
        yield from self.batch(waiting)

    def batch(self, clips):
        for clip in clips:
{body}
            yield Said(clip.clip_id, len(clips))


*steps, rules = load_recipe("default").steps
recipe = Recipe((*steps, Asked(), rules))
'''


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[str], str]:
    def write(body: str = "pass") -> str:
        file = tmp_path / "asked.py"
        text = RECIPE.replace("from itertools import batched_or_not\n", "")
        file.write_text(text.replace("{body}", f"            {body}"))
        return str(file)

    return write


def rows(tiny_films: Path, out: Path, recipe: str) -> dict[str, tuple[str | None, int | None]]:
    build([tiny_films], out, recipe, options=Options(report=False))
    found = Dataset(out).sql("SELECT clip_id, name, together FROM asked").fetchall()
    return {clip: (name, together) for clip, name, together in found}


def test_clips_of_several_films_are_asked_about_together(
    tiny_films: Path, tmp_path: Path, asked: Callable[[str], str]
) -> None:
    found = rows(tiny_films, tmp_path / "data", asked("pass"))
    assert len(found) == 6
    assert all(clip == name for clip, (name, _) in found.items())
    assert sorted(together for _, together in found.values()) == [2, 2, 4, 4, 4, 4]


def test_an_error_in_place_of_a_row_is_that_clips_failure(
    tiny_films: Path, tmp_path: Path, asked: Callable[[str], str]
) -> None:
    body = 'if "coast" in clip.film.source.uri: yield MediaError("refused", "it would not say", True); continue'
    found = rows(tiny_films, tmp_path / "data", asked(body))
    lost = Dataset(tmp_path / "data").sql("SELECT clip_id, kind, may_pass FROM failures").fetchall()
    assert {clip for clip, name in found.items() if name == (None, None)} == {clip for clip, _, _ in lost}
    assert [(kind, may_pass) for _, kind, may_pass in lost] == [("refused", True)] * 2


def test_a_step_that_breaks_off_fails_the_clip_at_fault_alone(
    tiny_films: Path, tmp_path: Path, asked: Callable[[str], str]
) -> None:
    body = "if 'coast' in clip.film.source.uri and clip.start_us == 0: raise ValueError('no more')"
    found = rows(tiny_films, tmp_path / "data", asked(body))
    told = Dataset(tmp_path / "data").sql("SELECT clip_id, message FROM failures").fetchall()
    [(lost, message)] = told
    assert {clip for clip, (name, _) in found.items() if name is None} == {lost}
    assert all(clip == name for clip, (name, _) in found.items() if clip != lost)
    assert "asked failed with ValueError: no more (asked.py, line " in message


def test_a_step_that_can_not_begin_fails_every_clip_once(
    tiny_films: Path, tmp_path: Path, asked: Callable[[str], str]
) -> None:
    file = Path(asked("pass"))
    file.write_text(
        file.read_text().replace("        waiting = []\n        for", "        raise OSError\n        for", 1)
    )
    found = rows(tiny_films, tmp_path / "data", str(file))
    assert list(found.values()) == [(None, None)] * 6
    assert Dataset(tmp_path / "data").sql("SELECT count(DISTINCT clip_id), count(*) FROM failures").fetchall() == [
        (6, 6)
    ]


def test_such_steps_run_apart(asked: Callable[[str], str]) -> None:
    first, last = groups(load(asked("pass")))
    assert first.steps[0] == "scan"
    assert last.steps == ("asked",)
