"""What is kept for each frame means what `shotlist steps scan` says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films import film, looks, plain, read, scan, texture, views, write
from shotlist.sample.film import render
from shotlist.scan.scan import Scan
from shotlist.scan.signals import MOTION_EVERY_US, SIGNALS


def exact(tmp_path, pictures, **options):
    """A film without loss."""
    return scan(write(tmp_path / "film.mkv", pictures, codec="ffv1", **options))


def test_every_signal_is_stored_for_every_frame(tmp_path):
    found = scan(write(tmp_path / "film.mp4", views(1.0, x=0.2)), hsv=True)
    assert set(SIGNALS) == set(found.signals) - {"frame", "time_us"}
    assert all(len(values) == 25 for values in found.signals.values())
    assert found.signals["frame"].tolist() == list(range(25))


def test_brightness_of_greys(tmp_path):
    levels = [0, 16, 64, 128, 192, 235, 255]
    brightness = exact(tmp_path, [plain(v) for v in levels]).signals["brightness"]
    assert brightness == pytest.approx([v / 255 for v in levels], abs=0.006)


@settings(deadline=None, max_examples=20)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_brightness_of_colours_is_their_luma(tmp_path_factory, rgb):
    found = exact(tmp_path_factory.mktemp("colour"), [plain(rgb)])
    luma = np.dot(rgb, (0.299, 0.587, 0.114)) / 255
    assert found.signals["brightness"][0] == pytest.approx(luma, abs=0.012)


def test_contrast_is_the_spread_of_luma(tmp_path):
    half = plain(0)
    half[:, 80:] = 255
    found = exact(tmp_path, [plain(90), half])
    assert found.signals["contrast"] == pytest.approx([0.0, 0.5], abs=0.006)


def test_colourfulness_is_nought_for_grey_and_high_for_saturated(tmp_path):
    bands = plain(0)
    for k, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]):
        bands[:, 40 * k : 40 * k + 40] = colour
    grey, vivid, dull = exact(tmp_path, [plain(130), bands, bands // 4 + 90]).signals["colourfulness"]
    assert grey < 1
    assert vivid > 80
    assert 10 < dull < vivid / 2


def test_colourfulness_is_hasler_and_suesstrunks(tmp_path):
    rng = np.random.default_rng(0)
    picture = np.kron(rng.integers(0, 256, (3, 4, 3)), np.ones((30, 40, 1), int)).astype(np.uint8)
    red, green, blue = (picture[..., k].astype(float) for k in range(3))
    across, along = red - green, 0.5 * (red + green) - blue
    known = np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean())
    assert exact(tmp_path, [picture]).signals["colourfulness"][0] == pytest.approx(known, rel=0.1)


def test_shares_of_flat_and_dark_pixels(tmp_path):
    dark = plain(200)
    dark[:45] = 0
    third = plain(128)
    third[:, :54] = texture()[:, :54]
    dim = plain(40)
    found = exact(tmp_path, [dark, third, dim])
    assert found.signals["dark"] == pytest.approx([0.5, found.signals["dark"][1], 0.0], abs=0.02)
    assert found.signals["flat"] == pytest.approx([0.5, 0.68, 1.0], abs=0.06)


def test_nothing_changes_between_equal_pictures(tmp_path):
    found = exact(tmp_path, [texture()] * 30)
    for name in ("diff_luma", "diff_chroma", "diff_histogram", "dx", "dy", "zoom", "roll", "local_motion"):
        assert np.nanmax(np.abs(found.signals[name])) == 0


def test_the_first_frame_has_nothing_to_differ_from(tmp_path):
    found = exact(tmp_path, [texture()] * 3)
    assert np.isnan(found.signals["diff_luma"][0])
    assert not np.isnan(found.signals["diff_luma"][1:]).any()


def test_a_hard_cut_stands_out(tmp_path):
    found = scan(write(tmp_path / "film.mp4", [*views(1.0, x=0.1, seed=1), *views(1.0, x=0.1, seed=2)]))
    for name in ("diff_luma", "diff_chroma"):
        change = found.signals[name]
        assert np.nanargmax(change) == 25
        assert change[25] > 3 * np.nanmax(np.delete(change, 25))


def test_a_step_of_brightness_is_measured(tmp_path):
    signals = exact(tmp_path, [plain(50), plain(101)]).signals
    assert signals["diff_luma"][1] == pytest.approx(0.2, abs=0.006)
    assert signals["diff_histogram"][1] == 1


MOVES = {
    "right": ({"x": 0.2}, "dx", -0.2),
    "left": ({"x": -0.2}, "dx", 0.2),
    "down": ({"y": 0.2}, "dy", -0.2),
    "up": ({"y": -0.2}, "dy", 0.2),
    "closer": ({"zoom": 0.15}, "zoom", 0.15),
    "farther": ({"zoom": -0.12}, "zoom", -0.12),
    "clockwise": ({"roll": 20.0}, "roll", 20.0),
    "against the clock": ({"roll": -20.0}, "roll", -20.0),
    "slowly right": ({"x": 0.03}, "dx", -0.03),
    "quickly right": ({"x": 0.8}, "dx", -0.8),
}


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (160, 120)])
@pytest.mark.parametrize("move", MOVES)
def test_camera_moves_are_measured_with_their_sign(tmp_path, move, size):
    """The picture moves against the camera: a pan to the right moves it to the left."""
    moves, name, speed = MOVES[move]
    found = scan(write(tmp_path / "film.mp4", views(1.2, size=size, seed=3, **moves), crf=18))
    medians = {n: float(np.nanmedian(found.signals[n])) for n in ("dx", "dy", "zoom", "roll")}
    assert medians.pop(name) == pytest.approx(speed, rel=0.15)
    edge = {"dx": 1.0, "dy": 1.0, "zoom": 0.5, "roll": np.pi / 360}  # speeds of the picture's edge
    assert max(abs(value) * edge[n] for n, value in medians.items()) < 0.02


def test_movement_is_fitted_ten_times_a_second(tmp_path):
    found = scan(write(tmp_path / "film.mp4", views(2.0, x=0.2, rate=50), rate=50))
    assert MOTION_EVERY_US == 100_000
    assert np.count_nonzero(~np.isnan(found.signals["dx"])) == pytest.approx(20, abs=1)


def test_speed_does_not_depend_on_the_frame_rate(tmp_path):
    for rate in (10, 25, 60):
        found = scan(write(tmp_path / f"{rate}.mp4", views(1.5, x=0.2, rate=rate), rate=rate, crf=18))
        assert np.nanmedian(found.signals["dx"]) == pytest.approx(-0.2, rel=0.15)


def crossed(speed: float, seconds: float = 2.0, size=(160, 90)):
    """A bright block that crosses a picture which stands still, `speed` widths a second."""
    for k in range(round(25 * seconds)):
        picture = texture(1, size).copy()
        x = round(10 + speed * size[0] * k / 25)
        picture[20:70, x : x + 40] = texture(2)[20:70, :40] // 2 + 100
        yield picture


def test_what_moves_before_a_still_camera_is_local(tmp_path):
    slow, quick = (scan(write(tmp_path / f"{v}.mp4", crossed(v), crf=18)).signals for v in (0.1, 0.3))
    for signals in (slow, quick):
        assert abs(np.nanmedian(signals["dx"])) < 0.01
        assert np.nanmedian(signals["local_motion"]) > 0.003
    assert np.nanmedian(quick["local_motion"]) > 1.5 * np.nanmedian(slow["local_motion"])


def test_a_moving_camera_alone_is_not_local(tmp_path):
    found = scan(write(tmp_path / "film.mp4", views(1.5, x=0.2), crf=18))
    assert np.nanmedian(found.signals["local_motion"]) < 0.003


def test_a_change_of_light_is_no_movement(tmp_path):
    pictures = [(texture() * (0.5 + k / 50)).clip(0, 255).astype(np.uint8) for k in range(25)]
    found = exact(tmp_path, pictures)
    for name in ("dx", "dy", "zoom"):
        assert np.nanmax(np.abs(found.signals[name])) < 0.1


def test_codec_vectors_follow_the_movement_and_can_be_switched_off(tmp_path):
    path = write(tmp_path / "film.mp4", views(2.0, x=0.4))
    read_five_times = scan(path).signals
    length = read_five_times["codec_motion"]
    assert np.count_nonzero(~np.isnan(length)) == pytest.approx(10, abs=1)
    assert np.nanmedian(length) > 2
    assert np.isnan(scan(path, vectors_per_second=0).signals["codec_motion"]).all()
    still = scan(write(tmp_path / "still.mp4", looks([(0.0, 0.0)] * 50)))
    assert np.nanmedian(still.signals["codec_motion"]) < 0.2


def test_codecs_without_vectors_have_none(tmp_path):
    found = exact(tmp_path, views(0.5, x=0.2))
    assert np.isnan(found.signals["codec_motion"]).all()


def test_thumbnails_are_tiny_pictures(tmp_path):
    tables = read(write(tmp_path / "film.mkv", [plain(128)] * 3, codec="ffv1"), Scan())
    thumb = np.frombuffer(tables["thumbs"]["thumb"][1].as_py(), np.uint8)
    assert len(thumb) == 18 * 32 + 2 * 9 * 16
    assert thumb[:576] == pytest.approx(128, abs=1) and thumb[576:] == pytest.approx(128, abs=1)
    assert film(tables).signals["time_us"].tolist() == [0, 40_000, 80_000]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    shots = ("mountains", "meadow", "canvas", "city", "birches")
    made = render(tmp_path_factory.mktemp("sample"), size=(320, 180), shots=shots, seconds=2.0)
    return made, scan(made.video)


SAMPLE_MOVES = {
    "mountains": ("dx", -0.10),
    "meadow": ("zoom", 0.08),
    "canvas": ("roll", 9.0),
    "city": ("dy", 0.13),
    "birches": ("dx", 0.08),
}


@pytest.mark.parametrize("shot", SAMPLE_MOVES)
def test_the_sample_films_camera_is_found_again(sample, shot):
    made, found = sample
    (planned,) = [s for s in made.shots if s.name == shot]
    name, speed = SAMPLE_MOVES[shot]
    inside = found.signals[name][planned.start + 11 : planned.end - 11]
    assert np.nanmedian(inside) == pytest.approx(speed, rel=0.15)
