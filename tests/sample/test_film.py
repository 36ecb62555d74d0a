import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pysubs2
import pytest
from PIL import Image

from shotlist.sample import music
from shotlist.sample.camera import Draw, Stage, look
from shotlist.sample.film import SCENES, Sample, render

NAMES = ("mountains", "sea", "meadow", "quiet", "city", "train", "birches")


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return render(tmp_path_factory.mktemp("film"), size=(160, 90), shots=NAMES, seconds=1.5)


@pytest.fixture(scope="module")
def pictures(sample) -> np.ndarray:
    with av.open(sample.video) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]).astype(np.float32)


@pytest.fixture(scope="module")
def sound(sample) -> np.ndarray:
    return listen(sample.video)


def listen(path: Path) -> np.ndarray:
    with av.open(path) as file:
        frames = [frame for frame in file.decode(audio=0) if frame.pts >= 0]
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def span(sample: Sample, kind: str) -> slice:
    (found,) = [span for span in sample.spans if span.kind == kind]
    return slice(found.start, found.end)


def test_shots_fill_the_film_without_gaps(sample, pictures):
    assert len(pictures) == sample.frames == round(len(NAMES) * 1.5 * 24)
    assert sample.shots[0].start == 0 and sample.shots[-1].end == sample.frames
    assert all(
        a.end == b.start == edge.at for (a, b), edge in zip(pairwise(sample.shots), sample.boundaries, strict=True)
    )
    assert [edge.kind for edge in sample.boundaries] == ["cut", "dissolve", "fade", "cut", "cut", "cut"]


def test_pictures_jump_at_the_cuts_and_at_the_flash_only(sample, pictures):
    jump = np.abs(np.diff(pictures, axis=0)).mean((1, 2, 3))
    flash = span(sample, "flash")
    told = {edge.at for edge in sample.boundaries if edge.kind == "cut"} | {flash.start, flash.stop}
    largest = np.argsort(jump)[-len(told) :] + 1
    assert set(largest.tolist()) == told
    others = np.delete(jump, [at - 1 for at in told])
    assert others.max() < 0.5 * min(jump[at - 1] for at in told)


def test_dissolve_mixes_its_two_ends(sample, pictures):
    (edge,) = [edge for edge in sample.boundaries if edge.kind == "dissolve"]
    assert edge.end - edge.start == 20
    ends = pictures[edge.start - 1], pictures[edge.end]
    for frame in range(edge.start, edge.end):
        share = (frame - edge.start + 1) / 21
        mixed = (1 - share) * ends[0] + share * ends[1]
        assert np.abs(pictures[frame] - mixed).mean() < 0.35 * np.abs(ends[0] - ends[1]).mean()
        assert pictures[frame].mean() == pytest.approx(mixed.mean(), abs=4)


def test_black_is_black_and_nothing_beside_it(sample, pictures):
    black = span(sample, "black")
    assert pictures[black].max() <= 3
    assert pictures[black.start - 1].mean() > 3 and pictures[black.stop].max() > 3


def test_flash_letterbox_and_monochrome(sample, pictures):
    flash = span(sample, "flash")
    light = pictures.mean((1, 2, 3))
    assert flash.stop - flash.start == 2
    assert light[flash].min() > 2 * max(light[flash.start - 1], light[flash.stop])
    boxed = pictures[span(sample, "letterbox")]
    assert boxed[:, :10].max() < 16 and boxed[:, -10:].max() < 16 and boxed[:, 14:-14].mean() > 60
    grey = pictures[span(sample, "monochrome")][2:]
    assert np.ptp(grey, axis=-1).mean() < 2


