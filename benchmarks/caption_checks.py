"""How long it takes to compare and count a million captions, and to check single ones, and in how much memory.

    python benchmarks/caption_checks.py [--work FOLDER] [--check]

The captions are made up: of every hundred, ten repeat another word for word and fifteen but for one word.
"""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from clock import options
from shotlist.captions.claims import Evidence, claims
from shotlist.captions.near import NearDuplicates
from shotlist.captions.quality import Quality
from shotlist.captions.statistics import agreements, statistics

MANY, FEW = 1_000_000, 100_000


def captions(count: int) -> pa.Table:
    """Texts of 20 to 80 words whose frequencies fall off as in a language."""
    rng = random.Random(count)
    words = [f"{rng.choice('bdfklmnprst')}{rng.choice('aeiou')}{k}" for k in range(30_000)]
    common = [_text(rng, words) for _ in range(2000)]
    texts = []
    for k in range(count):
        kind, text = rng.random(), list(common[k % len(common)])
        if kind > 0.25:
            text = _text(rng, words)
        elif kind > 0.1:
            text[rng.randrange(len(text))] = "changed"
        texts.append(" ".join(text) + ".")
    clips = [f"{k // 100:016x}_{k}_{k + 3000}" for k in range(count)]
    return pa.table({"clip_id": clips, "video_id": [c[:16] for c in clips], "text": texts})


def _text(rng: random.Random, words: list[str]) -> list[str]:
    return [words[min(len(words) - 1, int(rng.paretovariate(0.7)) - 1)] for _ in range(rng.randrange(20, 80))]


def connected(file: str) -> duckdb.DuckDBPyConnection:
    """A connection with the tables ``caption`` and ``other``, the same captions shifted by one clip."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"CREATE VIEW caption AS SELECT * FROM '{file}'")
    connection.execute("CREATE VIEW failures AS SELECT NULL::VARCHAR AS step WHERE false")
    return connection


def watched(work: Callable[[], object]) -> tuple[float, int]:
    """Seconds, and the most memory in MB that belonged to the process alone meanwhile."""
    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            lines = Path("/proc/self/status").read_text().splitlines()
            most = max(most, *(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon")))

    thread = threading.Thread(target=watch)
    thread.start()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    done.set()
    thread.join()
    return seconds, most


def measure(what: str, file: str) -> None:
    """Run in a process of its own: prints seconds and MB."""
    connection = connected(file)
    if what == "near":
        seconds, memory = watched(lambda: [len(batch) for batch in NearDuplicates().run(connection)])
    else:
        connection.execute("CREATE VIEW other AS SELECT clip_id, text FROM caption")
        seconds, memory = watched(
            lambda: (statistics(connection, "caption", ["text"]), agreements(connection, ["caption", "other"]))
        )
    print(seconds, memory)


def each(work: Callable[[], object], times: int = 500) -> float:
    """Milliseconds of one call."""
    work()
    began = time.perf_counter()
    for _ in range(times):
        work()
    return 1000 * (time.perf_counter() - began) / times


def main() -> None:
    """Print the table."""
    chosen = options(__doc__ or "", "caption_checks")
    chosen.work.mkdir(parents=True, exist_ok=True)
    print("| what | captions | seconds | MB |\n| --- | --- | --- | --- |")
    late = False
    for count in (FEW, MANY):
        file = chosen.work / f"{count}.parquet"
        if not file.exists():
            pq.write_table(captions(count), file, row_group_size=16_384)
        for what in ("near", "statistics"):
            command = [sys.executable, __file__, "measure", what, str(file)]
            seconds, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            print(f"| {what} | {count:,} | {float(seconds):.1f} | {memory} |")
            late = late or (count == MANY and float(seconds) > (120 if what == "near" else 10))
    text = "Anna Lee plays a red guitar on the beach while two dogs run past the old pier at 7:15. " * 3
    known, quality = [text.replace("red", "blue")] * 6, Quality()
    print(
        f"\nOne caption of {len(text.split())} words: {each(lambda: quality.judged(text)):.2f} ms for its quality,",
        end=" ",
    )

    def check() -> list[bool]:
        evidence = Evidence(known, range(40))
        return [evidence.holds(claim) for claim in claims(text)]

    print(f"{each(check):.2f} ms for its claims against six texts.")
    if chosen.check and late:
        sys.exit(1)


if __name__ == "__main__":
    measure(*sys.argv[2:4]) if sys.argv[1:2] == ["measure"] else main()
