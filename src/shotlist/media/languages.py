"""Languages: their codes, the one that a file's name tells, and the one that a text is written in."""

from functools import cache
from importlib import import_module
from typing import Any

# ISO 639-1 codes, and the three-letter codes that containers use for the most common of them.
_CODES = """
    aa ab af ak am ar as ay az ba be bg bh bi bm bn bo br bs ca co cs cy da de dv dz ee el en eo es et
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi hr ht hu hy ia id ig ik is it iu iw ja jv ka kk
    kl km kn ko ks ku kw ky la lb lg ln lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn no ny oc om or
    os pa pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LONG_CODES = """
    ara:ar ben:bn bul:bg cat:ca ces:cs cze:cs chi:zh zho:zh dan:da deu:de ger:de dut:nl nld:nl ell:el
    gre:el eng:en est:et fas:fa per:fa fin:fi fra:fr fre:fr heb:he hin:hi hrv:hr hun:hu ice:is isl:is
    ind:id ita:it jpn:ja kor:ko lav:lv lit:lt may:ms msa:ms nob:nb nor:no pol:pl por:pt ron:ro rum:ro
    rus:ru slk:sk slo:sk slv:sl spa:es srp:sr swe:sv tam:ta tel:te tha:th tur:tr ukr:uk urd:ur vie:vi
"""
_LANGUAGES = {code: code for code in _CODES.split()} | dict(p.split(":") for p in _LONG_CODES.split())
_FEWEST_LETTERS = 12
_SURE = 0.5
_ENOUGH = 5_000
"""Characters from which a language is told; more would only take time."""


def language_in(name: str) -> str | None:
    """The language that a file's name tells: ``en`` for ``film.en.srt``, also for ``film.eng.forced.srt``."""
    for part in reversed(name.split(".")[1:-1][-2:]):
        if language := language_code(part):
            return language
    return None


def language_code(tag: str) -> str | None:
    """A tag such as ``eng`` or ``pt_BR`` as ISO 639-1 with its region, ``en``, ``pt-BR``; None for no language."""
    code, *region = tag.strip().replace("_", "-").removesuffix("-orig").split("-")  # as yt-dlp marks what is spoken
    known = _LANGUAGES.get(code.lower())
    return "-".join([known, *region]) if known else None


_NAMES = """
    arabic:ar bengali:bn bulgarian:bg catalan:ca chinese:zh mandarin:zh croatian:hr czech:cs danish:da dutch:nl
    english:en estonian:et persian:fa farsi:fa finnish:fi french:fr german:de greek:el hebrew:he hindi:hi hungarian:hu
    icelandic:is indonesian:id italian:it japanese:ja korean:ko latvian:lv lithuanian:lt malay:ms norwegian:no
    polish:pl portuguese:pt romanian:ro russian:ru serbian:sr slovak:sk slovenian:sl spanish:es swahili:sw swedish:sv
    tagalog:tl tamil:ta telugu:te thai:th turkish:tr ukrainian:uk urdu:ur vietnamese:vi welsh:cy
"""
_CALLED = dict(pair.split(":") for pair in _NAMES.split())


def language_called(name: str) -> str | None:
    """ISO 639-1 code of a language given by its code or its English name, as servers answer; None for others."""
    return _CALLED.get(name.strip().lower()) or language_code(name)


def language_of(text: str) -> str | None:
    """The language that a text is written in, by its letters and their neighbours; None where that is not clear.

    A naive Bayes model over byte sequences (Lui and Baldwin 2012, langid.py) in the edition of py3langid.
    """
    text = text[:_ENOUGH]
    if sum(sign.isalpha() for sign in text) < (_FEWEST_LETTERS if text.isascii() else _FEWEST_LETTERS // 3):
        return None
    language, sure = _identifier().classify(text)
    return language if sure >= _SURE else None


@cache
def _identifier() -> Any:
    package = import_module("py3langid.langid")  # takes half a second and 80 MB
    identifier = package.LanguageIdentifier.from_model_file(package.MODEL_FILE, norm_probs=True)
    identifier.set_languages(set(identifier.labels) & set(_LANGUAGES.values()))
    return identifier
