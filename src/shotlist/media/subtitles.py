"""Subtitles as plain text with times, from files beside a video and from the text tracks inside it.

Everything here is tolerant: what is sound is read, what isn't is counted in sentences beside the cues.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import av
import pysubs2
from av.container import InputContainer
from av.stream import Discard, Stream
from av.subtitles.stream import SubtitleStream

from shotlist.media.encodings import decoded
from shotlist.media.languages import language_code, language_in, language_of
from shotlist.media.spoken import Part, parts
from shotlist.media.timed_text import LATEST_US, Raw, parsed, plain, spoken_by
from shotlist.records import Cue, Word
from shotlist.timing import SECOND, to_us

LONGEST_US = 3600 * SECOND
TOUCHING_US = SECOND // 10
"""Cues closer than this follow each other without a pause."""
LONGEST_WORD_US = SECOND
"""Captions tell when a word begins; it ends where the next one begins, at the latest after this."""
TEXT_CODECS = frozenset(("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"))
LARGEST_FILE = 64 << 20
UNTOLD_US = 4 * SECOND
"""How long a subtitle is taken to last whose track doesn't tell."""


def sidecar_cues(source: Path | str | bytes, name: str | None = None) -> tuple[list[Cue], list[str]]:
    """Read a file of subtitles or a platform's captions, given as a path or as its content.

    SubRip, WebVTT, ASS, SSA, json3 and srv1 to srv3; the content decides about the format. ``name`` is the file's
    name (by default the path's), which tells the language: ``film.pt-BR.vtt``; else the text itself does. Returns
    the cues by time and a sentence for each kind of trouble; never raises.
    """
    content = source if isinstance(source, bytes) else b""
    if not isinstance(source, bytes):
        name = name or Path(source).name
        try:
            with Path(source).open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            return [], [f"The subtitles can't be read: {error.strerror or error}."]
    if len(content) > LARGEST_FILE:
        return [], ["The file is too large to hold subtitles."]
    language = language_in(name or "")
    text, problems = decoded(content, language)
    cues, more = _judged(parsed(text), language)
    if text.strip() and not cues:
        more.append("There are no usable subtitles in the file.")
    return cues, problems + more


def embedded_cues(path: Path | str) -> tuple[list[Cue], list[str]]:
    """Read the text tracks inside a video, track after track, on the video's own clock.

    The second list names tracks that are pictures (PGS, DVD) and what could not be read; never raises.
    """
    cues: list[Cue] = []
    try:
        with av.open(str(Path(path).absolute()), metadata_errors="ignore") as container:
            tracks = container.streams.subtitles
            text = [track for track in tracks if _codec(track) in TEXT_CODECS]
            pictures = [track for track in tracks if track not in text]
            problems = [f"Track {t.index} holds no text ({_codec(t)})." for t in pictures]
            raw, more = _demuxed(container, text)
            for number, track in enumerate(text):
                found, counted = _judged(raw[track.index], language_code(track.language or ""))
                cues += [replace(cue, origin="embedded", track=number) for cue in found]
                more += [f"Track {track.index}: {problem}" for problem in counted]
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return [], [f"The video's subtitles can't be read: {reason}."]
    return cues, problems + more


def _codec(track: Stream) -> str:
    return getattr(track.codec_context, "name", "unknown")  # it is None where FFmpeg has no decoder


def _demuxed(container: InputContainer, tracks: list[SubtitleStream]) -> tuple[dict[int, list[Raw]], list[str]]:
    """Cues by track. Packets are read as they are: the decoders refuse text that isn't UTF-8."""
    raw: dict[int, list[Raw]] = {track.index: [] for track in tracks}
    if not tracks:
        return raw, []
    for stream in container.streams:  # lets the demuxer pass over pictures and sound
        stream.discard = Discard.default if stream in tracks else Discard.all
    try:
        for packet in container.demux(tracks):
            if packet.pts is None or not packet.size:
                continue
            start = to_us(packet.pts, packet.time_base)
            end = start + (to_us(packet.duration, packet.time_base) if packet.duration else UNTOLD_US)
            raw[packet.stream_index].append(Raw(start, end, _packet_lines(packet.stream, bytes(packet))))
    except (av.FFmpegError, OSError) as error:
        return raw, [f"The subtitles end where the file is damaged: {error.strerror or error}."]
    return raw, []


