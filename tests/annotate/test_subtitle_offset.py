"""Whether subtitles fit the voice, and by how much they are off."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from films import film
from shotlist.annotate.subtitle_offset import SubtitleOffset
from shotlist.records import Cue

LENGTH = 300_000_000


def talk(seed=0, length_us=LENGTH):
    """Spans of speech with pauses, as people speak: 1 to 5 s each."""
    rng, time, found = np.random.default_rng(seed), 1_000_000, []
    while time < length_us - 6_000_000:
        end = time + int(rng.uniform(1, 5) * 1e6)
        found.append((time, end))
        time = end + int(rng.uniform(0.3, 3) * 1e6)
    return found


def compared(voice, cues, start_us=0, length_us=LENGTH, **settings):
    tables = {"videos": [{"start_us": start_us, "duration_us": length_us, "frames": 1}]}
    if voice:
        tables["voice"] = [{"start_us": start_us + a, "end_us": start_us + b} for a, b in voice]
    if cues:
        tables["subtitles"] = [vars(cue) | {"words": []} for cue in cues]
    rows = {
        name: pa.Table.from_pylist([{"video_id": "film", **row} for row in found]) for name, found in tables.items()
    }
    return list(SubtitleOffset(**settings).rows(film(rows)))


def cues(spans, shift=0.0, rate=1.0, start_us=0, **more):
    off = round(shift * 1e6) + start_us
    return [Cue(round(a * rate) + off, round(b * rate) + off, "Words.", "en", **more) for a, b in spans]


@pytest.mark.parametrize("shift", [0.0, 0.4, -2.5, 17.0, -45.0])
def test_the_offset_is_found(shift):
    [row] = compared(talk(), cues(talk(), shift))
    assert row.offset_seconds == pytest.approx(shift, abs=0.03)
    assert (row.rate, row.fits) == (1.0, True)
    assert row.agreement > 0.8
    assert row.confidence == 1


def test_a_video_that_starts_late_changes_nothing():
    [row] = compared(talk(), cues(talk(), 3.0, start_us=3_600_000_000), start_us=3_600_000_000)
    assert row.offset_seconds == pytest.approx(3.0, abs=0.03)


@pytest.mark.parametrize("rate", [25 / 23.976, 24 / 25])
def test_subtitles_for_another_frame_rate_are_recognised(rate):
    [row] = compared(talk(), cues(talk(), 2.0, rate))
    assert row.rate == pytest.approx(rate)
    assert row.offset_seconds == pytest.approx(2.0, abs=0.1)
    assert row.fits


def test_subtitles_of_another_film_do_not_fit():
    for seed in range(1, 8):
        [row] = compared(talk(), cues(talk(seed)))
        assert not row.fits
        assert row.confidence < 0.4


def test_each_track_is_judged_alone():
    late, early = cues(talk(), 5.0, track=1), cues(talk(), -1.0)
    found = compared(talk(), sorted(late + early, key=lambda cue: cue.start_us))
    assert [(row.track, round(row.offset_seconds)) for row in found] == [(0, -1), (1, 5)]
    assert [row.subtitles for row in found] == [len(early), len(late)]


def test_sounds_and_songs_are_not_compared():
    spoken = cues(talk(), 1.0)
    sounds = [replace(cue, kind="sound", start_us=0, end_us=LENGTH - 1) for cue in spoken]
    [row] = compared(talk(), spoken + sounds)
    assert row.offset_seconds == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    "short",
    [{"voice": [], "cues": cues(talk())}, {"voice": talk(), "cues": cues(talk(), kind="lyrics")}],
    ids=["nobody speaks", "only songs"],
)
def test_where_there_is_nothing_to_compare_nothing_is_claimed(short):
    [row] = compared(**short)
    assert row.fits is row.offset_seconds is row.confidence is None


def test_a_short_film_tells_nothing():
    [row] = compared([(0, 5_000_000)], cues([(0, 5_000_000)]), length_us=10_000_000)
    assert row.fits is None


def test_without_subtitles_there_is_no_row():
    assert compared(talk(), []) == []


def test_voice_everywhere_is_no_evidence():
    [row] = compared([(0, LENGTH)], cues(talk()))
    assert row.fits is False
    assert row.confidence == 0
