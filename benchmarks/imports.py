"""How long importing takes, and that it drags in nothing heavy.

python benchmarks/imports.py [--check]
"""

import json
import subprocess
import sys

from clock import options, report, timed

HEAVY = ("torch", "ray", "cv2", "av", "duckdb", "pyarrow", "numpy")
MODULES = ("shotlist", "shotlist.cli")
RUNS = 7


def loaded(module: str) -> list[str]:
    """Which of the heavy packages an import loads."""
    code = f"import {module}, json, sys; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return list(json.loads(answer.stdout))


def main() -> None:
    chosen = options(__doc__ or "", "imports")
    bare = timed([[sys.executable, "-c", "pass"]] * RUNS)
    rows = []
    for module in MODULES:
        seconds = timed([[sys.executable, "-c", f"import {module}"]] * RUNS) - bare
        heavy = ", ".join(loaded(module)) or "nothing heavy"
        rows.append((f"`import {module}` (loads {heavy})", seconds, 0.3))
    report(rows, chosen.check)


if __name__ == "__main__":
    main()