def test_sound_is_as_long_as_the_picture_and_silent_where_told(sample, sound):
    assert abs(sound.shape[1] - sample.frames * music.RATE // sample.fps) <= 1024
    silence = span(sample, "silence")
    start, end = (frame * music.RATE // sample.fps for frame in (silence.start, silence.stop))
    rim = 2048  # the codec smears the edges over a block or two
    assert np.abs(sound[:, start + rim : end - rim]).max() < 1e-4
    assert np.abs(sound[:, start - 24_000 : start - 12_000]).max() > 0.05
    assert np.abs(sound[:, end : end + 24_000]).max() > 0.05


def test_subtitles_parse_and_lie_within_their_shots(sample):
    lines = pysubs2.load(str(sample.subtitles))
    assert [(line.start * 1000, line.end * 1000, line.plaintext) for line in lines] == [
        (cue.start_us, cue.end_us, cue.text) for cue in sample.cues
    ]
    shots = [shot for shot in sample.shots if SCENES[shot.name].says]
    for cue, shot in zip(sample.cues, shots, strict=True):
        assert shot.start / 24 * 1e6 < cue.start_us < cue.end_us < shot.end / 24 * 1e6


def test_the_written_truth_is_the_returned_one(sample):
    told = json.loads(sample.truth.read_text())
    assert told["video"] == "sample.mp4" and told["size"] == [160, 90] and told["bpm"] == 96
    assert [shot["name"] for shot in told["shots"]] == list(NAMES)
    assert told["boundaries"][1] == {"kind": "dissolve", "at": 72, "start": 62, "end": 82}


def test_the_whole_film_cuts_on_the_beat(tmp_path):
    film = render(tmp_path, name="tiny", size=(64, 36))
    assert [shot.name for shot in film.shots] == list(SCENES) and film.frames == 1200
    assert all(shot.start % 15 == 0 for shot in film.shots)
    assert {edge.kind for edge in film.boundaries} == {"cut", "dissolve", "fade"}
    assert (silence := span(film, "silence")).stop - silence.start == 75
    sound = listen(tmp_path / "tiny.mp4")
    assert music.loudness(sound) == pytest.approx(film.lufs, abs=0.5)
    assert np.abs(sound).max() < 1


def test_same_seed_same_bytes(tmp_path):
    films = [
        render(tmp_path / str(k), size=(64, 36), seed=seed, shots=["canvas"], seconds=0.5)
        for k, seed in enumerate((1, 1, 2))
    ]
    first, again, other = (film.video.read_bytes() for film in films)
    assert first == again != other


def test_an_unknown_shot_is_an_error(tmp_path):
    with pytest.raises(KeyError, match="volcano"):
        render(tmp_path, shots=["volcano"])


@pytest.mark.parametrize(
    ("name", "time", "shift"),
    [("mountains", 1.0, (32, 0)), ("birches", 1.25, (-32, 0)), ("city", 1 / 1.3, (0, -18))],
)
def test_pans_and_tilts_move_as_told(name, time, shift):
    draw = set_up(name, (320, 180))
    before, after = (np.asarray(draw(moment), np.float32) for moment in (0, time))
    assert apart(before, after) > 5
    x, y = shift
    inner = slice(20, 160), slice(40, 280)
    moved = np.roll(before, (-y, -x), (0, 1))
    assert apart(moved[inner], after[inner]) < 2
    assert all(
        apart(np.roll(moved, off, (0, 1))[inner], after[inner]) > 2 * apart(moved[inner], after[inner])
        for off in ((1, 0), (-1, 0), (0, 1), (0, -1))
    )


def test_the_zoom_grows_and_the_roll_turns_clockwise():
    draw = set_up("meadow", (320, 180))
    half = 160 / 1.08**2, 90 / 1.08**2
    box = (160 - half[0], 90 - half[1], 160 + half[0], 90 + half[1])
    grown = draw(0).resize((320, 180), Image.Resampling.BICUBIC, box=box)
    assert apart(grown, draw(2)) < 0.5 * apart(draw(0), draw(2))
    draw = set_up("canvas", (320, 180))
    turned = draw(0).rotate(-18, Image.Resampling.BICUBIC)
    middle = (100, 30, 220, 150)
    assert apart(turned.crop(middle), draw(2).crop(middle)) < 4
    assert apart(draw(0).crop(middle), draw(2).crop(middle)) > 20


def test_the_handheld_camera_has_its_speed():
    camera = SCENES["dunes"].camera
    views = [look(camera, k / 240) for k in range(24_000)]
    pace = np.diff([(view.x, view.y) for view in views], axis=0) * 240
    assert np.sqrt((pace**2).sum(1).mean()) == pytest.approx(camera.speed, rel=0.05)


def set_up(name: str, size: tuple[int, int]) -> Draw:
    return SCENES[name].set_up(Stage(size, 2.0, SCENES[name].camera, np.random.default_rng(3), 3))


def apart(a, b) -> float:
    return float(np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).mean())


def test_silences_are_exact_zeros_and_the_beat_runs_on():
    plain, holed = music.compose(8), music.compose(8, [(5.0, 6.25)])
    assert not holed[:, 240_000:300_000].any()
    a, b = plain[0, 302_400:330_000], holed[0, 302_400:330_000]
    assert np.corrcoef(a, b)[0, 1] > 0.999


def test_loudness_of_a_known_tone():
    # BS.1770: a 997 Hz sine of full scale in one channel reads -3.01 LUFS.
    tone = np.zeros((2, 5 * music.RATE))
    tone[0] = np.sin(2 * np.pi * 997 * np.arange(tone.shape[1]) / music.RATE)
    assert music.loudness(tone) == pytest.approx(-3.01, abs=0.05)
    assert music.loudness(np.zeros_like(tone)) == -70
