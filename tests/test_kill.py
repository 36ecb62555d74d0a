"""A build may be killed at any moment; a second run then gives what an undisturbed one gives."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shotlist import Dataset, build
from shotlist.builder import Options

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
MOMENTS = 20
QUIET = Options(workers=2, report=False)
Contents = Callable[[Path], object]

RUN = "from shotlist.cli import main; main()"


def started(films: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, "build", str(films), "-o", str(out), "-w", "2", "--no-report", "-q"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def usual_seconds(tiny_films: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long an undisturbed build takes."""
    began = time.monotonic()
    assert started(tiny_films, tmp_path_factory.mktemp("usual") / "out").wait() == 0
    return time.monotonic() - began


def test_killed_at_any_moment_a_second_run_completes_the_dataset(
    tiny_films: Path, built: Path, tmp_path: Path, usual_seconds: float, contents: Contents
) -> None:
    undisturbed = contents(built)
    rng = random.Random(7)
    interrupted = 0
    for k in range(MOMENTS):
        out = tmp_path / f"out{k}"
        driver = started(tiny_films, out)
        # Spread over the whole run, since what must not be interrupted may be short.
        time.sleep(usual_seconds * (k + rng.random()) / MOMENTS)
        workers = children(driver.pid)
        driver.kill()
        interrupted += driver.wait() == -signal.SIGKILL
        assert gone(workers)
        summary = build([tiny_films], out, options=QUIET)
        assert summary.adds_up
        assert contents(out) == undisturbed
        assert list((out / "staging").iterdir()) == []
    assert interrupted > MOMENTS // 4


def test_killed_again_and_again_the_work_still_gets_done(
    tiny_films: Path, built: Path, tmp_path: Path, usual_seconds: float, contents: Contents
) -> None:
    out, rng = tmp_path / "out", random.Random(8)
    for _ in range(6):
        driver = started(tiny_films, out)
        time.sleep(usual_seconds * rng.random())
        driver.kill()
        driver.wait()
    build([tiny_films], out, options=QUIET)
    assert contents(out) == contents(built)


def test_killed_workers_are_replaced(
    tiny_films: Path, built: Path, tmp_path: Path, usual_seconds: float, contents: Contents
) -> None:
    rng = random.Random(9)
    killed = 0
    for k in range(MOMENTS // 4):
        out = tmp_path / f"out{k}"
        driver = started(tiny_films, out)
        while not children(driver.pid):
            time.sleep(0.02)
        time.sleep(usual_seconds / 2 * rng.random())
        for pid in children(driver.pid):
            os.kill(pid, signal.SIGKILL)
            killed += 1
        assert driver.wait(60) == 0
        assert contents(out) == contents(built)
    assert killed


def test_what_a_killed_run_left_behind_is_cleaned_up(tiny_films: Path, built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build([tiny_films], out, options=QUIET)
    (out / "staging" / "000000.0123").mkdir()
    (out / "staging" / "000000" / "scan.old.settings" / "video").mkdir(parents=True)
    (out / "staging" / "000000.0123.parquet").write_bytes(b"half a part")
    (part,) = Dataset(out).parts("clips").values()
    old = out / part.path.replace(part.fingerprint, "0" * 16)
    old.write_bytes((out / part.path).read_bytes())
    os.utime(old, (1, 1))
    summary = build([tiny_films], out, options=QUIET)
    assert summary.nothing_to_do
    assert list((out / "staging").iterdir()) == []
    assert not old.exists()


def test_ctrl_c_ends_the_workers_and_says_how_to_go_on(
    tiny_films: Path, built: Path, tmp_path: Path, twisted: Callable[..., str], contents: Contents
) -> None:
    recipe = twisted("time.sleep(60)")
    command = [sys.executable, "-c", RUN, "build", str(tiny_films), "-o", str(tmp_path / "out"), "-r", recipe]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (workers := children(driver.pid)):
        time.sleep(0.05)
    time.sleep(1)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=20)
    assert driver.returncode == 130
    assert said.endswith("shotlist: stopped; run the same line again to go on from here\n")
    assert "Traceback" not in said
    assert gone(workers, 1)
