"""The viewer as a process: it ends when it is told to, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")
import httpx
from media_dataset import SECOND, dataset_of, ids

from films import write
from servers.digits import numbered
from shotlist.dataset import Dataset

RUN = "from shotlist.cli import main; main()"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One film, too long to be cut out at once."""
    folder = tmp_path_factory.mktemp("served")
    film = write(folder / "film.mp4", (numbered(k % 100) for k in range(600)), rate=10)
    return dataset_of(folder / "set", {film: [(0, 60 * SECOND)]})


@contextmanager
def serving(dataset: Dataset, folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A viewer whose temporary files are in ``folder``, and its port."""
    (folder / "tmp").mkdir(exist_ok=True)
    places = {"TMPDIR": str(folder / "tmp"), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-c", RUN, "view", dataset.address, "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **places}) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline().split()[0].rsplit(":", 1)[1].strip("/"))
        finally:
            process.kill()


def left(folder: Path) -> list[str]:
    return [path.name for path in (folder / "tmp").glob("shotlist-*")]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("address", ["/cuts/{}.mp4", "/cuts/{}.mp4?whole=1", "/sources/{}"])
def test_it_ends_at_once_while_a_film_is_being_sent(
    told: signal.Signals, address: str, dataset: Dataset, tmp_path: Path
) -> None:
    name = ids(dataset)[0] if "sources" in address else ids(dataset, "clips", "clip_id")[0]
    with serving(dataset, tmp_path) as (process, port), socket.socket() as watching:
        watching.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        watching.connect(("127.0.0.1", port))
        watching.send(f"GET {address.format(name)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(told)
        _, said = process.communicate(timeout=10)
        assert time.monotonic() - began < 4
        assert process.returncode == 0
        assert "Traceback" not in said and "ERROR" not in said
    assert left(tmp_path) == []


def test_what_a_killed_viewer_left_goes_with_the_next_one(dataset: Dataset, tmp_path: Path) -> None:
    with serving(dataset, tmp_path) as (process, _):
        process.kill()
    with serving(dataset, tmp_path):
        assert len(left(tmp_path)) == 2  # it is young, and may be of one that has only just been started
    for name in left(tmp_path):
        os.utime(tmp_path / "tmp" / name, (0, 0))
    with serving(dataset, tmp_path):
        assert len(left(tmp_path)) == 1
    with serving(dataset, tmp_path) as (_, port):
        for name in left(tmp_path):
            os.utime(tmp_path / "tmp" / name, (0, 0))
        with serving(dataset, tmp_path):
            assert len(left(tmp_path)) == 2  # somebody still works there
        assert httpx.get(f"http://127.0.0.1:{port}/failures").status_code == 200


def test_many_cuts_at_once_keep_no_page_waiting(dataset: Dataset, tmp_path: Path) -> None:
    clip = ids(dataset, "clips", "clip_id")[0]
    with serving(dataset, tmp_path) as (_, port), ExitStack() as waiting:
        for k in range(60):
            one = waiting.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.send(f"GET /cuts/{clip}.mp4?whole=1&start_us={k} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.5)
        began = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{port}/failures", timeout=60).status_code == 200
        assert time.monotonic() - began < 3
