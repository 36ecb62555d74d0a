"""The three ways to run a build, each as a user would on the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shotlist import Dataset

RUN = "from shotlist.cli import main; main()"


@dataclass(frozen=True)
class Built:
    """What a build said: its exit code, its summary, and everything on standard error."""

    code: int
    summary: dict[str, Any]
    told: str


@dataclass(frozen=True)
class Way:
    """``local``, ``ray`` or ``shards``. Every shard has one or two videos, so that there is something to share out."""

    name: str
    address: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def build(self, videos: Sequence[Path | str], out: Path | str, *options: str) -> Built:
        for commands in self._phases(videos, out, options):
            running = [self._start(command) for command in commands]
            answers = [process.communicate(timeout=500) for process in running]
        code = max(process.returncode for process in running)
        lines = answers[-1][0].strip().splitlines()
        return Built(code, json.loads(lines[-1]) if lines else {}, answers[-1][1])

    def kill_at(self, moment: Callable[[], bool], videos: Sequence[Path | str], out: Path, *options: str) -> None:
        """Begin a build and kill its driver when the moment has come."""
        *before, working = self._phases(videos, out, options)[:2]
        for command in [c for commands in before for c in commands]:
            self._start(command).communicate(timeout=100)
        running = [self._start(command) for command in working]
        while not moment() and all(process.poll() is None for process in running):
            time.sleep(0.02)
        for process in running:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate(timeout=20)

    def _phases(self, videos: Sequence[Path | str], out: Path | str, options: Sequence[str]) -> list[list[list[str]]]:
        named = [*map(str, videos), "-o", str(out)]
        again = ["-o", str(out)]
        if "--shard-videos" not in options:
            options = [*options, "--shard-videos", "2"]
        early, late = _split(options)
        if self.name == "shards":
            shares = [["build", *again, "--shards", f"{i}/2", "-w", "1", "--json", *late] for i in (1, 2)]
            last = ["build", *again, "--json", "--no-report", *late]
            return [[["add", *named, *early]], shares, [last]]
        engine = ["--engine", "ray", "--address", self.address or ""] if self.name == "ray" else []
        return [[["build", *named, "-w", "2", "--json", "--no-report", *engine, *options]]]

    def _start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | self.environment,
        )


_OF_ADD, _WITH_VALUE = ("--recipe", "--set", "--shard-videos"), ("--recipe", "--set", "--shard-videos", "--time-limit")


def _split(options: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options that ``add`` takes, with their values, and the rest."""
    early: list[str] = []
    late: list[str] = []
    left = list(options)
    while left:
        option = left.pop(0)
        place = early if option in _OF_ADD else late
        place += [option, left.pop(0)] if option in _WITH_VALUE else [option]
    return early, late


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray cluster of a head that does no work and one node with two processors."""
    pytest.importorskip("ray")
    with started_cluster(2) as found:
        yield found


class started_cluster:  # used as a function
    """A Ray cluster for the length of a ``with`` block; each of ``nodes`` is a number of processors."""

    def __init__(self, *nodes: int) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self.nodes = [self.cluster.add_node(num_cpus=cpus) for cpus in nodes]

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.shutdown()


@pytest.fixture(params=["local", "ray", "shards"])
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "ray":
        return Way("ray", request.getfixturevalue("cluster").cluster.address)
    return Way(request.param)


def tables_of(out: Path | str) -> dict[str, list[str]]:
    """Everything in a dataset but which shard it is in, as rows in an order of their own."""
    dataset = Dataset(out)
    queries = {table: f'SELECT * FROM "{table}"' for table in dataset.tables()}
    queries["failures"] = "SELECT * EXCLUDE shard FROM failures"
    return {table: sorted(map(repr, dataset.sql(query).fetchall())) for table, query in queries.items()}
