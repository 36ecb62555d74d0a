"""A whole build with the recipe ``multimodal`` over ten minutes of 720p film, against the film's length.

python benchmarks/multimodal.py [--shared FOLDER] [--work FOLDER] [--check]
"""

import resource
import shutil
import time
from pathlib import Path

from films import arguments, ffmpeg, row, run
from shotlist import build
from shotlist.builder import Options

LOOPS = 12


def ten_minutes(shared: Path, work: Path) -> Path:
    """The Sintel trailer again and again, without re-encoding."""
    film = work / "ten_minutes.mp4"
    if not film.exists():
        trailer = str(shared / "media" / "sintel_trailer_720p.mp4")
        run([ffmpeg(), "-v", "error", "-y", "-stream_loop", str(LOOPS - 1), "-i", trailer, "-c", "copy", str(film)])
    return film


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    film, out = ten_minutes(chosen.shared, chosen.work), chosen.work / "multimodal-data"
    shutil.rmtree(out, ignore_errors=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    summary = build([film], out, "multimodal", options=Options(workers=2, report=False))
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    length = summary.footage_seconds
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print("| what | measured | aim | met |\n|---|---|---|---|")
    met = wall <= length
    row("multimodal, 10 min of 720p, two cores", f"{wall / length:.2f} × its length", "< 1.0", met)
    row("processor time", f"{used / length:.2f} × its length", "< 2.0", used <= 2 * length)
    row("memory of the largest worker", f"{after.ru_maxrss / 1e6:.2f} GB", "≤ 1.5 GB", after.ru_maxrss <= 1.5e6)
    if chosen.check and not met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
