"""The docs are true: the reference is current, examples run, commands parse, links resolve."""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

import shotlist
from shotlist import Dataset, build, cli, load_recipe
from shotlist.builder import Options
from shotlist.engine import recipe as recipes
from shotlist.errors import ShotlistError
from shotlist.scan.signals import SIGNALS

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
REFERENCE = DOCS / "reference.md"
BY_HAND = [page for page in PAGES if page != REFERENCE]
LONGEST = 190
"""Lines of a page with its examples, so that pages are read."""


def blocks(language: str) -> list[Any]:
    """Fenced blocks of a language, as (page, text); ``python`` blocks are complete, fragments are ``py``."""
    found = []
    for page in BY_HAND:
        for n, text in enumerate(re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)):
            found.append(pytest.param(text, id=f"{page.stem}-{n}"))
    return found


def texts(language: str) -> list[str]:
    return [block.values[0] for block in blocks(language)]


def file_name(text: str) -> str | None:
    """The name in the first line of a block that is a file."""
    found = re.match(r"# (\w+\.py)\n", text)
    return found.group(1) if found else None


def commands() -> list[Any]:
    """Every line ``$ shotlist …`` and every such command inside a sentence."""
    found = []
    for page in BY_HAND:
        text = page.read_text()
        lines = re.findall(r"^\$ (shotlist .*)$", text, re.M) + re.findall(r"`(shotlist [a-z]+ ?[^`]*)`", text)
        found += [pytest.param(page.stem, line, id=f"{page.stem}: {line}") for line in dict.fromkeys(lines)]
    return found


# The reference


def test_the_reference_is_current() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "make_reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_check_notices_a_page_that_is_not_current(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = SimpleNamespace(**runpy.run_path(str(DOCS / "make_reference.py")))
    copy = tmp_path / "reference.md"
    made.main.__globals__["PAGE"] = copy
    assert made.main(["--check"]) == 1
    assert "python docs/make_reference.py" in capsys.readouterr().err
    assert made.main([]) == 0
    assert copy.read_text() == REFERENCE.read_text()


def test_the_reference_has_every_step_setting_and_table() -> None:
    text = REFERENCE.read_text()
    headings = set(re.findall(r"^#+ (.*)$", text, re.M))
    for name in recipes.names():
        recipe = load_recipe(name)
        assert f"recipe {name}" in headings
        documented = {"sources": "sources"}
        for step in recipe.steps:
            usual = type(step)() if hasattr(step, "title") else step  # a title may be anything
            documented |= dict(zip(step.writes, usual.writes, strict=True))
            assert f"step {usual.name}" in headings
            for field in fields(step):
                assert f"| `{field.name}` |" in text
        for table, columns in recipe.columns().items():
            section = text.split(f"\n### table {documented[table]}\n")[1].split("\n### ")[0]
            assert [c for c in columns if f"`{c}`" not in section] == []


def test_the_reference_has_every_command_signal_and_public_name() -> None:
    text = REFERENCE.read_text()
    headings = set(re.findall(r"^#+ (.*)$", text, re.M))
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        assert f"shotlist {name}" in headings
        for parameter in command.params:
            assert all(f"`{flag}`" in text for flag in parameter.opts if flag.startswith("-"))
    assert [name for name in SIGNALS if f"| `{name}` |" not in text] == []
    assert [name for name in shotlist.__all__ if name not in headings] == []


def test_what_is_said_about_stored_tables_is_what_is_stored(built: Path) -> None:
    text = REFERENCE.read_text()
    dataset = Dataset(built)
    for table in dataset.tables():
        section = text.split(f"\n### table {table}\n")[1].split("\n### ")[0]
        stored = [row[0] for row in dataset.sql(f'DESCRIBE "{table}"').fetchall()]
        assert [c for c in stored if f"`{c}`" not in section] == []


def test_the_page_about_the_dataset_has_every_table_and_column(built: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]*\| (.*) \|$", (DOCS / "dataset.md").read_text(), re.M)
    told = {table: set(re.findall(r"`(\w+)`", columns)) for table, columns in rows}
    dataset = Dataset(built)
    assert set(dataset.tables()) == set(told)
    for table, columns in told.items():
        stored = {row[0] for row in dataset.sql(f'DESCRIBE "{table}"').fetchall()}
        keys = {"video_id", "clip_id"} | (set(SIGNALS) if table == "signals" else set())
        assert stored - keys == columns


# Examples


