"""The command line: exit codes, what goes where, and no traceback for what users do wrong."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from rich.console import Console

from shotlist import Dataset
from shotlist.engine.tasks import At
from shotlist.progress import Screen

RUN = [sys.executable, "-c", "from shotlist.cli import main; main()"]
Ran = subprocess.CompletedProcess[str]


def shotlist(*words: str | Path) -> Ran:
    return subprocess.run([*RUN, *map(str, words)], capture_output=True, text=True, timeout=120)


def assert_told(done: Ran, code: int, sentence: str) -> None:
    """One sentence on standard error, nothing else, and the exit code."""
    assert done.returncode == code
    assert done.stderr.startswith("shotlist: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.fixture(scope="module")
def mixed(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good film and one that is none."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "good.mp4").write_bytes((tiny_films / "coast.mp4").read_bytes())
    (folder / "bad\x1b[31m\nfilm.mp4").write_text("no film")
    return folder


def test_a_build_that_went_well_says_what_it_made(tiny_films: Path, tmp_path: Path) -> None:
    done = shotlist("build", tiny_films, "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "named    3 = 3 new + 0 known" in done.stdout
    assert "videos   3 = 3 ok + 0 damaged + 0 failed" in done.stdout
    assert "clips    6 = 6 kept + 0 dropped + 0 failed" in done.stdout
    assert f"look at  {tmp_path / 'out'}/report.html" in done.stdout
    assert (tmp_path / "out" / "report.html").exists()
    assert "nothing to do" in shotlist("build", "-o", tmp_path / "out").stdout


def test_a_build_in_which_something_failed_says_what(mixed: Path, tmp_path: Path) -> None:
    done = shotlist("build", mixed, "-o", tmp_path / "out", "--no-report")
    assert done.returncode == 3
    assert "1 ok + 0 damaged + 1 failed" in done.stdout
    assert r"failed   bad\x1b[31m\nfilm.mp4: not a video" in done.stdout  # nobody draws on our screen
    assert "report.html" not in done.stdout


def test_json_goes_to_standard_output_and_progress_to_standard_error(mixed: Path, tmp_path: Path) -> None:
    done = shotlist("build", mixed, "-o", tmp_path / "out", "--no-report", "--json")
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    assert (summary["videos_ok"], summary["videos_failed"], summary["clips_kept"]) == (1, 1, 2)
    steps = [json.loads(line) for line in done.stderr.splitlines()]
    assert [s["stage"] for s in steps][-1] == "judging"
    assert steps[-1]["videos_done"] == steps[-1]["videos"] == 2
    failed = shotlist("build", tmp_path / "none", "-o", tmp_path / "new", "--json")
    assert "no videos found" in json.loads(failed.stderr)["error"]


def test_quiet_says_nothing(tiny_films: Path, tmp_path: Path) -> None:
    done = shotlist("build", tiny_films, "-o", tmp_path / "out", "--no-report", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_wrong_usage(tmp_path: Path) -> None:
    assert shotlist("build", "films").returncode == 2  # no -o
    assert shotlist("build", "films", "-o", tmp_path, "--workers", "0").returncode == 2
    assert shotlist("bild").returncode == 2
    assert shotlist("--version").stdout.startswith("shotlist ")


def test_nothing_done_is_told_in_a_sentence(tiny_films: Path, tmp_path: Path, built: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    assert_told(shotlist("build", "-o", out), 1, "no dataset there; make one with: shotlist build")
    assert_told(shotlist("build", tmp_path / "empty", "-o", out), 1, "There are no videos in this folder.")
    assert_told(shotlist("build", tiny_films, "-o", out, "--set", "clip.x=1"), 1, "did you mean clips?")
    assert_told(shotlist("build", tiny_films, "-o", out, "-r", "defalt"), 1, "did you mean default?")
    assert_told(shotlist("sql", "FROM clipz", "-o", built), 1, "The dataset has these tables: borders,")
    assert_told(shotlist("sql", "SELECT caption::INT FROM everything", "-o", built), 1, "Could not convert")
    assert_told(shotlist("steps", "scann"), 1, "did you mean scan?")
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recipe = Recipe((", "own.py, line 1: not valid Python"),
        ("import math\n\n\nrecipe = math.sqrt(-1)", "own.py, line 4: ValueError: math domain error"),
        ("def recipe():\n    return 1 / 0", "own.py, line 2: ZeroDivisionError"),
        ("import sys\nsys.exit(5)", "own.py, line 2: SystemExit: 5"),
        ("import notthere", "own.py, line 1: ModuleNotFoundError"),
        ("recipe = [1, 2]", "defines no recipe; write: recipe = Recipe((Scan(), …))"),
    ],
)
def test_a_recipe_file_with_a_mistake_is_told(tiny_films: Path, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "own.py").write_text(text)
    assert_told(shotlist("build", tiny_films, "-o", tmp_path / "out", "-r", tmp_path / "own.py"), 1, told)


def test_two_builds_at_once(built: Path) -> None:
    with FileLock(built / "locks" / "whole.lock"):
        assert_told(shotlist("build", "-o", built), 4, "another build is working on this dataset")


def test_a_dataset_of_a_newer_format(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "data")
    dataset.write_text("dataset.json", '{"format": 99}')
    assert_told(shotlist("build", "-o", tmp_path / "data"), 1, "has format 99, this shotlist knows 1: update it")


def test_plan_writes_nothing(mixed: Path, tmp_path: Path, built: Path, tiny_films: Path) -> None:
    before = sorted(p for p in built.rglob("*"))
    done = shotlist("plan", mixed, "-o", tmp_path / "new", "--json")
    found = json.loads(done.stdout)
    assert (found["new_videos"], found["known_videos"], found["unreadable"]) == (2, 0, 1)
    assert not (tmp_path / "new").exists()
    assert "nothing to do" in shotlist("plan", tiny_films, "-o", built).stdout
    changed = json.loads(shotlist("plan", "-o", built, "--set", "caption.subtitles=false", "--json").stdout)
    assert changed["steps"] == [["caption", 3]]
    assert changed["passes"] == ["rules"]
    assert sorted(p for p in built.rglob("*")) == before


def test_sql_answers_in_three_forms(built: Path) -> None:
    ask = ("sql", "SELECT count(*) AS n, 'a,b' AS t FROM clips", "-o", built, "--format")
    assert "6" in shotlist(*ask, "table").stdout
    assert shotlist(*ask, "csv").stdout.splitlines() == ["n,t", '6,"a,b"']
    assert json.loads(shotlist(*ask, "json").stdout) == {"n": 6, "t": "a,b"}


def test_an_answer_may_be_cut_off(built: Path) -> None:
    command = " ".join([f"'{w}'" for w in [*RUN, "sql", "FROM range(100000)", "-o", str(built), "-f", "csv"]])
    done = subprocess.run(f"{command} | head -1", shell=True, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("range", "")


def test_steps_shows_settings_with_their_meaning(twisted: Callable[..., str]) -> None:
    listed = shotlist("steps").stdout
    assert "scan" in listed
    assert "Decodes each video once" in listed
    one = shotlist("steps", "odd", "--recipe", twisted(), "--set", "odd.level=3").stdout
    assert "--set odd.level=" in one
    assert "3.0" in one
    assert "Added to the result." in one
    assert "table odd: score" in one


def test_recipes_and_doctor(tmp_path: Path) -> None:
    assert "default" in shotlist("recipes").stdout
    done = shotlist("doctor")
    assert "codecs" in done.stdout
    assert "answers " in done.stdout and "shotlist/answers-" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_caption_takes_settings_and_a_text_only_to_write_it_out(tiny_films: Path) -> None:
    film = tiny_films / "coast.mp4"
    assert_told(shotlist("caption", film, "--text", "a dog"), 1, "--text is what --role recaption writes out")
    assert_told(shotlist("caption", film, "--set", "fast.wrods=3"), 1, "did you mean words?")
    assert_told(shotlist("caption", film, "--model", "openai:m@http://x/v1?in=3"), 1, "openai:m?in: no such setting")
    done = shotlist("caption", film, "--set", "keyframes.interval=0.5", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("A 2.0-second clip.")


def test_progress_without_a_terminal_writes_plain_lines() -> None:
    out = io.StringIO()
    screen = Screen(Console(file=out))
    screen.stage("scanning")
    screen.close()
    assert out.getvalue() == ""  # nothing within the first seconds
    screen = Screen(Console(file=out), seconds=0.01)
    screen.state.videos = 7
    screen.stage("scanning")
    time.sleep(0.1)
    screen.close()
    assert out.getvalue().splitlines()[-1] == "scanning  0/7 videos  0 s read"


def test_progress_names_the_step_when_all_is_read() -> None:
    out = io.StringIO()
    screen = Screen(Console(file=out), seconds=0.01)
    screen.state.videos = 2
    screen.stage("scanning")
    screen.heard(At("a", "scan"))
    assert screen.state.stage == "scanning"
    screen.state.videos_done = 2
    screen.heard(At("a", "light"))
    screen.heard(At("b", "text"))
    time.sleep(0.1)
    screen.close()
    assert out.getvalue().splitlines()[-1] == "measuring  video 2 of 2  text  0 s so far"


def test_progress_on_a_terminal_leaves_no_trace() -> None:
    out = io.StringIO()
    screen = Screen(Console(file=out, force_terminal=True, width=80))
    screen.stage("scanning")
    screen.close()
    assert out.getvalue().endswith("\x1b[2K\x1b[?25h") or "\x1b[2K" in out.getvalue()
