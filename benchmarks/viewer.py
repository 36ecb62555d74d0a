"""How fast the viewer answers over a million made-up clips, and what memory it takes.

python benchmarks/viewer.py [--clips NUMBER] [--work FOLDER] [--check]

The viewer is the command in a process of its own, asked over HTTP. Each question is asked in several variants, so that
no answer is one that was kept; the table has the median and the slowest of them, and the processor time of one on
average, which a busy machine hardly changes. Pages that are not there are left out.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from clock import SHOTLIST
from films import row
from shotlist.dataset import Dataset
from viewer_data import COMMON, make

INDEX, MEMORY = 60.0, 1.0
"""Aims: seconds until the first page can be asked for when there is no index yet, and GB at most."""
AGAIN = 5.0
"""Aim in seconds for starting again."""
WORK = Path(tempfile.gettempdir()) / "shotlist-bench" / "viewer"


@dataclass(frozen=True)
class Question:
    """Addresses that ask the same of other clips, and the aim in milliseconds."""

    what: str
    addresses: Sequence[str]
    aim: float


def questions() -> list[Question]:
    """What people ask of a dataset."""
    words = [w for w in COMMON if len(w) > 1]
    rare = [f"{a}{b}" for a in ("ba", "gu", "le", "mi", "zu") for b in ("bran", "fell", "ko", "wa")]
    lows = [f"{k / 100:.2f}" for k in range(1, 6)]
    ranges = [f"light_brightness=0.{k}..0.{k + 3}&camera_kind=static&camera_kind=mixed" for k in range(1, 6)]
    seconds = [f"where={quote(f'seconds > {k} AND light_dark < 0.3')}" for k in range(1, 6)]
    pages = [f"page={k}" for k in (1, 2, 100, 5_000, 20_000)]
    sorts = ["seconds", "-motion_local", "light_brightness", "-title", "status"]
    both = [f"q={w}&motion_local={low}..&sort=-seconds" for w, low in zip(words[10:], lows, strict=False)]
    asked = {
        "clips, any page": pages,
        "clips in another order": [f"sort={name}" for name in sorts],
        "clips in random order": [f"sort=random.{k}" for k in range(5)],
        "filter by a number": [f"motion_local={low}.." for low in lows],
        "filter by a number and a label": ranges,
        "filter by a list": [f"colour_names={name}" for name in ("black", "white", "grey", "brown", "blue")],
        "filter by a part of a text": [f"caption={w}" for w in words[20:25]],
        "filter by a condition": seconds,
        "search for the most common words": [f"q={w}%20" for w in COMMON[:5]],
        "search for two common words": [f"q={a}+{b}" for a, b in zip(words[2:7], words[20:25], strict=True)],
        "search for six common words": [f"q={'+'.join(words[k : k + 6])}%20" for k in range(5)],
        "search for rare words": [f"q={w}" for w in rare[:5]],
        "search for the beginning of a word": [f"q={w[:2]}" for w in rare[5::3]],
        "search for a phrase": [f"q=%22{a}+{b}%22" for a, b in zip(words[:5], words[5:10], strict=True)],
        "search in titles": [f"q=title:{w}" for w in words[30:35]],
        "search, filter and another order": both,
    }
    return [Question(what, [f"/clips?{a}" for a in addresses], 500) for what, addresses in asked.items()]


def views() -> list[Question]:
    """Pages that are no search."""
    dates = [f"/?seconds={k}.." for k in range(5)]
    return [
        Question("overview", ["/"] * 5, 300),
        Question("overview, brushed", dates, 500),
        Question("videos", [f"/videos?page={k}" for k in range(1, 6)], 500),
        Question("failures", ["/failures"] * 3, 500),
    ]


class Served:
    """A running viewer."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.process = process
        split = urlsplit(address)
        self.connection = HTTPConnection(split.hostname or "", split.port, timeout=120)

    def ask(self, address: str, kind: str) -> tuple[int, float, bytes]:
        """Status, milliseconds and content."""
        began = time.perf_counter()
        self.connection.request("GET", address, headers={"accept": kind})
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, 1000 * (time.perf_counter() - began), content

    def busy(self) -> float:
        """Milliseconds of processor time so far, on all cores."""
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
        return 1000 * sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> float:
        """The most memory that it ever held, in GB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e6


@contextmanager
def viewing(out: Path, work: Path, *options: str) -> Iterator[tuple[Served, float]]:
    """``shotlist view``, and the seconds that it took until it could be asked."""
    environment = os.environ | {"XDG_CACHE_HOME": str(work / "cache")}
    began = time.perf_counter()
    command = [*SHOTLIST, "view", str(out), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[0]
            yield Served(process, address), time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGINT)


def measured(served: Served, question: Question, kind: str) -> bool | None:
    """Ask every variant and print a row; None where the page is not there."""
    times = []
    before = served.busy()
    for address in question.addresses:
        status, milliseconds, content = served.ask(address, kind)
        if status != 200:
            return None
        if kind == "application/json":
            json.loads(content)
        times.append(milliseconds)
    form = "JSON" if kind == "application/json" else "page"
    median, slowest = statistics.median(times), max(times)
    busy = (served.busy() - before) / len(times)
    text = f"{median:.0f} ms, slowest {slowest:.0f} ms, {busy:.0f} ms of work"
    return row(f"{question.what} ({form})", text, f"≤ {question.aim:.0f} ms", slowest <= question.aim)


def decide_again(dataset: Dataset) -> None:
    """Other decisions, as after a build with another rule."""
    for part in dataset.parts("decisions").values():
        name = f"{int(part.fingerprint, 16) + 1:016x}"
        folder = dataset.local
        assert folder is not None
        (folder / part.path).rename(folder / part.path.replace(part.fingerprint, name))


def options(description: str | None) -> argparse.Namespace:
    """How many clips, where they lie, and whether a missed aim is an error."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=WORK, help="made data")
    parser.add_argument("--check", action="store_true", help="exit with 1 where an aim is missed")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    chosen = options(__doc__)
    out = chosen.work / f"clips-{chosen.clips}"
    if not (out / "recipe.json").exists():
        shutil.rmtree(out, ignore_errors=True)
        make(Dataset.create(out), chosen.clips)
    shutil.rmtree(chosen.work / "cache", ignore_errors=True)
    print(f"{chosen.clips:,} clips\n\n| what | measured | aim | met |\n|---|---|---|---|")
    good: list[bool | None] = []

    def started(what: str, seconds: float, served: Served, aim: float) -> None:
        text, memory = f"{seconds:.1f} s, {served.peak():.2f} GB", served.peak()
        good.append(row(what, text, f"≤ {aim:.0f} s, ≤ {MEMORY:g} GB", seconds <= aim and memory <= MEMORY))

    with viewing(out, chosen.work) as (served, seconds):
        started("first start, the index is made", seconds, served, INDEX)
        files = (chosen.work / "cache").rglob("*.duckdb")
        print(f"| the index on disk | {sum(p.stat().st_size for p in files) / 1e9:.2f} GB | | |")
        for kind in ("text/html", "application/json"):
            good += [measured(served, question, kind) for question in [*views(), *questions()]]
        good.append(row("memory at most", f"{served.peak():.2f} GB", f"≤ {MEMORY:g} GB", served.peak() <= MEMORY))
    with viewing(out, chosen.work) as (served, seconds):
        started("another start", seconds, served, AGAIN)
        good += [measured(served, question, "text/html") for question in [*views(), *questions()]]
        good.append(row("memory at most", f"{served.peak():.2f} GB", f"≤ {MEMORY:g} GB", served.peak() <= MEMORY))
    decide_again(Dataset(out))
    with viewing(out, chosen.work) as (served, seconds):
        started("a start after other decisions, the words are kept", seconds, served, INDEX)
    if chosen.check and not all(found is not False for found in good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
