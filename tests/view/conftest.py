"""A viewer as a user has it: the command line in a process of its own over real films, and a real browser."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shotlist import build
from shotlist.builder import Options

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FILMS = ("sintel_trailer_720p.mp4", "friday_dialogue.mp4", "space_needle.avi", "vertical_captions.mp4")
"""A trailer, a dialogue with subtitles, a codec that browsers can't play, and an upright film."""
BROKEN = ("broken/truncated_tail.mp4", "broken/html_error_page.mp4")
RUN = "from shotlist.cli import main; main()"


@pytest.fixture(scope="session")
def films(shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real films, two of them broken, with the subtitles beside them."""
    folder = tmp_path_factory.mktemp("films")
    for name in (*FILMS, *BROKEN, "friday_dialogue.en.vtt"):
        shutil.copy(shared_media / name, folder)
    return folder


@pytest.fixture(scope="session")
def dataset(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of the real films, for reading only; a test that writes works on a ``copied`` one."""
    out = tmp_path_factory.mktemp("viewed") / "films"
    build([films], out, options=Options(report=False))
    return out


@pytest.fixture
def copied(dataset: Path, tmp_path: Path) -> Path:
    """The same dataset for a test that writes reviews."""
    return Path(shutil.copytree(dataset, tmp_path / "films"))


class Server:
    """A running viewer: ``url`` without a slash at the end."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url.rstrip("/")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def started(out: Path, *options: str) -> Iterator[Server]:
    """``shotlist view`` in a process of its own."""
    command = [sys.executable, "-c", RUN, "view", str(out), *(options or ("--port", "0"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(process, process.stdout.readline().split()[0])
        finally:
            process.kill()


@pytest.fixture(scope="session")
def start() -> Callable[..., AbstractContextManager[Server]]:
    """Starts a viewer on any dataset: ``with start(out) as server``."""
    return started


@pytest.fixture(scope="module")
def server(dataset: Path) -> Iterator[Server]:
    """A viewer on the dataset of the real films."""
    with started(dataset) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium; ``browser.new_page()`` opens a page."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page; an error in one of the page's scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert not errors, errors
