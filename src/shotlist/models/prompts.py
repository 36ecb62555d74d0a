"""Prompts are Markdown files with a version; whatever comes out of a video is filled in as quoted data.

A file has a few lines of facts between ``---``, then ``# System`` (may be left out) and ``# User``, both Jinja
templates. Numbers are filled in as they are, texts only inside a fence that they can't close, so a subtitle such as
“ignore all previous instructions” stays a quotation.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import shotlist
from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from jinja2 import Environment, Template

Value: TypeAlias = str | int | float | Sequence[str] | Sequence[tuple[float, str]] | None
"""A text, a number, several texts, or texts with their times in seconds."""

FOLDER = Path(shotlist.__file__).parent / "captions" / "prompts"
_LONGEST = 20_000
_FACTS = re.compile(r"\A---\n(?P<facts>.*?)\n---\n(?P<rest>.*)\Z", re.DOTALL)
_SECTIONS = re.compile(r"\s*(?:# System\n(?P<system>.*?)\n)?# User\n(?P<user>.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Prompt:
    """A prompt as it stands in its file. ``digest`` names its text: 8 hex characters."""

    id: str
    version: int
    about: str
    system: str
    user: str
    file: Path
    digest: str

    @property
    def variables(self) -> frozenset[str]:
        """Names of what is to be filled in."""
        return frozenset().union(*(_variables(t, self.file) for t in (self.system, self.user)))

    def fill(self, **values: Value) -> tuple[str, str]:
        """System and user text with the values in their places; None is left out by ``{% if name %}``.

        Raises ShotlistError where the prompt asks for something that is not given.
        """
        unknown = sorted(self.variables - set(values))
        if unknown:
            given = ", ".join(sorted(values)) or "nothing"
            raise ShotlistError(f"{self.file} asks for {', '.join(unknown)}; what there is to fill in: {given}")
        quoted = {name: _quoted(name, value) for name, value in values.items()}
        return _filled(self.system, quoted, self.file), _filled(self.user, quoted, self.file)


def load(name: str, folder: Path | None = None) -> Prompt:
    """A prompt by its id, from the user's own folder if it is there, else from those that come along."""
    for place in (folder, FOLDER):
        if place is not None and (place / f"{name}.md").is_file():
            return _read(place / f"{name}.md")
    known = ", ".join(sorted(file.stem for file in files(folder)))
    raise ShotlistError(f"no prompt {name!r}; there are: {known}")


def available(folder: Path | None = None) -> list[Prompt]:
    """All prompts by their ids; those in the user's own folder stand for those of the same id."""
    return [_read(file) for file in files(folder)]


def files(folder: Path | None = None) -> list[Path]:
    """The files of all prompts in the order of their ids; those in the user's own folder come first."""
    if folder is not None and not folder.is_dir():
        raise ShotlistError(f"{folder}: no such folder of prompts")
    found = {f.stem: f for place in (FOLDER, folder) if place for f in sorted(place.glob("*.md"))}
    return [found[name] for name in sorted(found)]


def _read(file: Path) -> Prompt:
    try:
        text = file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ShotlistError(f"{file}: can't be read ({error})") from error
    parts = _FACTS.match(text)
    sections = parts and _SECTIONS.match(parts["rest"])
    if not parts or not sections:
        raise ShotlistError(f"{file}: a prompt begins with ---, id, version and about, ---, and has a section # User")
    facts = dict(line.partition(":")[::2] for line in parts["facts"].splitlines())
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    if facts.get("id") != file.stem or not facts.get("version", "").isdigit():
        raise ShotlistError(f"{file}: it must say id: {file.stem} and a whole number as version")
    system, user = (sections["system"] or "").strip(), sections["user"].strip()
    digest = hashlib.blake2b(f"{system}\0{user}".encode(), digest_size=4).hexdigest()
    return Prompt(file.stem, int(facts["version"]), facts.get("about", ""), system, user, file, digest)


@cache
def _environment() -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _variables(template: str, file: Path) -> Set[str]:
    from jinja2 import TemplateError, meta

    try:
        return meta.find_undeclared_variables(_environment().parse(template))
    except TemplateError as error:
        raise ShotlistError(f"{file}: not a valid template: {error}") from error


@cache
def _compiled(template: str) -> "Template":
    return _environment().from_string(template)


def _filled(template: str, values: Mapping[str, object], file: Path) -> str:
    from jinja2 import TemplateError

    try:
        text = _compiled(template).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ShotlistError(f"{file}: can't be filled in: {error}") from error
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _quoted(name: str, value: Value) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return fenced(name, value.splitlines())
    lines = [line if isinstance(line, str) else f"{line[0]:.2f} s: {line[1]}" for line in value]
    return fenced(name, lines)


def fenced(name: str, lines: Sequence[str], limit: int = _LONGEST) -> str:
    """Untrusted lines as a quotation between ``<name>`` and ``</name>``; empty where they hold no text.

    They can't end it, speak as somebody else, or hold tokens of a chat template: brackets become ones that mean
    nothing, control characters go, each line is marked by ``>``, and no more than ``limit`` characters are taken.
    """
    found: list[str] = []
    left = limit
    for line in lines:
        plain = " ".join(harmless(line).split())
        if plain and left > 0:
            found.append(f"> {plain}" if len(plain) <= left else f"> {plain[:left]} …")
        left -= len(plain)
    tag = name.replace("_", "-")
    return "\n".join((f"<{tag}>", *found, f"</{tag}>")) if found else ""


_BRACKETS = {"<": "\u2039", ">": "\u203a", "[": "(", "]": ")", "{": "(", "}": ")", "|": "¦", "`": "'"}
_JOINERS = "\u200c\u200d"  # without them Persian and Hindi words fall apart


def harmless(text: str) -> str:
    """Text that no chat template or fence takes for its own.

    Letters that a tokenizer may fold into brackets are treated as brackets.
    """
    return "".join(_harmless(c) for c in text)


@lru_cache(4096)
def _harmless(letter: str) -> str:
    folded = unicodedata.normalize("NFKC", letter)
    if any(c in _BRACKETS for c in folded):
        return "".join(_BRACKETS.get(c, c) for c in folded)
    if letter in "\n\t\u2028\u2029":
        return " "
    if unicodedata.category(letter)[0] == "C" and letter not in _JOINERS:
        return ""
    return "" if 0xE0100 <= ord(letter) <= 0xE01EF else letter  # selectors in which whole texts can hide
