"""Text of unknown encoding: Unicode where it can be, else what its bytes and its language suggest."""

from shotlist.media.languages import language_of

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_EASTERN = {
    "cp1250": "bs cs hr hu pl ro sk sl sq",
    "cp1254": "az tr",
    "cp1257": "et lt lv",
    "cp1258": "vi",
}
_LATIN = {language: page for page, languages in _EASTERN.items() for language in languages.split()}
_OTHER = {
    "ar": ("cp1256", "iso8859_6"),
    "fa": ("cp1256",),
    "ur": ("cp1256",),
    "he": ("cp1255", "iso8859_8"),
    "el": ("cp1253", "iso8859_7"),
    "th": ("cp874",),
    "ja": ("cp932", "euc_jp", "iso2022_jp"),
    "ko": ("cp949", "johab"),
    "zh": ("gb18030", "big5", "big5hkscs"),
} | dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr"), ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5"))
"""Encodings of languages with letters of their own, the usual one first."""
_PAGES = sorted({page for pages in _OTHER.values() for page in pages} | {*_EASTERN, "cp1252"})
"""What subtitles are written in. Others, such as those of old Macs, would only be mistaken for these."""
_NAMES = {"cp1252": "Western European", "cp1250": "Central European", "cp1251": "Cyrillic", "cp1254": "Turkish"}


def decoded(content: bytes, language: str | None = None) -> tuple[str, list[str]]:
    """Bytes as text, and a sentence where that was a guess or went wrong; ``language`` is what is known of it."""
    if content[:2] in _UTF16:
        return content[2:].decode(_UTF16[content[:2]], "replace"), []
    if wide := _without_mark(content):
        return content.decode(wide, "replace"), [f"The text doesn't say its encoding; it was read as {wide.upper()}."]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "replace")
    wrong = text.count("\ufffd")
    if sum(not sign.isascii() for sign in text) > 2 * wrong:  # mostly sound, so it was meant as UTF-8
        return text, [f"{wrong} of the characters can't be read as UTF-8."]
    page = _guessed(content, language.split("-")[0] if language else None)
    text = content.decode(page, "replace")
    wrong = text.count("\ufffd")
    lost = f", without {wrong} characters" * (wrong > 0)
    known = f"{_NAMES[page]} ({page})" if page in _NAMES else page
    return text, [f"The text isn't UTF-8; it was read as {known}{lost}."]


def _without_mark(content: bytes) -> str | None:
    """UTF-16 without its byte order mark: every other byte of markup and digits is zero."""
    head = content[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.2 * len(head) / 2 or min(even, odd) > 0.02 * len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guessed(content: bytes, language: str | None) -> str:
    """A code page. Latin ones look alike to any detector, so there the language decides."""
    from charset_normalizer import from_bytes

    if language in _LATIN:
        return _LATIN[language]
    best = from_bytes(content, cp_isolation=list(_OTHER.get(language or "", _PAGES))).best()
    if best is not None and _is_other(str(best)):
        return best.encoding
    if language in _OTHER:
        return _OTHER[language][0]
    plain = bytes(byte if byte < 128 else 32 for byte in content).decode("ascii")
    page = _LATIN.get(language or language_of(plain) or "", "cp1252")
    return page if _fits(content, page) else "latin-1"


def _is_other(text: str) -> bool:
    """Whether most letters are no Latin ones."""
    letters = [sign for sign in text[:20_000] if sign.isalpha() and not sign.isascii()]
    plain = sum(sign.isascii() and sign.isalpha() for sign in text[:20_000])
    return sum(ord(sign) >= 0x250 for sign in letters) > max(plain, len(letters) / 2)


def _fits(content: bytes, page: str) -> bool:
    try:
        content.decode(page)
    except UnicodeDecodeError:
        return False
    return True
