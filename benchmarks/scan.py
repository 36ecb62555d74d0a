"""The scan against a plain decode by the ffmpeg program, on one core, in alternation.

Scan means all of it: signals, shots, stills at two per second, loudness. The reference decodes picture and sound
and throws them away. Both are pinned to one processor and take turns; the figure is the median of the ratios of
processor time, which other work on the machine disturbs less than the time on the clock.
"""

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

import av
import pyarrow as pa

from films import SMALL, arguments, ffmpeg, full_hd, looped, row, web_360p
from shotlist.engine.film import Film, ShardTables
from shotlist.records import WHOLE, Source
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots


def scan(path: Path, step: Scan) -> float:
    """Processor seconds to scan a film and find its shots."""
    began = time.process_time()
    source = Source("v", str(path), path.stat().st_size, "")
    notes, rows = [], {name: [] for name in step.tables}
    for item in step.read(path, source, WHOLE):
        if isinstance(item, dict):
            notes.append(item)
        else:
            rows[item[0]].append((0, item[1]))
    tables = ShardTables({})
    for name, schema in step.tables.items():
        tables.put(name, pa.Table.from_batches(list(step.join(source, notes, name, rows[name])), schema))
    list(Shots().rows(Film(source, tables)))
    return time.process_time() - began


def decode(path: Path) -> float:
    """Processor seconds that the ffmpeg program takes to decode picture and sound."""
    began = children()
    command = [ffmpeg(), "-v", "error", "-threads", "1", "-i", str(path), "-f", "null", "-"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return children() - began


def children() -> float:
    """Processor seconds of all programs that were run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratio(path: Path, step: Scan, rounds: int = 3) -> tuple[float, float]:
    """Median over rounds of (scan time / decode time) of one film, and the scan's speed against real time."""
    ratios, speeds = [], []
    scan(path, step)  # warms up
    for _ in range(rounds):
        ours, reference = scan(path, step), decode(path)
        ratios.append(ours / reference)
        speeds.append(length(path) / ours)
    return statistics.median(ratios), statistics.median(speeds)


def length(path: Path) -> float:
    """A film's length in seconds."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / 1e6


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    av.logging.set_level(av.logging.PANIC)
    media = chosen.shared / "media"
    small = [web_360p(chosen.shared, chosen.work), *(looped(media / name, chosen.work) for name in SMALL)]
    groups = [("1080p", [full_hd(chosen.shared, chosen.work)], 1.25), ("360p", small, 1.6)]
    print("| what | measured | aim | met |\n|---|---|---|---|")
    good = []
    for name, films, aim in groups:
        for step, what, limit in ((Scan(), "scan", aim), (Scan(fast=True), "scan.fast", 1.0)):
            found = [ratio(path, step) for path in films]
            middle = statistics.median(times for times, _ in found)
            speed = statistics.median(speed for _, speed in found)
            each = ", ".join(f"{times:.2f}" for times, _ in found)
            text = f"{middle:.2f} × the plain decode ({each}), {speed:.0f} × real time on one core"
            good.append(row(f"{what}, {name}", text, f"≤ {limit} ×", middle <= limit))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
