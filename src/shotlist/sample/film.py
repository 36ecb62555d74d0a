"""A film of which every frame is known: pictures, camera, cuts and sound are made from a seed and noted.

Most scenes are painted once, larger than the frame, and a camera moves over them; sea, train and credits move
by themselves. `render` writes the film, its subtitles and the truth about both.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from PIL import Image

from shotlist.sample import music
from shotlist.sample.camera import DETAIL, Camera, Draw, Stage, panned
from shotlist.sample.cards import end_credits, quiet, title
from shotlist.sample.moving import railway, sea
from shotlist.sample.paint import Size
from shotlist.sample.pictures import birches, canvas, city, dunes, meadow, mountains
from shotlist.timing import to_us

_DISSOLVE = 20  # frames
_FADE = 18  # frames on each side, the inner third of them black
_FLASH = 2  # frames


@dataclass(frozen=True)
class Shot:
    """One shot: frames `start <= frame < end`, and what is in them. Half of each transition belongs to it."""

    name: str
    start: int
    end: int
    camera: Camera
    happens: str


@dataclass(frozen=True)
class Boundary:
    """Between two shots: a cut, dissolve or fade. `at` is the next shot's first frame.

    The frames `start <= frame < end` are neither shot alone; for a cut there are none.
    """

    kind: str
    at: int
    start: int
    end: int


@dataclass(frozen=True)
class Span:
    """Frames `start <= frame < end` of one kind: black, flash, title, silence, letterbox and so on."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Cue:
    """A subtitle, from `start_us` to `end_us` in microseconds."""

    start_us: int
    end_us: int
    text: str


@dataclass(frozen=True)
class Sample:
    """The files that were written, and all that is true about them. Frames are counted from zero."""

    video: Path
    subtitles: Path
    truth: Path
    size: Size
    fps: int
    frames: int
    shots: tuple[Shot, ...]
    boundaries: tuple[Boundary, ...]
    spans: tuple[Span, ...]
    cues: tuple[Cue, ...]
    bpm: int = music.BPM
    key: str = music.KEY
    lufs: float = music.LOUDNESS


_STILL = Camera()


@dataclass(frozen=True)
class Scene:
    """A scene of the film. `beats` of the music is its length, `enter` how it follows the one before."""

    set_up: Callable[[Stage], Draw]
    beats: int
    happens: str
    camera: Camera = _STILL
    enter: str = "cut"
    says: str = ""
    marks: tuple[str, ...] = ()  # kinds of span that the whole scene is


_WIDTHS, _HEIGHTS = "frame widths per second", "frame heights per second"


SCENES: dict[str, Scene] = {
    "title": Scene(
        title, 6, "title card: SHOTLIST presents a short film made of numbers",
        enter="fade", marks=("title",),
    ),
    "mountains": Scene(
        partial(panned, mountains, DETAIL), 8, "layered ridges at dusk under stars and a full moon",
        Camera("pan right", 0.10, _WIDTHS),
        says="Every mountain here is a sum of noise.",
    ),
    "sea": Scene(
        sea, 8, "waves roll in, the sun sets and a sailing boat bobs",
        says="The sea is six sines and a setting sun.",
    ),
    "meadow": Scene(
        partial(panned, meadow, DETAIL), 8, "a meadow full of flowers and a lone tree under clouds",
        Camera("zoom in", 0.08, "share per second"), "dissolve",
        says="Thousands of flowers, and nobody picked one.",
    ),
    "canvas": Scene(
        partial(panned, canvas, 1.0), 6, "a painted canvas of coloured circles in squares turns clockwise",
        Camera("roll clockwise", 9.0, "degrees per second"),
    ),
    "dunes": Scene(
        partial(panned, dunes, DETAIL), 7, "sand dunes in low sun, filmed by hand",
        Camera("handheld", 0.08, _WIDTHS),
        says="Would somebody please hold the camera still?",
    ),
    "quiet": Scene(
        quiet, 5, "intertitle on black, without sound: Night falls",
        enter="fade", marks=("intertitle", "silence"),
    ),
    "city": Scene(
        partial(panned, city, DETAIL), 8, "lit towers at night above a river; a photo flash goes off",
        Camera("tilt up", 0.13, _HEIGHTS),
        says="In the city, somebody takes a picture.", marks=("flash",),
    ),
    "train": Scene(
        railway, 8, "a steam train crosses a bridge over still water from left to right",
        says="The last train home is always on time.", marks=("letterbox",),
    ),
    "birches": Scene(
        partial(panned, birches, DETAIL), 6, "a birch forest in snow and fog",
        Camera("pan left", 0.08, _WIDTHS),
        says="Even without colours, it looks cold.", marks=("monochrome",),
    ),
    "credits": Scene(
        end_credits, 10, "end credits roll over a starry sky",
        Camera("text up", 0.20, _HEIGHTS), marks=("credits",),
    ),
}  # fmt: skip


