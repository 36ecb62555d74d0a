"""The same picture is measured the same in every codec and pixel format."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from films import plain, scan, texture, write

ORANGE = (200, 100, 50)
LUMA = (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255

FORMATS = [
    ("libx264", "yuv420p", "mp4"),
    ("libx264", "yuvj420p", "mp4"),
    ("libx264", "yuv420p10le", "mp4"),
    ("libx264", "yuv422p", "mkv"),
    ("libx264", "yuv422p10le", "mov"),
    ("libx264", "yuv444p", "mp4"),
    ("libx264rgb", "rgb24", "mkv"),
    ("libvpx-vp9", "yuv420p", "webm"),
    ("mpeg4", "yuv420p", "avi"),
    ("mjpeg", "yuvj420p", "avi"),
    ("mjpeg", "yuvj422p", "mov"),
    ("ffv1", "bgr0", "mkv"),
    ("ffv1", "yuva420p", "mkv"),
    ("ffv1", "rgb48le", "mkv"),
    ("png", "rgb24", "mov"),
    ("qtrle", "rgb555be", "mov"),
    ("rawvideo", "nv12", "mkv"),
    ("rawvideo", "uyvy422", "avi"),
    ("prores_ks", "yuv422p10le", "mov"),
]


def still_of(found) -> Image.Image:
    (_, jpeg), *_ = found.jpegs(-(10**12), 10**12)
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


@pytest.mark.parametrize(("codec", "pix_fmt", "suffix"), FORMATS)
def test_a_colour_is_the_same_in_every_format(tmp_path, codec, pix_fmt, suffix):
    found = scan(write(tmp_path / f"film.{suffix}", [plain(ORANGE)] * 3, codec=codec, pix_fmt=pix_fmt))
    assert found.video["frames"] == 3 and found.video["status"] == "ok"
    assert found.signals["brightness"] == pytest.approx([LUMA] * 3, abs=0.012)
    assert found.signals["colourfulness"] == pytest.approx([42.5] * 3, abs=2.5)
    assert np.asarray(still_of(found)).mean((0, 1)) == pytest.approx(ORANGE, abs=4)


@pytest.mark.parametrize(("codec", "pix_fmt"), [("ffv1", "gray"), ("ffv1", "gray10le"), ("qtrle", "gray")])
def test_grey_formats_have_no_colour(tmp_path, codec, pix_fmt):
    suffix = "mov" if codec == "qtrle" else "mkv"
    found = scan(write(tmp_path / f"film.{suffix}", [plain(100)] * 2, codec=codec, pix_fmt=pix_fmt))
    assert found.signals["brightness"] == pytest.approx([100 / 255] * 2, abs=0.012)
    assert found.signals["colourfulness"].max() < 1


def test_full_and_limited_range_are_told_apart(tmp_path):
    levels = [plain(v) for v in (0, 64, 128, 255)]
    full = write(tmp_path / "full.mkv", levels, codec="mjpeg", pix_fmt="yuvj420p", qmin=1, qmax=1)
    limited = write(tmp_path / "limited.mkv", levels, codec="ffv1")
    for path in (full, limited):
        brightness = scan(path).signals["brightness"]
        assert brightness == pytest.approx([v / 255 for v in (0, 64, 128, 255)], abs=0.008)


def test_wide_pixels_are_shown_wide(tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", 25)
        track.width, track.height, track.pix_fmt = 160, 90, "yuv420p"
        track.codec_context.sample_aspect_ratio = 2
        file.mux(track.encode(av.VideoFrame.from_ndarray(texture(), "rgb24").reformat(format="yuv420p")))
        file.mux(track.encode(None))
    found = scan(path)
    assert (found.video["width"], found.video["height"]) == (320, 90)
    assert still_of(found).size == (320, 90)


@pytest.mark.parametrize("size", [(161, 91), (33, 17), (2, 2), (640, 16)])
def test_odd_and_tiny_sizes_are_scanned(tmp_path, size):
    found = scan(write(tmp_path / "film.mkv", [texture(0, size)] * 2, codec="ffv1"))
    assert (found.video["width"], found.video["height"]) == size
    assert len(found.stills) == 1


def test_a_change_of_size_in_the_middle_is_followed(tmp_path):
    sizes = [(160, 90), (96, 72)]
    parts = [write(tmp_path / f"{w}.h264", [texture(0, (w, h))] * 20) for w, h in sizes]
    path = tmp_path / "film.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    found = scan(path)
    assert found.video["frames"] == 40
    assert {Image.open(io.BytesIO(jpeg)).size for _, jpeg in found.jpegs(0, 10**9)} == set(sizes)


def test_a_single_picture_is_a_film(tmp_path):
    found = scan(write(tmp_path / "film.mp4", [texture()]))
    assert (found.video["frames"], found.video["duration_us"], len(found.stills)) == (1, 40_000, 1)
    assert np.isnan(found.signals["diff_luma"]).all()
    assert found.sound is None
