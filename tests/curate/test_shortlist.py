"""Models are asked only about clips that the rules keep, where that is wanted."""

import importlib
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import shotlist.captions
from servers.processes import running
from shotlist import Dataset, Measure, Recipe, build, load_recipe
from shotlist.builder import Options
from shotlist.calibration import clips_ahead
from shotlist.captions.asking import Asking
from shotlist.captions.teacher import Teacher
from shotlist.curate.rules import Rules
from shotlist.curate.shortlist import Shortlist, shortlisted
from shotlist.engine.film import Clip

pytestmark = pytest.mark.usefixtures("empty_cache")

MODEL = "openai:ok@http://127.0.0.1:9/v1"
QUIET = Options(workers=1, report=False)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running("faulty.py") as url:
        yield f"openai:ok@{url}"


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    """Six clips of three films; two of them begin where their film does."""
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


def told(out: Path, query: str) -> list[Any]:
    return Dataset(out).sql(query).fetchall()


def asked(out: Path, *teachers: str, **more: Any) -> float:
    """Requests of a build."""
    found = build([], out, options=QUIET, teachers=teachers, **more).asked.get("ok", {})
    return found.get("requests", 0) + found.get("cached", 0)


def test_only_clips_that_the_rules_keep_are_asked_about(out: Path, server: str) -> None:
    assert asked(out, server, ask="kept", settings=["rules.late=clips.start_us > 0"]) == 3
    texts = "SELECT status, count(text) FROM decisions JOIN teacher_ok USING (clip_id) GROUP BY 1 ORDER BY 1"
    assert told(out, texts) == [("dropped", 0), ("kept", 3)]
    reasons = "SELECT DISTINCT worth, rule, value FROM shortlist ORDER BY 1"
    assert told(out, reasons) == [(False, "late", "clips.start_us = 0"), (True, None, None)]


def test_it_is_remembered_and_another_rule_asks_about_the_clips_that_it_keeps_besides(out: Path, server: str) -> None:
    asked(out, server, ask="kept", settings=["rules.late=clips.start_us > 0"])
    again = build([], out, options=QUIET, settings=["rules.late=off"])
    assert again.recipe.endswith("--ask kept")
    assert (again.asked["ok"]["requests"], again.asked["ok"]["cached"]) == (3, 3)
    assert told(out, "SELECT count(text) FROM teacher_ok") == [(6,)]
    assert build([], out, options=QUIET, ask="all").recipe.endswith(server)


def test_rules_about_captions_are_left_to_the_end(out: Path, server: str) -> None:
    rules = ["rules.late=clips.start_us > 0", "rules.long=len(teacher_ok.text) < 3"]
    assert asked(out, server, ask="kept", settings=rules) == 3
    assert told(out, "SELECT status, count(*) FROM decisions GROUP BY 1") == [("dropped", 6)]


def test_what_is_known_of_the_video_counts_too(out: Path, server: str) -> None:
    rules = ["rules.wide=videos.width > 100", "rules.sand=sources.uri LIKE '%sand%'"]
    assert asked(out, server, ask="kept", settings=rules) == 2
    value = f"sources.uri = {Path(told(out, 'SELECT min(uri) FROM sources')[0][0])}"
    assert told(out, "SELECT DISTINCT rule, value FROM shortlist WHERE NOT worth ORDER BY 2")[0] == ("sand", value)


def test_where_no_clip_is_worth_it_nothing_is_asked(out: Path, server: str) -> None:
    assert asked(out, server, ask="kept", settings=["rules.never=seconds > 1000"]) == 0
    assert told(out, "SELECT count(*), count(text) FROM teacher_ok") == [(6, 0)]


def test_a_plan_counts_the_share_of_the_clips_that_was_kept(out: Path) -> None:
    asked(out, settings=["rules.late=clips.start_us > 0"])
    recipe = shortlisted(Recipe((*load_recipe("default").steps, Teacher(title="asked", model=MODEL))))
    assert clips_ahead(recipe, Dataset(out), [], 100.0) == {"asked": 50}  # clips of one second, half of them kept
    assert clips_ahead(recipe, None, [], 60.0) == {"asked": 10}


class Late(Measure):
    """A measure that stands behind the teacher."""

    def measure(self, clip: Clip) -> float:
        return clip.seconds


def test_the_shortlist_stands_before_the_first_model_and_knows_what_was_measured_before() -> None:
    steps = load_recipe("default").steps
    among = {"above": "seconds > (SELECT avg(seconds) FROM clips)", "longest": "rank() OVER (ORDER BY seconds) < 9"}
    rules = Rules({"early": "light.brightness > 0", "later": "late.score > 1", "own": "seconds > 1"} | among)
    kept = [s for s in steps if not isinstance(s, Rules)]
    recipe = shortlisted(Recipe((*kept, Teacher(title="asked", model=MODEL), Late(), rules)))
    names = [s.name for s in recipe.steps]
    assert names.index("shortlist") == names.index("asked") - 1
    listed = recipe.step("shortlist")
    assert isinstance(listed, Shortlist) and list(listed.keep) == ["early", "own"]


def test_without_models_or_rules_there_is_no_shortlist() -> None:
    default = load_recipe("default")
    assert shortlisted(default) is default
    bare = Recipe(tuple(s for s in default.steps if not isinstance(s, Rules)))
    with_teacher = Recipe((*bare.steps, Teacher(title="asked", model=MODEL)))
    assert shortlisted(with_teacher) is with_teacher


def test_every_step_that_asks_models_heeds_the_shortlist() -> None:
    for module in pkgutil.iter_modules(shotlist.captions.__path__):
        importlib.import_module(f"shotlist.captions.{module.name}")
    kinds = [Asking]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) > 7
    for kind in kinds[1:]:
        assert "shortlist" in kind(model=MODEL).inputs(), kind
