"""How long a build takes that has nothing to do, for a folder of 1,000 videos.

python benchmarks/second_run.py [--work FOLDER] [--check]
"""

import struct
from pathlib import Path

from clock import SHOTLIST, options, report, timed
from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.sample.film import render

VIDEOS = 1000
RUNS = 7


def make_videos(folder: Path) -> None:
    """One film of half a second, again and again with another number in an empty box at its end."""
    film = render(folder.parent / "film", size=(64, 64), fps=10, shots=["canvas"], seconds=0.5).video.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(VIDEOS):
        (folder / f"{k:04d}.mp4").write_bytes(film + struct.pack(">I4sI", 12, b"free", k))


def main() -> None:
    chosen = options(__doc__ or "", "second_run")
    videos, out = chosen.work / "videos", chosen.work / "dataset"
    if not videos.is_dir():
        make_videos(videos)
    build([videos], out, options=Options(report=False))  # at once if it is there
    parts = sum(len(p) for p in Dataset(out).listing().values())
    command = [*SHOTLIST, "build", str(videos), "-o", str(out), "--no-report", "--quiet"]
    seconds = timed([command] * RUNS)
    report([(f"second run, {VIDEOS} videos in {parts} parts", seconds, 1.0)], chosen.check)


if __name__ == "__main__":
    main()
