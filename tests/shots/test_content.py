import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shotlist.errors import MediaError
from shotlist.scan.hsv import HSV_SIGNALS, Shrinker, to_hsv
from shotlist.scan.scan import Scan
from shotlist.shots.content import AdaptiveCuts, ContentCuts, content_values

SCAN = Scan(hsv=True, stills_per_second=0, vectors_per_second=0)

# Stored numbers were computed by OpenCV 5.0.0.
COLOURS = {
    (0, 0, 0): (0, 0, 0),
    (255, 255, 255): (0, 0, 255),
    (255, 0, 0): (120, 255, 255),
    (0, 255, 0): (60, 255, 255),
    (0, 0, 255): (0, 255, 255),
    (1, 2, 3): (15, 170, 3),
    (200, 100, 50): (110, 191, 200),
    (128, 10, 250): (165, 245, 250),
    (77, 77, 76): (90, 3, 77),
    (3, 0, 4): (158, 255, 4),
    (255, 254, 253): (105, 2, 255),
}
SHRUNK = {
    (640, 360, 0): ((144, 256), "b7715f3cf04281ba"),
    (512, 288, 0): ((144, 256), "1d6c1bb211769b25"),
    (301, 517, 0): ((256, 149), "b935c45ded03394a"),
    (160, 120, 0): ((120, 160), "5505ff73d1ad70b9"),
    (640, 360, 90): ((256, 144), "09a269d56d75add6"),
    (427, 240, 180): ((144, 256), "a43be27a74d3458a"),
    (640, 360, 270): ((256, 144), "15b84d811f2c03e9"),
    (1920, 1080, 0): ((144, 256), "9cd6e888564c5a4a"),
}


@pytest.mark.parametrize("bgr", COLOURS)
def test_hsv_is_that_of_opencv(bgr: tuple[int, int, int]):
    assert tuple(to_hsv(np.array(bgr, np.uint8).reshape(3, 1, 1)).ravel()) == COLOURS[bgr]


