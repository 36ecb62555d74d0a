from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from index_rows import ask, clip, described, key, numbers, opened, put, video

from shotlist.dataset import Dataset
from shotlist.view.index.database import Index

CAPTIONS = [
    "A dog runs along the beach. The dog barks, dogs answer.",
    "A woman is walking her dog through a very long street with many shops, cars, trees, people and a bridge over it.",
    "Two people walk and talk; the café is empty.",
    "東京の街を歩く人々",
    "The walking stick, the running water.",
    "Nothing",
    None,
]
SPEECH = ["hello there", None, "der Hund läuft", None, "good dog", "Wait! <b>dog</b>", "beach"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Seven clips of two videos with captions, speech, written text and titles."""
    folder = tmp_path_factory.mktemp("search")
    dataset = Dataset.create(folder / "set")
    clips = [clip(k, "ab"[k > 4]) for k in range(7)]
    put(dataset, "videos", [video("a", "An harbour"), video("b", "Dog show 2024")])
    put(dataset, "clips", clips)
    put(dataset, "caption", [key(c, text=t) for c, t in zip(clips, CAPTIONS, strict=True)])
    languages = ["en", None, "de", None, "en", "en-GB", "xx"]
    put(
        dataset,
        "transcript",
        [key(c, text=t, language=g) for c, t, g in zip(clips, SPEECH, languages, strict=True)],
    )
    put(dataset, "written", [key(c, text="EXIT 12" if k == 2 else None, area=0.1) for k, c in enumerate(clips)])
    made = opened(dataset, folder)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("dog", {0, 1, 4, 5, 6}),
        ("DOGS", {0, 1, 4, 5, 6}),
        ("walk", {1, 2, 4}),
        ("walks ", {1, 2, 4}),
        ("dog woman", {1}),
        ("cafe", {2}),
        ("CAFÉ", {2}),
        ("hund", {2}),
        ("laufen", set()),
        ("läuft", {2}),
        ("東京", {3}),
        ("京東", set()),
        ("歩く人", {3}),
        ("dog -woman", {0, 4, 5, 6}),
        ("-dog", {2, 3}),
        ("caption:dog", {0, 1}),
        ("speech:dog", {4, 5}),
        ("title:dog", {5, 6}),
        ("text:exit", {2}),
        ("TITLE:dog", {5, 6}),
        ("dog -title:dog", {0, 1, 4}),
        ('"walking her dog"', {1}),
        ('"dog walking"', set()),
        ('"the running water"', {4}),
        ('caption:"good dog"', set()),
        ('speech:"good dog"', {4}),
        ('dog -"good dog"', {0, 1, 5, 6}),
        ('"good do', set()),
        ("har", {0, 1, 2, 3, 4}),
        ("har ", set()),
        ("wom", {1}),
        ("wom dog", set()),
        ("nothing there", set()),
        ("2024", {5, 6}),
        ("zebra", set()),
        ("street,", {1}),
        ("http://dog", set()),
        ("!!!", set()),
        ('"', set()),
        ("-", set()),
        ("caption:", set()),
        ("' OR 1=1 --", set()),
        ("<b>dog</b>", {5}),
    ],
)
def test_a_search_finds_clips_that_have_all_its_words(index: Index, q: str, expected: set[int]) -> None:
    assert set(_found(index, q)) == expected


def _found(index: Index, q: str) -> list[int]:
    from urllib.parse import quote

    return numbers(index, f"q={quote(q)}")


def test_clips_that_speak_more_of_it_come_first(index: Index) -> None:
    # Three times in a short caption, then in the title, then once in speech, then once in a long caption.
    found = _found(index, "dog")
    assert found.index(0) < found.index(1)
    scores = [row["score"] for row in ask(index, "q=dog").rows]
    assert scores == sorted(scores, reverse=True)


def test_a_rare_word_counts_more_than_a_common_one(index: Index) -> None:
    scores = {
        row["number"]: row["score"] for q in ("dog", "bridge") for row in ask(index, f"q={q}&clip_id={_id(1)}").rows
    }
    assert scores
    assert (
        ask(index, f"q=bridge&clip_id={_id(1)}").rows[0]["score"]
        > ask(index, f"q=her&clip_id={_id(1)}").rows[0]["score"] * 0.9
    )


def _id(number: int) -> str:
    return str(clip(number)["clip_id"])


def test_another_order_and_filters_hold_for_a_search_too(index: Index) -> None:
    assert numbers(index, "q=dog&sort=-seconds") == [6, 5, 4, 1, 0]
    assert numbers(index, "q=dog&seconds=..2&sort=seconds") == [0, 1]
    assert ask(index, "q=dog&size=2").total == 5
    assert sorted(n for p in (1, 2, 3) for n in numbers(index, f"q=dog&size=2&page={p}")) == [0, 1, 4, 5, 6]


@pytest.mark.parametrize(
    ("q", "number", "where", "hits"),
    [
        ("dog", 0, "caption", ["dog", "dog", "dogs"]),
        ("wal", 4, "caption", ["walking"]),
        ("exit", 2, "text", ["EXIT"]),
        ("good", 4, "speech", ["good"]),
        ("2024", 6, "title", ["2024"]),
        ("cafe people", 2, "caption", ["people", "café"]),
        ("dog", 5, "speech", ["dog"]),
        ("街", 3, "caption", ["街"]),
        ('"walking stick"', 4, "caption", ["walking", "stick"]),
    ],
)
def test_a_row_says_where_the_words_stand(index: Index, q: str, number: int, where: str, hits: list[str]) -> None:
    [row] = [row for row in ask(index, f"q={q}").rows if row["number"] == number]
    assert row["where"] == where
    assert [text for text, hit in row["snippet"] if hit] == hits


def test_a_snippet_is_the_text_itself_markup_and_all(index: Index) -> None:
    [row] = [row for row in ask(index, "q=wait").rows if row["number"] == 5]
    assert "".join(text for text, _ in row["snippet"]) == "Wait! <b>dog</b>"


def test_a_long_text_is_shown_around_the_first_hit(index: Index) -> None:
    [row] = ask(index, "q=bridge").rows
    assert row["snippet"][0] == ["… ", False]
    assert len("".join(text for text, _ in row["snippet"])) < len(CAPTIONS[1] or "")


def test_a_dataset_without_texts_can_be_searched_and_has_nothing(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "set")
    put(dataset, "clips", [clip(0)])
    index = opened(dataset, tmp_path)
    assert ask(index, "q=dog").total == 0
    assert ask(index, "q=-dog").total == 1


def test_a_long_text_is_indexed_whole(tmp_path: Path) -> None:
    words: list[Any] = [f"w{k}" for k in range(3000)]
    index = opened(described(tmp_path, [" ".join(words)]), tmp_path)
    assert _found(index, '"w2998 w2999"') == [0]
    assert _found(index, '"w2999 w2998"') == []


def test_a_question_of_many_words_is_answered(index: Index) -> None:
    assert _found(index, "dog " * 3000) == _found(index, "dog ")
