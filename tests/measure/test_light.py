"""Brightness, flashes and changes of light."""

import numpy as np
import pytest

from films import even, plain, scan, texture, whole, write
from shotlist.measure.light import Light
from shotlist.sample.film import render


def light(brightness, rate=25, **settings):
    values = np.asarray(brightness, np.float32)
    film = even(len(values) / rate, rate, brightness=values, contrast=0.1, dark=0.2, flat=0.3)
    return Light(**settings).measure(whole(film))


def burst(at: int, frames: int, rise: float = 0.5, length: int = 50) -> np.ndarray:
    brightness = np.full(length, 0.3)
    brightness[at : at + frames] += rise
    return brightness


def test_means_over_the_clip():
    found = light(np.linspace(0.2, 0.4, 50))
    assert found.brightness == pytest.approx(0.3)
    assert (found.contrast, found.dark, found.plain) == pytest.approx((0.1, 0.2, 0.3))


@pytest.mark.parametrize("frames", [1, 2, 3, 6])
def test_a_flash_of_up_to_a_quarter_second_counts_once(frames):
    assert light(burst(20, frames)).flashes == 1


@pytest.mark.parametrize("frames", [7, 9, 12, 25])
def test_a_longer_burst_is_a_change_of_light(frames):
    assert light(burst(20, frames)).flashes == 0
    assert light(burst(20, frames), flash_seconds=1.0).flashes == 1


def test_several_flashes():
    assert light(burst(10, 2) + burst(25, 3) + burst(40, 1)).flashes == 3


def test_a_flash_soon_after_the_beginning_counts():
    assert light(burst(1, 2)).flashes == light(burst(47, 2)).flashes == 1


def test_what_begins_bright_did_not_flash():
    assert light(burst(0, 3)).flashes == light(burst(47, 3)).flashes == 0


def test_a_weak_flash_is_none():
    assert light(burst(20, 2, rise=0.08)).flashes == 0
    assert light(burst(20, 2, rise=0.08), flash_rise=0.05).flashes == 1


@pytest.mark.parametrize(
    "brightness", [np.r_[np.full(25, 0.2), np.full(25, 0.7)], np.linspace(0, 1, 50), burst(20, 3, -0.25)]
)
def test_steps_ramps_and_dark_moments_are_no_flashes(brightness):
    assert light(brightness).flashes == 0


def test_flashes_are_counted_by_time_at_any_rate():
    assert light(burst(60, 14, length=120), rate=60).flashes == 1
    assert light(burst(60, 18, length=120), rate=60).flashes == 0


def test_tiny_clips_are_measured():
    assert light([0.5]).flashes == 0
    assert light([0.5, 0.9]).drift == 0  # there is no first and last second


@pytest.mark.parametrize(("first", "last"), [(0.2, 0.8), (0.8, 0.2), (0.5, 0.5)])
def test_drift_is_the_last_second_against_the_first(first, last):
    brightness = np.r_[np.full(25, first), np.linspace(first, last, 50), np.full(25, last)]
    assert light(brightness).drift == pytest.approx(last - first)


def test_a_photo_flash_in_the_sample_film(tmp_path):
    made = render(tmp_path, size=(160, 90), shots=("city",), seconds=2.0)
    assert Light().measure(whole(scan(made.video))).flashes == 1


def test_light_of_a_real_encode(tmp_path):
    pictures = [texture() // 4] * 50
    pictures[20] = pictures[34] = plain(250)
    found = Light().measure(whole(scan(write(tmp_path / "film.mp4", pictures))))
    assert found.flashes == 2
    assert found.brightness == pytest.approx(np.mean(pictures) / 255, abs=0.02)
