"""Samples of a film's sound lie where its stamps say, whatever the file does."""

import numpy as np
import pytest

from films import sine, texture, write
from shotlist.media import flac
from shotlist.media.hear import SoundTrack, blocks
from sounds import film_with_sound_at, record

RATE = 16_000


def samples(path):
    """(start in microseconds, all samples (channels, n)) of a file."""
    found = list(blocks(SoundTrack(path), RATE, 30 * RATE))
    return found[0][0], np.concatenate([b for _, b in found], axis=1)


def level(found, start, end):
    """Root mean square of a span in seconds, full scale 1, by channel."""
    part = found[:, round(start * RATE) : round(end * RATE)] / 32768
    return np.sqrt((part**2).mean(axis=1))


def test_a_tone_keeps_its_level_and_length(tmp_path):
    start, found = samples(record(tmp_path / "tone.mkv", [sine(2.0, -20.0)]))
    assert (start, found.shape, found.dtype) == (0, (2, 2 * RATE), np.int16)
    assert level(found, 0.1, 1.9) == pytest.approx(0.0707, abs=0.001)


def test_mono_stays_mono(tmp_path):
    assert len(samples(record(tmp_path / "tone.mkv", [sine(0.5, -20.0, channels=1)]))[1]) == 1


def test_what_lies_above_8_kilohertz_does_not_fold_back(tmp_path):
    _, found = samples(record(tmp_path / "high.mkv", [sine(1.0, -6.0, hertz=11_000)]))
    assert level(found, 0.1, 0.9).max() < 0.002


def test_8_kilohertz_sound_becomes_16(tmp_path):
    _, found = samples(record(tmp_path / "phone.wav", [sine(3.0, -20.0, 2997, channels=1)], 8000, "pcm_s16le"))
    assert found.shape[1] == pytest.approx(18 * RATE, abs=2)  # made for 48 kHz, and so six times as long
    assert level(found, 1, 17) == pytest.approx(0.0707, abs=0.001)


@pytest.mark.parametrize("channel", range(6))
def test_of_six_channels_all_but_the_lowest_are_heard(tmp_path, channel):
    sound = np.zeros((6, 48_000), np.float32)
    sound[channel] = sine(1.0, -10.0, channels=1)
    left, right = level(samples(record(tmp_path / "tone.mkv", [sound]))[1], 0.1, 0.9)
    wanted = {0: (1, 0), 1: (0, 1), 2: (1, 1), 3: (0, 0), 4: (1, 0), 5: (0, 1)}[channel]
    assert (left > 0.05, right > 0.05) == wanted


def test_six_loud_channels_are_not_clipped(tmp_path):
    _, found = samples(record(tmp_path / "tone.mkv", [sine(1.0, -0.1, channels=6)]))
    assert 20_000 < np.abs(found).max() < 32_767


def test_sound_that_begins_after_the_picture_keeps_its_time(tmp_path):
    assert samples(film_with_sound_at(tmp_path / "late.mkv", 3.0))[0] == 3_000_000


def test_a_hole_is_silence_of_its_length(tmp_path):
    _, found = samples(film_with_sound_at(tmp_path / "hole.mkv", 0.0, 5.0))
    assert found.shape[1] == pytest.approx(6 * RATE, abs=2)
    assert level(found, 1.01, 4.99) == 0
    assert level(found, 5.01, 5.99) == pytest.approx(0.0707, abs=0.001)


def test_short_gaps_are_clocks_that_trickle(tmp_path):
    _, found = samples(film_with_sound_at(tmp_path / "gap.mkv", 0.0, 1.2))
    assert found.shape[1] == 2 * RATE


def test_gaps_that_add_up_keep_the_sound_with_the_picture(tmp_path):
    _, found = samples(film_with_sound_at(tmp_path / "slow.mkv", *(1.1 * k for k in range(10))))
    assert found.shape[1] == pytest.approx(10.9 * RATE, abs=0.25 * RATE)


def test_a_clock_that_starts_anew_goes_on(tmp_path):
    parts = [record(tmp_path / f"{k}.ac3", [sine(2.0, -20.0)], codec="ac3") for k in range(2)]
    path = tmp_path / "both.ac3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert samples(path)[1].shape[1] == pytest.approx(4 * RATE, abs=0.1 * RATE)


def test_the_format_may_change_in_the_middle(tmp_path):
    parts = [record(tmp_path / f"{n}.ac3", [sine(2.0, -20.0, channels=n)], codec="ac3") for n in (2, 6, 1)]
    path = tmp_path / "three.ac3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    _, found = samples(path)
    assert found.shape == (2, pytest.approx(6 * RATE, abs=0.1 * RATE))
    assert all(level(found, second, second + 1).min() > 0.04 for second in (0.5, 2.5, 4.5))


def test_blocks_follow_each_other_without_gaps(tmp_path):
    path = record(tmp_path / "tone.mkv", [sine(3.2, -20.0)])
    found = list(blocks(SoundTrack(path), RATE, RATE))
    assert [start for start, _ in found] == [0, 1_000_000, 2_000_000, 3_000_000]
    assert [b.shape[1] for _, b in found] == [RATE, RATE, RATE, round(0.2 * RATE)]
    assert np.array_equal(np.concatenate([b for _, b in found], axis=1), samples(path)[1])


def test_sound_may_be_longer_than_the_picture(tmp_path):
    _, found = samples(write(tmp_path / "film.mp4", [texture()] * 25, sound=sine(3.0, -20.0)))
    assert found.shape[1] == pytest.approx(3 * RATE, abs=0.1 * RATE)


def test_no_sound_gives_no_blocks(tmp_path):
    assert list(blocks(SoundTrack(write(tmp_path / "film.mp4", [texture()] * 3)), RATE, RATE)) == []


@pytest.mark.parametrize(("name", "least"), [("bit_flips.mp4", 7.0), ("truncated_tail.mp4", 2.0)])
def test_damaged_sound_is_heard_as_far_as_it_goes(shared_media, name, least):
    track = SoundTrack(shared_media / "broken" / name)
    found = np.concatenate([b for _, b in blocks(track, RATE, RATE)], axis=1)
    assert track.errors > 0
    assert least * RATE < found.shape[1] <= 8.1 * RATE


def test_a_real_film_of_six_channels(shared_media):
    start, found = samples(shared_media / "lecture_pendulum_part1.webm")
    assert abs(start) < 50_000
    assert found.shape == (2, pytest.approx(73.8 * RATE, abs=0.1 * RATE))
    assert 0.01 < level(found, 0, 73).min() < 0.3


@pytest.mark.parametrize("channels", [1, 2])
def test_flac_gives_back_every_sample(channels):
    noise = np.random.default_rng(0).integers(-32768, 32768, (channels, 12_345)).astype(np.int16)
    assert np.array_equal(flac.decode(flac.encode(noise, RATE)), noise)
