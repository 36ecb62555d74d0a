"""The camera's movement has a name that a viewer would give it."""

import numpy as np
import pytest

from films import even, looks, scan, views, whole, write
from shotlist.engine.film import Clip
from shotlist.measure.camera import Camera
from shotlist.sample.film import render


def camera(tmp_path, pictures):
    return Camera().measure(whole(scan(write(tmp_path / "film.mp4", pictures, crf=18))))


MOVES = {
    "static": ({}, 0.0),
    "pan right": ({"x": 0.2}, 0.2),
    "pan left": ({"x": -0.2}, 0.2),
    "tilt up": ({"y": -0.2}, 0.2),
    "tilt down": ({"y": 0.2}, 0.2),
    "zoom in": ({"zoom": 0.15}, 0.15),
    "zoom out": ({"zoom": -0.12}, 0.128),
    "roll": ({"roll": 15.0}, 15.0),
}


@pytest.mark.parametrize("kind", MOVES)
def test_pure_movements(tmp_path, kind):
    moves, speed = MOVES[kind]
    found = camera(tmp_path, views(1.5, **moves))
    assert found.kind == kind
    assert found.speed == pytest.approx(speed, rel=0.17)


@pytest.mark.parametrize("moves", [{"x": 0.15, "y": 0.15}, {"x": 0.1, "zoom": 0.2}])
def test_two_movements_of_equal_strength_are_mixed(tmp_path, moves):
    assert camera(tmp_path, views(1.5, **moves)).kind == "mixed"


def test_a_movement_beside_a_much_stronger_one_is_not_told(tmp_path):
    assert camera(tmp_path, views(1.5, x=0.3, zoom=0.05)).kind == "pan right"


def trembling(amplitude: float):
    """Three hertz to and fro, in frame widths."""
    t = np.arange(50) / 25
    return looks(zip(amplitude * np.sin(2 * np.pi * 3.3 * t), amplitude * np.cos(2 * np.pi * 2.9 * t), strict=True))


def test_a_trembling_hand_is_shaky(tmp_path):
    found = camera(tmp_path, trembling(0.01))
    assert found.kind == "shaky"
    assert found.speed == found.shake > 0.1


def test_a_hand_that_hardly_trembles_is_static(tmp_path):
    assert camera(tmp_path, trembling(0.001)).kind == "static"


def test_something_that_crosses_the_picture_is_no_pan(tmp_path):
    (background,) = views(0.04, seed=1)
    crossed = []
    for k in range(40):
        picture = background.copy()
        picture[20:70, 5 + 2 * k : 45 + 2 * k] = (230, 220, 40)
        crossed.append(picture)
    assert camera(tmp_path, crossed).kind == "static"


def series(**values) -> Clip:
    still = {"dx": 0.0, "dy": 0.0, "zoom": 0.0, "roll": 0.0}
    return whole(even(2.0, 10, **{**still, **values}))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"dx": 0.019}, "static"),
        ({"dx": 0.021}, "pan left"),
        ({"zoom": 0.039}, "static"),
        ({"zoom": 0.041}, "zoom in"),
        ({"roll": -2.4}, "roll"),
        ({"dx": 0.1, "dy": 0.05}, "pan left"),
        ({"dx": 0.1, "dy": 0.07}, "mixed"),
    ],
)
def test_limits_between_the_kinds(values, kind):
    assert Camera().measure(series(**values)).kind == kind


def test_limits_can_be_set():
    assert Camera(still=0.2).measure(series(dx=0.1)).kind == "static"
    assert Camera(pure=0.9).measure(series(dx=0.1, dy=0.07)).kind == "pan left"
    wild = np.tile([0.1, 0.0, -0.1, 0.0], 5)
    assert Camera().measure(series(dx=wild)).kind == "shaky"
    assert Camera(shaky=0.5).measure(series(dx=wild)).kind == "static"


def test_one_wild_pair_does_not_shake_a_film():
    wild = np.zeros(20)
    wild[7] = 3.0
    assert Camera().measure(series(dx=wild)).shake == 0


def test_too_few_pairs_say_nothing():
    assert Camera().measure(whole(even(0.3, 10, dx=0.1, dy=0, zoom=0, roll=0))) is None


def test_the_pair_across_the_cut_does_not_count():
    film = even(2.0, 10, dx=np.r_[np.zeros(10), 5.0, np.zeros(9)], dy=0, zoom=0, roll=0)
    clip = Clip(film, 1_000_000, 2_000_000, 10, 20)
    assert Camera().measure(clip).shake == 0 and np.isnan(clip.signal("dx")[0])


SHOTS = {
    "mountains": "pan right",
    "sea": "static",
    "meadow": "zoom in",
    "canvas": "roll",
    "dunes": "shaky",
    "city": "tilt up",
    "train": "static",
    "birches": "pan left",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    made = render(tmp_path_factory.mktemp("sample"), size=(320, 180), shots=tuple(SHOTS), seconds=2.5)
    return made, scan(made.video)


@pytest.mark.parametrize("name", SHOTS)
def test_cameras_of_the_sample_film(sample, name):
    made, found = sample
    (shot,) = [s for s in made.shots if s.name == name]
    first, last = shot.start + 10, shot.end - 10  # without the transitions
    times = found.signals["time_us"]
    measured = Camera().measure(Clip(found, int(times[first]), int(times[last]), first, last))
    assert measured.kind == SHOTS[name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chaplin_policeman.mp4", "static"),
        ("friday_dialogue.mp4", "static"),
        ("president_statement.mp4", "static"),
        ("space_needle.avi", "shaky"),
    ],
)
def test_cameras_of_real_films(shared_media, name, kind):
    assert Camera().measure(whole(scan(shared_media / name))).kind == kind
