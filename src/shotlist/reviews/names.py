"""Names that people give themselves and their samples, and the file names that are made of them."""

import hashlib
import re
import unicodedata

from shotlist.errors import ShotlistError

LONGEST = 60
"""Characters of a name."""
SAMPLES = "samples"
"""The folder of samples; nobody's decisions get this name."""
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NOT_SHOWN = ("Cc", "Cs", "Co", "Cn")


def cleaned(name: object, what: str = "name") -> str:
    """A name as it is kept: composed (NFC), without spaces around; raises ShotlistError for what is no name."""
    if not isinstance(name, str):
        raise ShotlistError(f"a {what} is missing")
    found = " ".join(unicodedata.normalize("NFC", name).split())
    if not found:
        raise ShotlistError(f"the {what} is empty: write a few letters")
    if len(found) > LONGEST:
        raise ShotlistError(f"the {what} is {len(found)} characters long, at most {LONGEST} are kept")
    if any(unicodedata.category(c) in _NOT_SHOWN for c in found):
        raise ShotlistError(f"the {what} holds characters that can't be shown; write letters, digits and spaces")
    return found


def is_file_name(text: str) -> bool:
    """Whether a text could be what ``file_name`` gives."""
    return re.fullmatch(r"[a-z0-9~_-]{1,60}", text) is not None


def file_name(name: str) -> str:
    """A file name for a ``cleaned`` name: itself where that is plain, else what is plain of it and a digest.

    Different names have different file names, also on disks that don't tell capitals from small letters.
    """
    if _PLAIN.fullmatch(name) and name != SAMPLES:
        return name
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:30]
    return f"{plain}~{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"