@pytest.mark.parametrize(("width", "height", "rotation"), SHRUNK)
def test_scaling_is_that_of_opencv(width: int, height: int, rotation: int):
    y, x, c = np.ogrid[:height, :width, :3]
    stored = ((7 * x + 13 * y + 29 * c + x * y // 11) % 256).astype(np.uint8)
    small = Shrinker(width, height, rotation).shrink(stored.reshape(height, -1))
    shape, digest = SHRUNK[width, height, rotation]
    assert small.shape == (3, *shape)
    assert hashlib.blake2b(small.transpose(1, 2, 0).tobytes(), digest_size=8).hexdigest() == digest


# What PySceneDetect 0.7.2's filter makes of changes at these frames, at least 15 frames apart.
MERGED = [
    ([3], []),
    ([20, 40], [20, 40]),
    ([20, 25, 30], [20]),
    ([5, 20, 22, 50], [20, 50]),
    ([20, 24, 39, 80], [20, 39, 80]),
    ([20, *range(30, 60)], [20, 59]),
    ([20, 90, 95], [20, 90]),
]


@pytest.mark.parametrize(("changes", "cuts"), MERGED)
def test_close_cuts_are_merged_like_pyscenedetects(changes: list[int], cuts: list[int]):
    scores = np.zeros(100)
    scores[changes] = 27.0
    assert list(ContentCuts().cuts(scores, lambda a, b: b - a)) == cuts
    assert list(ContentCuts(min_scene_frames=0).cuts(scores, lambda a, b: b - a)) == changes


def test_adaptive_compares_with_neighbours():
    scores = np.full(60, 10.0)
    scores[[20, 40]] = 29.0, 31.0
    assert list(AdaptiveCuts().cuts(scores, lambda a, b: b - a)) == [40]
    assert list(AdaptiveCuts(min_content_val=32.0).cuts(scores, lambda a, b: b - a)) == []
    assert list(AdaptiveCuts().cuts(scores[:4], lambda a, b: b - a)) == []


def test_cuts_between_shots(read, write):
    film = read(write([40, 30, 10, 40]), SCAN)
    assert [(s.start_frame, s.end_frame) for s in ContentCuts().rows(film)] == [(0, 40), (40, 70), (70, 120)]
    shots = list(ContentCuts(min_scene_frames=5).rows(film))
    assert [s.start_frame for s in shots] == [0, 40, 70, 80]
    assert [s.opening for s in shots] == ["start", "cut", "cut", "cut"]
    assert shots[1].start_us == 1_600_000 and shots[-1].end_us == 4_800_000


def test_segments_give_the_same_signals(read, write):
    path = write([40, 30, 10, 40], gop=15)
    pieces = Scan(hsv=True, segment_seconds=1.0)
    assert len(pieces.segments(path)) > 3
    whole, joined = read(path, Scan(hsv=True)), read(path, pieces)
    for name in HSV_SIGNALS:
        assert np.isnan(whole.signals[name][0]) and not np.isnan(whole.signals[name][1:]).any()
        np.testing.assert_array_equal(whole.signals[name], joined.signals[name])


def test_says_which_setting_is_missing(read, write):
    film = read(write([10]), Scan(stills_per_second=0))
    with pytest.raises(MediaError, match=r"scan\.hsv=true"):
        list(AdaptiveCuts().rows(film))


def test_edges_have_no_weight():
    with pytest.raises(ValueError, match="edges"):
        ContentCuts(weights=(1.0, 1.0, 1.0, 1.0))
    assert ContentCuts().name == AdaptiveCuts().name == "shots"


def theirs(path: Path, backend: str, *detectors: Any) -> tuple[list[float], list[list[int]]]:
    """PySceneDetect's scores and cut frames, by the count of frames."""
    scenedetect = pytest.importorskip("scenedetect")
    pytest.importorskip("cv2")
    seen: list[Any] = []
    scores: list[float] = []
    cuts: list[list[Any]] = [[] for _ in detectors]

    class Recorder(scenedetect.SceneDetector):
        def process_frame(self, timecode: Any, frame_img: Any) -> list[Any]:
            seen.append(timecode)
            for detector, found in zip(detectors, cuts, strict=True):
                found.extend(detector.process_frame(timecode, frame_img))
            scores.append(detectors[0]._frame_score)
            return []

    manager = scenedetect.SceneManager()
    manager.add_detector(Recorder())
    manager.detect_scenes(scenedetect.open_video(str(path), backend=backend))
    return scores, [[seen.index(cut) for cut in found] for found in cuts]


def check_against_pyscenedetect(film: Any, path: Path, backend: str, tolerance: float = 1e-5) -> int:
    detectors = pytest.importorskip("scenedetect.detectors")
    thresholds = (25.0, 27.0, 30.0)
    scores, cuts = theirs(
        path, backend, *(detectors.ContentDetector(t) for t in thresholds), detectors.AdaptiveDetector()
    )
    np.testing.assert_allclose(content_values(film)[1], scores, rtol=0, atol=tolerance)
    steps = [*(ContentCuts(threshold=t) for t in thresholds), AdaptiveCuts()]
    assert [[s.start_frame for s in step.rows(film)][1:] for step in steps] == cuts
    return len(cuts[1])


@pytest.mark.parametrize("fps", [10, 25])
@pytest.mark.parametrize("backend", ["opencv", "pyav"])
def test_parity_on_a_film_of_short_shots(read, write, fps: int, backend: str):
    lengths = np.random.default_rng(0).integers(2, 40, 15).tolist()
    path = write([20, *lengths], fps=fps)
    assert check_against_pyscenedetect(read(path, SCAN), path, backend) > 5


FILMS = [
    "clock_cat_one_cut.mp4",
    "lecture_pendulum_part1.webm",
    "president_statement.mp4",
    "screen_vfr.mp4",
    "sintel_trailer_720p.mp4",
    "vertical_wave.mp4",
]


@pytest.mark.parametrize("name", FILMS)
def test_parity_on_real_films(read, shared_media: Path, name: str):
    path = shared_media / name
    film = read(path, SCAN)
    for backend in ("opencv", "pyav"):
        check_against_pyscenedetect(film, path, backend)


def test_parity_on_a_rotated_film(read, shared_media: Path):
    path = shared_media / "bbb_rotated90.mp4"
    film = read(path, SCAN)
    check_against_pyscenedetect(film, path, "opencv")
    check_against_pyscenedetect(film, path, "pyav", tolerance=0.1)  # which does not turn its pictures upright
