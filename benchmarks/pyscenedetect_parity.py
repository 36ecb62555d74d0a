"""Do our content and adaptive detectors cut where PySceneDetect itself does? One line per film and detector.

Needs ``pip install scenedetect opencv-python-headless``. Run from the repository root:
``python benchmarks/pyscenedetect_parity.py [--shared PATH] [FILM ...]``. Exits with 1 if any cut differs.
"""

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import scenedetect
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from shotlist.engine.film import Film, ShardTables
from shotlist.records import Source
from shotlist.scan.scan import Scan
from shotlist.shots.content import AdaptiveCuts, ContentCuts, content_values

STEPS = {
    "content 25": ContentCuts(threshold=25.0),
    "content 27": ContentCuts(threshold=27.0),
    "content 30": ContentCuts(threshold=30.0),
    "adaptive 3.0": AdaptiveCuts(threshold=3.0),
}
SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov")


class Recorder(scenedetect.SceneDetector):  # type: ignore[misc]  # scenedetect has no types for us
    """Passes frames on to other detectors; notes scores, and cuts by the count of frames instead of times."""

    def __init__(self, detectors: Sequence[Any]) -> None:
        super().__init__()
        self._detectors = detectors
        self._seen: list[Any] = []
        self._cuts: list[list[Any]] = [[] for _ in detectors]
        self.scores: list[float] = []

    def process_frame(self, timecode: Any, frame_img: Any) -> list[Any]:
        """See SceneDetector."""
        self._seen.append(timecode)
        for detector, cuts in zip(self._detectors, self._cuts, strict=True):
            cuts.extend(detector.process_frame(timecode, frame_img))
        self.scores.append(self._detectors[0]._frame_score)  # the detectors' scores are the same
        return []

    def cuts(self) -> list[list[int]]:
        """Indices of the frames at which each detector cut."""
        return [[self._seen.index(cut) for cut in cuts] for cuts in self._cuts]


def theirs(path: Path, backend: str) -> Recorder:
    """What PySceneDetect finds, decoding with one of its own backends."""
    fresh = [ContentDetector(threshold=t) for t in (25.0, 27.0, 30.0)]
    recorder = Recorder([*fresh, AdaptiveDetector(adaptive_threshold=3.0)])
    manager = scenedetect.SceneManager()
    manager.add_detector(recorder)
    manager.detect_scenes(scenedetect.open_video(str(path), backend=backend))
    return recorder


def ours(path: Path) -> Film:
    """The film as a scan leaves it behind."""
    source = Source("film", str(path), path.stat().st_size, "")
    scan = Scan(hsv=True, stills_per_second=0, vectors_per_second=0)
    segments = list(scan.segments(path))
    notes: list[dict[str, Any]] = []
    batches: list[tuple[int, str, pa.RecordBatch]] = []
    for segment in segments:
        for item in scan.read(path, source, segment):
            if isinstance(item, dict):
                notes.append(item)
            else:
                batches.append((segment.index, *item))
    tables = ShardTables({})
    for table in ("videos", "signals"):
        rows = ((index, batch) for index, name, batch in batches if name == table)
        tables.put(table, pa.Table.from_batches(list(scan.join(source, notes, table, rows))))
    return Film(source, tables)


def main() -> int:
    """Compare all films; the exit status says whether all cuts agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with media/")
    arguments = parser.parse_args()
    logging.getLogger("pyscenedetect").setLevel(logging.CRITICAL)
    media = (p for p in (arguments.shared / "media").glob("*") if p.suffix in SUFFIXES)
    films = arguments.films or sorted(media)
    differing = [path.name for path in films if not compare(path)]
    print(f"{len(films) - len(differing)} of {len(films)} films agree", *differing)
    return 1 if differing else 0


def compare(path: Path) -> bool:
    """Print one film's lines; True if every cut agrees."""
    start = time.perf_counter()
    film = ours(path)
    print(f"{path.name}: {film.video['frames']} frames, scanned in {time.perf_counter() - start:.1f} s")
    found = [[s.start_frame for s in step.rows(film)][1:] for step in STEPS.values()]
    agree = True
    for backend in ("opencv", "pyav"):
        reference = theirs(path, backend)
        if not reference.scores:
            print(f"  {backend}: can't decode it")
            continue
        apart = deviation(content_values(film)[1], reference.scores)
        for name, mine, wanted in zip(STEPS, found, reference.cuts(), strict=True):
            verdict = "same" if mine == wanted else f"DIFFERENT: ours {mine}, theirs {wanted}"
            print(f"  {backend:7}{name:14}{len(wanted):4} cuts  {verdict}  {apart}")
            agree &= mine == wanted
    return agree


def deviation(mine: Any, wanted: Sequence[float]) -> str:
    """How far the scores of frames lie apart."""
    if len(mine) != len(wanted):
        return f"({len(mine)} frames against {len(wanted)})"
    return f"(scores apart by at most {np.abs(mine - np.array(wanted)).max():.2g})"


if __name__ == "__main__":
    sys.exit(main())