@pytest.fixture(scope="session")
def desk(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the docs have it: ``films``, recipe files, and ``mydata``, built with ``flicker.py``."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "films").symlink_to(tiny_films)
    for text in texts("python"):
        if name := file_name(text):
            (folder / name).write_text(text)
    build([folder / "films"], folder / "mydata", str(folder / "flicker.py"), options=Options(report=False))
    return folder


@pytest.fixture
def at_desk(desk: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(desk)
    yield desk
    os.chdir(before)


@pytest.mark.parametrize("text", blocks("python"))
def test_a_python_example_runs(text: str, at_desk: Path) -> None:
    name = file_name(text)
    if name and not name.startswith("test_"):
        load_recipe(name).check_columns()
        return
    for module in ("pandas", "polars"):
        if f"import {module}" in text:
            pytest.importorskip(module)
    script = at_desk / (name or "example.py")
    script.write_text(text)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", script.name] if name else [script.name]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", blocks("sql"))
def test_a_query_runs(text: str, desk: Path) -> None:
    Dataset(desk / "mydata").sql(text).fetchall()


@pytest.mark.parametrize("text", blocks("json"))
def test_a_line_of_json_is_json(text: str) -> None:
    assert all(json.loads(line) for line in text.splitlines())


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_is_known_with_its_options_settings_and_query(page: str, line: str, at_desk: Path) -> None:
    name, *words = shlex.split(line)[1:]
    group: Any = typer.main.get_command(cli.app)
    if name.startswith("-"):
        return
    assert name in group.commands, f"no command {name}"
    if not words and line.count(" ") == 1:
        return  # a command that is only named
    given = group.commands[name].make_context(name, words).params
    if "recipe" in given:
        usual = "multimodal" if page == "multimodal" else "default"
        load_recipe(given["recipe"] or usual).with_settings(given["settings"] or []).check_columns()
    if name == "sql" and page != "multimodal":  # whose tables are not in the dataset of the other pages
        Dataset(at_desk / "mydata").sql(given["query"]).fetchall()


def test_settings_named_in_sentences_are_there() -> None:
    default = load_recipe("default")
    for page in BY_HAND:
        for assignment in re.findall(r"`--set (\S+=\S+)`", page.read_text()):
            default.with_settings([assignment])


# The measure of ten lines


def test_the_measure_of_ten_lines_measures(desk: Path) -> None:
    data = Dataset(desk / "mydata")
    flicker = dict(data.sql("SELECT clip_id, flicker FROM everything").fetchall())
    assert len(flicker) == 6
    assert all(0 <= value <= 1 for value in flicker.values())
    assert load_recipe(str(desk / "flicker.py")).about == "The default recipe, and how much each clip flickers."


def test_adding_it_to_a_built_dataset_runs_it_alone(desk: Path, tiny_films: Path, tmp_path: Path) -> None:
    out, quiet = tmp_path / "data", Options(report=False)
    build([tiny_films], out, options=quiet)
    before = Dataset(out).listing()
    build([tiny_films], out, str(desk / "flicker.py"), options=quiet)
    after = Dataset(out).listing()
    assert {t for t in after if after[t] != before.get(t)} == {"flicker", "decisions"}
    again = build([tiny_films], out, str(desk / "flicker.py"), options=quiet)
    assert again.nothing_to_do
    build([tiny_films], out, str(desk / "flicker.py"), ["flicker.smallest=1"], quiet)
    changed = Dataset(out).listing()
    assert {t for t in changed if changed[t] != after.get(t)} == {"flicker", "decisions"}
    assert Dataset(out).sql("SELECT max(flicker) FROM everything").fetchall() == [(0.0,)]


def test_it_gets_a_histogram_in_the_report(desk: Path, tiny_films: Path, tmp_path: Path) -> None:
    build([tiny_films], tmp_path / "data", str(desk / "flicker.py"))
    assert '"label":"flicker.score"' in (tmp_path / "data" / "report.html").read_text()


def test_windows_are_as_long_as_said(desk: Path, tiny_films: Path, tmp_path: Path) -> None:
    settings = ["clips.seconds=1", "clips.every=0.5"]
    build([tiny_films], tmp_path / "data", str(desk / "windows.py"), settings, Options(report=False))
    found = Dataset(tmp_path / "data").sql("SELECT start_us, seconds FROM clips ORDER BY video_id, 1").fetchall()
    assert found == [(start, 1.0) for start in (0, 500_000, 1_000_000)] * 3


# Words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        assert "://" not in target
        name, _, anchor = target.partition("#")
        goal = (page.parent / name) if name else page
        assert goal.is_file(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(goal), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """The names that a page's headings get."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", BY_HAND, ids=lambda page: page.name)
def test_a_page_is_short_enough_to_be_read(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert len(lines) <= LONGEST
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_knows_where_it_was_written(page: Path) -> None:
    assert not re.search(r"(?<![\w.~])/(?:tmp|home|root|work|usr|mnt)/", page.read_text())


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    told = set(re.findall(r"^\| (\d+) \|", (DOCS / "first-run.md").read_text(), re.M))
    codes = {0, cli.FAILED, cli.USAGE, cli.SOME_FAILED, cli.BUSY, cli.LIMIT, cli.INTERRUPTED}
    assert told == {str(code) for code in codes}


def test_a_query_about_an_unknown_table_names_the_tables(desk: Path) -> None:
    with pytest.raises(ShotlistError, match="decisions"):
        Dataset(desk / "mydata").sql("FROM nothing")
