"""Lines of text followed through a film: the same words in the same place are one item."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from unicodedata import normalize

from shotlist.models.contracts import Box

_SAME_TEXT = 0.8
"""Likeness of the letters (0..1) of two lines that are one item: subtitles that follow each other reach 0.6."""
_REACH = 0.25
"""How far a line may have moved from one still to the next, in frame widths and heights."""
_SAME_PLACE = 0.5
"""Overlap (intersection over union) of lines across a cut, where only what is laid over the film goes on."""


@dataclass(frozen=True)
class Line:
    """A line of text in one still. ``ground`` is the brightness (0..1) of what lies behind the letters."""

    text: str
    score: float
    box: Box
    ground: float = 0.0


@dataclass(frozen=True)
class Page:
    """One still as read. ``plain`` where nothing is to be seen but the text."""

    time_us: int
    lines: tuple[Line, ...]
    plain: bool = False


@dataclass
class Track:
    """One item: lines of several stills that are taken for the same. It ends where the first still is without it.

    ``seen`` stills show it, ``plain`` of them nothing else but text; they show ``fewest`` to ``most`` lines in all.
    """

    start_us: int
    first: Line
    last: Line
    shots: set[int]
    end_us: int = 0
    seen: int = 0
    seen_us: int = 0
    missed_us: int | None = None
    plain: int = 0
    fewest: int = 1 << 16
    most: int = 0
    votes: dict[str, float] = field(default_factory=dict)
    clearest: dict[str, Line] = field(default_factory=dict)

    def add(self, line: Line, page: Page, shot: int) -> None:
        """Take the line of one more still."""
        self.last, self.seen_us, self.missed_us = line, page.time_us, None
        self.seen += 1
        self.plain += page.plain
        self.fewest = min(self.fewest, len(page.lines))
        self.most = max(self.most, len(page.lines))
        self.shots.add(shot)
        self.votes[line.text] = self.votes.get(line.text, 0.0) + line.score
        self.clearest[line.text] = max(self.clearest.get(line.text, line), line, key=lambda k: k.score)

    @property
    def best(self) -> Line:
        """The text with the most score over all stills, from the still where it was read best."""
        return self.clearest[max(self.votes, key=lambda text: self.votes[text])]


def follow(pages: Iterable[Page], cuts: Sequence[int], end_us: int, gap_us: int) -> list[Track]:
    """Items of the pages of one film, in the order of time and reading.

    ``cuts`` are the times at which shots begin, in order, ``end_us`` is the film's end. An item that comes back
    less than ``gap_us`` after the first still without it goes on.
    """
    found: list[Track] = []
    active: list[Track] = []
    for page in pages:
        shot = bisect_right(cuts, page.time_us)
        for line in _continue(active, page, shot):
            active.append(Track(page.time_us, line, line, set()))
            active[-1].add(line, page, shot)
            found.append(active[-1])
        for track in active:
            if track.seen_us < page.time_us and track.missed_us is None:
                track.missed_us = page.time_us
        active = [t for t in active if t.missed_us is None or page.time_us - t.missed_us < gap_us]
    for track in found:
        after = bisect_right(cuts, track.seen_us)
        shot_ends = cuts[after] if after < len(cuts) else end_us
        track.end_us = min(shot_ends, end_us if track.missed_us is None else track.missed_us)
    return found


def _continue(active: list[Track], page: Page, shot: int) -> list[Line]:
    """Add each line to the item that it goes on; the lines that are left begin new items."""
    pairs = [(_likeness(t, line, shot), k, n) for k, t in enumerate(active) for n, line in enumerate(page.lines)]
    taken: set[int] = set()
    for likeness, k, n in sorted(pairs, reverse=True):
        if likeness > 0 and active[k].seen_us < page.time_us and n not in taken:
            active[k].add(page.lines[n], page, shot)
            taken.add(n)
    return [line for n, line in enumerate(page.lines) if n not in taken]


def _likeness(track: Track, line: Line, shot: int) -> float:
    """0 for different items, else up to 2."""
    place = overlap(track.last.box, line.box)
    if not (line.text or track.last.text):  # what can't be read is known by its place alone
        return place if place >= _SAME_PLACE else 0.0
    goes_on = _near(track.last.box, line.box) if shot in track.shots else place >= _SAME_PLACE
    alike = likeness(track.last.text, line.text) if goes_on else 0.0
    return place + alike if alike >= _SAME_TEXT else 0.0


def _near(a: Box, b: Box) -> bool:
    across, down = a.left + a.right - b.left - b.right, a.top + a.bottom - b.top - b.bottom
    return max(abs(across), abs(down)) < 2 * _REACH


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (area(a) + area(b) - width * height)


def area(box: Box) -> float:
    """A box's share of the picture."""
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def likeness(a: str, b: str) -> float:
    """How far two texts have the same letters and digits in the same order, 0..1; case and spaces don't count."""
    return SequenceMatcher(None, letters(a), letters(b), autojunk=False).ratio()


def letters(text: str) -> str:
    """The letters and digits of a text, in one case."""
    return "".join(c for c in normalize("NFKC", text).casefold() if c.isalnum())