def _packet_lines(track: Stream, content: bytes) -> tuple[str, ...]:
    codec = _codec(track)
    if codec == "mov_text":  # two bytes of length, the text, then styles
        content = content[2 : 2 + int.from_bytes(content[:2], "big")]
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text, _ = decoded(content if marked else content.rstrip(b"\0"), language_code(track.language or ""))
    if codec not in ("ass", "ssa"):
        return tuple(text.split("\n"))
    fields = text.split(",", 8)  # number, layer, style, actor's name, three margins, effect, text
    event = pysubs2.SSAEvent(text=fields[-1])
    return spoken_by(fields[3] if len(fields) > 8 else "", event.plaintext) if event.is_text else ()


def _judged(raw: Iterable[Raw], language: str | None) -> tuple[list[Cue], list[str]]:
    """The sound cues by time as plain text, and what was wrong with the others."""
    wrong: Counter[str] = Counter()
    kept: list[Raw] = []
    for cue in raw:
        if not _possible(cue.start_us, cue.end_us):
            wrong["impossible times"] += 1
        elif cue.end_us <= cue.start_us:
            wrong["no end after the start"] += 1
        elif lines := plain(cue.lines):
            kept.append(replace(cue, lines=lines))
    problems = [f"{n} subtitle{'s' * (n > 1)} left out: {reason}." for reason, n in wrong.items()]
    told = _unrolled(sorted(kept, key=lambda cue: (cue.start_us, cue.end_us, cue.lines)))
    cues = [cue for one in told for cue in _cues(one)]
    language = language or language_of(" ".join(cue.text for cue in cues if cue.kind != "sound"))
    return [replace(cue, language=language) for cue in cues], problems


def _possible(start_us: int, end_us: int) -> bool:
    return -LATEST_US < start_us < LATEST_US and end_us < LATEST_US and end_us - start_us <= LONGEST_US


def _unrolled(raw: Iterable[Raw]) -> list[Raw]:
    """Say each line once where captions roll: there, a cue repeats the lines that are still on the screen.

    A cue that says nothing new prolongs the one before it.
    """
    told: list[Raw] = []
    shown: tuple[str, ...] = ()
    until = 0
    for cue in raw:
        repeated = _overlap(shown, cue.lines) if told and cue.start_us - until <= TOUCHING_US else 0
        if repeated < len(cue.lines):
            told.append(replace(cue, lines=cue.lines[repeated:]))
        else:
            told[-1] = replace(told[-1], end_us=max(told[-1].end_us, cue.end_us))
        shown, until = cue.lines, cue.end_us
    return told


def _overlap(above: Sequence[str], below: Sequence[str]) -> int:
    """How many lines at the end of one text are those at the start of the next."""
    longest = min(len(above), len(below))
    return next((n for n in range(longest, 0, -1) if above[-n:] == below[:n]), 0)


def _cues(raw: Raw) -> Iterator[Cue]:
    words = list(_words(raw))
    for part in parts(raw.lines):
        yield Cue(
            raw.start_us,
            raw.end_us,
            part.text,
            kind=part.kind,
            speaker=part.speaker or None,
            words=_of_part(words, part),
        )


def _words(raw: Raw) -> Iterator[Word]:
    """Words with the times that the captions tell; several words of one time share it out."""
    onsets = sorted((o for o in raw.onsets if raw.start_us <= o[0] < raw.end_us), key=itemgetter(0))
    groups = [(start, [word for _, word in group]) for start, group in groupby(onsets, itemgetter(0))]
    for (start, words), following in zip(groups, [*(g[0] for g in groups[1:]), raw.end_us], strict=False):
        length = min(following - start, LONGEST_WORD_US * len(words))
        for k, word in enumerate(words):
            yield Word(start + length * k // len(words), start + length * (k + 1) // len(words), word)


def _of_part(words: Sequence[Word], part: Part) -> tuple[Word, ...]:
    said = Counter(part.text.split())
    return tuple(word for word in words if word.text in said) if part.kind != "sound" else ()
