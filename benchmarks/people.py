"""Who is found in real films against what a person sees in their stills, and how long that takes on one core.

    python benchmarks/people.py [--shared ../shared] [--check]

The films are built as users build them. The truth was written down by looking at every second still; where a number
is given for a stretch, it holds for all of its stills. People count who can be told apart: not the audience's
heads from behind, nor drivers behind a windscreen. `size` is the size of shot by the usual definitions. The finder's
limits were chosen with these films in view, so other films will do somewhat worse.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from films import arguments, row
from shotlist import Dataset, Recipe, build
from shotlist.annotate.audio import Audio
from shotlist.annotate.heads import SIZES, shot_size
from shotlist.annotate.landmarks import Landmarks
from shotlist.annotate.people import People
from shotlist.annotate.presence import Presence
from shotlist.annotate.voice import Voice
from shotlist.builder import Options
from shotlist.models.people import finder
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots


@dataclass(frozen=True)
class Truth:
    """What is seen between two times in seconds."""

    start: float
    end: float
    people: int
    size: str | None = None


LIVE = {
    "lecture_pendulum_part1.webm": (
        Truth(0, 11.1, 1, "medium"),
        Truth(11.1, 20.7, 1, "wide"),
        Truth(20.7, 33.4, 1, "medium"),
        Truth(34.4, 49.9, 1, "medium wide"),
        Truth(49.9, 59.4, 1, "wide"),
        Truth(60.9, 64.4, 1, "medium"),
        Truth(65.9, 67.5, 1, "wide"),
        Truth(67.5, 70.3, 0),
        Truth(70.4, 72.25, 1, "wide"),
        Truth(72.25, 73.9, 0),
    ),
    "friday_dialogue.mp4": (Truth(0, 6.2, 3, "medium"),),
    "chaplin_policeman.mp4": (Truth(0.4, 9.7, 2, "wide"),),
    "president_statement.mp4": (Truth(0, 8.8, 2, "medium"),),
    "vertical_wave.mp4": (Truth(0, 2, 1, "medium"),),
    "vertical_captions.mp4": (Truth(0, 6.2, 1, "medium wide"),),
}
"""Films of people."""
DRAWN = {
    "sintel_trailer_720p.mp4": (
        Truth(0, 5.2, 0),
        Truth(5.9, 8.9, 1, "wide"),
        Truth(9.4, 11.9, 0),
        Truth(12.4, 13.9, 1, "close-up"),
        Truth(13.95, 15.4, 1, "close-up"),
        Truth(16.9, 17.45, 2, "medium"),
        Truth(18.9, 21.2, 1, "extreme wide"),
        Truth(22.4, 23.7, 1, "medium"),
        Truth(24, 27.4, 0),
        Truth(27.42, 27.97, 1, "close-up"),
        Truth(28.9, 32.1, 1, "medium close-up"),
        Truth(32.4, 36.4, 0),
        Truth(36.9, 40.4, 1, "extreme wide"),
        Truth(41, 52.3, 0),
    ),
    "popeye_sinbad_song.mkv": (
        Truth(3.9, 12.3, 1, "wide"),
        Truth(12.4, 27.3, 1, "medium"),
        Truth(27.4, 38.9, 1, "wide"),
        Truth(40.9, 60.1, 1, "wide"),
    ),
}
"""Animated films, on which no network here was trained."""
EMPTY = ("highway_av1.mp4", "space_needle.avi", "slides_talk.mp4", "clock_cat_one_cut.mp4", "bbb_rotated90.mp4")
"""Films without people, but with cars, a sculpture like a body, cats, clothes, and a rotation flag."""
SPEAKING = {
    "friday_dialogue.mp4": "one of two faces",
    "president_statement.mp4": "one of two faces",
    "vertical_captions.mp4": "the only face",
    "lecture_pendulum_part1.webm": "the only face, small",
}
"""Films in which somebody in the picture speaks."""


def built(shared: Path, work: Path) -> Dataset:
    """All films through a real build."""
    steps = (Scan(), Audio(), Shots(), Clips(min_seconds=1.0), Voice(), Landmarks(), People(), Presence())
    names = (*LIVE, *DRAWN, *EMPTY)
    out = work / "people"
    build([shared / "media" / name for name in names], out, recipe=Recipe(steps), options=Options(report=False))
    return Dataset(out)


Stills = dict[int, list[float]]
"""For each still the heads' heights of those who are seen."""


def stills_of(dataset: Dataset, name: str) -> Stills:
    """What was found in each still of a film, of people whom the step ``people`` believes."""
    found: Stills = {us: [] for (us,) in _rows(dataset, name, "SELECT time_us FROM frames JOIN {v} ORDER BY 1")}
    query = "SELECT l.time_us, l.head FROM landmarks l JOIN people p USING (video_id, track) JOIN {v}"
    for time_us, head in _rows(dataset, name, query):
        found[time_us].append(head or 0.0)
    return found


def _rows(dataset: Dataset, name: str, query: str) -> list[Any]:
    film = f"(SELECT video_id FROM sources WHERE uri LIKE '%/{name}') USING (video_id)"
    return list(dataset.sql(query.replace("{v}", film)).fetchall())


