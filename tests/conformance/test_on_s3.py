"""A dataset in an object store: a real S3 server in a process of its own, also a slow, a failing and a strict one."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servers.processes import running
from shotlist import build
from shotlist.builder import Options

from .conftest import RUN, Built, Way, tables_of

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.filterwarnings("ignore")]
Twisted = Callable[..., str]
pytest.importorskip("moto.server")
s3fs = pytest.importorskip("s3fs")

KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def store(*faults: str) -> Iterator[dict[str, str]]:
    """The environment in which builds use the server, which has a bucket ``films``."""
    with running("s3.py", *faults) as url:
        environment = KEYS | {"AWS_ENDPOINT_URL": url.removesuffix("/v1")}
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)  # this process looks into the store too
        s3fs.S3FileSystem.clear_instance_cache()
        try:
            if "keys" not in faults:
                s3fs.S3FileSystem().mkdir("films")
            yield environment
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with store() as environment:
        yield environment


@pytest.fixture(scope="module")
def reference(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    out = tmp_path_factory.mktemp("reference") / "data"
    build([tiny_films], out, options=Options(report=False))
    return tables_of(out)


@pytest.fixture(params=["local", "ray", "shards"])
def way_to_s3(request: pytest.FixtureRequest, s3: dict[str, str]) -> Iterator[Way]:
    if request.param != "ray":
        yield Way(request.param, environment=s3)
        return
    from .conftest import started_cluster

    with started_cluster(2) as ray:  # one that begins with the keys of the store in its environment
        yield Way("ray", ray.cluster.address, s3)


def test_the_tables_are_the_same_as_on_disk(way_to_s3: Way, tiny_films: Path, reference: dict[str, list[str]]) -> None:
    out = f"s3://films/{way_to_s3.name}"
    assert way_to_s3.build([tiny_films], out).code == 0
    assert tables_of(out) == reference
    again = way_to_s3.build([], out)
    assert again.code == 0
    assert again.summary["clips"] == 6


def test_a_retry_on_s3_takes_over_what_did_not_fail(
    s3: dict[str, str], tiny_films: Path, tmp_path: Path, twisted: Twisted
) -> None:
    way = Way("local", environment=s3)
    recipe = twisted(
        'if name == "coast" and not (marks / "mended").exists(): time.sleep(1000)', "(marks / name).touch()"
    )
    first = way.build([tiny_films], "s3://films/retry", "--recipe", recipe, "--time-limit", "2", "--shard-videos", "3")
    assert first.summary["videos_failed"] == 1
    for mark in (tmp_path / "marks").iterdir():
        mark.unlink()
    (tmp_path / "marks" / "mended").touch()
    again = way.build([], "s3://films/retry", "--retry")
    assert (again.code, again.summary["videos_ok"]) == (0, 3)
    assert {mark.name for mark in (tmp_path / "marks").iterdir()} == {"coast", "mended"}


def test_a_wrong_key_is_told(tiny_films: Path) -> None:
    with store("keys") as environment:
        built = Way("local", environment=environment).build([tiny_films], "s3://films/data")
    assert built.code == 1
    assert "s3://films/data: can't read there: " in built.told
    assert "check the store's credentials (on S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)" in built.told


def test_a_bucket_that_is_not_there_is_told(s3: dict[str, str], tiny_films: Path) -> None:
    built = Way("local", environment=s3).build([tiny_films], "s3://nowhere/data")
    assert built.code == 1
    assert "s3://nowhere/data" in built.told
    assert "bucket" in built.told


@pytest.mark.parametrize("fault", ["slow=0.03", "fail=7"])
def test_a_slow_or_failing_server_is_borne_with(fault: str, tiny_films: Path, reference: dict[str, list[str]]) -> None:
    with store(fault) as environment:
        built = Way("local", environment=environment).build([tiny_films], "s3://films/data", "--shard-videos", "3")
        assert built.code == 0, built.told
        assert tables_of("s3://films/data") == reference


def test_a_server_that_goes_away_ends_the_build_and_a_second_run_completes_it(
    tiny_films: Path, tmp_path: Path, twisted: Twisted
) -> None:
    recipe = twisted('(marks / f"{name}.{clip.start_us}.{time.monotonic_ns()}").touch()', "time.sleep(1)")
    away, marks = tmp_path / "away", tmp_path / "marks"
    options = ["--recipe", recipe, "--shard-videos", "1", "-w", "1"]
    with store(f"away={away}") as environment:
        command = [sys.executable, "-c", RUN, "build", str(tiny_films), "-o", "s3://films/data", *options]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environment)
        while len(list(marks.iterdir())) < 3:  # the first of three shards is written
            time.sleep(0.05)
        away.touch()
        _, told = process.communicate(timeout=300)
        assert process.returncode == 1
        assert "s3://films/data: can't write there: " in told
        assert "run the same line again to go on" in told
        away.unlink()
        s3fs.S3FileSystem().rm("films/data/locks", recursive=True)  # what is dead is waited for in another test
        again = Way("local", environment=environment).build([tiny_films], "s3://films/data", *options)
    assert (again.code, again.summary["videos_ok"], again.summary["clips"]) == (0, 3, 6)
    times = Counter(mark.name.rpartition(".")[0] for mark in marks.iterdir())
    assert sorted(times.values())[:2] == [1, 1]  # what was written stayed


def test_two_builds_of_one_dataset_do_not_meet(
    s3: dict[str, str], tiny_films: Path, tmp_path: Path, twisted: Twisted
) -> None:
    recipe = twisted('(marks / "begun").touch()', "time.sleep(30)")
    command = [sys.executable, "-c", RUN, "build", str(tiny_films), "-o", "s3://films/busy", "--recipe", recipe]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | s3)
    while not (tmp_path / "marks" / "begun").exists():
        time.sleep(0.05)
    second: Built = Way("local", environment=s3).build([tiny_films], "s3://films/busy")
    first.send_signal(signal.SIGINT)
    first.wait(timeout=30)
    assert second.code == 4
    assert "another build is working on this dataset" in second.told


def test_a_lock_of_a_dead_build_is_taken_over(s3: dict[str, str]) -> None:
    from shotlist.lock import Lease
    from shotlist.store import Store

    told: list[str] = []
    place: Any = Store("s3://films/lock")
    dead = Lease(place, "whole", told.append, renew=100, dead=100)
    dead.acquire(0)
    heir = Lease(place, "whole", told.append, renew=0.5, dead=2)
    heir.acquire(0)
    assert told == ["s3://films/lock is locked; waiting to see whether who locked it still works"]
    late = Lease(place, "whole", told.append, renew=0.5, dead=2)
    with pytest.raises(TimeoutError):
        late.acquire(0)
    heir.release()
    late.acquire(0)
    late.release()
    assert place.names("locks") in ([], ["whole.000000000.json"])
    dead.release()
