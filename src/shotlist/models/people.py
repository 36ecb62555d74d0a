"""Finders of people by their name.

``mediapipe`` needs no download: its networks lie inside the package. ``hf:ORG/NAME`` (or a folder) is any object
detector of transformers that knows persons, such as RT-DETR; ``hf:…?pose=ORG/NAME`` adds ViTPose.
"""

from collections.abc import Mapping
from functools import lru_cache

from shotlist.errors import ModelError
from shotlist.models.checkpoints import PACKAGES
from shotlist.models.contracts import PeopleFinder
from shotlist.models.names import ModelName, parse
from shotlist.models.people_graphs import INSTALL


def packages(model: str) -> Mapping[str, str]:
    """Modules that a finder needs, with the command that installs each."""
    name = _known(model)
    if name.kind == "mediapipe":
        return dict.fromkeys(("mediapipe", "attr", "matplotlib", "cv2"), INSTALL)
    return PACKAGES | ({"scipy": "pip install scipy"} if "pose" in name.settings else {})


@lru_cache(maxsize=1)
def finder(model: str) -> PeopleFinder:
    """The finder of that name, kept by the process; raises ModelError for one that can't work."""
    name = _known(model)
    if name.kind == "mediapipe":
        from shotlist.models.people_mediapipe import MediaPipe

        return MediaPipe()
    from shotlist.models.people_hf import Detector

    return Detector(name)


def _known(model: str) -> ModelName:
    name = parse(model)
    if name.kind not in ("mediapipe", "hf") or (name.kind == "hf" and not name.name):
        raise ModelError(f"{model!r} finds no people; write mediapipe, hf:ORG/NAME or hf:FOLDER")
    return name
