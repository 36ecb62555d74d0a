"""The stored sound: rows of 30 s, one gapless grid of samples."""

import resource

import numpy as np
import pytest

from films import film, read, sine, texture, write
from shotlist.annotate.audio import Audio
from shotlist.records import WHOLE, Source
from sounds import film_with_sound_at, record


def test_sound_is_stored_in_rows_of_30_seconds(tmp_path):
    rows = read(record(tmp_path / "tone.mkv", [sine(70.0, -20.0)]), Audio())["audio"]
    assert rows["start_us"].to_pylist() == [0, 30_000_000, 60_000_000]
    assert rows["samples"].to_pylist() == [480_000, 480_000, 160_000]
    assert set(rows["channels"].to_pylist()) == {2}


def test_a_film_hears_what_was_stored(tmp_path):
    path = write(tmp_path / "film.mp4", [texture()] * 50, sound=sine(2.0, -20.0))
    audio = film(read(path, Audio())).audio
    assert np.sqrt((audio.mono(500_000, 1_500_000) ** 2).mean()) == pytest.approx(0.0707, abs=0.003)


def test_late_sound_lies_where_it_is_heard(tmp_path):
    audio = film(read(film_with_sound_at(tmp_path / "late.mkv", 3.0), Audio())).audio
    assert (audio.start_us, audio.end_us) == (3_000_000, 4_000_000)
    assert not audio.mono(2_000_000, 3_000_000).any()
    assert audio.mono(3_000_000, 4_000_000).any()


def test_a_silent_track_is_stored_as_silence(tmp_path):
    audio = film(read(record(tmp_path / "none.mkv", [np.zeros((2, 96_000), np.float32)]), Audio())).audio
    assert audio.end_us == 2_000_000
    assert not audio.mono(0, 2_000_000).any()


def test_a_film_without_sound_has_no_audio(tmp_path):
    tables = read(write(tmp_path / "film.mp4", [texture()] * 3), Audio())
    assert tables == {}
    assert film(tables).audio is None


def test_what_is_wrong_with_a_file_is_told_by_the_scan_alone(tmp_path):
    page = tmp_path / "page.mp4"
    page.write_text("<html>not found</html>")
    assert read(page, Audio()) == {}


def test_long_sound_takes_no_more_memory(tmp_path):
    path = record(tmp_path / "long.flac", [sine(30.0, -20.0)] * 20)
    read(record(tmp_path / "short.flac", [sine(30.0, -20.0)] * 2), Audio())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    list(Audio().read(path, Source("film", str(path), 0, ""), WHOLE))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 25_000  # kB; the samples alone are 38 MB
