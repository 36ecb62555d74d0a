import functools
import itertools

import numpy as np
import pytest

from shotlist.records import Boundary
from shotlist.shots.detect import CutSettings, boundaries, boundaries_in_chunks
from shotlist.shots.planes import BLOCK, MARGIN, Planes

H, W = 72, 128
Scene = np.ndarray
"""Frames (n, 72, 128, 3) of Y, U and V as floats."""


def canvas(seed: int) -> np.ndarray:
    """A wide picture of soft blobs, (72, 512, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 235, (10, 65, 3))
    rows = np.linspace(0, 8.99, H)
    columns = np.linspace(0, 63.99, 4 * W)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    i, j = y.astype(int), x.astype(int)
    fy, fx = (y - i)[..., None], (x - j)[..., None]
    top = coarse[i, j] * (1 - fx) + coarse[i, j + 1] * fx
    return top * (1 - fy) + (coarse[i + 1, j] * (1 - fx) + coarse[i + 1, j + 1] * fx) * fy


def scene(seed: int, n: int, speed: float = 0.0) -> Scene:
    """A view of a canvas that moves by ``speed`` pixels (of 128) per frame."""
    picture = canvas(seed)
    return np.stack([np.roll(picture, -round(speed * t), axis=1)[:, :W] for t in range(n)])


def plain(n: int, level: float = 0.0) -> Scene:
    return np.full((n, H, W, 3), (level, 128.0, 128.0))


def dissolve(a: Scene, b: Scene, n: int) -> Scene:
    """The last n frames of a over the first n of b."""
    w = ((np.arange(n) + 1) / (n + 1))[:, None, None, None]
    return np.concatenate([a[:-n], a[-n:] * (1 - w) + b[:n] * w, b[n:]])


def planes(scenes: list[Scene], fps: float = 25.0, noise: float = 0.0) -> Planes:
    rng = np.random.default_rng(0)
    luma, chroma = [], []
    for frames in scenes:
        film = (frames + rng.normal(0, noise, frames.shape) if noise else frames).clip(0, 255)
        luma.append(film[..., 0].reshape(-1, 18, 4, 32, 4).mean((2, 4)))
        chroma.append(film[..., 1:].reshape(-1, 9, 8, 16, 8, 2).mean((2, 4)).transpose(0, 3, 1, 2))
    times = (np.arange(sum(map(len, scenes))) * 1e6 / fps).astype(np.int64)
    return times, *(np.rint(np.concatenate(p)).astype(np.uint8) for p in (luma, chroma))


def found(scenes: list[Scene], fps: float = 25.0, noise: float = 0.0) -> list[tuple[str, int]]:
    return [(b.kind, b.frame) for b in boundaries(*planes(scenes, fps, noise))]


@pytest.mark.parametrize("fps", [7.0, 12.0, 25.0, 60.0, 120.0])
@pytest.mark.parametrize("noise", [0.0, 25.0])
def test_a_cut_is_the_first_frame_of_the_new_shot(fps, noise):
    n = int(2 * fps)
    result = boundaries(*planes([scene(1, n), scene(2, n)], fps, noise))
    assert [(b.start_frame, b.end_frame, b.kind) for b in result] == [(n, n, "cut")]
    assert 0.5 < result[0].confidence <= 1


def test_shots_of_a_third_of_a_second_are_told_apart():
    assert found([scene(s, 8) for s in range(6)], fps=24) == [("cut", 8 * k) for k in range(1, 6)]


def test_a_cut_inside_motion_is_found_and_motion_is_none():
    assert found([scene(1, 50, 2), scene(2, 50, -2)]) == [("cut", 50)]


@pytest.mark.parametrize("speed", [0.5, 1.5, 3.0, 6.0])
def test_a_pan_is_no_boundary(speed):
    assert found([scene(3, 60, speed)]) == []


def test_a_cut_with_a_blended_frame_is_one_cut():
    a, b = scene(1, 40), scene(2, 40)
    ((kind, frame),) = found([a, (a[:1] + b[:1]) / 2, b])
    assert kind == "cut" and frame in (40, 41)


@pytest.mark.parametrize("repeat", [2, 3])
def test_repeated_frames_do_not_turn_motion_into_cuts(repeat):
    pan, other = (np.repeat(scene(s, 40, v), repeat, axis=0) for s, v in ((3, 3), (9, -3)))
    assert found([pan, other], fps=50) == [("cut", 40 * repeat)]
    stutter = np.arange(120) - (np.arange(120) % 5 == 4)  # four pictures in five frames
    assert found([scene(3, 120, 6)[stutter]]) == []


@pytest.mark.parametrize(("fps", "seconds"), [(12, 0.5), (25, 0.3), (25, 0.8), (25, 2), (60, 0.4), (60, 1.5)])
def test_a_dissolve_is_found_in_its_middle(fps, seconds):
    n, m = 4 * fps, round(seconds * fps)
    result = boundaries(*planes([dissolve(scene(1, n), scene(2, n), m)], fps, noise=8.0))
    assert [b.kind for b in result] == ["dissolve"]
    assert n - m <= result[0].frame <= n
    assert result[0].start_frame < result[0].end_frame


def test_a_dissolve_between_moving_shots_is_found():
    ((kind, frame),) = found([dissolve(scene(1, 100, 0.7), scene(2, 100, -0.7), 20)])
    assert kind == "dissolve" and 80 <= frame <= 100


@pytest.mark.parametrize("level", [0.0, 255.0, 128.0])
def test_a_fade_out_and_in_is_one_boundary(level):
    a, b = scene(1, 60), scene(2, 60)
    film = [dissolve(a, plain(20, level), 12), dissolve(plain(14, level), b, 12)]
    ((kind, frame),) = found(film)
    assert kind == "fade" and 48 <= frame <= 82


def test_black_between_cuts_is_a_shot_of_its_own():
    assert found([scene(1, 50), plain(25), scene(2, 50)]) == [("cut", 50), ("cut", 75)]


def test_a_title_that_stands_on_black_at_once_begins_a_shot():
    title = plain(50)
    title[:, 34:38, 50:78, 0] = 200
    assert ("cut", 110) in found([scene(1, 60), plain(50), title])


def test_a_film_that_fades_in_has_no_boundary_there():
    assert found([dissolve(plain(30), scene(1, 80), 25)]) == []


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_a_flash_is_no_cut(frames):
    shot = scene(4, 90, 0.3)
    shot[40 : 40 + frames, ..., 0] += 120
    assert found([shot]) == []


def test_strobe_light_is_no_cut():
    shot = scene(4, 120)
    shot[30:90:6, ..., 0] += 100
    shot[31:90:6, ..., 0] += 100
    assert found([shot]) == []


def test_an_explosion_that_dies_away_is_no_cut():
    shot = scene(5, 120) * 0.5
    shot[60:, ..., 0] += 90 * np.exp(-np.arange(60) / 6)[:, None, None]
    assert found([shot]) == []


@pytest.mark.parametrize("sudden", [True, False])
def test_light_that_changes_is_no_boundary(sudden):
    gain = np.where(np.arange(100) < 50, 1.0, 0.5) if sudden else np.linspace(1, 0.5, 100)
    shot = scene(6, 100)
    shot[..., 0] *= gain[:, None, None]
    assert found([shot], noise=5) == []


def test_an_object_that_passes_in_front_is_no_boundary():
    shot = scene(7, 80)
    for t in range(20, 60):
        left = (t - 20) * 6 - 100
        shot[t, :, max(0, left) : max(0, left + 100)] = (30, 120, 140)
    assert found([shot]) == []


def test_a_caption_is_no_cut():
    shot = scene(8, 100, 0.2)
    shot[50:, 60:68, 40:90, 0] = 240
    assert found([shot], noise=6) == []


def test_another_slide_on_the_same_ground_is_a_cut():
    one, two = plain(90, 245), plain(90, 245)
    one[:, 8:14, 10:90, 0] = 40
    two[:, 8:14, 10:70, 0] = 40
    one[:, 24:60:8, 10:60, 0] = 90
    two[:, 22:62:10, 30:110, 0] = 90
    assert found([one, two], fps=30) == [("cut", 90)]


def test_uneven_frame_times_do_not_matter():
    times, luma, chroma = planes([scene(1, 40), scene(2, 40)])
    times = np.cumsum(np.random.default_rng(1).integers(5_000, 120_000, len(times)))
    assert [(b.kind, b.frame) for b in boundaries(times, luma, chroma)] == [("cut", 40)]


def test_nothing_and_next_to_nothing():
    times, luma, chroma = planes([scene(1, 3)])
    assert boundaries_in_chunks([]) == []
    for n in range(4):
        assert boundaries(times[:n], luma[:n], chroma[:n]) == []


@functools.cache
def long_film() -> Planes:
    """Shots over several blocks, with a dissolve across each border between blocks."""
    scenes: list[Scene] = []
    n = 0
    for border in (BLOCK, 2 * BLOCK):
        while border - n > 150:
            scenes.append(scene(len(scenes), 90, (len(scenes) % 5 - 2) / 2))
            n += 90
        scenes.append(dissolve(scene(500, border + 10 - n), scene(501 + border, 60), 20))
        n = border + 50
    return planes([*scenes, scene(502, MARGIN)])


def test_chunks_give_what_the_whole_gives():
    times, luma, chroma = long_film()
    whole = boundaries(times, luma, chroma)
    rng = np.random.default_rng(3)
    for largest in (50, 700, 5000):
        edges = np.unique(np.append(np.cumsum(rng.integers(0, largest, len(times))).clip(0, len(times)), 0))
        chunks = [(times[a:b], luma[a:b], chroma[a:b]) for a, b in itertools.pairwise(edges)]
        assert boundaries_in_chunks(iter(chunks)) == whole


def test_borders_between_blocks_leave_no_trace():
    times, luma, chroma = long_film()
    whole = [b.frame for b in boundaries(times, luma, chroma)]
    for border in (BLOCK, 2 * BLOCK):
        assert sum(border - 12 <= f <= border + 12 for f in whole) == 1
    # the same film, begun later, has its borders elsewhere
    later = [b.frame + 45 for b in boundaries(times[45:], luma[45:], chroma[45:])]
    assert len(later) == len(whole)
    assert np.abs(np.subtract(later, whole)).max() <= 3


def test_the_result_is_sorted_and_free_of_overlaps():
    result = boundaries(*long_film())
    assert all(isinstance(b, Boundary) and 0 < b.confidence <= 1 for b in result)
    assert all(a.end_frame <= b.start_frame for a, b in itertools.pairwise(result))


def test_settings_move_the_line():
    film = planes([scene(1, 50), scene(2, 50)])
    assert boundaries(*film, CutSettings(rise=1e9)) == []
    assert len(boundaries(*film, CutSettings(rise=2.0))) == 1
