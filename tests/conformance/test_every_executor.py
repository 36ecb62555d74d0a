"""What every executor has to do: the same tables, whatever happens to its workers, its driver or its videos."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shotlist import build
from shotlist.builder import Options

from .conftest import Way, tables_of

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.filterwarnings("ignore")]
Twisted = Callable[..., str]


@pytest.fixture(scope="session")
def undisturbed(shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of all real films, built in one process and one shard."""
    out = tmp_path_factory.mktemp("undisturbed") / "data"
    build([shared_media], out, options=Options(workers=1, report=False))
    return out


def test_real_films_give_the_same_tables(way: Way, shared_media: Path, undisturbed: Path, tmp_path: Path) -> None:
    built = way.build([shared_media], tmp_path / "data")
    assert built.code == 3  # some of the files are broken
    assert tables_of(tmp_path / "data") == tables_of(undisturbed)
    ok, damaged, failed = (built.summary[f"videos_{status}"] for status in ("ok", "damaged", "failed"))
    assert built.summary["videos"] == ok + damaged + failed
    assert built.summary["clips"] == sum(built.summary[f"clips_{status}"] for status in ("kept", "dropped", "failed"))


def test_a_worker_killed_once_costs_nothing(way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted(
        'if name == "coast" and not (marks / "killed").exists():',
        '    (marks / "killed").touch()',
        "    os.kill(os.getpid(), signal.SIGKILL)",
    )
    built = way.build([tiny_films], tmp_path / "data", "--recipe", recipe)
    assert (tmp_path / "marks" / "killed").exists()
    assert (built.code, built.summary["videos_ok"], built.summary["failures"]) == (0, 3, [])


def test_a_step_that_raises_fails_its_clips(way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    built = way.build(
        [tiny_films], tmp_path / "data", "--recipe", twisted('if name == "coast": raise ValueError("no")')
    )
    assert (built.code, built.summary["clips_failed"], built.summary["videos_ok"]) == (3, 2, 3)
    assert {f["kind"] for f in built.summary["failures"]} == {"error"}
    assert all("odd failed with ValueError: no" in f["message"] for f in built.summary["failures"])


def test_a_step_that_hangs_is_ended(way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted('if name == "coast": time.sleep(1000)')
    built = way.build([tiny_films], tmp_path / "data", "--recipe", recipe, "--time-limit", "3")
    [failure] = built.summary["failures"]
    assert (failure["kind"], Path(failure["uri"]).stem, failure["may_pass"]) == ("time limit", "coast", True)
    assert built.summary["videos_ok"] == 2


def test_a_worker_that_leaks_is_replaced(way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted(
        'LEAK = globals().setdefault("LEAK", [])',
        "LEAK.append(bytearray(os.urandom(1) * 600_000_000))",
        "(marks / f'{os.getpid()}.{name}').touch()",
    )
    films = [tmp_path / f"{k}.mp4" for k in range(4)]
    for k, film in enumerate(films):  # four videos of different content, two clips each
        film.write_bytes((tiny_films / "coast.mp4").read_bytes() + bytes(k + 1))
    built = way.build(films, tmp_path / "data", "--recipe", recipe, "--shard-videos", "1")
    workers = {mark.name.split(".")[0] for mark in (tmp_path / "marks").iterdir()}
    assert (built.code, built.summary["clips"]) == (0, 8)
    assert len(workers) == 4  # none had a second shard


def test_a_step_that_takes_all_memory_is_ended(way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted('held = b"1" * 4_500_000_000 if name == "coast" else b""', "if held: time.sleep(60)")
    built = way.build([tiny_films], tmp_path / "data", "--recipe", recipe)
    [failure] = built.summary["failures"]
    assert (failure["kind"], Path(failure["uri"]).stem) == ("out of memory", "coast")
    assert "odd took more than 4 GB of memory" in failure["message"]
    assert built.summary["videos_ok"] == 2


def test_a_killed_driver_goes_on_where_it_was(
    way: Way, tiny_films: Path, tmp_path: Path, twisted: Twisted, built: Path
) -> None:
    out = tmp_path / "data"
    recipe = twisted('(marks / f"{name}.{clip.start_us}.{time.monotonic_ns()}").touch()', "time.sleep(0.5)")
    way.kill_at(lambda: any((out / "tables" / "odd").glob("*.parquet")), [tiny_films], out, "--recipe", recipe)
    before = {part.name for part in (out / "tables" / "odd").iterdir()}
    assert before
    first = {mark.name for mark in (tmp_path / "marks").iterdir()}
    again = way.build([tiny_films], out, "--recipe", recipe)
    assert (again.code, again.summary["videos_ok"], again.summary["clips"]) == (0, 3, 6)
    assert before <= {part.name for part in (out / "tables" / "odd").iterdir()}
    done_twice = len(list((tmp_path / "marks").iterdir())) - 6
    assert done_twice <= len(first) - 2  # what stood in a part was not made again


def test_all_is_tidy_afterwards(way: Way, tiny_films: Path, tmp_path: Path) -> None:
    way.build([tiny_films], tmp_path / "data")
    assert os.listdir(tmp_path / "data" / "staging") == []  # noqa: PTH208
