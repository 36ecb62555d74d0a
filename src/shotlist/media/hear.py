"""Sound of a file: decoded frames with times that rise, and one gapless grid of samples made of them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard

from shotlist.media.probe import open_media
from shotlist.sources.store import Remote
from shotlist.timing import SECOND, to_us

Samples16 = npt.NDArray[np.int16]

HOLE_US = SECOND // 4
"""A longer time without any sound in the stream counts as silence; shorter ones are clocks that trickle."""
_LONGEST_HOLE_US = 3600 * SECOND
"""What seems longer is a damaged stamp."""
_GIVE_UP_AFTER = 500
"""So many damaged packets before the first sound mean that none will come."""


class SoundTrack:
    """The first sound track of a file, frame by frame; nothing where there is none.

    While it is read, ``channels`` and ``rate`` say what the decoder gives and ``errors`` counts damaged packets.
    With ``start_us`` it is read from about there on. Raises MediaError for unreadable files.
    """

    def __init__(self, path: Path | Remote, start_us: int | None = None) -> None:
        self.path = path
        self.start_us = start_us
        self.channels = 0
        self.rate = 0
        self.errors = 0

    def __iter__(self) -> Iterator[tuple[int, AudioFrame]]:
        """(time in microseconds, frame). Holes are left in; a clock that starts anew goes on from where it was."""
        with open_media(self.path) as container:
            tracks = [s for s in container.streams.audio if s.codec_context is not None]
            if not tracks:
                return
            track = tracks[0]
            for stream in container.streams:
                if stream.index != track.index:
                    stream.discard = Discard.all
            self._seek(container, track)
            for time, frame in self._timed(track, self._frames(container.demux(track))):
                self.channels, self.rate = track.codec_context.channels, track.codec_context.sample_rate
                yield time, frame

    def _seek(self, container: InputContainer, track: AudioStream) -> None:
        if self.start_us is not None and track.time_base is not None:
            start = max(track.start_time or 0, round(self.start_us / SECOND / track.time_base))
            with suppress(av.error.FFmpegError):  # what can't be searched is read from its beginning
                container.seek(start, stream=track)

    def _frames(self, packets: "Iterator[Packet[AudioStream]]") -> Iterator[AudioFrame]:
        heard = False
        while self.errors <= _GIVE_UP_AFTER or heard:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, ValueError) as error:  # the reader has stopped for good
                self.errors += not isinstance(error, av.error.EOFError)
                return
            for frame in self._decoded(packet):
                heard = True
                yield frame

    def _decoded(self, packet: "Packet[AudioStream]") -> list[AudioFrame]:
        try:
            return [frame for frame in packet.decode() if frame.samples and frame.sample_rate]
        except (av.error.FFmpegError, ValueError) as error:
            self.errors += not isinstance(error, av.error.EOFError)
            return []

    def _timed(self, track: AudioStream, frames: Iterator[AudioFrame]) -> Iterator[tuple[int, AudioFrame]]:
        end: int | None = None
        late = 0
        for frame in frames:
            base = frame.time_base or track.time_base
            stamp = to_us(frame.pts, base) if frame.pts is not None and base else None
            time = (end or 0) if stamp is None else stamp + late
            if end is not None and not -HOLE_US < time - end < _LONGEST_HOLE_US:
                late += end - time
                time = end
            end = time + frame.samples * SECOND // frame.sample_rate
            yield time, frame


def blocks(track: SoundTrack, rate: int, size: int) -> Iterator[tuple[int, Samples16]]:
    """The track as (time of the first sample in microseconds, samples (channels, n)) at ``rate`` samples a second.

    Each block has ``size`` samples, the last one fewer, and they follow each other without gaps. Holes are
    silence. More than two channels become stereo by FFmpeg's matrix, which keeps the centre and turns the whole
    down so that nothing is clipped.
    """
    grid = _Grid(rate)
    waiting: list[Samples16] = []
    held = given = 0
    for piece in grid.pieces(track):
        waiting.append(piece)
        held += piece.shape[1]
        while held >= size:
            whole = np.concatenate(waiting, axis=1)
            yield grid.start_us + given * SECOND // rate, whole[:, :size]
            waiting, held, given = [whole[:, size:]], held - size, given + size
    if held:
        yield grid.start_us + given * SECOND // rate, np.concatenate(waiting, axis=1)


class _Grid:
    """Puts frames where their times say, resampled."""

    def __init__(self, rate: int) -> None:
        self.start_us = 0
        self._rate = rate
        self._channels = 0
        self._written = 0
        self._fed_us = 0.0
        self._ahead = False
        self._form: tuple[int, str, str] | None = None
        self._resampler = av.AudioResampler()

    def pieces(self, track: SoundTrack) -> Iterator[Samples16]:
        """Samples (channels, n) without gaps; mono only where the first frame is."""
        for time, frame in track:
            if not self._channels:
                self._channels = min(2, frame.layout.nb_channels)
                self.start_us, self._fed_us = time, time
            try:
                for piece in self._placed(time, frame):
                    self._written += piece.shape[1]
                    yield piece
            except (av.error.FFmpegError, ValueError):
                track.errors += 1
        yield from self._drained()

    def _placed(self, time: int, frame: AudioFrame) -> Iterator[Samples16]:
        drift = time - self._fed_us
        if drift > HOLE_US:
            yield from self._drained()
            yield from self._silence(time)
            self._fed_us = time
        # Sound that runs ahead of its stamps waits for them, so that it stays with the picture in long films.
        self._ahead = drift < (0 if self._ahead else -HOLE_US)
        if self._ahead:
            return
        form = (frame.sample_rate, frame.format.name, frame.layout.name)
        if form != self._form:  # the format may change in the middle of a stream
            yield from self._drained()
            layout = "mono" if self._channels == 1 else "stereo"
            self._resampler, self._form = av.AudioResampler("s16p", layout, self._rate), form
        self._fed_us += frame.samples * SECOND / frame.sample_rate
        yield from self._resampled(frame)

    def _drained(self) -> Iterator[Samples16]:
        if self._form is not None:
            self._form = None
            yield from self._resampled(None)

    def _resampled(self, frame: AudioFrame | None) -> Iterator[Samples16]:
        for out in self._resampler.resample(frame):
            yield out.to_ndarray().astype(np.int16, copy=False)

    def _silence(self, until_us: int) -> Iterator[Samples16]:
        missing = round((until_us - self.start_us) * self._rate / SECOND) - self._written
        while missing > 0:
            n = min(missing, 10 * self._rate)  # an hour at once would be a lot of zeros
            yield np.zeros((self._channels, n), np.int16)
            missing -= n
