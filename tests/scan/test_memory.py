"""A film of any length is scanned in the same memory."""

import subprocess
import sys
from pathlib import Path

from films import sine, views, write

SCAN = """
import resource, sys
from pathlib import Path
from shotlist.records import WHOLE, Source
from shotlist.scan.scan import Scan

path = Path(sys.argv[1])
for item in Scan().read(path, Source("film", str(path), 0, ""), WHOLE):
    pass
print(item["frames"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def frames_and_megabytes(path: Path) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", SCAN, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    frames, megabytes = done.stdout.split()
    return int(frames), int(megabytes)


def test_a_film_twenty_times_as_long_needs_no_more_memory(tmp_path):
    short = write(tmp_path / "short.ts", views(10.0, x=0.02, zoom=0.01), sound=sine(10.0, -20.0))
    long = tmp_path / "long.ts"
    long.write_bytes(short.read_bytes() * 20)
    (few, little), (many, much) = frames_and_megabytes(short), frames_and_megabytes(long)
    assert (few, many) == (250, 5000)
    assert much < little + 15
