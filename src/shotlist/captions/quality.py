"""What can be told of a caption by its text alone: empty, a refusal, a loop, the prompt's words, a wrong language."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from shotlist.annotate.words import normalised
from shotlist.captions.check import split
from shotlist.captions.faults import leaked, refuses, repetition, written_in
from shotlist.captions.refusals import LANGUAGES
from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
from shotlist.errors import ShotlistError
from shotlist.media.languages import language_code
from shotlist.models.stammer import stammered

Fault = Literal["empty", "refusal", "leak", "repetition", "language", "cut"]


@dataclass(frozen=True)
class QualityRow:
    """What is wrong with a caption; a clip without one is ``empty``.

    ``fault`` is the worst of it, None for a good caption. ``repetition`` (0..1) is the share of words in phrases of
    five that come again, or of signs in what is said four times or more in a row. ``cut`` is whether the answer came
    to its longest length (``max_tokens``) before its end, ``leaked`` the prompt's words that were found. ``language``
    is None where it is not clear; what is quoted does not count for it. ``refusal`` and ``leak`` are None in a language
    whose phrases are not known.
    """

    fault: Fault | None
    words: int
    empty: bool
    refusal: bool | None
    repetition: float
    cut: bool
    leaked: tuple[str, ...]
    leak: bool | None
    language: str | None
    wrong_language: bool


@dataclass(frozen=True)
class Quality(Measure):
    """Finds captions that are none, by their words.

    What refuses is told by lists of phrases of the major languages, what leaks by English ones, as the prompts are, and
    by marks that no prose holds.
    """

    title: str = "quality"
    """The step's and its table's name."""
    caption: str = "caption.text"
    """The table and column with the captions."""
    language: str | None = "en"
    """The ISO 639-1 code that captions should be in; none takes any."""
    most_repetition: float = 0.4
    """A larger share of words in repeated phrases is a fault."""

    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.language is not None and language_code(self.language) != self.language:
            raise ShotlistError(f"{self.title}.language={self.language}: write an ISO 639-1 code such as en, or none")

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    def inputs(self) -> tuple[str, ...]:
        """The table with the captions."""
        return ("videos", "clips", split(self.caption)[0])

    def measure(self, clip: Clip) -> QualityRow:
        """Every clip has a row."""
        table, column = split(self.caption)
        row = clip.row(table)
        text = row.get(column or "text")
        return self.judged(text if isinstance(text, str) else "", row.get("finish") == "length")

    def judged(self, text: str, cut: bool = False) -> QualityRow:
        """What is wrong with one text."""
        words = normalised(text)
        found = leaked(text)
        language = written_in(text)
        spoken = language or self.language or "en"
        wrong = None not in (language, self.language) and language != self.language
        again = max(repetition(words), stammered(text))
        faults: dict[Fault, bool | None] = {
            "empty": not words,
            "refusal": refuses(text) or (False if spoken in LANGUAGES else None),
            "leak": bool(found) or (False if spoken == "en" else None),
            "repetition": again > self.most_repetition,
            "language": wrong,
            "cut": cut,
        }
        worst = next((fault for fault, there in faults.items() if there), None)
        return QualityRow(
            worst, len(words), not words, faults["refusal"], again, cut, found, faults["leak"], language, wrong
        )
