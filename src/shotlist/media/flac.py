"""Sound as FLAC in memory: 16 bit, lossless, about half the size of plain samples."""

import io

import av
import numpy as np
from av.audio.frame import AudioFrame

from shotlist.media.hear import Samples16

_LAYOUTS = {1: "mono", 2: "stereo"}


def encode(samples: Samples16, rate: int) -> bytes:
    """Samples (channels, n), one or two channels, as a FLAC file."""
    layout = _LAYOUTS[len(samples)]
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples.T).reshape(1, -1), "s16", layout)
    frame.sample_rate, frame.pts = rate, 0
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        track = file.add_stream("flac", rate, layout=layout, format="s16")
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return out.getvalue()


def decode(flac: bytes) -> Samples16:
    """The samples (channels, n) of what ``encode`` gave."""
    with av.open(io.BytesIO(flac), "r", format="flac") as file:
        channels = file.streams.audio[0].channels
        parts = [frame.to_ndarray().reshape(-1, channels) for frame in file.decode(audio=0)]
    return np.concatenate(parts).T.astype(np.int16, copy=False)
