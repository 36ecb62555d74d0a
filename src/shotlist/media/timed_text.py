"""Formats of subtitle files: SubRip, WebVTT, ASS, and the captions of platforms (json3, srv1 to srv3).

Everything here is tolerant and lazy: what is sound is yielded, what isn't is left to be judged by its times.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import pysubs2

from shotlist.timing import SECOND

LATEST_US = 100 * 3600 * SECOND
"""No subtitle lies later; also stands for times that can't be read."""
MILLISECOND = SECOND // 1000
SPEAKER, END = "\x01", "\x02"
"""Stand around a speaker's name that the format itself tells."""

Onset = tuple[int, str]
"""When a word begins, and the word."""


@dataclass(frozen=True)
class Raw:
    """A cue before it is judged: its times in microseconds, its lines with markup, and onsets of words if told."""

    start_us: int
    end_us: int
    lines: tuple[str, ...]
    onsets: tuple[Onset, ...] = ()


_TIME = r"(-?)(?:(\d{1,6}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,6}))?"
_TIMING = re.compile(rf"\s*{_TIME}[-\u2013\u2014=\s]*(?:>|\u2192|&gt;)+\s*{_TIME}(?!\d)")
_STAMP = re.compile(rf"<{_TIME}>")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]{1,60})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|</?\d[\d:.]*>|\{\\[^{}]*\}")
_INVISIBLE = re.compile("[\0-\x08\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def parsed(text: str) -> Iterable[Raw]:
    """The cues of a file in its own order; the content decides about the format."""
    start = text[:400].lstrip()
    if start.startswith("{") and '"events"' in text:
        return _json3(text)
    if start.startswith(("<?xml", "<timedtext", "<transcript")):
        return _srv(text)
    lines = re.split(r"\r\n|\r|\n", text)
    if any(line.startswith("Dialogue:") for line in lines):
        return _ass(lines)
    return _blocks(lines, vtt=start.startswith("WEBVTT"))


def plain(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines without markup, invisible signs and empty lines; the format's own name of a speaker stays marked."""
    text = _VOICE.sub(lambda found: f"{SPEAKER}{found[1]}{END}", _INVISIBLE.sub("", "\n".join(lines)))
    text = html.unescape(_TAG.sub("", text))
    text = re.sub(r"\\[Nn]", "\n", text).replace("\\h", " ")
    spaced = (" ".join(line.split()) for line in text.split("\n"))
    return tuple(line for line in spaced if line)


def _ass(lines: Iterable[str]) -> Iterator[Raw]:
    """Event by event: pysubs2 gives up the whole file where one line is broken."""
    for line in lines:
        if not line.startswith("Dialogue:"):
            continue
        try:
            event = pysubs2.SSAFile.from_string(f"[Events]\n{line}", format_="ass")[0]
        except (ValueError, TypeError, IndexError):
            yield Raw(LATEST_US, LATEST_US, ())
            continue
        if event.is_text:
            yield Raw(event.start * MILLISECOND, event.end * MILLISECOND, spoken_by(event.name, event.plaintext))


def spoken_by(name: str, text: str) -> tuple[str, ...]:
    """The lines of a text, with its speaker's name as WebVTT marks it up if there is one."""
    bare = re.sub("[<>]", "", name).strip()
    return tuple((f"<v {bare}>{text}" if bare else text).split("\n"))


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
            yield _cue(times, _own_lines(inside, vtt, last=False))
        groups = match.groups()
        times, inside = (_us(groups[:5]), _us(groups[5:])), []
    if times:
        yield _cue(times, _own_lines(inside, vtt, last=True))


def _own_lines(lines: list[str], vtt: bool, last: bool) -> list[str]:
    """The cue's own lines: without the number or name of the next one, in WebVTT up to a blank line."""
    if vtt:
        lines = lines[: lines.index("")] if "" in lines else lines
    elif not last and lines and (lines[-1].strip().isdigit() or (len(lines) > 2 and not lines[-2].strip())):
        lines = lines[:-1]
    return [line for line in lines if line.strip()]


def _cue(times: tuple[int, int], lines: list[str]) -> Raw:
    stamped = [line for line in lines if _STAMP.search(line)]
    return Raw(*times, tuple(lines), tuple(onset for line in stamped for onset in _onsets(times[0], line)))


def _onsets(start_us: int, line: str) -> Iterator[Onset]:
    """Words of a line in which times stand before all but the first: ``one<00:00:01.500><c> two</c>``."""
    pieces = _STAMP.split(line)  # text, then five groups and text again for each time
    times = [start_us, *(_us(tuple(pieces[k : k + 5])) for k in range(1, len(pieces) - 1, 6))]
    for time, text in zip(times, pieces[::6], strict=True):
        for word in " ".join(plain([text])).split():
            yield time, word


def _us(groups: tuple[str | None, ...]) -> int:
    sign, hours, minutes, secs, fraction = groups
    whole = (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(secs or 0)) * SECOND
    return (whole + int((fraction or "0").ljust(6, "0"))) * (-1 if sign else 1)


def _json3(text: str) -> Iterator[Raw]:
    try:
        events = json.loads(text)["events"]
        found = [_event(event) for event in events if event.get("segs")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return
    yield from _one_at_a_time(found)


def _event(event: dict[str, Any]) -> Raw:
    start, parts = event.get("tStartMs", 0), event["segs"]
    pieces = [(start + part.get("tOffsetMs", 0), part.get("utf8", "")) for part in parts]
    return _timed(start, start + event.get("dDurationMs", 0), pieces)


def _srv(text: str) -> Iterator[Raw]:
    """``<text start="1.2" dur="3.4">`` in seconds (srv1), ``<text t="1200" d="3400">`` (srv2), ``<p t d>`` (srv3)."""
    if "<!" in text:  # captions declare no types; entities that unfold without end are told that way
        return
    try:
        root = ElementTree.fromstring(text)
        found = [_node(node) for node in root.iter() if node.tag in ("p", "text")]
    except (ElementTree.ParseError, ValueError, OverflowError):
        return
    yield from _one_at_a_time(found)


def _node(node: ElementTree.Element) -> Raw:
    of = node.attrib
    start = float(of["start"]) * 1000 if "start" in of else float(of.get("t", 0))
    length = float(of["dur"]) * 1000 if "dur" in of else float(of.get("d", 0))
    pieces = [(start, node.text or "")]
    for part in node.iter("s"):
        pieces.append((start + float(part.get("t", 0)), (part.text or "") + (part.tail or "")))
    return _timed(start, start + length, pieces)


def _timed(start_ms: float, end_ms: float, pieces: list[tuple[float, str]]) -> Raw:
    """A cue of pieces with times of their own, in milliseconds."""
    text = "".join(piece for _, piece in pieces)
    onsets = [(round(time * MILLISECOND), word) for time, piece in pieces for word in html.unescape(piece).split()]
    told = len({time for time, _ in onsets}) > 1
    start, end = round(start_ms * MILLISECOND), round(end_ms * MILLISECOND)
    return Raw(start, end, tuple(text.split("\n")), tuple(onsets) if told else ())


def _one_at_a_time(cues: list[Raw]) -> Iterator[Raw]:
    """Automatic captions stay until they have rolled off the screen; what is said ends where the next begins."""
    cues = sorted((cue for cue in cues if plain(cue.lines)), key=lambda cue: cue.start_us)
    for cue, following in zip(cues, [*cues[1:], None], strict=True):
        if following and cue.onsets and cue.start_us < following.start_us < cue.end_us:
            cue = replace(cue, end_us=following.start_us)
        yield cue
