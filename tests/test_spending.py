"""What a build spends on models: limits that all workers keep together, and answers that are paid once."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servers.processes import running
from shotlist import Dataset, build
from shotlist.builder import Options, add
from shotlist.chosen import choose, titles
from shotlist.errors import ShotlistError
from shotlist.models.budget import LimitReached, Prices, Spending

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


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path) -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    yield
    del os.environ["XDG_CACHE_HOME"]
    if before is not None:
        os.environ["XDG_CACHE_HOME"] = before


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
    with pytest.raises(LimitReached, match=r"^stopped by --max-requests 4; run again to go on$"):
        asking(server.model, out=out, max_requests=4)
    assert len(server.asked) == 4
    assert "teacher_ok" not in Dataset(out).tables() or len(Dataset(out).parts("teacher_ok")) < 3
    summary = asking(out=out, max_requests=float("inf"))
    assert len(server.asked) == 6  # the four answers came from the cache
    assert summary.clips_kept == 6
    assert summary.spent["ok"]["requests"] == 6


def test_a_second_dataset_of_the_same_films_asks_nothing(out: Path, server: Server, three_shards: Path) -> None:
    asking(server.model, out=out)
    again = out.parent / "again"
    shutil.copytree(three_shards, again)
    assert asking(server.model, out=again).spent == {}
    assert len(server.asked) == 6
    texts = "SELECT clip_id, text, tokens_in FROM teacher_ok ORDER BY 1"
    assert Dataset(again).sql(texts).fetchall() == Dataset(out).sql(texts).fetchall()


def test_a_limit_holds_for_every_later_build_until_it_is_taken_away(out: Path, server: Server) -> None:
    for asked in (2, 4):
        with pytest.raises(LimitReached):
            asking(*([server.model] if asked == 2 else []), out=out, **({"max_requests": 2} if asked == 2 else {}))
        assert len(server.asked) == asked
    assert asking(out=out, max_requests=float("inf")).clips_kept == 6
    assert Dataset(out).read_json("recipe.json")["spending"] == {}


def test_a_limit_of_cost_needs_prices_and_is_kept(out: Path, server: Server) -> None:
    with pytest.raises(ShotlistError, match=r"--max-cost needs the prices of openai:ok@.*add --prices IN,OUT"):
        asking(server.model, out=out, max_cost=1.0)
    assert server.asked == []
    prices = Prices(1e6, 1e6)  # one for each token: an answer costs ten here, and may cost thousands
    with pytest.raises(LimitReached, match=r"^stopped by --max-cost 100: 0 was spent on 0 requests; run again"):
        asking(out=out, workers=1, max_cost=100.0, prices=prices)
    assert server.asked == []
    assert asking(out=out, max_cost=float("inf")).spent["ok"]["cost"] == 60


def test_shares_of_a_limit_add_up_to_it() -> None:
    assert Spending(12.0, 9.0).divided(4) == Spending(3.0, 2.0)
    with pytest.raises(ShotlistError, match="--max-requests 3 can't be divided among 4 shares"):
        Spending(None, 3.0).divided(4)


def test_the_command_says_why_it_stopped_and_what_was_asked(out: Path, server: Server) -> None:
    limited = shotlist("build", "-o", out, "--teacher", server.model, "--max-requests", "3", "--no-report", "-w", "1")
    assert (limited.returncode, limited.stdout) == (1, "")
    assert limited.stderr == "shotlist: stopped by --max-requests 3; run again to go on\n"
    words = ("--max-requests", "none", "--prices", "1000,1000", "--no-report", "-w", "1")
    done = shotlist("build", "-o", out, *words)
    assert done.returncode == 0, done.stderr
    assert f"recipe   default --teacher {server.model}" in done.stdout
    assert "asked    ok: 6 requests, 42 tokens in, 18 out, cost 0.03" in done.stdout
    assert len(server.asked) == 6


def test_wrong_words_are_told(out: Path) -> None:
    for words, told in (
        (("--max-cost", "much"), "--max-cost much: write a number, or none for no limit"),
        (("--max-requests", "-1"), "--max-requests -1: write a number, or none for no limit"),
        (("--prices", "3"), "--prices 3: write IN,OUT per million tokens, for example 0.2,0.8"),
        (("--teacher", "gpt"), "--teacher gpt: write hf:ORG/NAME, openai:NAME@URL, builtin, or off for none"),
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
    assert "model" not in shotlist("plan", "-o", out).stdout


def test_prompts_are_listed_and_shown() -> None:
    listed = shotlist("prompts").stdout
    assert "describe-video " in listed
    assert "The place where a clip was shot" in listed
    shown = shotlist("prompts", "strip").stdout
    assert shown.startswith("---\nid: strip\n")
    assert "filled in: frames, seconds" in shown
    assert "did you mean" in (done := shotlist("prompts", "stripe")).stderr or "there are:" in done.stderr


def test_titles_are_names_of_tables() -> None:
    models = ["hf:Org/Model-2.5B", "openai:a/b c@http://x/v1", "builtin", "hf:other/model-2.5b", "hf:/weights/local/"]
    assert titles(models) == [
        "teacher_model_2_5b", "teacher_b_c", "teacher_builtin", "teacher_model_2_5b_no2", "teacher_local",
    ]  # fmt: skip
