"""A long film that is scanned in pieces leaves exactly the tables of one piece."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films import film, looks, plain, read, texture, views, write
from shotlist.media.decode import key_segments
from shotlist.scan.scan import Scan


def eventful():
    """Shots with cuts on and beside key frames, a flash, a fade and an unchanged picture: 3.2 seconds."""
    yield from views(0.56, x=0.1, seed=1)
    yield from views(0.44, x=-0.2, seed=2)
    yield plain(255)
    yield from views(0.6, zoom=0.1, seed=3)
    yield from ((texture(4) * (k / 14)).astype("uint8") for k in range(14))
    yield from looks([(0.0, 0.0)] * 20, seed=5)
    yield from views(0.2, roll=10, seed=6)


KINDS = {
    "h264": ("film.mp4", {"bf": 2, "preset": "medium"}),
    "h264 open gop": ("film.mp4", {"bf": 3, "preset": "medium", "x264-params": "open-gop=1"}),
    "h264 stream": ("film.ts", {"bf": 2, "preset": "medium"}),
    "h264 with an edit list": ("film.mp4", {"bf": 2, "preset": "medium", "pts": range(-9, 71)}),
    "hevc open gop": ("film.mp4", {"codec": "libx265", "x265-params": "log-level=none:open-gop=1:keyint=7"}),
    "vp9": ("film.webm", {"codec": "libvpx-vp9", "cpu-used": 8, "lag-in-frames": 10, "auto-alt-ref": 1}),
    "mjpeg": ("film.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "ms-mpeg-4": ("film.avi", {"codec": "msmpeg4v2"}),
}


def assert_same_in_pieces(path: Path, seconds: float, **more) -> None:
    whole, pieces = read(path, Scan(**more)), read(path, Scan(segment_seconds=seconds, **more))
    assert whole.keys() == pieces.keys()
    for name, rows in whole.items():
        assert rows.combine_chunks().equals(pieces[name].combine_chunks()), name


@pytest.fixture(scope="module")
def eventful_film(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("eventful") / "film.mp4", eventful(), g=6, bf=2, preset="medium")


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_are_as_good_as_the_whole(tmp_path, kind):
    name, options = KINDS[kind]
    path = write(tmp_path / name, eventful(), **{"g": 7, **options})
    assert len(key_segments(path, 0.5)) > 2
    assert_same_in_pieces(path, 0.5)


@settings(deadline=None, max_examples=12)
@given(seconds=st.floats(0.05, 1.5), every=st.sampled_from([0.0, 2.0, 7.5]), fast=st.booleans())
def test_any_length_of_the_pieces_will_do(eventful_film, seconds, every, fast):
    assert_same_in_pieces(eventful_film, seconds, stills_per_second=every, fast=fast)


@pytest.mark.parametrize("name", ["lecture_pendulum_part1.webm", "highway_av1.mp4"])
def test_real_films_are_the_same_in_pieces(shared_media, name):
    assert_same_in_pieces(shared_media / name, 9.0)


def test_skipped_frames_leave_the_times_of_the_others(eventful_film):
    every, some = (film(read(eventful_film, Scan(fast=fast))).signals["time_us"] for fast in (False, True))
    assert set(some) < set(every)


def test_a_header_that_lies_about_the_length_does_no_harm(shared_media):
    found = film(read(shared_media / "broken" / "lying_duration_10h.mp4", Scan(segment_seconds=2.0)))
    assert found.video["frames"] == 192
    assert (found.video["status"], found.video["duration_us"]) == ("ok", 8_000_000)


def test_a_file_that_breaks_off_keeps_what_it_has(shared_media):
    path = shared_media / "broken" / "truncated_tail.mp4"
    found = film(read(path, Scan()))
    assert 60 < found.video["frames"] < 130
    assert found.video["status"] == "damaged"
    assert_same_in_pieces(path, 1.0)
