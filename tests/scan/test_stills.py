"""Which pictures are kept, and what is told about them."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from films import film, looks, plain, read, scan, texture, views, write
from shotlist.media.decode import Decoder
from shotlist.scan.scan import Scan
from shotlist.scan.stills import bars, sharpness


def times(found) -> list[int]:
    return [still.time_us for still in found.stills]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


def test_two_stills_a_second(tmp_path):
    path = write(tmp_path / "film.mp4", views(3.0, x=0.2))
    assert times(scan(path)) == [40_000 * k for k in (0, 13, 25, 38, 50, 63)]
    assert len(times(scan(path, stills_per_second=5))) == 15


def test_no_stills_when_none_are_wanted(tmp_path):
    path = write(tmp_path / "film.mp4", views(1.0, x=0.2))
    assert scan(path, stills_per_second=0).stills == []


def test_stills_of_an_uneven_film_are_the_first_in_each_half_second(tmp_path):
    stamps = [0, 10, 20, 700, 710, 1400, 3000, 3010]
    path = write(tmp_path / "film.mkv", views(0.32, x=2.0), pts=stamps, time_base=Fraction(1, 1000))
    assert times(scan(path)) == [0, 700_000, 1_400_000, 3_000_000]


def test_both_sides_of_a_cut_are_kept(tmp_path):
    pictures = [*views(1.32, x=0.1, seed=1), *views(1.0, x=0.1, seed=2)]
    frames = [still.frame for still in scan(write(tmp_path / "film.mp4", pictures)).stills]
    assert frames == [0, 13, 25, 32, 33, 38, 50]


def test_a_cut_is_kept_without_regular_stills_too(tmp_path):
    pictures = [*views(1.0, x=0.1, seed=1), *views(1.0, x=0.1, seed=2)]
    found = scan(write(tmp_path / "film.mp4", pictures), stills_per_second=0)
    assert [still.frame for still in found.stills] == [24, 25]


def test_a_strobe_does_not_fill_the_disk(tmp_path):
    flicker = [plain(40 if k % 2 else 220) for k in range(100)]
    assert len(scan(write(tmp_path / "film.mp4", flicker)).stills) < 14


def test_an_unchanged_picture_is_not_kept_again(tmp_path):
    slides = [*looks([(0.0, 0.0)] * 100, seed=1), *looks([(0.0, 0.0)] * 100, seed=2)]
    found = scan(write(tmp_path / "film.mp4", slides, crf=10))
    assert [still.frame for still in found.stills] == [0, 99, 100]


def test_a_still_is_the_frame(tmp_path):
    path = write(tmp_path / "film.mp4", views(1.0, x=0.2, size=(320, 180), seed=4))
    found = scan(path)
    frames = {p.time_us: p.frame.to_ndarray(format="rgb24") for p in Decoder(path)}
    for time, jpeg in found.jpegs(0, 10**6):
        picture = Image.open(io.BytesIO(jpeg))
        assert picture.format == "JPEG" and picture.size == (320, 180)
        assert psnr(np.asarray(picture), frames[time]) > 30


@pytest.mark.parametrize(
    ("size", "kept"),
    [((160, 90), (160, 90)), ((1280, 720), (640, 360)), ((720, 1280), (360, 640)), ((480, 270), (480, 270))],
)
def test_the_shorter_side_is_360_at_most(tmp_path, size, kept):
    path = write(tmp_path / "film.mp4", [texture(0, size)])
    ((_, jpeg),) = scan(path).jpegs(0, 1)
    assert Image.open(io.BytesIO(jpeg)).size == kept
    ((_, small),) = scan(path, still_height=72).jpegs(0, 1)
    assert min(Image.open(io.BytesIO(small)).size) == 72


def test_better_quality_is_larger_and_closer(tmp_path):
    path = write(tmp_path / "film.mp4", [texture(0, (320, 180), fine=4)], crf=1)
    (frame,) = [p.frame.to_ndarray(format="rgb24") for p in Decoder(path)]
    jpegs = [scan(path, still_quality=q).jpegs(0, 1)[0][1] for q in (2, 6, 31)]
    close = [psnr(np.asarray(Image.open(io.BytesIO(jpeg))), frame) for jpeg in jpegs]
    assert len(jpegs[0]) > len(jpegs[1]) > len(jpegs[2])
    assert close[0] > close[1] > close[2] > 20


def test_a_rotated_film_has_upright_stills(shared_media):
    found = scan(shared_media / "bbb_rotated90.mp4")
    time, jpeg = found.jpegs(0, found.end_us)[-1]
    (frame,) = [p.frame for p in Decoder(shared_media / "bbb_rotated90.mp4") if p.time_us == time]
    still = Image.open(io.BytesIO(jpeg))
    upright = frame.to_image().transpose(Image.Transpose.ROTATE_270).resize(still.size)
    assert still.size == (360, 640)
    assert psnr(np.asarray(still), np.asarray(upright)) > 30
    assert (found.video["width"], found.video["height"], found.video["rotation"]) == (1080, 1920, -90)


def letterboxed(inner: np.ndarray, top: float = 0.0, left: float = 0.0) -> np.ndarray:
    rows, columns = (round(n * share) for n, share in zip(inner.shape, (top, left), strict=False))
    framed = np.zeros_like(inner)
    framed[rows : len(inner) - rows, columns : inner.shape[1] - columns] = inner[
        rows : len(inner) - rows, columns : inner.shape[1] - columns
    ]
    return framed


@pytest.mark.parametrize(("top", "left"), [(0.125, 0.0), (0.0, 0.125), (0.1, 0.2), (0.0, 0.0)])
def test_bars_are_measured(tmp_path, top, left):
    size = (640, 360)
    path = write(tmp_path / "film.mp4", [letterboxed(texture(0, size) // 2 + 100, top, left)])
    (still,) = scan(path).stills
    assert still.bars == pytest.approx([top, top, left, left], abs=0.012)
    assert still.bars_sure == [top > 0, top > 0, left > 0, left > 0]
    assert still.lit


def test_the_edge_of_a_dark_scene_is_no_sure_bar(tmp_path):
    scene = plain(0, (320, 180))
    scene[:] = np.linspace(0, 60, 180)[:, None, None]  # brighter only little by little
    (still,) = scan(write(tmp_path / "film.mp4", [scene])).stills
    assert still.bars[0] > 0.1 and not still.bars_sure[0]


def test_a_black_picture_is_not_lit_and_has_no_bars(tmp_path):
    (still,) = scan(write(tmp_path / "film.mp4", [plain(0)])).stills
    assert not still.lit and list(still.bars) == [0.0] * 4
    assert bars(np.zeros((90, 160), np.uint8)) is None


def test_the_commonest_colours_come_first(tmp_path):
    picture = plain((200, 30, 30), (320, 180))
    picture[:, 240:] = (20, 40, 180)
    (still,) = scan(write(tmp_path / "film.mp4", [picture], crf=5)).stills
    found = [np.array([rgb >> 16, rgb >> 8 & 255, rgb & 255]) for rgb in still.colours[:2]]
    assert found[0] == pytest.approx((200, 30, 30), abs=8)
    assert found[1] == pytest.approx((20, 40, 180), abs=8)
    assert still.colour_shares[:2] == pytest.approx([0.75, 0.25], abs=0.05)


def test_sharpness_falls_with_blur(tmp_path):
    fine = Image.fromarray(texture(0, (320, 180), fine=8))
    blurred = [np.asarray(fine.reduce(k).resize(fine.size, Image.Resampling.BICUBIC)) for k in (1, 2, 4, 8)]
    found = [s.sharpness for s in scan(write(tmp_path / "film.mkv", blurred, rate=1, codec="ffv1")).stills]
    assert found == sorted(found, reverse=True) and found[0] > 10 * found[-1] > 0


def test_a_plain_picture_has_no_sharpness():
    assert sharpness(np.full((90, 160), 130, np.uint8)) == 0
    assert sharpness(np.zeros((2, 2), np.uint8)) == 0


def test_stills_have_their_frames_number_and_size(tmp_path):
    rows = read(write(tmp_path / "film.mp4", views(1.0, x=0.2)), Scan())["frames"]
    assert rows["frame"].to_pylist() == [0, 13]
    assert set(zip(rows["width"].to_pylist(), rows["height"].to_pylist(), strict=True)) == {(160, 90)}
    assert film({"frames": rows}).stills[1].time_us == 520_000
