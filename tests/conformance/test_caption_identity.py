"""Every caption belongs to its clip: what a model reads in the pictures of a clip is the number that was drawn there.

The model is a server that answers out of order and fails now and then. Workers and drivers die meanwhile.
"""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest

from films import write
from servers.digits import number_in, numbered
from servers.processes import running
from shotlist import Dataset

from .conftest import Way

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.filterwarnings("ignore")]
FILMS, SHOTS, FRAMES, RATE = 3, 4, 6, 10

RECIPE = '''
import os, signal
from dataclasses import dataclass
from pathlib import Path

from shotlist.captions.frames import FrameCaptions
from shotlist.captions.teacher import Teacher
from shotlist.captions.two_scales import Summary
from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.content import ContentCuts

MODEL = "openai:{name}@{url}?in_flight=8"


@dataclass(frozen=True)
class Deadly(Teacher):
    """A teacher whose worker dies once."""

    def requests(self, clip):
        mark = Path("{mark}")
        if mark.parent.is_dir() and clip.start_us > 1_000_000 and not mark.exists():  # not among the first
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().requests(clip)


recipe = Recipe((
    Scan(hsv=True, stills_per_second=10, still_height=90),
    ContentCuts(threshold=12.0, min_scene_frames=3),
    Clips(min_seconds=0.2),
    Deadly(title="teacher", model=MODEL, frames=3),
    Teacher(title="image", model=MODEL, view="image"),
    FrameCaptions(model=MODEL, places=(0.0, 0.5, 1.0)),
    Summary(model=MODEL, middle="image"),
    Rules({"long": "clips.seconds > 0.1"}),
))
'''


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films 1.mp4 to 3.mp4: shot k of film n shows the number 100 n + k for 0.6 s."""
    folder = tmp_path_factory.mktemp("numbered")
    for film in range(1, FILMS + 1):
        pictures = [numbered(100 * film + shot, k) for shot in range(SHOTS) for k in range(FRAMES)]
        write(folder / f"{film}.mp4", pictures, rate=RATE, crf=12)
    return folder


@pytest.fixture
def way(way: Way, tmp_path: Path) -> Way:
    """Without answers of an earlier test."""
    return replace(way, environment={**way.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture
def reader() -> Iterator[str]:
    with running("reader.py") as url:
        yield url


@pytest.fixture
def recipe(reader: str, tmp_path: Path) -> str:
    file = tmp_path / "reading.py"
    # A name of its own, because a cluster's workers keep answers beyond the test.
    said = {"{name}": f"reader-{uuid.uuid4().hex}", "{url}": reader, "{mark}": str(tmp_path / "deadly" / "died")}
    file.write_text(reduce(lambda text, pair: text.replace(*pair), said.items(), RECIPE))
    return str(file)


def answered(reader: str) -> int:
    with urllib.request.urlopen(f"{reader}/log") as answer:
        return int(json.load(answer)["answered"])


def assert_all_read(out: Path) -> None:
    """Each clip's captions hold the clip's own number and no other."""
    rows = Dataset(out).sql(
        "SELECT videos.uri, clips.start_us, teacher.text, image.text, frame_captions.texts, summary.text"
        " FROM clips JOIN videos USING (video_id) LEFT JOIN teacher USING (clip_id) LEFT JOIN image USING (clip_id)"
        " LEFT JOIN frame_captions USING (clip_id) LEFT JOIN summary USING (clip_id)"
    )
    found = {}
    for uri, start_us, teacher, image, frames, summary in rows.fetchall():
        number = str(100 * int(Path(uri).stem) + round(start_us * RATE / FRAMES / 1e6))
        found[number] = ({teacher, image, *frames, *summary.split()}, len(frames))
    assert found == {str(100 * f + s): ({str(100 * f + s)}, 3) for f in range(1, FILMS + 1) for s in range(SHOTS)}


def test_a_number_can_be_read_out_of_a_picture() -> None:
    import io

    from PIL import Image

    for number in (123, 456, 789, 10):
        file = io.BytesIO()
        Image.fromarray(numbered(number)).save(file, "JPEG", quality=50)
        assert number_in(file.getvalue()) == f"{number:03d}"


def test_captions_stay_with_their_clips_when_a_worker_dies(way: Way, films: Path, recipe: str, tmp_path: Path) -> None:
    (tmp_path / "deadly").mkdir()
    built = way.build([films], tmp_path / "data", "--recipe", recipe)
    assert (tmp_path / "deadly" / "died").exists()
    assert (built.code, built.summary["failures"]) == (0, [])
    assert_all_read(tmp_path / "data")


def test_captions_stay_with_their_clips_when_the_driver_dies_and_a_second_run_goes_on(
    way: Way, films: Path, recipe: str, reader: str, tmp_path: Path
) -> None:
    way.kill_at(lambda: answered(reader) >= 8, [films], tmp_path / "data", "--recipe", recipe)
    before = answered(reader)
    assert 8 <= before < FILMS * SHOTS * 6
    built = way.build([films], tmp_path / "data", "--recipe", recipe)
    assert built.code == 0
    assert answered(reader) > before
    assert_all_read(tmp_path / "data")
