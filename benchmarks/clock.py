"""Times whole commands, the start of Python included, and prints the rows of a table."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

SHOTLIST = [sys.executable, "-c", "from shotlist.cli import main; main()"]
HEADER = "| what | measured | aim |\n| --- | --- | --- |"


def options(description: str, work: str) -> argparse.Namespace:
    """The options that every benchmark of commands has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "shotlist-bench" / work, help="made data"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 where an aim is missed")
    return parser.parse_args()


def timed(commands: Sequence[Sequence[str]], before: Callable[[], object] = lambda: None) -> float:
    """Median of the seconds that the commands take, each run once."""
    taken = []
    for command in commands:
        before()
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def report(rows: Sequence[tuple[str, float, float]], check: bool) -> None:
    """Print (what, seconds, aim in seconds); leave with 1 if asked to check and an aim was missed."""
    print(HEADER)
    for what, seconds, aim in rows:
        print(f"| {what} | {seconds:.2f} s | {aim:g} s |")
    if check and any(seconds > aim for _, seconds, aim in rows):
        sys.exit(1)
