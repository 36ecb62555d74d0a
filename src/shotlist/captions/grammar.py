"""How many verbs and nouns English texts use: their parts of speech by the Hanover Tagger, where it is installed.

Wartena 2019: A probabilistic morphology model for German lemmatization, KONVENS. Its English model comes in its wheel.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from shotlist.captions.faults import unquoted
from shotlist.media.languages import language_of

_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_TOKENS = re.compile(r"[\w'-]+|[^\w\s]")
_NOUNS = frozenset(("NN0", "NN1", "NN2"))
_AUXILIARIES = frozenset(
    ("be", "do", "have", "can", "could", "may", "might", "must", "shall", "should", "will", "would")
)
_ENGLISH = 0.9
"""Share of the texts that must be English, of those whose language is clear."""


def verbs_and_nouns(texts: Iterable[str]) -> tuple[int, int] | None:
    """Different verbs and different nouns, by their dictionary forms; auxiliaries and names do not count.

    None where the texts are not English, or nobody can tell. What is quoted does not count.
    """
    found = [unquoted(text) for text in texts]
    tagger = _tagger()
    if tagger is None or not _english(found):
        return None
    verbs: set[str] = set()
    nouns: set[str] = set()
    for sentence in (s for text in found for s in _SENTENCES.split(text)):
        for _, lemma, tag in tagger.tag_sent(_TOKENS.findall(sentence)):
            if tag.startswith("VV"):
                verbs.add(lemma.lower())
            elif tag in _NOUNS:
                nouns.add(lemma.lower())
    return len(verbs - _AUXILIARIES), len(nouns)


def _english(texts: Iterable[str]) -> bool:
    languages = [language for text in texts if (language := language_of(text))]
    return languages.count("en") > _ENGLISH * len(languages)


@cache
def _tagger() -> Any:
    try:
        package = import_module("HanTa.HanoverTagger")
    except ImportError:
        return None
    # By its full name, for it would rather take a file of this name from the folder that one happens to be in.
    return package.HanoverTagger(str(Path(package.__file__ or "").with_name("morphmodel_en.pgz")))