def compared(dataset: Dataset, films: dict[str, tuple[Truth, ...]]) -> dict[str, tuple[float, float, float]]:
    """Per film: shares of stills in which presence is right, in which the count is right, and of people found."""
    answers = {}
    for name, truths in films.items():
        stills = stills_of(dataset, name)
        pairs = [(len(stills[us]), t.people) for t in truths for us in stills if t.start <= us / 1e6 < t.end]
        presence = statistics.fmean((found > 0) == (people > 0) for found, people in pairs)
        count = statistics.fmean(found == people for found, people in pairs)
        there = sum(people for _, people in pairs)
        answers[name] = presence, count, sum(min(found, people) for found, people in pairs) / max(1, there)
    return answers


def sizes(dataset: Dataset, films: dict[str, tuple[Truth, ...]]) -> tuple[int, int, int]:
    """Stretches whose size is right, right or next to it, and all in which somebody was found."""
    order = [name for name, _ in SIZES]
    right = near = asked = 0
    for name, truths in films.items():
        stills = stills_of(dataset, name)
        for truth in truths:
            heads = [max(h) for us, h in stills.items() if h and truth.start <= us / 1e6 < truth.end]
            if truth.size is None or not heads:
                continue
            apart = abs(order.index(shot_size(statistics.median(heads))) - order.index(truth.size))
            right, near, asked = right + (apart == 0), near + (apart <= 1), asked + 1
    return right, near, asked


def false_people(dataset: Dataset) -> tuple[int, float]:
    """People that were found in films without any, and how many minutes these last."""
    count, minutes = 0, 0.0
    for name in EMPTY:
        count += _rows(dataset, name, "SELECT count(*) FROM people JOIN {v}")[0][0]
        minutes += _rows(dataset, name, "SELECT sum(duration_us) / 6e7 FROM videos JOIN {v}")[0][0]
    return count, minutes


def speakers(dataset: Dataset) -> None:
    """Print how sure it is that somebody speaks, clip by clip."""
    print("\n| film | who speaks | speaking, by clip |\n|---|---|---|")
    for name, who in SPEAKING.items():
        query = "SELECT speaking FROM presence JOIN {v} ORDER BY clip_id"
        found = ", ".join("–" if s is None else f"{s:.2f}" for (s,) in _rows(dataset, name, query))
        print(f"| {name} | {who} | {found} |")


def speed(dataset: Dataset) -> tuple[float, float, float]:
    """Milliseconds of processor time per still with people and without, and the speed against real time."""
    people = finder("mediapipe")
    spent: dict[bool, list[float]] = defaultdict(list)
    footage = 0.0
    for name in (*LIVE, *DRAWN, *EMPTY):
        jpegs = [bytes(j) for (j,) in _rows(dataset, name, "SELECT jpeg FROM frames JOIN {v} ORDER BY time_us")]
        footage += _rows(dataset, name, "SELECT duration_us / 1e6 FROM videos JOIN {v}")[0][0]
        for jpeg in jpegs:
            began = time.process_time()
            ((_, found),) = people.people([(0, _decoded(jpeg))])
            spent[bool(found)].append(time.process_time() - began)
    taken = sum(map(sum, spent.values()))
    return 1e3 * statistics.fmean(spent[True]), 1e3 * statistics.fmean(spent[False]), footage / taken


def _decoded(jpeg: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


def main() -> None:
    """Print the tables."""
    chosen: argparse.Namespace = arguments(__doc__ or "")
    dataset = built(chosen.shared, chosen.work)
    print("| film | presence right | count right | people found |\n|---|---|---|---|")
    for films in (LIVE, DRAWN):
        for name, figures in compared(dataset, films).items():
            print(f"| {name} | " + " | ".join(f"{100 * f:.0f} %" for f in figures) + " |")
    speakers(dataset)
    print("\n| what | measured | aim | met |\n|---|---|---|---|")
    good = []
    live = compared(dataset, LIVE).values()
    presence = statistics.fmean(f[0] for f in live)
    good.append(row("presence in stills, six live films", f"{100 * presence:.0f} %", "≥ 95 %", presence >= 0.95))
    found = statistics.fmean(f[2] for f in live)
    good.append(row("people found, six live films", f"{100 * found:.0f} %", "≥ 80 %", found >= 0.8))
    count, minutes = false_people(dataset)
    text = f"{count} in {minutes:.1f} minutes"
    good.append(row("false people in five films without any", text, "≤ 0.5 a minute", count / minutes <= 0.5))
    right, near, asked = sizes(dataset, LIVE)
    text = f"{right} of {asked} right, {near} right or next to it"
    good.append(row("size of shot, live films", text, "≥ 70 % right", right / asked >= 0.7))
    right, near, asked = sizes(dataset, DRAWN)
    good.append(row("size of shot, animated films", f"{right} of {asked} right, {near} or next", "–", True))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    busy, idle, faster = speed(dataset)
    text = f"{busy:.0f} ms a still with people, {idle:.0f} ms without, {faster:.1f} × real time"
    good.append(row("finding people, one core", text, "≥ 3 ×", faster >= 3))
    if chosen.check and not all(good):
        sys.exit(1)


if __name__ == "__main__":
    main()
