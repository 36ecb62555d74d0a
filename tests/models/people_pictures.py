"""Single frames of the shared films, upright and in the size of stills."""

from pathlib import Path

import av
import numpy as np
from PIL import Image


def frame(path: Path, seconds: float) -> np.ndarray:
    """The first frame at or after a time."""
    with av.open(str(path)) as file:
        file.seek(round(seconds * 1_000_000))
        picture = next(f for f in file.decode(video=0) if f.time >= seconds).to_image()
    picture.thumbnail((640, 640), Image.Resampling.BILINEAR)
    return np.asarray(picture)
