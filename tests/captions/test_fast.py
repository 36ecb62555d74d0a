"""All key frames in one picture, and one question about it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from captions.windows import clip_of, scenes
from films import texture
from shotlist.captions.fast import Fast, evenly
from shotlist.captions.grid import grid
from shotlist.models.contracts import Still


def stills(n: int, size: tuple[int, int] = (160, 90)) -> list[Still]:
    found = []
    for k in range(n):
        file = io.BytesIO()
        Image.fromarray(texture(k, size)).save(file, "JPEG")
        found.append(Still(k * 1000, file.getvalue()))
    return found


def size_of(made) -> tuple[int, int]:
    return Image.open(io.BytesIO(made.still.jpeg)).size


@pytest.mark.parametrize(
    ("n", "size"), [(1, (160, 90)), (2, (160, 90)), (7, (640, 360)), (30, (1024, 576)), (60, (90, 160))]
)
def test_no_side_is_longer_than_allowed_and_all_frames_have_a_place(n, size):
    made = grid(stills(n, size), 1500)
    assert max(size_of(made)) <= 1500
    assert made.rows * made.columns >= n > made.rows * (made.columns - 1) - made.rows
    assert made.still.time_us == 0


def test_few_frames_make_a_tall_picture_of_their_own_size():
    made = grid(stills(3), 2048)
    assert (made.rows, made.columns) == (3, 1)
    assert size_of(made) == (160, 3 * 90 + 2 * 50)


def test_many_frames_are_shown_as_large_as_fits():
    made = grid(stills(16, (640, 360)), 1920)
    assert (made.rows, made.columns) == (6, 3)
    assert max(size_of(made)) > 1900


def test_frames_stand_in_the_order_of_reading():
    frames = stills(4)
    sheet = Image.open(io.BytesIO(grid(frames, 2048, columns=2).still.jpeg))
    corner = sheet.crop((160 + 50, 0, 320 + 50, 90))
    second = Image.open(io.BytesIO(frames[1].jpeg))
    third = Image.open(io.BytesIO(frames[2].jpeg))
    apart = [abs(int(a) - int(b)) for a, b in zip(corner.tobytes(), second.tobytes(), strict=True)]
    other = [abs(int(a) - int(b)) for a, b in zip(corner.tobytes(), third.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 6 < sum(other) / len(other)


def test_a_clip_is_asked_about_once(tmp_path: Path):
    clip = clip_of(scenes(tmp_path / "f.mp4", 4.0, 4.0, 4.0))
    step = Fast(model="fake:")
    (request,) = step.requests(clip)
    picture, text = request.parts
    assert isinstance(picture, Still)
    assert "3 keyframes" in text and "3 rows of\n1" in text and "> 0.00, 4.00, 8.00" in text and "12.0 seconds" in text
    (row,) = step.answers([clip])
    assert row.prompt == "keyframe-grid" and row.inputs == "V"


def test_of_many_key_frames_an_even_choice_is_shown(tmp_path: Path):
    clip = clip_of(scenes(tmp_path / "f.mp4", *[2.0] * 6))
    _, text = Fast(model="fake:", most=3).requests(clip)[0].parts
    assert "the 3 keyframes" in text and "> 0.00, 4.00, 10.00" in text
    assert evenly(4000, 64)[::63] == [0, 3999] and evenly(5, 1) == [0] and evenly(2, 64) == [0, 1]


def test_without_a_model_the_describer_speaks(tmp_path: Path):
    clip = clip_of(scenes(tmp_path / "f.mp4", 4.0))
    assert Fast().builtin(clip).text.startswith("A 4.0-second clip; the camera stands still.")
