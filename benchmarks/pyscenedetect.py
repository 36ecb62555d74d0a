"""A whole build against PySceneDetect's command line with its adaptive detector: same films, same cores.

The build decodes, finds shots, measures, describes and writes the dataset; PySceneDetect finds shots. Both get the
same processors: the films go one after the other to PySceneDetect, which uses all of them for decoding.
"""

import os
import shutil
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
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(p) for p in films]
            command = [sys.executable, "-c", "from shotlist.cli import main; main()", "build", *paths]
            ours = timed([*command, "-o", f"{folder}/out", "--quiet"])
            theirs = sum(
                timed([str(scenedetect), "-i", p, "-o", folder, "detect-adaptive", "list-scenes"]) for p in paths
            )
            shutil.rmtree(f"{folder}/out")
        cores = len(os.sched_getaffinity(0))
        text = f"{ours:.1f} s against {theirs:.1f} s, {theirs / ours:.1f} times as fast on {cores} cores"
        good.append(row(f"whole build against scenedetect detect-adaptive, {name}", text, "faster", ours < theirs))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
