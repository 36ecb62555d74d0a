"""Real films of many kinds are scanned whole."""

import io

import pytest
from PIL import Image

from films import scan

# Frames as ffprobe counts them, first frame and length in microseconds, shown size, channels of sound.
KNOWN = {
    "bbb_rotated90.mp4": (45, 83_333, 1_875_001, (1080, 1920), 6),
    "chaplin_policeman.mp4": (241, 0, 9_640_000, (640, 360), 2),
    "clock_cat_one_cut.mp4": (148, 0, 4_938_267, (640, 360), 2),
    "friday_dialogue.mp4": (185, 0, 6_166_666, (640, 480), 2),
    "highway_av1.mp4": (1769, 0, 29_512_816, (640, 360), None),
    "lecture_pendulum_part1.webm": (1107, 14_000, 73_799_000, (320, 240), 6),
    "long_compilation.mp4": (7409, 0, 308_708_334, (640, 360), 1),
    "popeye_sinbad_song.mkv": (1440, 0, 59_999_000, (1440, 1074), None),
    "president_statement.mp4": (105, 0, 8_750_000, (320, 240), 1),
    "screen_vfr.mp4": (63, 0, 8_725_503, (3026, 1386), None),
    "sintel_trailer_720p.mp4": (1253, 0, 52_208_334, (1280, 720), 2),
    "slides_talk.mp4": (3678, 0, 122_600_000, (1920, 1080), 2),
    "space_needle.avi": (496, 0, 16_533_333, (640, 360), None),
    "vertical_captions.mp4": (185, 0, 6_166_666, (540, 960), 2),
    "vertical_wave.mp4": (58, 0, 1_938_718, (540, 720), None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_every_frame_of_a_real_film_is_seen(shared_media, name):
    frames, start_us, duration_us, size, channels = KNOWN[name]
    found = scan(shared_media / name, vectors_per_second=0)
    video = found.video
    assert (video["status"], video["reason"]) == ("ok", None)
    assert (video["frames"], video["start_us"], video["duration_us"]) == (frames, start_us, duration_us)
    assert (video["width"], video["height"]) == size
    assert len(found.signals["time_us"]) == found.tables.count("thumbs", "film") == frames
    sound = found.tables.table("sound", "film")
    assert (sound["channels"][0].as_py() if sound else None) == channels
    upright = Image.open(io.BytesIO(found.jpegs(0, start_us + duration_us)[-1][1]))
    assert upright.width / upright.height == pytest.approx(size[0] / size[1], abs=0.02)


def test_a_cut_in_a_real_film_is_kept_from_both_sides(shared_media):
    found = scan(shared_media / "clock_cat_one_cut.mp4")
    jump = found.signals["diff_luma"]
    cut = int(jump[1:].argmax()) + 1
    assert found.signals["time_us"][cut] == pytest.approx(3_203_200, abs=1_000)
    assert {cut - 1, cut} <= {still.frame for still in found.stills}
