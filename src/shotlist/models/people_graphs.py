"""MediaPipe's own networks, run on regions of our choice.

Its ready-made solutions follow one person through a film. The same networks, wired up anew, answer for as many
people as a picture holds: two detectors propose faces and bodies, and three others look at one proposal each.
MediaPipe 0.10.21 is the last release whose wheel carries them.
"""

import base64
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.contracts import Picture

VERSION = "0.10.21"
INSTALL = (
    f"pip install attrs matplotlib opencv-python 'protobuf>=6.33,<7' && pip install --no-deps mediapipe=={VERSION}"
)
"""Its wheel's own pins (NumPy 1, protobuf 4, JAX) are out of date and not needed: hence --no-deps."""

_ONE_THREAD = 'executor { type: "ApplicationThreadExecutor" }'
"""The engine runs one worker per core, so a graph works on the thread that asks."""

_SIDES = """
node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:0:one" output_side_packet: "PACKET:1:no"
  options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] {
    packet { int_value: 1 } packet { bool_value: false } } } }
"""
_DETECTOR = """
input_stream: "image" output_stream: "found"
node { calculator: "%s" input_stream: "IMAGE:image" output_stream: "DETECTIONS:found" }
"""
_GRAPHS = {
    "faces": _DETECTOR % "FaceDetectionFullRangeCpu",
    "bodies": _DETECTOR % "PoseDetectionCpu",
    "mesh": """
input_stream: "image" input_stream: "region" output_stream: "landmarks"
node { calculator: "FaceLandmarkCpu" input_stream: "IMAGE:image" input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:no" output_stream: "LANDMARKS:landmarks" }
"""
    + _SIDES,
    "pose": """
input_stream: "image" input_stream: "region" output_stream: "landmarks" output_stream: "world"
node { calculator: "PoseLandmarkByRoiCpu" input_stream: "IMAGE:image" input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:one" input_side_packet: "ENABLE_SEGMENTATION:no"
  output_stream: "LANDMARKS:landmarks" output_stream: "WORLD_LANDMARKS:world" }
"""
    + _SIDES,
    "hands": """
input_stream: "image" input_stream: "body" output_stream: "left" output_stream: "right"
node { calculator: "HandLandmarksLeftAndRightCpu" input_stream: "IMAGE:image" input_stream: "POSE_LANDMARKS:body"
  output_stream: "LEFT_HAND_LANDMARKS:left" output_stream: "RIGHT_HAND_LANDMARKS:right" }
""",
}
_THRESHOLDS = {
    "faces": "facedetectionfullrangecpu__facedetectionfullrange__facedetection__TensorsToDetectionsCalculator",
    "bodies": "posedetectioncpu__TensorsToDetectionsCalculator",
}
_FILES = (
    "face_detection/face_detection_full_range_sparse",
    "face_landmark/face_landmark",
    "pose_detection/pose_detection",
    "pose_landmark/pose_landmark_full",
    "holistic_landmark/hand_recrop",
    "hand_landmark/hand_landmark_full",
)


class Graphs:
    """One wired-up network each for ``faces``, ``bodies``, ``mesh``, ``pose`` and ``hands``, on one thread each.

    Raises ModelError where MediaPipe is missing, of another version, or damaged.
    """

    def __init__(self, propose_above: float) -> None:
        _check_files()
        try:
            with _quiet():
                base = import_module("mediapipe.python.solution_base").SolutionBase
                self._rect = import_module("mediapipe.framework.formats.rect_pb2").NormalizedRect
                self._graphs = {name: _graph(base, name, propose_above) for name in _GRAPHS}
                self._warm_up()
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise ModelError(f"mediapipe can't be used ({reason}); install it again: {INSTALL}") from error

    def detect(self, name: str, picture: Picture) -> list[Any]:
        """Proposals of ``faces`` or ``bodies``, as MediaPipe's detections in shares of the picture."""
        return self._graphs[name].process(picture).found or []

    def look(self, name: str, picture: Picture, region: "Region") -> Any:
        """What ``mesh`` or ``pose`` sees in a region: ``landmarks`` (and ``world``), each None where it sees none."""
        height, width = picture.shape[:2]
        rect = self._rect(
            x_center=region.x / width,
            y_center=region.y / height,
            width=region.size / width,
            height=region.size / height,
            rotation=region.turn,
        )
        return self._graphs[name].process({"image": picture, "region": rect})

    def hands(self, picture: Picture, body: Any) -> Any:
        """``left`` and ``right`` hand of a body whose ``pose`` landmarks are given, each None where it is not seen."""
        return self._graphs["hands"].process({"image": picture, "body": body})

    def _warm_up(self) -> None:
        # A network talks when it runs for the first time, and never again.
        black = np.zeros((64, 64, 3), np.uint8)
        for name in ("faces", "bodies"):
            self.detect(name, black)
        for name in ("mesh", "pose"):
            self.look(name, black, Region(32, 32, 64))
        points = import_module("mediapipe.framework.formats.landmark_pb2").NormalizedLandmarkList()
        for _ in range(33):
            points.landmark.add(x=0.5, y=0.5, visibility=1.0, presence=1.0)
        self.hands(black, points)


class Region:
    """A square of a picture: its middle and side in pixels, and by how many radians it is turned clockwise."""

    def __init__(self, x: float, y: float, size: float, turn: float = 0.0) -> None:
        self.x, self.y, self.size, self.turn = x, y, size, turn


def _graph(base: Any, name: str, propose_above: float) -> Any:
    threshold = {f"{_THRESHOLDS[name]}.min_score_thresh": propose_above} if name in _THRESHOLDS else None
    return base(graph_config=_ONE_THREAD + _GRAPHS[name], calculator_params=threshold)


def _check_files() -> None:
    """Raise ModelError where the wheel's networks are not those that it came with: a damaged one could crash."""
    try:
        wheel = distribution("mediapipe")
    except PackageNotFoundError as error:
        raise ModelError(f"people are found by the package mediapipe, which is not installed: {INSTALL}") from error
    if wheel.version != VERSION:
        raise ModelError(f"mediapipe {wheel.version} comes without its networks; install {VERSION}: {INSTALL}")
    wanted = {f"mediapipe/modules/{name}.tflite" for name in _FILES}
    for file in wheel.files or ():
        if str(file) in wanted and file.hash is not None:
            path = Path(str(file.locate()))
            if not path.is_file() or _hash(path) != file.hash.value:
                raise ModelError(f"{path}: the network is missing or damaged; install it again: {INSTALL}")


def _hash(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@contextmanager
def _quiet() -> Iterator[None]:
    """Send what C++ code prints on standard error nowhere; it takes no other way to be silenced."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