def render(
    folder: Path,
    name: str = "sample",
    size: Size = (640, 360),
    fps: int = 24,
    seed: int = 1,
    shots: Sequence[str] | None = None,
    seconds: float | None = None,
) -> Sample:
    """Write `<name>.mp4` (H.264, AAC), `<name>.en.srt` and `<name>.truth.json` into `folder`.

    `size` in pixels, both even. `shots` are names out of `SCENES`, in the order wanted; without them the
    whole film of 50 seconds is made. `seconds` makes every shot that long. An unknown name raises KeyError.
    """
    names = tuple(shots or SCENES)
    plan = _timeline(names, fps, seconds)
    frames, spans = plan[-1].end, _spans(plan, _boundaries(plan))
    sample = Sample(
        video=folder / f"{name}.mp4",
        subtitles=folder / f"{name}.en.srt",
        truth=folder / f"{name}.truth.json",
        size=size,
        fps=fps,
        frames=frames,
        shots=plan,
        boundaries=tuple(edge for edge in _boundaries(plan) if 0 < edge.at < frames),
        spans=spans,
        cues=tuple(_cues(plan, fps)),
    )
    silences = [(span.start / fps, span.end / fps) for span in spans if span.kind == "silence"]
    folder.mkdir(parents=True, exist_ok=True)
    _encode(sample, _film(sample, seed), music.compose(frames / fps, silences))
    sample.subtitles.write_text(_srt(sample.cues), encoding="utf-8")
    sample.truth.write_text(_told(sample), encoding="utf-8")
    return sample


def _timeline(names: Sequence[str], fps: int, seconds: float | None) -> tuple[Shot, ...]:
    lengths = [seconds or SCENES[name].beats * 60 / music.BPM for name in names]
    # Edges are rounded, not lengths, so that no error adds up and the cuts stay on the beat.
    edges = [round(sum(lengths[:k]) * fps) for k in range(len(names) + 1)]
    return tuple(
        Shot(name, start, end, SCENES[name].camera, SCENES[name].happens)
        for name, start, end in zip(names, edges[:-1], edges[1:], strict=True)
    )


def _boundaries(shots: Sequence[Shot]) -> list[Boundary]:
    """What happens before each shot, in order, and after the last: the film itself fades in and out."""
    edges = [_boundary(SCENES[shot.name].enter, shot.start, shot, before) for before, shot in _pairs(shots)]
    if SCENES[shots[0].name].enter != "fade":
        edges[0] = Boundary("cut", 0, 0, 0)
    kind = "fade" if shots[-1].name == "credits" else "cut"
    return [*edges, _boundary(kind, shots[-1].end, shots[-1], shots[-1])]


