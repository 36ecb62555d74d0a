"""What only a cluster can do: lose a node, gain one, have GPUs."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shotlist import Dataset
from shotlist.engine.groups import groups
from shotlist.engine.ray.executor import lacking, look_for_head, unreached
from shotlist.engine.recipe import load
from shotlist.errors import ShotlistError

from .conftest import RUN, Way, started_cluster, tables_of

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.filterwarnings("ignore")]
Twisted = Callable[..., str]
pytest.importorskip("ray")

LEARNED = '''
"""A recipe with a step that wants a GPU and says on what it ran."""
import os
from dataclasses import dataclass
from shotlist import Measure, Recipe, load_recipe
from shotlist.engine.step import Needs


@dataclass(frozen=True)
class Learned(Measure):
    """The number of GPUs that it sees."""

    @property
    def needs(self):
        return Needs(gpus=1)

    def measure(self, clip) -> float:
        return float(len([d for d in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if d]))


*steps, rules = load_recipe("default").steps
recipe = Recipe((*steps, Learned(), rules))
'''


@pytest.fixture
def learned(tmp_path: Path) -> str:
    file = tmp_path / "learned.py"
    file.write_text(LEARNED)
    return str(file)


def begin(films: Path, out: Path, address: str, *options: str, json: bool = True) -> subprocess.Popen[str]:
    command = ["build", str(films), "-o", str(out), "--engine", "ray", "--address", address, "--shard-videos", "1"]
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *command, "--no-report", *(["--json"] if json else []), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(moment: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not moment():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_lost_node_costs_nothing(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted('(marks / f"{name}.{clip.start_us}.{time.monotonic_ns()}").touch()', "time.sleep(1.5)")
    with started_cluster(1, 1) as ray:
        running = begin(tiny_films, tmp_path / "data", ray.cluster.address, "--recipe", recipe, "-w", "2")
        wait_for(lambda: len(list((tmp_path / "marks").iterdir())) >= 2)
        ray.cluster.remove_node(ray.nodes[1], allow_graceful=False)
        _, told = running.communicate(timeout=200)
    assert running.returncode == 0, told
    assert Dataset(tmp_path / "data").sql("SELECT count(*), count(odd) FROM everything").fetchall() == [(6, 6)]
    assert Dataset(tmp_path / "data").sql("SELECT count(*) FROM failures").fetchall() == [(0,)]


def test_a_step_waits_for_its_gpu_and_says_so(tiny_films: Path, tmp_path: Path, learned: str) -> None:
    with started_cluster(2) as ray:
        running = begin(tiny_films, tmp_path / "data", ray.cluster.address, "--recipe", learned)
        assert running.stderr is not None
        told = next(line for line in running.stderr if "notice" in line)
        assert "learned waits for a node with 1 GPU; the cluster has none yet; --no-gpu runs it on CPUs" in told
        ray.cluster.add_node(num_cpus=1, num_gpus=1)
        running.communicate(timeout=200)
    assert running.returncode == 0
    assert Dataset(tmp_path / "data").sql("SELECT DISTINCT learned FROM everything").fetchall() == [(1.0,)]


def test_without_a_gpu_it_runs_on_the_cpu_when_asked(tiny_films: Path, tmp_path: Path, learned: str, way: Way) -> None:
    built = way.build([tiny_films], tmp_path / "data", "--recipe", learned, "--no-gpu")
    assert built.code == 0, built.told
    assert Dataset(tmp_path / "data").sql("SELECT DISTINCT learned FROM everything").fetchall() == [(0.0,)]


def test_this_machine_without_a_gpu_says_what_to_do(tiny_films: Path, tmp_path: Path, learned: str) -> None:
    way = Way("local", environment={"CUDA_VISIBLE_DEVICES": ""})
    built = way.build([tiny_films], tmp_path / "data", "--recipe", learned)
    assert built.code == 1
    assert "learned needs 1 GPU, and this machine has 0: run it where there is one, or on the CPU with --no-gpu" in (
        built.told
    )


def test_no_cluster_at_an_address_is_told(tiny_films: Path, tmp_path: Path) -> None:
    built = Way("ray", "127.0.0.1:1").build([tiny_films], tmp_path / "data")
    assert built.code == 1
    assert "no Ray cluster can be reached at 127.0.0.1:1" in built.told


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "http://127.0.0.1:8265"])
def test_an_address_for_other_machines_is_told_from_one_of_a_node(
    address: str, tiny_films: Path, tmp_path: Path
) -> None:
    built = Way("ray", address).build([tiny_films], tmp_path / "data")
    assert built.code == 1
    assert f"{address}: a build is driven from a node of the Ray cluster: send it there with ray job" in built.told


def test_why_a_cluster_lets_nobody_in_is_told_in_a_sentence() -> None:
    refused = RuntimeError("AuthenticationError: Authentication token is missing or incorrect. Note: ...")
    error = ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")
    error.__cause__ = refused
    assert unreached(error) == "it wants its token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN as on its nodes"
    differ = RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.50.0\n    Python: 3.11.4\n")
    assert unreached(differ) == "Version mismatch: The cluster was started with: Ray: 2.50.0 Python: 3.11.4"


def test_a_cluster_whose_head_is_gone_is_told() -> None:
    with pytest.raises(ShotlistError, match=r"the Ray cluster is gone: its head at 127[.]0[.]0[.]1:1 does not"):
        look_for_head("127.0.0.1:1")


def test_a_quiet_build_says_nothing(cluster: Any, tiny_films: Path, tmp_path: Path) -> None:
    told = begin(tiny_films, tmp_path / "data", cluster.cluster.address, "-q", json=False).communicate(timeout=200)
    assert told == ("", "")


def test_a_build_that_is_interrupted_says_how_to_go_on(
    cluster: Any, tiny_films: Path, tmp_path: Path, twisted: Twisted
) -> None:
    recipe = twisted('(marks / "begun").touch()', "time.sleep(60)")
    running = begin(tiny_films, tmp_path / "data", cluster.cluster.address, "-q", "--recipe", recipe, json=False)
    wait_for((tmp_path / "marks" / "begun").exists)
    running.send_signal(signal.SIGINT)
    told = running.communicate(timeout=60)
    assert told == ("", "shotlist: stopped; run the same line again to go on from here\n")
    assert running.returncode == 130


def test_whatever_the_cluster_lacks_is_named() -> None:
    found = groups(load("default"))
    small = {"Alive": True, "Resources": {"CPU": 0.5, "memory": 8e9}}
    gone = {"Alive": False, "Resources": {"CPU": 8, "memory": 8e9}}
    [text] = lacking(found, [small, gone])
    assert text.endswith("waits for a node with 1 CPU; the cluster has none yet")
    assert lacking(found, [small, gone | {"Alive": True}]) == []


def test_a_retry_takes_only_what_failed(tiny_films: Path, tmp_path: Path, twisted: Twisted, cluster: Any) -> None:
    way = Way("ray", cluster.cluster.address)
    recipe = twisted('if name == "coast" and not (marks / "mended").exists(): time.sleep(1000)')
    out = tmp_path / "data"
    assert way.build([tiny_films], out, "--recipe", recipe, "--time-limit", "2").summary["videos_failed"] == 1
    (tmp_path / "marks" / "mended").touch()
    again = way.build([tiny_films], out, "--recipe", recipe, "--retry")
    assert (again.code, again.summary["videos_ok"], again.summary["clips"]) == (0, 3, 6)
    assert not any((out / "earlier").rglob("*.parquet"))
    assert tables_of(out)["odd"]


def test_operators_are_named_after_their_steps() -> None:
    from shotlist.engine.ray.executor import _operator

    [group] = groups(load("default"))
    assert _operator(group).__name__ == "scan to caption"  # Ray shows MapBatches(scan to caption)
