"""What a subtitle's text says: speech, sounds or singing, and who speaks.

Subtitles for the hard of hearing follow conventions rather than a standard: ``[door slams]`` and ``(sighs)`` are
sounds, ``♪ la la ♪`` is sung, ``JOHN:``, ``[John]``, ``>> John:`` and a dash at the start of a line name or change
the speaker.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shotlist.media.timed_text import END, SPEAKER
from shotlist.records import CueKind


@dataclass(frozen=True)
class Part:
    """A piece of a subtitle that is of one kind and said by one speaker."""

    kind: CueKind
    text: str
    speaker: str | None = None


_NOTES = "♩♪♫♬🎵🎶"
_SUNG = re.compile(rf"[{_NOTES}]")
_MARKED = re.compile(f"{SPEAKER}([^{END}]*){END}")
_SQUARE = re.compile(r"\[([^\[\]]*)\]|\uff3b([^\uff3b\uff3d]*)\uff3d|\u3010([^\u3010\u3011]*)\u3011")
_OPENING = re.compile(
    r"(?:\[([^\[\]]*)\]|\uff3b([^\uff3b\uff3d]*)\uff3d|\u3010([^\u3010\u3011]*)\u3011|\(([^()]*)\)|\uff08([^\uff08\uff09]*)\uff09)\s*:?\s*"
)
_DASH = re.compile(r"^\s*[-\u2010-\u2015]\s*(?=[^\s\d-])")
_CHEVRONS = re.compile(r"\s*(?:>|»){2,}\s*")
_LABEL = re.compile(r"([^\W\d_][\w .,'\u2019&#/-]{0,30}):(?:\s+|$)")
_WIDE_LABEL = re.compile(r"([^\W\d_]{1,8})\uff1a\s*")
_PEOPLE = ("man", "woman", "men", "women", "boy", "girl", "child", "kid", "male", "female", "both", "all", "voice")
_HEARD = ("musi", "músi", "appla", "aplau", "laugh", "cheer")
_LONGEST = 2_000
"""Characters; no subtitle is longer, and what is takes too long to be taken apart."""
_LONGEST_SOUND = 8
"""Words; what is longer stands in brackets for another reason."""


def parts(lines: Sequence[str]) -> list[Part]:
    """The parts of one subtitle in order; neighbouring lines of the same kind and speaker are joined."""
    if sum(map(len, lines)) > _LONGEST:
        return [Part("speech", _MARKED.sub("", " ".join(lines)))]
    text = re.sub(
        r"([\[(\uff08\u3010\uff3b][^\])\uff09\u3011\uff3d\n]*)\n([^\[(\n]*[\])\uff09\u3011\uff3d])",
        r"\1 \2",
        "\n".join(lines),
    )
    found: list[Part] = []
    shouting = text.upper() == text  # then capitals tell nothing
    for line in _lines(text):
        speaker = found[-1].speaker if found and not line.fresh else None
        for part in _of_line(line.text, speaker, shouting or line.announced, line.announced):
            if found and found[-1].kind == part.kind != "sound" and found[-1].speaker == part.speaker:
                found[-1] = replace(found[-1], text=f"{found[-1].text} {part.text}".strip())
            else:
                found.append(part)
    return [part for part in _singing(found, text) if part.text]


@dataclass(frozen=True)
class _Line:
    text: str
    fresh: bool = False
    """Whether somebody else begins to speak."""
    announced: bool = False
    """Whether chevrons stand before it."""


def _lines(text: str) -> Iterator[_Line]:
    for line in text.split("\n"):
        first, *others = _CHEVRONS.split(line)
        if first.strip():
            bare = _DASH.sub("", first)
            yield _Line(bare, fresh=bare != first)
        for other in others:
            yield _Line(other, fresh=True, announced=True)


def _of_line(line: str, speaker: str | None, careful: bool, announced: bool) -> Iterator[Part]:
    """``careful`` takes capitals for no label; ``announced`` takes any name before a colon for one."""
    if marked := _MARKED.match(line):
        speaker, line = marked[1].strip(), line[marked.end() :]
    line = _MARKED.sub("", line)
    while opening := _OPENING.match(line):
        inside, rest = _inside(opening), line[opening.end() :]
        wide = opening[0][0] == "\uff08" and rest
        if rest and (wide or _names(inside)):
            speaker = inside
        elif opening[0][0] in "(\uff08" and not _heard(inside, rest):
            break
        else:
            yield from _sound(inside)
        line = rest
    label = _WIDE_LABEL.match(line) or _LABEL.match(line)
    if label and (label.re is _WIDE_LABEL or announced or (not careful and label[1] == label[1].upper())):
        speaker, line = label[1].strip(), line[label.end() :]
    sounds = [_inside(found) for found in _SQUARE.finditer(line)]
    said, sung = " ".join(_SUNG.sub(" ", _SQUARE.sub(" ", line)).split()), bool(_SUNG.search(line))
    if sung and not any(sign.isalnum() for sign in said):  # also with a wave beside the note, as in Japan
        yield Part("sound", "music")
    elif said or speaker:
        yield Part("lyrics" if sung else "speech", said, speaker)
    for sound in sounds:
        yield from _sound(sound)


def _inside(found: re.Match[str]) -> str:
    return next((group for group in found.groups() if group is not None), "").strip()


def _sound(text: str) -> Iterator[Part]:
    """Brackets without a letter stand for a word that was bleeped out, or for nothing."""
    plain = " ".join(_SUNG.sub(" ", text).split())
    if any(sign.isalpha() for sign in plain):
        yield Part("sound", plain)
    elif _SUNG.search(text):
        yield Part("sound", "music")


def _names(text: str) -> bool:
    """Whether what stands in brackets before some words is who says them, not what is heard."""
    words = text.split()
    if not 0 < len(words) <= 3 or words[-1].lower().endswith(("ing", "ed")):
        return False
    if any(word.lower().startswith(_HEARD) for word in words):
        return False
    if words[0].lower() in _PEOPLE:
        return not words[-1].endswith("s") or len(words) == 1
    if len(words) == 1 and words[0].endswith("s"):
        return False  # [Laughs], [Sighs]
    return all(word[0].isupper() or word.isdigit() for word in words)


def _heard(text: str, rest: str) -> bool:
    """Whether round brackets hold a sound: alone on the line, or few small words before what is said."""
    words = text.split()
    return 0 < len(words) <= (3 if rest else _LONGEST_SOUND) and (not rest or text[:1].islower())


def _singing(found: list[Part], text: str) -> Iterator[Part]:
    """Notes at both ends of a subtitle, or hashes in their place, make all of it lyrics."""
    bare = _SQUARE.sub("", text).strip()
    hashes = len(bare) > 2 and bare[0] == bare[-1] == "#"
    noted = len(bare) > 2 and bool(_SUNG.match(bare[0]) or _SUNG.match(bare[-1]))
    for part in found:
        if part.kind == "speech" and (hashes or noted):
            yield Part("lyrics", part.text.strip("# ") if hashes else part.text, part.speaker)
        else:
            yield part
