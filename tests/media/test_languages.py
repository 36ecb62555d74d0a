"""The language of a file or a text."""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import pytest

from shotlist.media.languages import language_in, language_of


@pytest.mark.parametrize(
    ("name", "language"),
    [
        *[("film.srt", None), ("film.en.srt", "en"), ("My.Film.2012.srt", None), ("film.pt-BR.vtt", "pt-BR")],
        *[
            ("film.eng.forced.srt", "en"),
            ("film.zh-Hans.srt", "zh-Hans"),
            ("talk.en-orig.vtt", "en"),
            ("film.the.srt", None),
            ("en.srt", None),
        ],
    ],
)
def test_the_name_tells_the_language(name, language):
    assert language_in(name) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have here a pendulum. That means I've done work.", "en"),
        ("Ich habe hier ein Pendel. Das heißt, ich habe gearbeitet.", "de"),
        ("Mam tu wahadło. To znaczy, że wykonałem pracę.", "pl"),
        ("У мене тут маятник. Це означає, що я виконав роботу.", "uk"),
        ("יש לי כאן מטוטלת. זה אומר שעשיתי עבודה.", "he"),
        ("من اینجا یک آونگ دارم. این یعنی من کار کرده‌ام.", "fa"),
        ("ここに振り子があります。", "ja"),
        ("我这里有一个钟摆。这意味着我做了功。", "zh"),
    ],
)
def test_the_text_tells_its_language(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "Hm.", "123 456 789 000", "♪ ♪ ♪", "la la la la la la"])
def test_too_little_text_tells_none(text):
    assert language_of(text) is None
