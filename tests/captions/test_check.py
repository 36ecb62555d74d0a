"""The step that checks a caption against what it was made from."""

from pathlib import Path

import pyarrow as pa
import pytest

from films import even
from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.captions.check import CaptionCheck
from shotlist.engine.film import Clip
from shotlist.engine.recipe import Recipe, load
from shotlist.errors import ShotlistError

QUIET = Options(report=False)


def clip_with(**tables: dict[str, object]) -> Clip:
    """A clip of four seconds with a row in each of these tables."""
    film = even(8.0)
    clip = Clip(film, 0, 4_000_000, 0, 100)
    for table, row in tables.items():
        keys = {"clip_id": clip.clip_id, "video_id": "film"} if "start_us" not in row else {"video_id": "film"}
        film.tables.put(table, pa.Table.from_pylist([keys | row]))
    return clip


def test_a_merge_that_adds_something_is_told():
    clip = clip_with(
        merge={"text": "Anna plays a red guitar while three dogs bark at 7:15."},
        teacher={"text": "a woman plays a guitar", "model": "red-3b", "prompt_digest": "x", "tokens_in": 3},
        transcript={"text": "My name is Anna."},
    )
    row = CaptionCheck(caption="merge.text").measure(clip)
    assert row is not None
    assert row.unsupported_words == ("7:15", "three", "red")
    assert (row.claims, row.unsupported, row.numbers, row.names, row.colours, row.instruments) == (4, 3, 2, 0, 1, 0)


def test_a_caption_is_no_evidence_for_itself():
    row = CaptionCheck().measure(clip_with(caption={"text": "A man in Rome."}))
    assert row is not None
    assert row.unsupported_words == ("Rome",)


def test_in_another_language_only_figures_and_quotations_are_looked_up():
    text = "Ein Mann steht vor dem roten Haus und sagt „Guten Tag“, während 7 Hunde bellen."
    row = CaptionCheck().measure(clip_with(caption={"text": text}, transcript={"text": "Guten Tag!"}))
    assert row is not None
    assert (row.language, row.unsupported_words, row.numbers, row.quotes) == ("de", ("7",), 1, 0)
    assert (row.claims, row.unsupported, row.names, row.colours, row.instruments) == (None,) * 5
    figures = CaptionCheck(look_for=("numbers",)).measure(clip_with(caption={"text": text}))
    assert (figures.claims, figures.unsupported, figures.quotes) == (1, 1, None)


def test_quotation_marks_around_the_whole_caption_are_no_quotation():
    row = CaptionCheck().measure(clip_with(caption={"text": "“A man in Rome.”"}))
    assert (row.quotes, row.names) == (0, 1)


def test_what_is_said_elsewhere_in_the_film_is_no_evidence():
    written = {"text": "ROME", "start_us": 5_000_000, "end_us": 6_000_000}
    caption = {"text": "A man in Rome."}
    late, now = clip_with(caption=caption, text=written), clip_with(caption=caption, text=written | {"start_us": 0})
    assert CaptionCheck().measure(late).unsupported == 1
    assert CaptionCheck().measure(now).unsupported == 0


def test_evidence_may_be_a_single_column():
    clip = clip_with(caption={"text": "A green door."}, notes={"seen": "a green door", "guessed": "a red door"})
    assert CaptionCheck(evidence=("notes.seen",)).measure(clip).unsupported == 0
    assert CaptionCheck(evidence=("notes.guessed",)).measure(clip).unsupported == 1
    assert CaptionCheck(evidence=(), look_for=("names",)).measure(clip).claims == 0


def test_a_clip_without_caption_has_no_row():
    assert CaptionCheck().measure(clip_with(transcript={"text": "Hello."})) is None


def test_wrong_places_are_told():
    with pytest.raises(ShotlistError, match=r"'caption\.text\.x' names no column: write table\.column"):
        CaptionCheck(caption="caption.text.x").inputs()
    with pytest.raises(ShotlistError, match=r"caption_check reads notez, which no step before it writes"):
        *steps, rules = load("default").steps
        Recipe((*steps, CaptionCheck(evidence=("notez",)), rules))


def test_the_describers_sentences_hold_and_rules_can_use_it(tiny_films: Path, tmp_path: Path):
    *steps, rules = load("default").steps
    recipe = Recipe((*steps, CaptionCheck(), rules))
    settings = ["rules.true=caption_check.unsupported = 0"]
    assert build([tiny_films], tmp_path / "data", recipe, settings, QUIET).clips_kept == 6
    rows = Dataset(tmp_path / "data").sql("SELECT claims, unsupported_words FROM caption_check").fetchall()
    assert all(claims >= 2 and words == [] for claims, words in rows)
