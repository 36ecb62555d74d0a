"""Memory of a worker on 1080p, for a film and for one ten times as long."""

import subprocess
import sys
from pathlib import Path

from films import arguments, full_hd, row

_SCAN = """
import resource, sys
from pathlib import Path
from shotlist.records import WHOLE, Source
from shotlist.scan.scan import Scan
path = Path(sys.argv[1])
for item in Scan().read(path, Source("v", str(path), path.stat().st_size, ""), WHOLE):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak(path: Path) -> int:
    """Largest resident memory in MB of a process that scans a film in one piece."""
    answer = subprocess.run([sys.executable, "-c", _SCAN, str(path)], check=True, capture_output=True, text=True)
    return int(answer.stdout)


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    short = peak(full_hd(chosen.shared, chosen.work))
    long = peak(full_hd(chosen.shared, chosen.work, loops=10))
    print("| what | measured | aim | met |\n|---|---|---|---|")
    text = f"{short} MB for 52 s, {long} MB for 520 s"
    good = row("peak memory of a worker, 1080p", text, "flat, ≤ 500 MB", long <= 500 and long <= short * 1.15)
    if chosen.check and not good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
