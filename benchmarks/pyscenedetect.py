"""A whole build against PySceneDetect's command line with its adaptive detector: same films, same cores.

The build decodes, finds shots, measures, describes and writes the dataset, but not the page of the report;
PySceneDetect finds shots. Both get the same processors: the films go one after the other to PySceneDetect, which uses
all of them for decoding. They take turns; the figure is the median of the ratios.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from films import arguments, full_hd, row, web_360p


def timed(command: list[str]) -> float:
    """Seconds on the clock that a program takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def ours(paths: list[str]) -> float:
    """Seconds of a build into a new dataset."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from shotlist.cli import main; main()", "build", *paths]
        return timed([*command, "-o", f"{folder}/out", "--quiet", "--no-report"])


def theirs(scenedetect: Path, paths: list[str]) -> float:
    """Seconds that PySceneDetect takes for the same films."""
    with tempfile.TemporaryDirectory() as folder:
        return sum(timed([str(scenedetect), "-i", p, "-o", folder, "detect-adaptive", "list-scenes"]) for p in paths)


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    scenedetect = Path(sys.executable).parent / "scenedetect"
    if not scenedetect.exists():
        sys.exit("the reference is missing: pip install scenedetect opencv-python-headless")
    media = chosen.shared / "media"
    sets = {
        "1080p": [full_hd(chosen.shared, chosen.work), media / "slides_talk.mp4"],
        "360p": [media / "long_compilation.mp4", web_360p(chosen.shared, chosen.work)],
    }
    print("| what | measured | aim | met |\n|---|---|---|---|")
    good = []
    for name, films in sets.items():
        paths = [str(p) for p in films]
        rounds = [(ours(paths), theirs(scenedetect, paths)) for _ in range(3)]
        a, b = (statistics.median(column) for column in zip(*rounds, strict=True))
        times = statistics.median(other / own for own, other in rounds)
        cores = len(os.sched_getaffinity(0))
        text = f"{a:.1f} s against {b:.1f} s, {times:.1f} times as fast on {cores} cores"
        good.append(row(f"whole build against scenedetect detect-adaptive, {name}", text, "faster", times > 1))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
