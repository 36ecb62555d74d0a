"""How well shot boundaries are found, ours beside PySceneDetect's, as a Markdown table.

    python benchmarks/cuts.py [--shared ../shared] [--seeds 7 1 2 3] [--films 8] [--work FOLDER]

Two benchmarks: films that shotbench.py makes of real clips with known boundaries, and the real films with
hand-checked boundaries of score_cuts.py. PySceneDetect's detectors run with their default settings where the
package is installed (`pip install scenedetect opencv-python-headless`), and are left out otherwise.
"""

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import pyarrow as pa

from shotlist.engine.film import Film, ShardTables
from shotlist.engine.step import Batch
from shotlist.records import WHOLE, Source
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots

Found = list[tuple[int, float]]
"""Frame number and time in seconds of each boundary."""
Detector = Callable[[Path], Found]

REPOSITORY = Path(__file__).resolve().parent.parent
SCENEDETECT = {
    "content": "ContentDetector",
    "adaptive": "AdaptiveDetector",
    "hash": "HashDetector",
    "histogram": "HistogramDetector",
    "threshold": "ThresholdDetector",
}


# Ours


def ours(fast: bool = False) -> Detector:
    """The default detector on what the scan keeps; ``fast`` as with ``--set scan.fast=true``."""

    def detect(path: Path) -> Found:
        source = Source("v", str(path), path.stat().st_size, "")
        step = Scan(fast=fast, stills_per_second=0, vectors_per_second=0)
        rows: dict[str, list[tuple[int, Batch]]] = {name: [] for name in step.tables}
        notes = []
        for item in step.read(path, source, WHOLE):
            if isinstance(item, dict):
                notes.append(item)
            else:
                rows[item[0]].append((0, item[1]))
        tables = ShardTables({})
        for name, schema in step.tables.items():
            batches = list(step.join(source, notes, name, rows[name]))
            tables.put(name, pa.Table.from_batches(batches, schema))
        shots = list(Shots().rows(Film(source, tables)))[1:]
        begin, rate = _begin(path), _rate(path)
        # Frames that the fast mode skips still count, so frame numbers come from times.
        return [(round((s.start_us / 1e6 - begin) * rate) if fast else s.start_frame, s.start_us / 1e6) for s in shots]

    return detect


def _rate(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 25)


# PySceneDetect's


def theirs(class_name: str) -> Detector:
    import scenedetect

    def detect(path: Path) -> Found:
        video = scenedetect.open_video(str(path), backend="pyav")
        manager = scenedetect.SceneManager()
        manager.add_detector(getattr(scenedetect, class_name)())
        manager.detect_scenes(video)
        begin = _begin(path)
        starts = [start for start, _ in manager.get_scene_list()][1:]
        return [(_frames(s), _seconds(s) + begin) for s in starts]

    return detect


def _begin(path: Path) -> float:
    """Time of the first frame on the container's clock; PySceneDetect counts from zero."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float((stream.start_time or 0) * (stream.time_base or 0))


def _frames(timecode: object) -> int:
    return int(getattr(timecode, "frame_num", None) or timecode.get_frames())  # type: ignore[attr-defined]


def _seconds(timecode: object) -> float:
    value = getattr(timecode, "seconds", None)
    return float(timecode.get_seconds() if value is None else value)  # type: ignore[attr-defined]


# The two benchmarks


def made_films(shared: Path, folder: Path, seeds: list[int], films: int) -> Path:
    """Make the films of all seeds under a folder, unless they are there; the path of their common truth."""
    truth = {}
    for seed in seeds:
        out = folder / f"seed{seed}x{films}"
        if not (out / "truth.json").exists():
            command = [sys.executable, str(shared / "tools" / "shotbench.py"), "make", str(shared / "media")]
            subprocess.run(
                [*command, str(out), "--films", str(films), "--seed", str(seed)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        for name, film in json.loads((out / "truth.json").read_text()).items():
            truth[f"{out.name}/{name}"] = film
    path = folder / "truth.json"
    path.write_text(json.dumps(truth))
    return path


def score_made(shared: Path, truth: Path, found: dict[str, Found]) -> str:
    predicted = truth.with_name("predicted.json")
    predicted.write_text(json.dumps({name: [f for f, _ in marks] for name, marks in found.items()}))
    return _figures([str(shared / "tools" / "shotbench.py"), "score", str(truth), str(predicted)])


def score_real(shared: Path, folder: Path, found: dict[str, Found]) -> str:
    predicted = folder / "predicted_real.json"
    predicted.write_text(json.dumps({name: [s for _, s in marks] for name, marks in found.items()}))
    return _figures([str(shared / "tools" / "score_cuts.py"), str(shared / "media"), str(predicted)])


def _figures(command: list[str]) -> str:
    """The cells F1, precision and recall from the last line that a scoring tool prints."""
    out = subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True).stdout
    line = out.strip().splitlines()[-1]
    return " | ".join(re.search(rf"{word} (\d\.\d+)", line)[1] for word in ("F1", "precision", "recall"))  # type: ignore[index]


def detectors() -> dict[str, Detector]:
    """Every detector that can run here, by the name it has in the table."""
    out: dict[str, Detector] = {"shotlist": ours(), "shotlist, scan.fast": ours(fast=True)}
    if importlib.util.find_spec("scenedetect"):
        out |= {f"PySceneDetect {name}": theirs(class_name) for name, class_name in SCENEDETECT.items()}
    return out


def table(shared: Path, work: Path, seeds: list[int], films: int) -> None:
    """Run everything and print the table row by row."""
    truth = made_films(shared, work, seeds, films)
    made = list(json.loads(truth.read_text()))
    real = [n for n in json.loads((shared / "media" / "cuts.json").read_text()) if not n.startswith("_")]
    print(f"{len(made)} made films (seeds {', '.join(map(str, seeds))}), {len(real)} real films\n")
    print("| detector | made: F1 | precision | recall | real: F1 | precision | recall | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, detect in detectors().items():
        began = time.perf_counter()
        on_made = score_made(shared, truth, {n: detect(work / n) for n in made})
        on_real = score_real(shared, work, {n: detect(shared / "media" / n) for n in real})
        print(f"| {name} | {on_made} | {on_real} | {time.perf_counter() - began:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = REPOSITORY.parent / "shared"
    parser.add_argument("--shared", type=Path, default=shared, help="folder with media and tools")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 1, 2, 3])
    parser.add_argument("--films", type=int, default=8, help="films per seed")
    parser.add_argument("--work", type=Path, help="where the made films are kept (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as nowhere:
        work = options.work or Path(nowhere)
        work.mkdir(parents=True, exist_ok=True)
        table(options.shared.resolve(), work, options.seeds, options.films)


if __name__ == "__main__":
    main()