def _pairs(shots: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Each shot after the one before it; the first one after itself."""
    return zip((shots[0], *shots[:-1]), shots, strict=True)


def _boundary(kind: str, at: int, shot: Shot, before: Shot) -> Boundary:
    room = min(shot.end - shot.start, before.end - before.start) // 3
    side = min({"cut": 0, "dissolve": _DISSOLVE // 2, "fade": _FADE}[kind], room)
    return Boundary(kind, at, at - side, at + side)


def _spans(shots: Sequence[Shot], edges: Sequence[Boundary]) -> tuple[Span, ...]:
    spans = [
        _flash(shot) if mark == "flash" else Span(mark, shot.start, shot.end)
        for shot in shots
        for mark in SCENES[shot.name].marks
    ]
    last = shots[-1].end
    for edge in edges:
        hold = (edge.at - edge.start) // 3
        if edge.kind == "fade" and hold:
            spans.append(Span("black", max(0, edge.at - hold), min(last, edge.at + hold)))
    return tuple(sorted(spans, key=lambda span: span.start))


def _flash(shot: Shot) -> Span:
    start = shot.start + round(0.55 * (shot.end - shot.start))
    return Span("flash", start, min(shot.end, start + _FLASH))


def _film(sample: Sample, seed: int) -> Iterator[Image.Image]:
    """The frames in order; a scene is set up when it is first seen and struck when the next stands alone."""
    stages: dict[int, Draw] = {}
    black = Image.new("RGB", sample.size)
    for frame, layers in enumerate(_layers(sample)):
        stages = {k: stages.get(k) or _set_up(sample, k, seed) for k, _ in layers}
        picture, shown = black, 0.0
        for k, share in layers:
            shown += share
            picture = Image.blend(picture, _drawn(sample, k, frame, stages[k]), share / shown)
        yield Image.blend(black, picture, shown)


def _set_up(sample: Sample, k: int, seed: int) -> Draw:
    shot = sample.shots[k]
    # Chance depends on the scene alone: a shot looks the same in every film that has it.
    rng = np.random.default_rng([seed, list(SCENES).index(shot.name)])
    return SCENES[shot.name].set_up(Stage(sample.size, (shot.end - shot.start) / sample.fps, shot.camera, rng, seed))


def _layers(sample: Sample) -> list[list[tuple[int, float]]]:
    """For each frame the shots seen in it and their shares, which add up to less than 1 towards black."""
    layers = [[(k, 1.0)] for k, shot in enumerate(sample.shots) for _ in range(shot.start, shot.end)]
    for k, edge in enumerate(_boundaries(sample.shots)):
        for frame in range(max(0, edge.start), min(sample.frames, edge.end)):
            layers[frame] = _mix(edge, k, frame)
    return layers


def _mix(edge: Boundary, k: int, frame: int) -> list[tuple[int, float]]:
    """What a frame of a transition into shot `k` shows; the steps are even, up to the pure frames outside."""
    side = edge.at - edge.start
    if edge.kind == "dissolve":
        share = (frame - edge.start + 1) / (2 * side + 1)
        return [(k - 1, 1 - share), (k, share)]
    ramp = side - side // 3
    far = edge.at - frame if frame < edge.at else frame - edge.at + 1
    share = (far - side // 3) / (ramp + 1)
    return [(k - 1 if frame < edge.at else k, share)] if share > 0 else []


def _drawn(sample: Sample, k: int, frame: int, draw: Draw) -> Image.Image:
    """One shot at one frame of the film, with what the projector adds: bars and the light of a flash."""
    shot = sample.shots[k]
    picture = draw((frame - shot.start) / sample.fps)
    for mark in SCENES[shot.name].marks:
        if mark == "letterbox":
            picture = _letterbox(picture)
        if mark == "flash" and _flash(shot).start <= frame < _flash(shot).end:
            picture = Image.blend(picture, Image.new("RGB", sample.size, "white"), 0.8)
    return picture


def _letterbox(picture: Image.Image, ratio: float = 2.39) -> Image.Image:
    width, height = picture.size
    bar = round((height - width / ratio) / 2)
    framed = Image.new("RGB", picture.size)
    framed.paste(picture.crop((0, bar, width, height - bar)), (0, bar))
    return framed


def _encode(sample: Sample, pictures: Iterable[Image.Image], sound: music.Wave) -> None:
    with av.open(sample.video, "w", options={"movflags": "faststart"}) as file:
        # One thread: the same seed gives the same bytes on any number of cores.
        video = file.add_stream("libx264", sample.fps, options={"preset": "veryfast", "crf": "20", "threads": "1"})
        video.width, video.height = sample.size
        video.pix_fmt = "yuv420p"
        audio = file.add_stream("aac", music.RATE, layout="stereo", bit_rate=160_000)
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24")
            frame.pts = k
            file.mux(video.encode(frame))
            _play(file, audio, sound, k * music.RATE // sample.fps, (k + 1) * music.RATE // sample.fps)
        file.mux(video.encode(None))
        file.mux(audio.encode(None))


def _play(file: OutputContainer, audio: AudioStream, sound: music.Wave, start: int, end: int) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start:end]), "fltp", "stereo")
    frame.sample_rate, frame.pts = music.RATE, start
    file.mux(audio.encode(frame))


def _cues(shots: Sequence[Shot], fps: int) -> Iterator[Cue]:
    """A line is on screen during the middle of its shot."""
    for shot in shots:
        start, end = (to_us(frame, Fraction(1, fps)) for frame in (shot.start, shot.end))
        pause = (end - start) // 8
        if SCENES[shot.name].says:
            # Subtitle files know only whole milliseconds.
            whole = [time // 1000 * 1000 for time in (start + pause, end - pause)]
            yield Cue(whole[0], whole[1], SCENES[shot.name].says)


def _srt(cues: Sequence[Cue]) -> str:
    return "".join(
        f"{k}\n{_clock(cue.start_us)} --> {_clock(cue.end_us)}\n{cue.text}\n\n" for k, cue in enumerate(cues, 1)
    )


def _clock(time_us: int) -> str:
    minutes, ms = divmod(time_us // 1000, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d},{ms % 1000:03d}"


def _told(sample: Sample) -> str:
    facts = asdict(sample)
    for key in ("video", "subtitles", "truth"):
        facts[key] = facts[key].name
    return json.dumps(facts, indent=2) + "\n"
