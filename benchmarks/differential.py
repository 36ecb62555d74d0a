"""How busy sliding windows keep a server and how much memory they hold; one is a chain of questions. And key frames.

python benchmarks/differential.py [--shared FOLDER] [--check]
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, cycle, islice, zip_longest
from pathlib import Path

from captions import stills
from films import arguments, row
from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.captions.differential import Differences, DifferencesRow
from shotlist.captions.keyframes import KeyFrames
from shotlist.captions.rolling import Conversation, outcomes, said
from shotlist.engine.film import Film, ShardTables
from shotlist.engine.recipe import Recipe
from shotlist.models.contracts import Request, Still
from shotlist.models.names import parse
from shotlist.models.openai import OpenAIModel
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots
from shotlist.shots.whole import Whole

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from servers.processes import running  # noqa: E402

LATENCY, IN_FLIGHT, CLIPS, HELD = 0.2, 64, 1000, 640
FILMS = {
    "one still camera": ("friday_dialogue.mp4", "chaplin_policeman.mp4", "highway_av1.mp4"),
    "cuts and pans": ("sintel_trailer_720p.mp4", "lecture_pendulum_part1.webm", "popeye_sinbad_song.mkv"),
}


def windows(pictures: list[Still]) -> Iterator[list[Request]]:
    """The questions about each clip, of 2 to 34 key frames as real films have; no two are the same."""
    drawn = random.Random(1)
    for clip in range(CLIPS):
        frames = drawn.choice((2, 2, 6, 15, 22, 24, 24, 34))
        yield [Request((f"{clip} {k}", *pictures[k : k + 2])) for k in range(frames)]


def window(requests: list[Request]) -> Conversation[int]:
    for request in requests:
        said((yield request))
    return len(requests)


def seconds_of(way: Callable[[OpenAIModel, list[list[Request]]], None], chains: list[list[Request]]) -> float:
    """How long a server is asked."""
    with running("latency.py", str(LATENCY)) as url:
        model = OpenAIModel(parse(f"openai:m@{url}?in_flight={IN_FLIGHT}"))
        began = time.perf_counter()
        way(model, chains)
        seconds = time.perf_counter() - began
        model.server.close()
    return seconds


def independent(model: OpenAIModel, chains: list[list[Request]]) -> None:
    """As if no question waited for another."""
    assert all(answer.text for answer in model.caption(chain.from_iterable(chains)))


def rolling(model: OpenAIModel, chains: list[list[Request]]) -> None:
    """As the step asks."""
    assert list(outcomes(model, map(window, chains))) == [len(found) for found in chains]


def lockstep(model: OpenAIModel, chains: list[list[Request]]) -> None:
    """The i-th question of all clips in memory, then the next."""
    for first in range(0, len(chains), 320):
        for questions in zip_longest(*chains[first : first + 320]):
            assert all(answer.text for answer in model.caption(q for q in questions if q))


def key_frames(shared: Path, names: tuple[str, ...]) -> tuple[int, int, float]:
    """Kept and looked at of all films, and seconds of film per second."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe((Scan(), Shots(), Whole(), KeyFrames()))
        build([shared / "media" / name for name in names], f"{folder}/data", recipe, options=Options(report=False))
        found = Dataset(f"{folder}/data")
        ((kept,),) = found.sql("SELECT count(*) FROM keyframes").fetchall()
        ((length,),) = found.sql("SELECT sum(duration_us) / 1e6 FROM videos").fetchall()
        log = (Path(folder) / "data" / "log.jsonl").read_text()
        seconds = float(log.split('"keyframes": ')[1].split(",")[0].rstrip("}"))
    return kept, round(length / 2), length / seconds


def held() -> int:
    """MB of memory that belong to this process alone."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def described(data: str, url: str) -> None:
    """Run in a process of its own: looks, looks a second and the most MB held, over clips of real films in turn."""
    dataset = Dataset(data)
    ((shard, part),) = dataset.parts("sources").items()
    tables = ShardTables({table: parts[shard] for table, parts in dataset.listing().items()}, dataset)
    sources = dataset.sources(part)
    films = (Film(source, tables) for source in islice(cycle(sources), HELD))
    step = Differences(model=f"openai:m@{url}?in_flight={IN_FLIGHT}")
    most, looks, began = held(), 0, time.perf_counter()
    for told in step.answers(clip for film in films for clip in film.clips()):
        assert isinstance(told, DifferencesRow), told
        looks, most = looks + len(told.notes), max(most, held())
    print(looks, looks / (time.perf_counter() - began), most)


def holding(shared: Path) -> tuple[int, float, int]:
    """What ``described`` prints."""
    with tempfile.TemporaryDirectory() as folder, running("latency.py", str(LATENCY)) as url:
        steps = Recipe((Scan(still_height=576), Shots(), Whole(max_seconds=0), KeyFrames()))
        films = [shared / "media" / name for names in FILMS.values() for name in names]
        build(films, f"{folder}/data", steps, options=Options(report=False))
        command = [sys.executable, __file__, "described", f"{folder}/data", url]
        looks, rate, most = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(looks), float(rate), int(most)


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    pictures = stills(chosen.shared / "media" / "sintel_trailer_720p.mp4", 64)
    print("| what | measured | aim | met |\n|---|---|---|---|")
    chains = list(windows(pictures))
    best, ours, simple = (seconds_of(way, chains) for way in (independent, rolling, lockstep))
    what = f"{CLIPS} sliding windows of 2 to 34 key frames, {IN_FLIGHT} calls in flight"
    told = f"{best / ours:.0%} of the speed of independent questions; in lockstep {best / simple:.0%}"
    good = [row(what, told, "≥ 85 %", best / ours >= 0.85)]
    looks, rate, most = holding(chosen.shared)
    what = f"the step on {HELD} clips of real films, {looks:,} looks"
    good.append(row(what, f"{most} MB held, {rate:.0f} of {IN_FLIGHT / LATENCY:.0f} looks/s", "≤ 300 MB", most <= 300))
    for what, names in FILMS.items():
        kept, looked, speed = key_frames(chosen.shared, names)
        good.append(row(f"key frames, {what}", f"{kept} of {looked}, {speed:,.0f} × real time", "", True))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    described(*sys.argv[2:4]) if sys.argv[1:2] == ["described"] else main()
