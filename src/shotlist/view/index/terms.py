"""Words of texts, and the terms that they are found under: without case, accents and endings."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

FIELDS = ("caption", "speech", "text", "title")
"""What a word can stand in, by the number that the index has for it."""
WEIGHTS = (1.5, 1.0, 1.0, 2.0)
"""How much a word counts in each field."""

_ALONE = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that are written without spaces: each character is a word."""
PATTERN = rf"[{_ALONE}]|[^\p{{P}}\p{{S}}\p{{Z}}\p{{C}}{_ALONE}]+"
"""A word, as DuckDB's regular expressions write it."""

_LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
ENGLISH = "en"


def words_in(text: str) -> str:
    """SQL for the list of words in what the expression ``text`` gives."""
    return f"regexp_extract_all(lower(nfc_normalize({text})), '{PATTERN}')"


def known(language: str | None) -> str:
    """The language whose endings are known, else English."""
    code = (language or "").lower().replace("_", "-").partition("-")[0]
    return code if code in _LANGUAGES else ENGLISH


def terms_of(words: Iterable[str], language: str) -> list[str]:
    """The term of each word, which is in lower case."""
    return [folded(stem) for stem in _stemmer(language).stemWords(list(words))]


def folded(word: str) -> str:
    """A word without its accents."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFKD", word)
    return "".join(c for c in apart if unicodedata.category(c) != "Mn") or word


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer  # type: ignore[import-untyped]

    return snowballstemmer.stemmer(_LANGUAGES[language])
