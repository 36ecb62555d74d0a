"""Colours have the names that people give them."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import even, plain, scan, whole, write
from shotlist.engine.film import StillInfo
from shotlist.measure.colour import Colour, name_of

TABLE = {
    0x000000: "black",
    0x1E1E1E: "black",
    0x333333: "dark grey",
    0x808080: "grey",
    0xB0B0B0: "light grey",
    0xFFFFFF: "white",
    0xF5F5F0: "white",
    0xFF0000: "red",
    0xDC143C: "red",  # crimson
    0x5A0A0A: "dark red",
    0xFF8C00: "orange",  # dark orange
    0x8B4513: "brown",  # saddle brown
    0x5C3A1E: "dark brown",
    0xFFFF00: "yellow",
    0xFFD700: "yellow",  # gold
    0x228B22: "green",  # forest green
    0x003300: "dark green",
    0x98FB98: "light green",  # pale green
    0x40E0D0: "turquoise",
    0x0000FF: "blue",
    0x000050: "dark blue",
    0xADD8E6: "light blue",
    0x87CEEB: "light blue",  # sky blue
    0x800080: "purple",
    0xFF69B4: "pink",  # hot pink
    0xFFC0CB: "pink",
    0xE8B89A: "beige",  # skin
    0xF5DEB3: "beige",  # wheat
}


@pytest.mark.parametrize("rgb", TABLE, ids=lambda rgb: f"{rgb:06x}")
def test_plain_names(rgb):
    assert name_of(rgb) == TABLE[rgb]


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_has_a_name(rgb):
    assert name_of(rgb)


@given(st.integers(0, 255))
def test_greys_are_named_by_their_brightness_alone(level):
    names = ["black", "dark grey", "grey", "light grey", "white"]
    found = [names.index(name_of(v * 0x010101)) for v in range(level + 1)]
    assert found == sorted(found)


@given(st.floats(0, 1), st.sampled_from([0.9, 1.0]))
def test_bright_and_saturated_colours_are_never_dark_or_grey(hue, value):
    red, green, blue = (round(255 * c) for c in colorsys.hsv_to_rgb(hue, 1.0, value))
    assert not {"dark", "grey", "white", "black"} & set(name_of(red << 16 | green << 8 | blue).split())


def still(*colours: tuple[int, float], time_us: int = 0) -> StillInfo:
    rgb, shares = zip(*colours, strict=True)
    return StillInfo(time_us, 0, 100.0, (0.0,) * 4, (False,) * 4, True, rgb, shares)


def colour(*stills: StillInfo, vivid: float = 40.0, **settings):
    return Colour(**settings).measure(whole(even(1.0, tables={"frames": stills}, colourfulness=vivid)))


def test_the_commonest_colours_by_share():
    found = colour(still((0xFF0000, 0.2), (0x0000FF, 0.5), (0x00FF00, 0.3)))
    assert found.names == ("blue", "green", "red")
    assert found.shares == (0.5, 0.3, 0.2)
    assert found.hex == ("#0000ff", "#00ff00", "#ff0000")


def test_shades_of_one_name_add_up_over_all_stills():
    found = colour(still((0xFF0000, 0.3), (0xEE0505, 0.1), (0x0000FF, 0.2)), still((0x0000FF, 1.0), time_us=9))
    assert found.names == ("blue", "red") and found.shares == (0.6, 0.2)
    assert found.hex[1] == "#ff0000"


def test_what_covers_little_is_not_named():
    found = colour(still((0xFF0000, 0.93), (0x0000FF, 0.07)))
    assert found.names == ("red",)
    assert colour(still((0xFF0000, 0.93), (0x0000FF, 0.07)), least_share=0.05).names == ("red", "blue")


def test_three_names_at_most():
    many = still((0xFF0000, 0.3), (0x00FF00, 0.25), (0x0000FF, 0.2), (0xFFFF00, 0.15), (0, 0.1))
    assert len(colour(many).names) == 3
    assert len(colour(many, colours=5).names) == 5


@pytest.mark.parametrize(("vivid", "monochrome"), [(0, True), (7.9, True), (8.1, False), (60, False)])
def test_black_and_white_has_hardly_any_colour(vivid, monochrome):
    assert colour(still((0x808080, 1.0)), vivid=vivid).monochrome is monochrome


def test_a_clip_without_stills_has_no_names():
    found = colour()
    assert found.names == found.shares == found.hex == ()
    assert found.colourfulness == 40


def test_colours_of_a_film(tmp_path):
    picture = plain((200, 30, 30), (320, 180))
    picture[:, 200:] = (30, 60, 200)
    found = Colour().measure(whole(scan(write(tmp_path / "film.mp4", [picture] * 5))))
    assert found.names == ("red", "blue")
    assert found.shares == pytest.approx((0.625, 0.375), abs=0.05)
    assert not found.monochrome


def test_a_grey_film_is_black_and_white(tmp_path):
    ramp = np.broadcast_to(np.linspace(0, 255, 160)[None, :, None], (90, 160, 3)).astype(np.uint8)
    found = Colour().measure(whole(scan(write(tmp_path / "film.mp4", [ramp] * 5))))
    assert found.monochrome
    assert set(found.names) <= {"black", "dark grey", "grey", "light grey", "white"}
