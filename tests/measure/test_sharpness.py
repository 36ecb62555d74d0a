"""Blur lowers sharpness."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from films import even, scan, texture, whole, write
from shotlist.engine.film import StillInfo
from shotlist.measure.sharpness import Sharpness


def sharpness(tmp_path, radius: float) -> float:
    picture = Image.fromarray(texture(0, (320, 180), fine=8)).filter(ImageFilter.GaussianBlur(radius))
    return Sharpness().measure(whole(scan(write(tmp_path / "film.mp4", [np.asarray(picture)] * 3, crf=10))))


def test_blur_lowers_it(tmp_path):
    found = [sharpness(tmp_path, radius) for radius in (0, 1, 2, 4)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 50 > found[-1]


def test_it_is_the_median_of_the_stills():
    stills = [
        StillInfo(k, k, value, (0.0,) * 4, (False,) * 4, True, (), ()) for k, value in enumerate((10.0, 80.0, 900.0))
    ]
    assert Sharpness().measure(whole(even(1.0, tables={"frames": stills}))) == 80


def test_a_clip_without_stills_has_none(tmp_path):
    found = scan(write(tmp_path / "film.mp4", [texture()] * 3), stills_per_second=0)
    assert Sharpness().measure(whole(found)) is None


def test_a_still_camera_film_is_as_sharp_as_its_picture(tmp_path):
    one, many = (
        Sharpness().measure(whole(scan(write(tmp_path / f"{n}.mp4", [texture(0, (320, 180), fine=8)] * n, crf=10))))
        for n in (1, 60)
    )
    assert one == pytest.approx(many, rel=0.2)
