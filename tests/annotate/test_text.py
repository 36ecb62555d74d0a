"""Text on screen, from the stills of films that are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from films import film, read, texture, write
from shotlist.annotate.text import Text, TextItem
from shotlist.engine.film import Film
from shotlist.engine.rows import schema_of, table_of
from shotlist.models.contracts import Picture, TextBox
from shotlist.records import Shot
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots

SIZE = (320, 180)


def lettered(
    text: str, ground: np.ndarray | None = None, at: tuple[int, int] = (160, 90), height: int = 22
) -> np.ndarray:
    """Text on black, or over a picture."""
    image = Image.fromarray(ground) if ground is not None else Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    draw.text(at, text, "white", ImageFont.load_default(height), anchor="mm", stroke_width=2, stroke_fill="black")
    return np.asarray(image)


def scanned(path: Path) -> Film:
    """A film with its stills and shots."""
    found = film(read(path, Scan()))
    shots = list(Shots().rows(found))
    found.tables.put("shots", table_of(shots, schema_of(Shot), [{"video_id": "film"}] * len(shots)))
    return found


class Counting:
    """A reader that sees the same line everywhere and counts how often it is asked."""

    def __init__(self, *boxes: TextBox) -> None:
        self.asked = 0
        self.boxes = boxes

    def read(self, picture: Picture) -> Sequence[TextBox]:
        self.asked += 1
        return self.boxes


def box(text: str, score: float = 1.0, found: float = 0.9, size: tuple[int, int] = (100, 20)) -> TextBox:
    width, height = size
    return TextBox(text, score, ((10, 10), (10 + width, 10), (10 + width, 10 + height), (10, 10 + height)), found)


@pytest.fixture(scope="module")
def two_cards(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Two seconds of one card and two of another."""
    cards = [lettered("A film by nobody"), lettered("The End")]
    path = tmp_path_factory.mktemp("cards") / "cards.mp4"
    return scanned(write(path, [card for card in cards for _ in range(24)], rate=12, g=6))


def test_a_still_that_looks_the_same_is_not_read_again(two_cards: Film):
    reader = Counting()
    pages = list(Text().pages(two_cards, reader))
    assert len(pages) > 4  # each key frame leaves a still
    assert reader.asked == 2


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (box("Hello"), ["Hello"]),
        (box("Hel\u202elo\n"), ["Hel lo"]),
        (box("O", size=(20, 20)), []),
        (box("Hello", score=0.3, found=0.5), []),
        (box("", score=0.0), [""]),
        (box("", score=0.0, size=(20, 20)), []),
    ],
    ids=["text", "hidden marks", "one letter", "unsure", "another script", "a shape"],
)
def test_what_counts_as_text(two_cards: Film, seen: TextBox, kept: list[str]):
    pages = list(Text().pages(two_cards, Counting(seen)))
    assert all([line.text for line in page.lines] == kept for page in pages)


def test_boxes_are_shares_of_the_picture(two_cards: Film):
    page = next(iter(Text().pages(two_cards, Counting(box("Hello")))))
    found = page.lines[0].box
    assert (found.left, found.top, found.right, found.bottom) == (10 / 320, 10 / 180, 110 / 320, 30 / 180)


def test_what_the_step_needs_is_said():
    assert Text().packages["rapidocr"] == "pip install 'shotlist[ocr]'"
    assert set(schema_of(TextItem).names) == {"start_us", "end_us", "text", "score", "kind", "box", "share"}


@pytest.fixture
def items() -> Callable[[Film], list[TextItem]]:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    return lambda found: list(Text().rows(found))


def test_each_card_is_an_item(items, two_cards: Film):
    found = items(two_cards)
    assert [(i.text, i.start_us, i.end_us, i.kind) for i in found] == [
        ("A film by nobody", 0, 2_000_000, "title card"),
        ("The End", 2_000_000, 4_000_000, "title card"),
    ]
    assert all(i.score > 0.9 and 0.01 < i.share < 0.2 for i in found)


def test_subtitles_over_a_moving_picture(items, tmp_path: Path):
    world = texture(3, (400, 180))
    said = ["Where are you going?"] * 18 + ["To the other side."] * 18
    moving = (np.ascontiguousarray(world[:, k : k + 320]) for k in range(36))
    shown = (lettered(s, picture, at=(160, 160), height=18) for s, picture in zip(said, moving, strict=True))
    found = items(scanned(write(tmp_path / "talk.mp4", shown, rate=12)))
    assert [(i.text, i.kind) for i in found] == [(said[0], "subtitle"), (said[-1], "subtitle")]
    assert found[0].end_us == found[1].start_us == 1_500_000


def test_a_film_without_text_has_no_items(items, tmp_path: Path):
    assert items(scanned(write(tmp_path / "leaves.mp4", [texture(5, SIZE)] * 12, rate=12))) == []


def test_a_film_without_stills_has_no_items(items, tmp_path: Path):
    found = film(read(write(tmp_path / "cards.mp4", [lettered("The End")] * 12, rate=12), Scan(stills_per_second=0)))
    assert items(found) == []


def test_a_real_banner(items, shared_media: Path):
    found = items(scanned(shared_media / "president_statement.mp4"))
    assert (found[0].text, found[0].kind) == ("PRESIDENT OBAMA STATEMENT ON IRAN", "banner")
    assert len(found) == 2


def test_real_subtitles_burned_in(items, shared_media: Path):
    found = items(scanned(shared_media / "vertical_captions.mp4"))
    assert {i.kind for i in found} == {"subtitle"}
    assert " ".join(i.text for i in found).startswith("Hildy! How are you? Tell me, is the lord of the universe in?")
