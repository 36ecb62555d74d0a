"""What a build spends on models: limits that all workers keep together, and answers that are paid once."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from servers.processes import running
from shotlist import Dataset, build
from shotlist.asked import Asked
from shotlist.builder import Options, add
from shotlist.chosen import choose, titles
from shotlist.engine.run import Answered
from shotlist.errors import ShotlistError
from shotlist.models.budget import Prices, Spending
from shotlist.models.prompts import FOLDER
from shotlist.progress import Counting, Screen

pytestmark = pytest.mark.usefixtures("empty_cache")

RUN = [sys.executable, "-c", "from shotlist.cli import main; main()"]


class Server:
    """A model's string for a server that counts what it is asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.model = f"openai:ok@{url}"

    @property
    def asked(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/log") as answer:
            return list(json.load(answer)["asked"])


@pytest.fixture
def server() -> Iterator[Server]:
    with running("faulty.py") as url:
        yield Server(url)


@pytest.fixture(scope="module")
def three_shards(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clips in three shards, described without a model."""
    out = tmp_path_factory.mktemp("shards") / "data"
    add([tiny_films], out, shard_videos=1)
    build([], out, options=Options(workers=2, report=False))
    return out


@pytest.fixture
def out(three_shards: Path, tmp_path: Path) -> Path:
    shutil.copytree(three_shards, tmp_path / "data")
    return tmp_path / "data"


def shotlist(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*RUN, *map(str, words)], capture_output=True, text=True, timeout=120)


def asking(*teachers: str, out: Path, workers: int = 2, **limits: Any) -> Any:
    options = Options(workers=workers, report=False, spending=Spending(**limits))
    return build([], out, options=options, teachers=teachers)


def test_a_teacher_describes_every_clip_and_is_remembered(out: Path, server: Server) -> None:
    summary = asking(server.model, out=out)
    assert (summary.clips_kept, summary.clips_failed) == (6, 0)
    assert summary.spent == {"ok": {"requests": 6, "tokens_in": 42, "tokens_out": 18, "cost": 0.0}}
    assert Dataset(out).sql("SELECT count(text), min(model) FROM teacher_ok").fetchall() == [(6, "ok")]
    stored = Dataset(out).read_json("recipe.json")
    assert (stored["teachers"], stored["caption"]) == ([server.model], "teacher_ok")
    assert [s["name"] for s in stored["steps"]][-2:] == ["teacher_ok", "rules"]
    assert asking(out=out).nothing_to_do
    assert len(server.asked) == 6


def test_another_teacher_stands_beside_the_first_and_off_sends_all_away(out: Path, server: Server) -> None:
    asking("builtin", out=out)
    asking(server.model, out=out)
    assert {"teacher_builtin", "teacher_ok"} <= set(
        Dataset(out).read_json("recipe.json")["teachers"] and Dataset(out).tables()
    )
    assert choose(Dataset(out), None, ()).teachers == ("builtin", server.model)
    assert choose(Dataset(out), None, (), ["off"]).teachers == ()
    assert choose(Dataset(out), None, (), ["off", "builtin"]).teachers == ("builtin",)


def test_two_workers_keep_a_limit_together_and_what_was_answered_is_paid_once(out: Path, server: Server) -> None:
    stopped = asking(server.model, out=out, max_requests=4)
    assert stopped.stopped == (
        "stopped by --max-requests 4; run again to go on"
        " (4 of 6 clips captioned, 2 left; the limit is remembered until it is set to none)"
    )
    assert (stopped.videos, stopped.clips, stopped.asked["ok"]["requests"]) == (3, 6, 4)
    assert len(server.asked) == 4
    assert "teacher_ok" not in Dataset(out).tables() or len(Dataset(out).parts("teacher_ok")) < 3
    summary = asking(out=out, max_requests=float("inf"))
    assert len(server.asked) == 6  # the four answers came from the cache
    assert summary.clips_kept == 6
    assert (summary.asked["ok"]["requests"], summary.spent["ok"]["requests"]) == (2, 6)
    assert summary.asked["ok"].get("cached", 0) in (0, 1, 2, 3, 4)  # those of shards that were not done


def test_a_second_dataset_of_the_same_films_asks_nothing(out: Path, server: Server, three_shards: Path) -> None:
    asking(server.model, out=out)
    again = out.parent / "again"
    shutil.copytree(three_shards, again)
    nothing = {"requests": 0, "tokens_in": 0, "tokens_out": 0, "cost": 0.0}
    assert asking(server.model, out=again).spent == {"ok": nothing | {"cached": 6}}
    assert len(server.asked) == 6
    texts = "SELECT clip_id, text, tokens_in FROM teacher_ok ORDER BY 1"
    assert Dataset(again).sql(texts).fetchall() == Dataset(out).sql(texts).fetchall()


def test_a_limit_holds_for_every_later_build_until_it_is_taken_away(out: Path, server: Server) -> None:
    for asked in (2, 4):
        named: Any = ([server.model], {"max_requests": 2}) if asked == 2 else ([], {})
        assert asking(*named[0], out=out, **named[1]).stopped
        assert len(server.asked) == asked
    assert asking(out=out, max_requests=float("inf")).clips_kept == 6
    assert Dataset(out).read_json("recipe.json")["spending"] == {}


def test_a_limit_of_cost_needs_prices_and_is_kept(out: Path, server: Server) -> None:
    with pytest.raises(ShotlistError, match=r"--max-cost needs the prices of openai:ok@.*add --prices IN,OUT"):
        asking(server.model, out=out, max_cost=1.0)
    assert server.asked == []
    prices = Prices(1e6, 1e6)  # one for each token: an answer costs ten here, and may cost thousands
    told = asking(server.model, out=out, workers=1, max_cost=100.0, prices=prices).stopped
    assert re.match(r"stopped by --max-cost 100: one request may cost up to \d+(e\+\d+)?; raise it to go on", told)
    assert server.asked == []
    assert asking(out=out, max_cost=float("inf")).spent["ok"]["cost"] == 60


def test_shares_of_a_limit_add_up_to_it() -> None:
    assert Spending(12.0, 9.0).divided(4) == Spending(3.0, 2.0)
    with pytest.raises(ShotlistError, match="--max-requests 3 can't be divided among 4 shares"):
        Spending(None, 3.0).divided(4)


def test_the_command_says_why_it_stopped_and_what_was_asked(out: Path, server: Server) -> None:
    limited = shotlist("build", "-o", out, "--teacher", server.model, "--max-requests", "3", "--no-report", "-w", "1")
    assert (limited.returncode, limited.stderr) == (5, "")
    assert "stopped  by --max-requests 3; run again to go on (3 of 6 clips captioned, 3 left" in limited.stdout
    assert "asked    ok: 3 requests, 21 tokens in, 9 out\n" in limited.stdout
    assert "clips    6, not judged yet" in limited.stdout
    words = ("--max-requests", "none", "--prices", "1000,1000", "--no-report", "-w", "1")
    done = shotlist("build", "-o", out, *words)
    assert done.returncode == 0, done.stderr
    assert f"recipe   default --teacher {server.model}" in done.stdout
    assert re.search(
        r"asked    ok in this build: 3 requests \(. answers? from the cache\), 21 tokens in, 9 out, cost 0.03;"
        r" in all builds: 6 requests \(. answers? from the cache\), 42 tokens in, 18 out, cost 0.03\n",
        done.stdout,
    )
    assert f'ask      shotlist sql "SELECT teacher_ok_text FROM everything WHERE kept" -o {out}' in done.stdout
    assert len(server.asked) == 6
    again = shotlist("build", "-o", out, "--no-report").stdout
    assert "asked    ok in all builds: 6 requests" in again


def test_wrong_words_are_told(out: Path) -> None:
    kinds = "write hf:ORG/NAME, openai:NAME@URL, builtin, or off for none"
    for words, told in (
        (("--max-cost", "much"), "--max-cost much: write a number, or none for no limit"),
        (("--max-requests", "-1"), "--max-requests -1: write a number, or none for no limit"),
        (("--prices", "3"), "--prices 3: write IN,OUT per million tokens, for example 0.2,0.8"),
        (("--teacher", "gpt"), f"--teacher gpt: {kinds}"),
        (("--teacher", "Org/Name"), f"--teacher Org/Name: {kinds} (did you mean hf:Org/Name?)"),
    ):
        done = shotlist("build", "-o", out, *words)
        assert (done.returncode, done.stderr) == (1, f"shotlist: {told}\n")


def test_a_plan_asks_about_a_sample_film_and_says_so(out: Path, server: Server) -> None:
    before = sorted(out.rglob("*"))
    done = shotlist("plan", "-o", out, "--teacher", server.model, "--prices", "1000,1000")
    assert "model      teacher_ok: about 6 clips, 42 tokens in, 18 out, cost about 0.06" in done.stdout
    assert "(asked about 3 clips of a sample film)" in done.stdout
    assert len(server.asked) == 3
    assert sorted(out.rglob("*")) == before
    away = shotlist("plan", "-o", out, "--teacher", "openai:ok@http://127.0.0.1:9/v1")
    assert "model      teacher_ok: not tried: nothing answers at http://127.0.0.1:9/v1" in away.stdout
    assert away.returncode == 3
    assert "model" not in shotlist("plan", "-o", out).stdout


def test_prompts_are_listed_and_shown() -> None:
    listed = shotlist("prompts").stdout
    assert "describe-video " in listed
    assert "The place where a clip was shot" in listed
    shown = shotlist("prompts", "strip")
    assert shown.stdout == (FOLDER / "strip.md").read_text()
    assert "filled in: frames, seconds" in shown.stderr
    assert "did you mean" in (done := shotlist("prompts", "stripe")).stderr or "there are:" in done.stderr


def test_a_copy_of_a_prompt_is_shown_and_a_bad_file_hides_no_other(tmp_path: Path) -> None:
    copy = tmp_path / "mine.md"
    copy.write_text((FOLDER / "strip.md").read_text().replace("id: strip", "id: mine"))
    shown = shotlist("prompts", copy)
    assert shown.stdout == copy.read_text()
    assert f"file: {copy}" in shown.stderr
    (tmp_path / "bad.md").write_text("no prompt")
    listed = shotlist("prompts", "--folder", tmp_path)
    assert listed.returncode == 3
    assert "\nmine " in listed.stdout
    assert "bad.md: a prompt begins with ---" in listed.stderr


@pytest.mark.parametrize(
    ("teacher", "told"),
    [
        ("openai:ok@http://127.0.0.1:9/v1", "teacher_ok: nothing answers at http://127.0.0.1:9/v1"),
        ("openai:404=model_not_found@{url}", "has no model 404=model_not_found; it has: ok, other"),
        ("openai:401@{url}", "teacher_401: {url} asks for a key: put it into the environment variable OPENAI_API_KEY"),
        ("openai:ok@{url}?in_flihgt=3", "openai:ok?in_flihgt: no such setting; did you mean in_flight?"),
        ("hf:{empty}", "teacher_empty: {empty}: holds no config.json"),
    ],
)
def test_a_model_that_can_not_be_had_is_told_before_any_work_and_forgotten(
    tiny_films: Path, tmp_path: Path, server: Server, teacher: str, told: str
) -> None:
    out, empty = tmp_path / "new", tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ShotlistError, match=re.escape(told.format(url=server.url, empty=empty))):
        build([tiny_films], out, teachers=[teacher.format(url=server.url, empty=empty)])
    assert not out.exists() or Dataset(out).tables() == ["sources"]
    assert choose(Dataset.find(out), None, ()).teachers == ()


def test_a_server_may_know_more_models_than_it_lists(out: Path, server: Server) -> None:
    assert asking(server.model, out=out).clips_kept == 6
    assert asking(f"openai:later=0@{server.url}", out=out).clips_kept == 6
    assert [note["body"]["messages"][-1]["content"] for note in server.asked].count("Hello") == 1


def test_kept_answers_need_no_server_where_nothing_may_be_asked(out: Path, three_shards: Path) -> None:
    with running("faulty.py") as url:
        asking(f"openai:ok@{url}", out=out)
    again = out.parent / "again"
    shutil.copytree(three_shards, again)
    with pytest.raises(ShotlistError, match="teacher_ok: nothing answers"):
        asking(f"openai:ok@{url}", out=again)
    summary = asking(f"openai:ok@{url}", out=again, max_requests=0)
    assert (summary.stopped, summary.clips_kept, summary.asked["ok"]["cached"]) == ("", 6, 6)


def test_a_remembered_teacher_that_is_gone_says_how_to_send_it_away(out: Path, server: Server) -> None:
    asking(server.model, out=out)
    stored = out / "recipe.json"
    stored.write_text(stored.read_text().replace(server.model, "openai:ok@http://127.0.0.1:9/v1"))
    with pytest.raises(
        ShotlistError, match=r"teacher_ok: nothing answers .*; --teacher off sends all teachers away\)$"
    ):
        build([], out, settings=["teacher_ok.max_tokens=9"], options=Options(report=False))
    assert build([], out, options=Options(report=False), teachers=["off"]).clips_kept == 6
    assert choose(Dataset(out), None, ()).settings == ()


def test_a_teacher_that_never_answered_is_not_remembered(out: Path) -> None:
    chosen = choose(Dataset(out), None, ["teacher_a.words=9"], ["openai:a@http://x/v1", "openai:b@http://x/v1"])
    asked = Asked(Dataset(out), chosen)
    asked.hear(Answered("000000", "teacher_b", 1, 2))
    assert asked.mute() == ["openai:a@http://x/v1"]
    left = chosen.without(asked.mute())
    assert (left.teachers, left.settings) == (("openai:b@http://x/v1",), ())
    assert "teacher_a" not in [step.name for step in left.recipe.steps]


def test_a_teacher_that_fails_costs_no_clip_unless_a_rule_asks_for_it(out: Path, server: Server) -> None:
    done = shotlist("build", "-o", out, "--no-report", "--teacher", f"openai:400@{server.url}")
    assert done.returncode == 3
    assert "clips    6 = 6 kept + 0 dropped + 0 failed" in done.stdout
    assert f"failed   teacher_400 failed on 6 clips: {server.url} answered 400 Bad Request" in done.stdout
    assert done.stdout.count("failed   ") == 1
    failures = Dataset(out).sql("SELECT count(*), any_value(step) FROM failures").fetchall()
    assert failures == [(6, "teacher_400")]
    needed = build([], out, settings=["rules.told=teacher_400.text IS NOT NULL"], options=Options(report=False))
    assert (needed.clips_kept, needed.clips_dropped, needed.clips_failed) == (0, 0, 6)
    assert needed.adds_up


def test_a_prompt_of_ones_own_is_found_from_any_folder(out: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text((FOLDER / "strip.md").read_text().replace("id: strip", "id: mine"))
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        chosen = choose(Dataset(out), None, ["teacher_builtin.prompt=mine.md"], ["builtin"])
    finally:
        os.chdir(before)
    assert chosen.settings == (f"teacher_builtin.prompt={tmp_path / 'mine.md'}",)


def test_progress_counts_clips_while_a_model_answers(out: Path, server: Server) -> None:
    shown = Counting()
    lines: list[dict[str, Any]] = []
    shown.show = lambda: lines.append(shown.state.plain())  # type: ignore[method-assign]
    options = Options(workers=1, report=False)
    build([], out, options=options, watcher=shown, teachers=[f"{server.model}?price_in=1&price_out=1"])
    asked = [line for line in lines if line["stage"] == "captioning"]
    assert (asked[-1]["answered"], asked[-1]["to_answer"], asked[-1]["spent"]) == (6, 6, 0.00006)
    screen = Screen(Console(file=io.StringIO()))
    screen.state = shown.state
    shown.state.stage, shown.state.clips = "captioning", 6
    assert str(screen._line()) == "captioning  6/6 clips  6e-05 spent"


def test_a_datasets_own_steps_are_shown_with_names_that_can_be_copied(out: Path) -> None:
    asking("builtin", out=out)
    assert "\nteacher_builtin " in shotlist("steps", "-o", out).stdout
    one = shotlist("steps", "teacher_builtin", "-o", out).stdout
    assert "--set teacher_builtin.temperature=" in one  # in 80 columns
    lost = shotlist("steps", "teacher_builtin").stderr
    assert "has no step 'teacher_builtin'" in lost and "shotlist steps -o DATASET" in lost


def test_titles_are_names_of_tables() -> None:
    models = ["hf:Org/Model-2.5B", "openai:a/b c@http://x/v1", "builtin", "hf:other/model-2.5b", "hf:/weights/local/"]
    assert titles(models) == [
        "teacher_model_2_5b", "teacher_b_c", "teacher_builtin", "teacher_model_2_5b_no2", "teacher_local",
    ]  # fmt: skip


def test_a_server_at_another_address_is_the_same_teacher(server: Server, tiny_films: Path, tmp_path: Path) -> None:
    out, quiet = tmp_path / "data", Options(report=False)
    build([tiny_films], out, options=quiet, teachers=[server.model])
    with running("faulty.py") as url:
        moved = Server(url)
        again = build([], out, options=quiet, teachers=[moved.model])
        assert again.nothing_to_do
        assert moved.asked == []
    assert [t for t in Dataset(out).tables() if t.startswith("teacher")] == ["teacher_ok"]
    assert Dataset(out).read_json("recipe.json")["teachers"] == [moved.model]


def test_one_model_at_two_addresses_is_refused(tiny_films: Path, tmp_path: Path) -> None:
    with pytest.raises(ShotlistError, match="are one model"):
        build(
            [tiny_films],
            tmp_path / "data",
            teachers=["openai:ok@http://127.0.0.1:1/v1", "openai:ok@http://127.0.0.1:2/v1"],
        )
