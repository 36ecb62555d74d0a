"""Pictures and sound of exactly one span of a file, read from about there and not from the beginning."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from shotlist.media.decode import Decoder
from shotlist.media.hear import Samples16, SoundTrack, blocks
from shotlist.media.probe import open_media, video_stream
from shotlist.records import Segment
from shotlist.sources.store import Remote
from shotlist.timing import SECOND, to_us

File = Path | Remote

RATE = 48_000
_BLOCK = RATE // 4
_MARGINS = (0, 2, 10, 60)
"""Seconds before a span from which its first key frame is looked for."""


def pictures(file: File, start_us: int, end_us: int) -> Iterator[tuple[int, VideoFrame, int]]:
    """(time from the span's start, frame, how long it is shown), all in microseconds.

    The first is the one that is shown when the span starts, the last is shown until its end. Raises MediaError for
    unreadable files.
    """
    time, frame = start_us, None
    decoder = Decoder(file, _segment(file, start_us, end_us), threads=2)
    for picture in decoder:
        if picture.after_end:
            break
        if frame is not None and picture.time_us > start_us:
            yield time - start_us, frame, picture.time_us - time
        time, frame = max(start_us, picture.time_us), picture.frame
        shown_us = picture.time_us + decoder.last_duration_us
    else:
        if frame is not None and shown_us <= start_us:
            return  # the video ends before the span
    if frame is not None:
        yield time - start_us, frame, max(1, end_us - time)


def _segment(file: File, start_us: int, end_us: int) -> Segment:
    """From the last key frame that can be found before the span; else from the beginning."""
    with open_media(file) as container:
        stream = video_stream(container, file.name)
        base, first = stream.time_base, stream.start_time or 0
        for margin in _MARGINS if base is not None else ():
            assert base is not None
            with suppress(av.error.FFmpegError):
                container.seek(round((start_us / SECOND - margin) / base), stream=stream)
                keys = (p.pts for p in container.demux(stream) if p.is_keyframe and p.pts is not None)
                key = next(keys, None)
                if key is not None and key > first and to_us(key, base) <= start_us:
                    return Segment(start_us=to_us(key, base), end_us=end_us)
    return Segment(end_us=end_us)


def sound(file: File, start_us: int, end_us: int) -> Iterator[Samples16]:
    """Samples (channels, n) at 48 kHz, one channel or two; nothing where the file has no sound in the span."""
    wanted, given = round((end_us - start_us) * RATE / SECOND), 0
    for time, block in blocks(SoundTrack(file, start_us - SECOND), RATE, _BLOCK):
        first = round((time - start_us) * RATE / SECOND)
        if first >= wanted:
            return
        samples = block[:, max(0, -first) : wanted - first]
        if samples.shape[1] and first > given:  # it begins later than the span
            silence = np.zeros((len(samples), first - given), np.int16)
            samples = np.concatenate([silence, samples], axis=1)
        given += samples.shape[1]
        if samples.shape[1]:
            yield samples
