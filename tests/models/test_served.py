"""A model behind a real OpenAI-compatible server answers as it does in this process."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_models import jpeg

from shotlist.errors import ModelError
from shotlist.models.contracts import Footage, Request, Still
from shotlist.models.hf import HFModel
from shotlist.models.names import parse
from shotlist.models.openai import OpenAIModel

REQUESTS = [
    Request(("Say something.",), "Be brief.", max_tokens=8),
    Request((Still(0, jpeg(1)), "What is it?"), max_tokens=8),
    Request((Footage((Still(0, jpeg(1)), Still(500_000, jpeg(2)))), "What happens?"), max_tokens=8),
]


@pytest.fixture(scope="module")
def served(checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A model's string for a tiny LLaVA behind ``transformers serve``."""
    for package in ("transformers", "openai", "fastapi", "uvicorn"):
        pytest.importorskip(package)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder, log = checkpoint("llava"), tmp_path_factory.mktemp("served") / "log"
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("w") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/health", server, log)
            yield f"openai:{folder}@http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_a_served_model_answers_as_a_local_one(served: str, checkpoint: Callable[[str], Path]):
    client = OpenAIModel(parse(served))
    local = HFModel(parse(f"hf:{checkpoint('llava')}?check=false"))
    over_http, here = list(client.caption(REQUESTS)), list(local.caption(REQUESTS))
    client.server.close()
    assert [a.text for a in over_http] == [a.text for a in here]
    assert all(a.text for a in here)
    assert [a.tokens_out for a in over_http] == [8, 8, 8]
    assert [a.finish for a in over_http] == ["length"] * 3


def test_a_name_that_the_server_is_not_pinned_to_ends_the_work(served: str):
    address = served.rpartition("@")[2]
    client = OpenAIModel(parse(f"openai:another-model@{address}"))
    with pytest.raises(ModelError, match=r"Server is pinned to '.*'; requested 'another-model'"):
        list(client.caption(REQUESTS * 100))
    client.server.close()
