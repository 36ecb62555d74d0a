"""What is said during a clip: by its subtitles, else by what was heard."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from shotlist.annotate.words import agreement, joined
from shotlist.engine.film import Clip, Film
from shotlist.engine.step import Measure
from shotlist.records import Cue, CueKind, Word
from shotlist.timing import SECOND, overlap, us

Span = tuple[int, int]


@dataclass(frozen=True)
class TranscriptRow:
    """What is said in a clip.

    ``text`` and its ``language`` come from one ``source``: ``subtitles`` where the film has any in this clip, else
    ``speech``; they cover ``seconds``. ``agreement`` is 1 - word error rate of what was heard against what the
    subtitles say, where there are both and in one language. ``lyrics`` and ``sounds`` are what subtitles say of singing
    and noises.
    """

    text: str | None
    language: str | None
    seconds: float
    source: str | None = None
    agreement: float | None = None
    lyrics: str | None = None
    sounds: str | None = None


@dataclass(frozen=True)
class Transcript(Measure):
    """Cuts subtitles and heard speech to the clip: by words where their times are known, else whole."""

    inside: float = 0.5
    """Share of its time that a subtitle (or a word) must have inside the clip."""
    correct: bool = False
    """Whether subtitles are moved by the offset that ``subtitle_offset`` found, where they fit then."""

    version: ClassVar[int] = 3
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    uses: ClassVar[tuple[str, ...]] = ("subtitles", "speech", "subtitle_offset")

    def measure(self, clip: Clip) -> TranscriptRow | None:
        """None where nothing is said, sung or heard."""
        span = (clip.start_us, clip.end_us)
        shown, heard = _subtitles(clip.film, self.correct), _heard(clip.film)
        told = self._part(_one_track(_near(shown, span), shown), span)
        said, spoken = _of_kind(told, "speech"), self._part(_near(heard, span), span)
        chosen = said or spoken
        lyrics, sounds = _of_kind(told, "lyrics"), _of_kind(told, "sound")
        if not (chosen or lyrics or sounds):
            return None
        return TranscriptRow(
            text=_text(chosen),
            language=chosen[0].language if chosen else None,
            seconds=_covered_us(span, chosen) / SECOND,
            source=("subtitles" if said else "speech") if chosen else None,
            agreement=agreement(_text(said) or "", _text(spoken) or "")
            if heard and _comparable(said, spoken)
            else None,
            lyrics=_text(lyrics),
            sounds="; ".join(dict.fromkeys(cue.text for cue in sounds)) or None,
        )

    def _part(self, cues: Iterable[Cue], span: Span) -> list[Cue]:
        """What lies inside the clip of each."""
        return [part for cue in cues if (part := self._cut(cue, span))]

    def _cut(self, cue: Cue, span: Span) -> Cue | None:
        def lies_inside(one: Cue | Word) -> bool:
            return overlap(span, (one.start_us, one.end_us)) >= self.inside * (one.end_us - one.start_us)

        if not cue.words or (span[0] <= cue.start_us and cue.end_us <= span[1]):
            return cue if lies_inside(cue) else None
        words = [word for word in cue.words if lies_inside(word)]
        if not words:
            return None
        if len(words) == len(cue.words):
            return cue
        return replace(cue, text=joined(w.text for w in words), start_us=words[0].start_us, end_us=words[-1].end_us)


def _text(cues: Sequence[Cue]) -> str | None:
    return " ".join(cue.text for cue in cues) or None


def _comparable(said: Sequence[Cue], spoken: Sequence[Cue]) -> bool:
    """Whether subtitles can be compared with speech word by word: translated ones can't."""
    languages = {cue.language.split("-")[0] for cue in (*said[:1], *spoken[:1]) if cue.language}
    return bool(said) and len(languages) < 2


def _of_kind(cues: Iterable[Cue], kind: CueKind) -> list[Cue]:
    return [cue for cue in cues if cue.kind == kind]


def _near(cues: Iterable[Cue], span: Span) -> list[Cue]:
    return [cue for cue in cues if cue.start_us < span[1] and cue.end_us > span[0]]


def _one_track(cues: Sequence[Cue], film: Sequence[Cue]) -> list[Cue]:
    """Those of one of the tracks in a clip, the film's largest: a second track says the same again."""
    there = {(cue.track, cue.language) for cue in cues}
    if len(there) < 2:
        return list(cues)
    counts = Counter((cue.track, cue.language) for cue in film)
    main = next(one for one, _ in counts.most_common() if one in there)
    return [cue for cue in cues if (cue.track, cue.language) == main]


def _covered_us(span: Span, cues: Sequence[Cue]) -> int:
    covered, reached = 0, span[0]
    for cue in cues:
        covered += overlap(span, (max(reached, cue.start_us), cue.end_us))
        reached = max(reached, cue.end_us)
    return covered


@lru_cache(maxsize=1)  # of the film at work, for all its clips
def _heard(film: Film) -> list[Cue]:
    def word(told: dict[str, Any]) -> Word:
        return Word(**told)

    return [
        Cue(r["start_us"], r["end_us"], r["text"], r["language"], "speech", words=tuple(map(word, r["words"] or ())))
        for r in film.rows("speech")
    ]


@lru_cache(maxsize=1)
def _subtitles(film: Film, corrected: bool) -> list[Cue]:
    """The film's subtitles, with times moved to where the voice is if that is asked for and known."""
    fits = {r["track"]: r for r in film.rows("subtitle_offset") if r["fits"]} if corrected else {}
    start = int(film.video["start_us"])
    moved = [_moved(cue, start, fits[cue.track]) if cue.track in fits else cue for cue in film.cues]
    return sorted(moved, key=lambda cue: (cue.start_us, cue.end_us))


def _moved(cue: Cue, start_us: int, fit: dict[str, Any]) -> Cue:
    offset_us, rate = us(fit["offset_seconds"]), float(fit["rate"])

    def time(shown_us: int) -> int:
        return start_us + round((shown_us - start_us - offset_us) / rate)

    words = tuple(replace(word, start_us=time(word.start_us), end_us=time(word.end_us)) for word in cue.words)
    return replace(cue, start_us=time(cue.start_us), end_us=time(cue.end_us), words=words)
