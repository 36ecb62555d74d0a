"""What is written on screen: lines of text with their time, place and kind."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from shotlist.annotate.text_kinds import Kind, kinds
from shotlist.annotate.text_tracks import Line, Page, Track, area, follow, letters
from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep, Needs
from shotlist.models import ocr
from shotlist.models.contracts import Box, Picture, TextBox, TextReader
from shotlist.timing import us

_BLOCK = 8
"""Side in pixels of the blocks in which stills are compared."""
_SAME = 6.0
"""A still in which no block's brightness (0..255) has changed by more than this is not read again."""
_EVEN = 4.0
"""Standard deviation of brightness (0..255) below which nothing is to be seen in a block."""
_UNREAD = (0.65, 2.5)
"""What can't be read counts as text where it was found with this score (0..1) and is so many times as long as high."""
_PAGE = 0.85
"""Share of blocks outside the text in which nothing is to be seen, on a page: cards and slides have 0.88 and more,
pictures with text 0.75 and less."""


@dataclass(frozen=True)
class TextItem:
    """A line of text while it stands in one place.

    It ends with the first still that is without it. ``text`` is empty where a line can't be read, being too small or
    in another script. ``score`` (0..1) says how sure the reading is, ``box`` where it was read best, ``share`` how
    much of the picture the box covers, ``kind`` what it is for (see ``text_kinds``).
    """

    start_us: int
    end_us: int
    text: str
    score: float
    kind: Kind
    box: Box
    share: float


@dataclass(frozen=True)
class Text(FilmStep):
    """Reads the text in the stills and follows each line through the film.

    Capitals of less than 6 pixels are often misread; for smaller text set a larger ``scan.still_height``.
    """

    model: str = "rapidocr"
    """The reader: ``rapidocr`` (Latin, Chinese, Japanese), or ``rapidocr:FILE.onnx`` for other scripts."""
    smallest: int = 360
    """Stills whose shorter side has fewer pixels are enlarged to it before text is looked for."""
    min_score: float = 0.6
    """Less sure readings (0..1) are left out; the line is kept without its text where it clearly is one."""
    sure: float = 0.85
    """Text that is seen in one still only, or has less than four letters and digits, must be at least this sure."""
    min_letters: int = 2
    """Text with fewer letters and digits is left out: single ones are mostly shapes that look like letters."""
    gap_seconds: float = 1.0
    """Text that comes back so soon after it was missed is still the same item."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "shots")

    @property
    def packages(self) -> Mapping[str, str]:
        """What the reader needs."""
        return ocr.packages(self.model)

    @property
    def needs(self) -> Needs:
        """One core; the networks hold half a gigabyte."""
        return Needs(memory_gb=1)

    def rows(self, film: Film) -> Iterable[TextItem]:
        """See FilmStep; raises ModelError where the reader can't work."""
        cuts = _cuts(film)
        pages = self.pages(film, ocr.reader(self.model, self.smallest))
        tracks = [t for t in follow(pages, cuts, film.end_us, us(self.gap_seconds)) if self._counts(t)]
        for track, kind in zip(tracks, kinds(tracks, cuts, film.end_us), strict=True):
            yield _item(track, kind)

    def _counts(self, track: Track) -> bool:
        best = track.best
        return best.score >= self.sure or (track.seen > 1 and (not best.text or len(letters(best.text)) > 3))

    def pages(self, film: Film, reader: TextReader) -> Iterator[Page]:
        """Each still as read; one that looks like the one before is not read again."""
        before: _Blocks | None = None
        lines: tuple[Line, ...] = ()
        plain = False
        for time_us, picture in film.pictures(film.video["start_us"], film.end_us):
            blocks = _Blocks.of(picture)
            if before is None or blocks.differs(before):
                found = reader.read(picture)
                lines = tuple(line for box in found if (line := self._line(box, picture)))
                before, plain = blocks, blocks.are_plain(found)
            yield Page(time_us, lines, plain)

    def _line(self, found: TextBox, picture: Picture) -> Line | None:
        rows, columns = picture.shape[:2]
        left, top, right, bottom = _bounds(found)
        inside = picture[max(0, round(top)) : round(bottom) + 1, max(0, round(left)) : round(right) + 1, 1]
        ground = float(np.median(inside)) / 255 if inside.size else 0.0
        box = Box(left / columns, top / rows, min(1.0, right / columns), min(1.0, bottom / rows))
        if found.score >= self.min_score and len(letters(found.text)) >= self.min_letters:
            return Line(_plain(found.text), found.score, box, ground)
        sure, length = _UNREAD
        return Line("", 0.0, box, ground) if found.found >= sure and _length(found) >= length else None


class _Blocks(NamedTuple):
    """Mean and standard deviation of brightness in the blocks of a picture, (rows, columns) each."""

    mean: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]

    @staticmethod
    def of(picture: Picture) -> "_Blocks":
        rows, columns = (n // _BLOCK for n in picture.shape[:2])
        green = picture[: rows * _BLOCK, : columns * _BLOCK, 1].astype(np.float32)
        blocks = green.reshape(rows, _BLOCK, columns, _BLOCK)
        return _Blocks(blocks.mean((1, 3)), blocks.std((1, 3)))

    def differs(self, other: "_Blocks") -> bool:
        same_size = self.mean.shape == other.mean.shape
        return not same_size or float(np.abs(self.mean - other.mean).max(initial=0)) > _SAME

    def are_plain(self, text: Sequence[TextBox]) -> bool:
        """Whether nothing is to be seen but this text."""
        outside = np.ones(self.mean.shape, bool)
        for box in text:
            left, top, right, bottom = (round(v / _BLOCK) for v in _bounds(box))
            outside[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
        seen = self.spread[outside]
        return bool(len(seen)) and float((seen < _EVEN).mean()) >= _PAGE


def _cuts(film: Film) -> list[int]:
    rows = film.tables.table("shots", film.video_id, ["start_us"])
    return rows["start_us"].to_pylist() if rows is not None else []


def _plain(text: str) -> str:
    """One line of text, without marks that turn it around or hide a part of it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _length(found: TextBox) -> float:
    """How many times as long as high a line is."""
    (a, b, _, d) = found.corners
    return math.dist(a, b) / max(1.0, math.dist(a, d))


def _bounds(box: TextBox) -> tuple[float, float, float, float]:
    across, down = zip(*box.corners, strict=True)
    return min(across), min(down), max(across), max(down)


def _item(track: Track, kind: Kind) -> TextItem:
    best = track.best
    return TextItem(track.start_us, track.end_us, best.text, best.score, kind, best.box, area(best.box))
