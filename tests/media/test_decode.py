"""Pictures come in order, all of them, with the exact times at which they are shown."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from films import looks, plain, texture, views, write
from shotlist.media.decode import Decoder, key_segments
from shotlist.records import Segment
from shotlist.scan.planes import Sampler
from shotlist.timing import to_us


def times(path: Path, segment: Segment | None = None, fast: bool = False) -> list[int]:
    return [p.time_us for p in Decoder(path, segment or Segment(), fast) if not p.after_end]


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return list(views(1.0, x=0.3))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(2997, 100), Fraction(30000, 1001)])
def test_every_rate_gives_times_to_the_microsecond(tmp_path, pictures, rate):
    path = write(tmp_path / "film.mp4", pictures, rate=rate)
    assert times(path) == [round(k * 1_000_000 / rate) for k in range(25)]


def test_a_start_that_is_not_zero_is_kept(tmp_path, pictures):
    path = write(tmp_path / "film.mkv", pictures, pts=range(50, 75))
    assert times(path)[:2] == [2_000_000, 2_040_000]


def test_what_an_edit_list_cuts_off_is_not_shown(tmp_path, pictures):
    path = write(tmp_path / "film.mp4", pictures, pts=range(-10, 15))
    assert times(path) == [40_000 * k for k in range(15)]


def test_b_frames_come_in_the_order_in_which_they_are_shown(tmp_path):
    levels = [10 + 9 * k for k in range(25)]
    path = write(tmp_path / "film.mp4", [plain(v) for v in levels], bf=3, preset="medium", crf=5)
    shown = [float(p.frame.to_ndarray(format="gray").mean()) for p in Decoder(path)]
    assert shown == sorted(shown) and len(shown) == 25
    assert times(path) == [40_000 * k for k in range(25)]


def test_uneven_times_stay_as_they_are(tmp_path, pictures):
    stamps = [0, 5, 400, 401, 1975]
    path = write(tmp_path / "film.mkv", pictures[:5], pts=stamps, time_base=Fraction(1, 1000))
    assert times(path) == [1000 * s for s in stamps]


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "mpeg2video"])
def test_avi_without_times_of_presentation_is_evenly_spaced(tmp_path, pictures, codec):
    path = write(tmp_path / "film.avi", pictures, codec=codec, bf=2)
    found = times(path)
    assert len(found) == 25
    assert set(np.diff(found)) == {40_000}


def test_a_stream_without_any_clock_is_counted(tmp_path, pictures):
    assert times(write(tmp_path / "film.h264", pictures)) == [40_000 * k for k in range(25)]


def test_joined_recordings_follow_each_other_though_the_clock_starts_anew(tmp_path, pictures):
    one = write(tmp_path / "one.ts", pictures)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one.read_bytes() * 3)
    found = times(joined)
    assert len(found) == 75
    assert set(np.diff(found)) == {40_000}
    assert len(key_segments(joined, 0.5)) == 1


def test_fragmented_mp4_is_read_whole(tmp_path, pictures):
    fragmented = {"movflags": "frag_keyframe+empty_moov"}
    path = write(tmp_path / "film.mp4", pictures, container=fragmented, g=5, bf=0)
    assert times(path) == [40_000 * k for k in range(25)]


def test_a_single_picture_has_a_time_and_a_length(tmp_path, pictures):
    decoder = Decoder(write(tmp_path / "film.mp4", pictures[:1]))
    assert [p.time_us for p in decoder] == [0]
    assert decoder.last_duration_us == 40_000


def test_the_largest_of_several_moving_pictures_is_read(tmp_path, pictures):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as file:
        tracks = [file.add_stream("libx264", 25) for _ in range(2)]
        for (width, height), track in zip([(64, 36), (160, 90)], tracks, strict=True):
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
        for k, picture in enumerate(pictures):
            for track in tracks:
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(track.width, track.height)
                frame.pts, frame.time_base = k, Fraction(1, 25)
                file.mux(track.encode(frame))
        for track in tracks:
            file.mux(track.encode(None))
    assert {p.frame.width for p in Decoder(path)} == {160}


def test_pictures_may_change_their_size_in_the_middle(tmp_path):
    parts = [write(tmp_path / f"{w}.h264", [texture(0, (w, h))] * 5) for w, h in [(160, 90), (96, 72), (160, 90)]]
    path = tmp_path / "film.h264"
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    widths = [p.frame.width for p in Decoder(path)]
    assert widths == [160] * 5 + [96] * 5 + [160] * 5


def test_each_segment_gives_the_pictures_between_its_ends_and_the_one_behind(tmp_path):
    path = write(tmp_path / "film.mp4", views(2.0, x=0.3), g=10)
    pieces = key_segments(path, 0.5)
    assert len(pieces) > 2
    assert [t for piece in pieces for t in times(path, piece)] == times(path)
    behind = [[p.time_us for p in Decoder(path, piece) if p.after_end] for piece in pieces]
    assert behind == [[piece.end_us] for piece in pieces[:-1]] + [[]]
    assert [piece.before_us for piece in pieces[1:]] == [piece.end_us - 40_000 for piece in pieces[:-1]]


def test_streams_that_are_hard_to_search_lose_no_picture_between_segments(tmp_path):
    path = write(tmp_path / "film.ts", views(2.0, x=0.3), g=7, bf=2, preset="medium")
    pieces = key_segments(path, 0.3)
    assert len(pieces) > 3
    assert [t for piece in pieces for t in times(path, piece)] == times(path)


def test_fast_decoding_shows_fewer_pictures_at_times_that_exist(tmp_path, pictures):
    path = write(tmp_path / "film.mp4", pictures, bf=3, preset="medium")
    few = times(path, fast=True)
    assert set(few) < set(times(path))
    assert few[0] == 0 and len(few) >= 8


def test_variable_frame_rate_of_a_real_recording(shared_media):
    path = shared_media / "screen_vfr.mp4"
    with av.open(str(path)) as file:
        track = file.streams.video[0]
        stamps = sorted(to_us(p.pts, track.time_base) for p in file.demux(track) if p.pts is not None)
    found = times(path)
    assert found == stamps and len(found) == 63
    gaps = np.diff(found)
    assert gaps.min() < 6_000 and gaps.max() > 1_500_000


def test_a_rotated_film_is_sampled_upright(shared_media):
    frame = list(Decoder(shared_media / "bbb_rotated90.mp4"))[-1].frame
    sampler = Sampler(1, frame.rotation)
    sampler.take(frame)
    stored = frame.to_ndarray(format="gray").astype(np.float32)
    # The file says -90 degrees counted against the clock: shown turned to the right.
    upright = np.rot90(stored, -1)
    found = sampler.planes().luma[0]
    expected = np.asarray(Image.fromarray(upright).resize(found.shape[::-1], Image.Resampling.BOX))
    assert frame.rotation == -90
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.9


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=12))
def test_any_rising_clock_is_reproduced(tmp_path_factory, gaps):
    stamps = [int(t) for t in np.cumsum(gaps)]
    path = tmp_path_factory.mktemp("clock") / "film.mkv"
    write(path, looks([(0.0, 0.0)] * len(stamps), size=(32, 32)), pts=stamps, time_base=Fraction(1, 1000))
    assert times(path) == [1000 * s for s in stamps]
