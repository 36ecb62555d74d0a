"""Builds in shares: videos are taken in once, each share does its shards, a whole build judges them."""

import json
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from shotlist import Dataset, build
from shotlist.builder import Options, add
from shotlist.cli import BUSY, FAILED, USAGE, app
from shotlist.errors import ShotlistError
from shotlist.members import Members

QUIET = Options(report=False)


@pytest.fixture
def taken_in(tiny_films: Path, tmp_path: Path) -> Path:
    """A dataset of three shards of one video each, on which nothing was done yet."""
    add([tiny_films], tmp_path / "data", settings=["clips.min_seconds=0.2"], shard_videos=1)
    return tmp_path / "data"


def ran(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_taking_in_works_on_nothing_and_remembers_the_recipe(taken_in: Path) -> None:
    assert Dataset(taken_in).tables() == ["sources"]
    assert json.loads((taken_in / "recipe.json").read_text())["set"] == ["clips.min_seconds=0.2"]


def test_every_shard_is_in_exactly_one_share(taken_in: Path) -> None:
    shares = [Members(Dataset(taken_in), (i, 2)).shards for i in (1, 2)]
    assert shares == [["000000", "000002"], ["000001"]]


def test_a_share_leaves_the_others_and_the_judging_alone(taken_in: Path) -> None:
    summary = build([], taken_in, options=Options(share=(2, 2)))
    assert (summary.videos, summary.clips) == (1, 2)
    assert list(Dataset(taken_in).parts("clips")) == ["000001"]
    assert not (taken_in / "report.html").exists()
    assert "decisions" not in Dataset(taken_in).tables()


def test_a_whole_build_does_what_the_shares_left(taken_in: Path) -> None:
    build([], taken_in, options=Options(share=(2, 2)))
    done = {p.name for p in (taken_in / "tables" / "videos").iterdir()}
    summary = build([], taken_in, options=QUIET)
    assert (summary.videos, summary.clips) == (3, 6)
    assert done < {p.name for p in (taken_in / "tables" / "videos").iterdir()}


def test_a_share_without_shards_has_nothing_to_do(taken_in: Path) -> None:
    assert build([], taken_in, options=Options(share=(9, 9))).nothing_to_do


def test_shares_do_not_take_in_videos(taken_in: Path, tiny_films: Path) -> None:
    with pytest.raises(ShotlistError, match="do that once, with: shotlist add VIDEOS"):
        build([tiny_films], taken_in, options=Options(share=(1, 2)))


def test_a_share_waits_for_no_whole_build_and_the_other_way_round(taken_in: Path) -> None:
    with FileLock(taken_in / "locks" / "share-1-of-2.lock"):
        code, told = ran("build", "-o", str(taken_in), "--no-report")
        assert code == BUSY
        assert "another build (share 1 of 2) is working on this dataset" in told
        assert ran("build", "-o", str(taken_in), "--shards", "1/2")[0] == BUSY
        assert ran("build", "-o", str(taken_in), "--shards", "2/2", "-q")[0] == 0


def test_the_command_says_what_comes_next(tiny_films: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "data")
    code, told = ran("add", str(tiny_films), "-o", out, "--shard-videos", "2")
    assert code == 0
    assert "3 new" in told
    assert f"shotlist build -o {out} --shards 1/4" in told
    code, told = ran("build", "-o", out, "--shards", "1/1")
    assert code == 0
    assert "not judged yet" in told
    assert f"when every share is done: shotlist build -o {out}" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shards", "3/2"], "3/2: write i/n with i from 1 to n"),
        (["--shards", "first"], "first: write i/n"),
        (["--workers", "8-2"], "8-2: write a number such as 8"),
    ],
)
def test_wrong_words_are_told(taken_in: Path, words: list[str], told: str) -> None:
    code, said = ran("build", "-o", str(taken_in), *words)
    assert code == USAGE
    assert told in said


def test_a_pool_that_grows_is_for_ray(taken_in: Path) -> None:
    code, said = ran("build", "-o", str(taken_in), "--workers", "2-8")
    assert code == FAILED
    assert "a pool that grows is for --engine ray; name one number of workers" in said


def test_shares_that_overlap_do_not_meet(taken_in: Path) -> None:
    with FileLock(taken_in / "locks" / "share-1-of-2.lock"):
        assert ran("build", "-o", str(taken_in), "--shards", "3/4", "-q")[0] == BUSY  # 1/2 has all of its shards
        assert ran("build", "-o", str(taken_in), "--shards", "2/4", "-q")[0] == 0


def test_a_share_counts_the_whole_anew(taken_in: Path) -> None:
    build([], taken_in, options=QUIET)
    for part in (taken_in / "tables" / "clips").iterdir():
        part.unlink()
    build([], taken_in, options=Options(share=(1, 2)))
    assert not (taken_in / "summary.json").exists()


def test_the_address_of_a_cluster_without_ray_is_told(taken_in: Path) -> None:
    with pytest.raises(ShotlistError, match="are for --engine ray"):
        build([], taken_in, options=Options(address="head:6379"))
