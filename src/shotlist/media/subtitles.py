"""Subtitles as plain text with times, from files beside a video and from the text tracks inside it.

Everything here is tolerant: what is sound is read, what isn't is counted in sentences beside the cues.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pysubs2
from av.container import InputContainer
from av.stream import Discard, Stream
from av.subtitles.stream import SubtitleStream

from shotlist.records import Cue
from shotlist.timing import SECOND, to_us

LONGEST_US = 3600 * SECOND
LATEST_US = 100 * 3600 * SECOND
TOUCHING_US = SECOND // 10
"""Cues closer than this follow each other without a pause."""
TEXT_CODECS = frozenset(("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"))
LARGEST_FILE = 64 << 20
UNTOLD_US = 4 * SECOND
"""How long a subtitle is taken to last whose track doesn't tell."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

Raw = tuple[int, int, list[str]]
"""A cue before it is judged: start and end in microseconds, and its lines with markup."""

_TIME = r"(-?)(?:(\d{1,6}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,6}))?"
_TIMING = re.compile(rf"\s*{_TIME}[-\u2013\u2014=\s]*(?:>|\u2192|&gt;)+\s*{_TIME}(?!\d)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|</?\d[\d:.]*>|\{\\[^{}]*\}")
_INVISIBLE = re.compile("[\0\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

# ISO 639-1 codes, and the three-letter codes that containers use for the most common of them.
_CODES = """
    aa ab af ak am ar as ay az ba be bg bh bi bm bn bo br bs ca co cs cy da de dv dz ee el en eo es et
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi hr ht hu hy ia id ig ik is it iu iw ja jv ka kk
    kl km kn ko ks ku kw ky la lb lg ln lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn no ny oc om or
    os pa pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LONG_CODES = """
    ara:ar ben:bn bul:bg cat:ca ces:cs cze:cs chi:zh zho:zh dan:da deu:de ger:de dut:nl nld:nl ell:el
    gre:el eng:en est:et fas:fa per:fa fin:fi fra:fr fre:fr heb:he hin:hi hrv:hr hun:hu ice:is isl:is
    ind:id ita:it jpn:ja kor:ko lav:lv lit:lt may:ms msa:ms nob:nb nor:no pol:pl por:pt ron:ro rum:ro
    rus:ru slk:sk slo:sk slv:sl spa:es srp:sr swe:sv tam:ta tel:te tha:th tur:tr ukr:uk urd:ur vie:vi
"""
_LANGUAGES = {code: code for code in _CODES.split()} | dict(p.split(":") for p in _LONG_CODES.split())


def sidecar_cues(source: Path | str | bytes, name: str | None = None) -> tuple[list[Cue], list[str]]:
    """Read an ``.srt``, ``.vtt``, ``.ass`` or ``.ssa`` file, given as a path or as its content.

    The content decides about the format. ``name`` is the file's name (by default the path's), which tells the
    language: ``film.pt-BR.vtt``. Returns the cues by time and a sentence for each kind of
    trouble; never raises.
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
    text, problems = _decoded(content)
    cues, more = _judged(_parsed(text), language_in(name or ""))
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
            for track in text:
                found, counted = _judged(raw[track.index], _language(track.language or ""))
                cues += [replace(cue, origin="embedded") for cue in found]
                more += [f"Track {track.index}: {problem}" for problem in counted]
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return [], [f"The video's subtitles can't be read: {reason}."]
    return cues, problems + more


def _codec(track: Stream) -> str:
    return getattr(track.codec_context, "name", "unknown")  # it is None where FFmpeg has no decoder


def language_in(name: str) -> str | None:
    """The language that a file's name tells: ``en`` for ``film.en.srt``, also for ``film.eng.forced.srt``."""
    for part in reversed(name.split(".")[1:-1][-2:]):
        if language := _language(part):
            return language
    return None


