"""The finder that needs no download, on real films."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from people_pictures import frame

from shotlist.errors import ModelError
from shotlist.models.contracts import Person, Picture
from shotlist.models.people import finder, packages
from shotlist.models.people_mediapipe import squares

mediapipe = pytest.importorskip("mediapipe")


def people_in(picture: Picture) -> Sequence[Person]:
    ((time_us, found),) = finder("mediapipe").people([(7, picture)])
    assert time_us == 7
    return found


def test_a_woman_at_her_desk_is_seen_from_face_to_hand(shared_media: Path) -> None:
    (woman,) = people_in(frame(shared_media / "vertical_wave.mp4", 0.5))
    assert woman.score > 0.8
    assert woman.face is not None and 0.2 < woman.face.bottom - woman.face.top < 0.35
    assert woman.turned is not None and woman.turned < 20
    assert woman.mouth is not None and woman.mouth < 0.02
    assert woman.body is not None and woman.box is not None and woman.box.top < woman.face.top
    assert woman.body.points.shape == (33, 2) and woman.body.points.dtype == np.float32
    nose, left, right = woman.body.points[[0, 11, 12]]
    assert woman.face.left < nose[0] < woman.face.right and woman.face.top < nose[1] < woman.face.bottom
    assert right[0] < nose[0] < left[0]  # her own left is the picture's right


def test_a_pose_is_in_metres_and_hands_hang_at_its_wrists(shared_media: Path) -> None:
    people = people_in(frame(shared_media / "chaplin_policeman.mp4", 3.52))
    assert len(people) == 2
    hands = 0
    for person in people:
        assert person.body is not None and person.body.pose is not None
        trunk = person.body.pose[[11, 12]].mean(axis=0) - person.body.pose[[23, 24]].mean(axis=0)
        assert trunk[1] < 0 and 0.35 < np.linalg.norm(trunk) < 0.6
        for hand, wrist in ((person.body.left_hand, 15), (person.body.right_hand, 16)):
            if hand is not None:
                hands += 1
                assert hand.shape == (21, 3)
                assert np.allclose(hand[0], person.body.pose[wrist], atol=1e-5)
                assert 0.03 < np.linalg.norm(hand[9] - hand[0]) < 0.15
    assert hands


def test_the_speaker_moves_his_mouth_and_the_listener_does_not(shared_media: Path) -> None:
    mouths = []
    for seconds in (0.0, 0.5, 2.5, 4.5):
        people = sorted(people_in(frame(shared_media / "president_statement.mp4", seconds)), key=lambda p: p.face.left)
        assert len(people) == 2
        mouths.append([p.mouth for p in people])
    listener, speaker = np.std(mouths, axis=0)
    assert speaker > 2 * listener


def test_nobody_is_seen_in_cars_slides_or_cats(shared_media: Path) -> None:
    for name, seconds in (("highway_av1.mp4", 5), ("slides_talk.mp4", 72), ("clock_cat_one_cut.mp4", 4)):
        assert not people_in(frame(shared_media / name, seconds)), name


def test_a_person_is_the_same_on_a_mirrored_picture(shared_media: Path) -> None:
    picture = frame(shared_media / "vertical_wave.mp4", 0.5)
    (one,), (other,) = people_in(picture), people_in(np.ascontiguousarray(picture[:, ::-1]))
    assert one.face is not None and other.face is not None
    assert one.face.left == pytest.approx(1 - other.face.right, abs=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (16, 16), (36, 2000)])
def test_tiny_and_narrow_pictures_hold_nobody(shape: tuple[int, int]) -> None:
    assert not people_in(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8))


def test_wide_and_tall_pictures_are_looked_at_in_overlapping_squares() -> None:
    parts = [(part.shape[:2], left, top) for part, left, top in squares(np.zeros((360, 640, 3), np.uint8))]
    assert parts == [((360, 640), 0, 0), ((360, 360), 0, 0), ((360, 360), 280, 0)]
    tall = [(left, top) for _, left, top in squares(np.zeros((640, 360, 3), np.uint8))]
    assert tall == [(0, 0), (0, 0), (0, 280)]
    assert len(list(squares(np.zeros((360, 360, 3), np.uint8)))) == 1


def test_it_says_nothing_and_ends_cleanly() -> None:
    code = (
        "import numpy as np; from shotlist.models.people import finder;"
        "print(list(finder('mediapipe').people([(0, np.zeros((90, 160, 3), np.uint8))])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(0, [])]\n", "")


def complaint(site: Path) -> str:
    """What a process says that finds this folder of packages first."""
    code = "from shotlist.models.people import finder; finder('mediapipe')"
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    return done.stderr.strip().splitlines()[-1]


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    wheel = distribution("mediapipe")
    info = next(f for f in wheel.files or () if f.name == "RECORD")
    shutil.copytree(Path(str(info.locate())).parent, tmp_path / info.parent)
    shutil.copytree(Path(mediapipe.__file__).parent / "modules", tmp_path / "mediapipe" / "modules")
    broken = tmp_path / "mediapipe" / "modules" / "pose_landmark" / "pose_landmark_full.tflite"
    broken.write_bytes(broken.read_bytes()[:5000])
    said = complaint(tmp_path)
    assert said.startswith("shotlist.errors.ModelError") and str(broken) in said and "--no-deps mediapipe" in said


def test_another_version_has_no_networks(tmp_path: Path) -> None:
    info = tmp_path / "mediapipe-1.2.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mediapipe\nVersion: 1.2.2\n")
    assert "mediapipe 1.2.2 comes without its networks; install 0.10.21: pip install" in complaint(tmp_path)


def test_what_must_be_installed_is_one_line() -> None:
    (line,) = set(packages("mediapipe").values())
    assert "mediapipe" in packages("mediapipe") and "--no-deps mediapipe==0.10.21" in line
    assert set(packages("hf:org/name")) == {"torch", "transformers"}
    assert "scipy" in packages("hf:org/name?pose=org/pose")


@pytest.mark.parametrize("name", ["builtin", "openai:x@http://127.0.0.1/v1", "hf:"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ModelError, match="finds no people; write mediapipe"):
        finder(name)
