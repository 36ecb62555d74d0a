"""Loudness follows EBU R128: known tones have known loudness, whatever their format."""

import numpy as np
import pytest

from films import sine, texture, write
from shotlist.media.sound import FLOOR, integrated, measure
from sounds import film_with_sound_at, record


def test_a_997_hertz_tone_at_minus_23_is_minus_23_lufs(tmp_path):
    loud = measure(record(tmp_path / "tone.mkv", [sine(20.0, -23.0)]))
    assert loud.integrated == pytest.approx(-23.0, abs=0.2)
    assert max(loud.peak) == pytest.approx(-23.0, abs=0.1)
    assert (loud.channels, loud.rate, loud.start_us, len(loud.momentary)) == (2, 48_000, 0, 200)


@pytest.mark.parametrize(("channels", "lufs"), [(1, -26.0), (2, -23.0), (6, -18.4)])
def test_channels_add_up_and_the_lowest_counts_for_nothing(tmp_path, channels, lufs):
    tone = sine(2.0, -23.0, channels=channels)
    assert measure(record(tmp_path / "tone.mkv", [tone])).integrated == pytest.approx(lufs, abs=0.2)


@pytest.mark.parametrize(("codec", "suffix"), [("flac", "mkv"), ("pcm_s16le", "mov"), ("pcm_s16le", "avi")])
@pytest.mark.parametrize("rate", [22_050, 44_100])
def test_codec_and_rate_do_not_matter(tmp_path, codec, suffix, rate):
    tone = sine(2.0, -20.0, hertz=997 * 48_000 / rate)  # made for 48 kHz, and so played more slowly
    loud = measure(record(tmp_path / f"tone.{suffix}", [tone], rate, codec))
    assert loud.integrated == pytest.approx(-20.0, abs=0.2)
    assert len(loud.momentary) == pytest.approx(20 * 48_000 / rate, abs=1)


def test_quiet_stretches_are_gated_out(tmp_path):
    """EBU Tech 3341, case 3: 10 s at -36, 60 s at -23 and 10 s at -36 dBFS are -23 LUFS, here shorter."""
    parts = [sine(2.0, -36.0), sine(12.0, -23.0), sine(2.0, -36.0)]
    loud = measure(record(tmp_path / "tone.mkv", parts))
    assert loud.integrated == pytest.approx(-23.0, abs=0.2)
    assert loud.momentary[10] == pytest.approx(-36.0, abs=0.2)


def test_silence_is_the_floor(tmp_path):
    loud = measure(record(tmp_path / "none.mkv", [np.zeros((2, 48_000), np.float32)]))
    assert loud.integrated == FLOOR
    assert set(loud.momentary) == set(loud.peak) == {FLOOR}


def test_nothing_heard_is_silence():
    assert integrated(np.array([])) == FLOOR


def test_a_film_without_sound_has_no_loudness(tmp_path):
    assert measure(write(tmp_path / "film.mp4", [texture()] * 3)) is None


def test_sound_may_be_longer_than_the_picture(tmp_path):
    loud = measure(write(tmp_path / "film.mp4", [texture()] * 25, sound=sine(3.0, -20.0)))
    assert len(loud.momentary) == pytest.approx(30, abs=1)
    assert loud.momentary[25] == pytest.approx(-20.0, abs=0.3)


def test_sound_that_begins_after_the_picture_keeps_its_time(tmp_path):
    assert measure(film_with_sound_at(tmp_path / "late.mkv", 3.0)).start_us == 3_000_000


def test_a_hole_in_the_sound_is_silence(tmp_path):
    loud = measure(film_with_sound_at(tmp_path / "hole.mkv", 0.0, 5.0))
    assert len(loud.momentary) == pytest.approx(60, abs=1)
    assert loud.momentary[30] == FLOOR
    assert [loud.momentary[9], loud.momentary[58]] == pytest.approx([-23.0, -23.0], abs=0.1)


def test_the_format_may_change_in_the_middle(tmp_path):
    """Broadcasts switch between stereo and 5.1; the meter goes on."""
    parts = [record(tmp_path / f"{n}.ac3", [sine(2.0, -23.0, channels=n)], codec="ac3") for n in (2, 6)]
    path = tmp_path / "both.ac3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    loud = measure(path)
    assert loud.momentary[10] == pytest.approx(-23.0, abs=0.3)
    assert loud.momentary[30] == pytest.approx(-18.4, abs=0.5)
    assert len(loud.momentary) == pytest.approx(40, abs=2)


def test_six_channels_of_a_real_film(shared_media):
    loud = measure(shared_media / "bbb_rotated90.mp4")
    assert loud.channels == 6
    assert -60 < loud.integrated < -10


def test_a_whole_trailer(shared_media):
    loud = measure(shared_media / "sintel_trailer_720p.mp4")
    assert loud.integrated == pytest.approx(-12.8, abs=0.1)  # says ffmpeg's ebur128
    assert len(loud.momentary) == pytest.approx(520, abs=3)


def test_damaged_sound_is_no_louder_than_a_player_would_play_it(shared_media):
    loud = measure(shared_media / "broken" / "bit_flips.mp4")  # some of its samples are thousands of times full scale
    assert loud.errors > 0
    assert max(loud.peak) <= 0
    assert loud.integrated == pytest.approx(-8.4, abs=1.0)  # the same trailer in good order has -8