def _language(tag: str) -> str | None:
    code, *region = tag.strip().replace("_", "-").split("-")
    known = _LANGUAGES.get(code.lower())
    return "-".join([known, *region]) if known else None


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if content[:2] in _UTF16:
        return content.decode("utf-16", "replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "replace")
    wrong = text.count("\ufffd")
    if sum(not sign.isascii() for sign in text) > 2 * wrong:  # mostly sound, so it was meant as UTF-8
        return text, [f"{wrong} of the characters can't be read as UTF-8."]
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text, ["The text isn't UTF-8; it was read as Western European (Windows-1252)."]


def _parsed(text: str) -> Iterator[Raw]:
    lines = re.split(r"\r\n|\r|\n", text)
    if any(line.startswith("Dialogue:") for line in lines):
        return _ass(lines)
    return _blocks(lines, vtt=text.lstrip().startswith("WEBVTT"))


def _ass(lines: Iterable[str]) -> Iterator[Raw]:
    """Event by event: pysubs2 gives up the whole file where one line is broken."""
    for line in lines:
        if not line.startswith("Dialogue:"):
            continue
        try:
            event = pysubs2.SSAFile.from_string(f"[Events]\n{line}", format_="ass")[0]
        except (ValueError, TypeError, IndexError):
            yield LATEST_US, LATEST_US, []
            continue
        if event.is_text:
            yield event.start * 1000, event.end * 1000, event.plaintext.split("\n")


def _blocks(lines: Iterable[str], vtt: bool) -> Iterator[Raw]:
    """Cues of SubRip and WebVTT: what stands between one line of times and the next.

    pysubs2 is stricter about such lines, and takes notes and names of cues in WebVTT for text.
    """
    times: tuple[int, int] | None = None
    inside: list[str] = []
    for line in lines:
        match = _TIMING.match(line)
        if not match:
            inside.append(line)
            continue
        if times:
            yield (*times, _text_lines(inside, vtt, last=False))
        groups = match.groups()
        times, inside = (_us(groups[:5]), _us(groups[5:])), []
    if times:
        yield (*times, _text_lines(inside, vtt, last=True))


def _text_lines(lines: list[str], vtt: bool, last: bool) -> list[str]:
    """The cue's own lines: without the number or name of the next one, in WebVTT up to a blank line."""
    if vtt:
        lines = lines[: lines.index("")] if "" in lines else lines
    elif not last and lines and (lines[-1].strip().isdigit() or (len(lines) > 2 and not lines[-2].strip())):
        lines = lines[:-1]
    return [line for line in lines if line.strip()]


def _us(groups: tuple[str | None, ...]) -> int:
    sign, hours, minutes, secs, fraction = groups
    whole = (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(secs or 0)) * SECOND
    return (whole + int((fraction or "0").ljust(6, "0"))) * (-1 if sign else 1)


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
            lines = _packet_text(_codec(packet.stream), bytes(packet)).split("\n")
            raw[packet.stream_index].append((start, end, lines))
    except (av.FFmpegError, OSError) as error:
        return raw, [f"The subtitles end where the file is damaged: {error.strerror or error}."]
    return raw, []


def _packet_text(codec: str, content: bytes) -> str:
    if codec == "mov_text":  # two bytes of length, the text, then styles
        content = content[2 : 2 + int.from_bytes(content[:2], "big")]
    text = _decoded(content.rstrip(b"\0") if content[:2] not in _UTF16 else content)[0]
    if codec not in ("ass", "ssa"):
        return text
    event = pysubs2.SSAEvent(text=text.split(",", 8)[-1])  # behind eight fields without times
    return event.plaintext if event.is_text else ""


def _judged(raw: Iterable[Raw], language: str | None) -> tuple[list[Cue], list[str]]:
    """The sound cues by time as plain text, and what was wrong with the others."""
    wrong: Counter[str] = Counter()
    kept: list[Raw] = []
    for start, end, lines in raw:
        if not -LATEST_US < start < LATEST_US or not end < LATEST_US or end - start > LONGEST_US:
            wrong["impossible times"] += 1
        elif end <= start:
            wrong["no end after the start"] += 1
        elif plain := _plain(lines):
            kept.append((start, end, plain))
    problems = [f"{n} subtitle{'s' * (n > 1)} left out: {reason}." for reason, n in wrong.items()]
    return [Cue(start, end, " ".join(lines), language) for start, end, lines in _unrolled(sorted(kept))], problems


def _plain(lines: Iterable[str]) -> list[str]:
    text = html.unescape(_TAG.sub("", "\n".join(lines)))
    text = re.sub(r"\\[Nn]", "\n", text).replace("\\h", " ")
    spaced = (" ".join(_INVISIBLE.sub("", line).split()) for line in text.split("\n"))
    return [line for line in spaced if line]


def _unrolled(raw: Iterable[Raw]) -> list[Raw]:
    """Say each line once where captions roll: there, a cue repeats the lines that are still on the screen.

    A cue that says nothing new prolongs the one before it.
    """
    told: list[Raw] = []
    shown: list[str] = []
    until = 0
    for start, end, lines in raw:
        repeated = _overlap(shown, lines) if told and start - until <= TOUCHING_US else 0
        if repeated < len(lines):
            told.append((start, end, lines[repeated:]))
        else:
            told[-1] = (told[-1][0], max(told[-1][1], end), told[-1][2])
        shown, until = lines, end
    return told


def _overlap(above: list[str], below: list[str]) -> int:
    """How many lines at the end of one text are those at the start of the next."""
    longest = min(len(above), len(below))
    return next((n for n in range(longest, 0, -1) if above[-n:] == below[:n]), 0)
