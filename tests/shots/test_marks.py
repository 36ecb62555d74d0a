"""Black, blank, cards and credits are marked; ordinary footage never is."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from films import plain, scan, texture, views, whole, write
from shotlist.records import Span
from shotlist.sample.film import render
from shotlist.shots.marks import mark_of

SIZE = (320, 180)


def mark(found) -> str | None:
    clip = whole(found)
    return mark_of(found, Span(clip.start_us, clip.end_us, 0, clip.end_frame, clip.seconds))


def marked(tmp_path, pictures, **options) -> str | None:
    return mark(scan(write(tmp_path / "film.mp4", pictures, crf=18, **options)))


def card(*lines: str, y: float = 70, points: int = 22) -> np.ndarray:
    """White letters on black."""
    picture = Image.new("RGB", SIZE)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(points)
    for k, line in enumerate(lines):
        draw.text((SIZE[0] / 2, y + 1.6 * points * k), line, "white", font, anchor="mm")
    return np.asarray(picture)


def rolling(speed: float, seconds: float = 2.0) -> Iterator[np.ndarray]:
    """Lettering that moves up by `speed` frame heights a second."""
    lines = ["Gaffer" if k % 3 else "Somebody as Somebody Else" for k in range(-20, 30)]
    for k in range(round(25 * seconds)):
        yield card(*lines, y=-400 - speed * SIZE[1] * k / 25, points=14)


def noisy(picture: np.ndarray, level: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (picture + rng.normal(0, level, picture.shape)).clip(0, 255).astype(np.uint8)


def test_black(tmp_path):
    assert marked(tmp_path, [plain(0, SIZE)] * 25) == "black"


def test_black_with_a_little_noise(tmp_path):
    assert marked(tmp_path, [noisy(plain(4, SIZE), 2, k) for k in range(25)]) == "black"


@pytest.mark.parametrize("colour", [255, 128, (0, 0, 200)])
def test_blank(tmp_path, colour):
    assert marked(tmp_path, [plain(colour, SIZE)] * 25) == "blank"


def test_a_title_on_black(tmp_path):
    assert marked(tmp_path, [card("A FILM BY", "SOMEBODY")] * 50) == "title card"


@pytest.mark.parametrize("speed", [0.1, 0.2, -0.15])
def test_rolling_credits(tmp_path, speed):
    assert marked(tmp_path, rolling(speed)) == "credits"


def test_a_moving_picture_is_ordinary(tmp_path):
    assert marked(tmp_path, views(2.0, x=0.1, size=SIZE)) is None


def test_a_still_picture_is_ordinary(tmp_path):
    assert marked(tmp_path, [texture(2, SIZE)] * 50) is None


def test_a_dark_scene_is_ordinary(tmp_path):
    assert marked(tmp_path, [picture // 8 for picture in views(2.0, x=0.1, size=SIZE)]) is None


def test_a_face_in_the_dark_is_ordinary(tmp_path):
    """A lit thing that sways before black, as on a stage."""
    stage = []
    for k in range(50):
        picture = plain(2, SIZE)
        x = round(110 + 12 * np.sin(k / 4))
        picture[40:150, x : x + 90] = texture(1, SIZE)[40:150, 100:190] // 2 + 60
        stage.append(picture)
    assert marked(tmp_path, stage) is None


def test_a_foggy_scene_with_grain_is_ordinary(tmp_path):
    fog = texture(0, SIZE) // 8 + 170
    assert marked(tmp_path, [noisy(fog, 4, k) for k in range(25)]) is None


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    shots = ("title", "mountains", "sea", "quiet", "city", "train", "birches", "credits")
    made = render(tmp_path_factory.mktemp("sample"), size=SIZE, shots=shots, seconds=2.5)
    return made, scan(made.video)


EXPECTED = {"quiet": "title card", "credits": "credits"}


@pytest.mark.parametrize("name", ["mountains", "sea", "quiet", "city", "train", "birches", "credits"])
def test_shots_of_the_sample_film(sample, name):
    made, found = sample
    (shot,) = [s for s in made.shots if s.name == name]
    inner = Span(0, 0, shot.start + 19, shot.end - 19, 0.0)  # without the transitions
    assert mark_of(found, inner) == EXPECTED.get(name)


FOOTAGE = [
    "chaplin_policeman.mp4",
    "clock_cat_one_cut.mp4",
    "friday_dialogue.mp4",
    "president_statement.mp4",
    "space_needle.avi",
    "vertical_captions.mp4",
    "vertical_wave.mp4",
]


@pytest.mark.parametrize("name", FOOTAGE)
def test_real_footage_has_no_mark(shared_media, name):
    assert mark(scan(shared_media / name)) is None


def test_dark_and_light_footage_of_a_lecture_has_no_mark(shared_media):
    found = scan(shared_media / "lecture_pendulum_part1.webm")
    times = found.signals["time_us"]
    for start, end in [(0.1, 11.1), (11.2, 20.7), (20.8, 67.5), (67.6, 69.8), (69.9, 72.2), (72.4, 73.7)]:
        first, last = np.searchsorted(times, [start * 1e6, end * 1e6])
        assert mark_of(found, Span(0, 0, int(first), int(last), end - start)) is None
