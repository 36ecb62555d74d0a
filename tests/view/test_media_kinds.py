from pathlib import Path
from typing import Any

import pytest
from media_dataset import sources_of, video_row

from shotlist.view.media.mime import file_type, playable_type

TOLD = {
    "sintel_trailer_720p.mp4": 'video/mp4; codecs="avc1.640028, mp4a.40.2"',
    "lecture_pendulum_part1.webm": 'video/webm; codecs="vp09.00.40.08, opus"',
    "highway_av1.mp4": 'video/mp4; codecs="av01.0.08M.08"',
    "chaplin_policeman.mp4": 'video/mp4; codecs="avc1.640028, mp4a.6B"',
    "space_needle.avi": 'video/x-msvideo; codecs="msmpeg4v2"',
    "popeye_sinbad_song.mkv": 'video/x-matroska; codecs="hvc1.1.6.L120.90"',
}


@pytest.mark.parametrize("name", TOLD)
def test_the_kind_of_a_file_is_told_as_browsers_want_it(shared_media: Path, name: str) -> None:
    assert file_type(video_row(sources_of(shared_media / name)[0])) == TOLD[name]


def test_a_browser_knows_from_it_what_it_can_play(page: Any) -> None:
    page.goto("about:blank")
    able = {
        name: page.evaluate("type => document.createElement('video').canPlayType(type)", TOLD[name]) for name in TOLD
    }
    assert [name for name, answer in able.items() if not answer] == ["space_needle.avi", "popeye_sinbad_song.mkv"]


@pytest.mark.parametrize("start_us", [None, -40_000, 1_400_000])
def test_a_clock_that_begins_elsewhere_is_for_no_browser(start_us: int | None) -> None:
    video = {"container": "mov,mp4", "codec": "h264", "audio_codec": "aac", "start_us": start_us}
    assert playable_type(video) == ""
    assert playable_type({**video, "start_us": 83_333}) == 'video/mp4; codecs="avc1.640028, mp4a.40.2"'


def test_of_a_video_that_could_not_be_read_no_kind_is_told() -> None:
    assert file_type({}) == "application/octet-stream"
