"""From what the user typed to the files that it stands for."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from posixpath import isfile

from shotlist.sources import links, tables
from shotlist.sources.candidates import NOTHING, Candidate, Details, Findings, Problem, filled
from shotlist.sources.fetch import read_bytes
from shotlist.sources.files import LocalFiles, exists, resolved
from shotlist.sources.names import is_link, is_list, joined
from shotlist.sources.sidecars import parse_info
from shotlist.sources.tables import Row
from shotlist.sources.trouble import SourceError

_CONNECTIONS = 16  # links asked about at the same time


def find(videos: Sequence[str]) -> Findings:
    """Look up files, folders, patterns, links and lists of those.

    The order is the given one, folders in natural order; a file that is named twice comes once, with what
    both places say about it (the earlier wins). What a list says wins over an ``.info.json``.
    Nothing raises: what doesn't work is among the problems, and the rest goes on.
    """
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        found, problems = _merged(_looked_up(videos, pool))
        return _with_infos(_without_sidecars(found), problems, pool)


def _looked_up(videos: Sequence[str], pool: ThreadPoolExecutor) -> list[Findings]:
    """One answer for each name, in order; links are asked about side by side."""
    local = LocalFiles()
    answers: list[Findings | tuple[Row, Future[Findings]]] = []
    for row in (row for name in videos for row in _unlisted(name)):
        if isinstance(row, Problem):
            answers.append(Findings(problems=[row]))
            continue
        address = _address(row)
        if row.place and is_list(address):
            message = f"A list inside a list isn't read ({row.place})."
            answers.append(Findings(problems=[Problem(address, message, "list")]))
        elif is_link(address):
            answers.append((row, pool.submit(links.look, address)))
        else:
            answers.append(_told(row, local.look(address)))
    return [_told(a[0], a[1].result()) if isinstance(a, tuple) else a for a in answers]


def _unlisted(name: str) -> Iterable[Row | Problem]:
    """The rows of a list, or the name itself."""
    if not name.strip() and not exists(name):
        return [Problem(name, "An empty name stands for no video.", "not found")]
    address = _address(Row(name))
    if is_list(address) and (is_link(address) or isfile(address)):
        return tables.rows(address)
    return [Row(name)]


def _address(row: Row) -> str:
    """An absolute path or a link. Spaces at the ends only count if a file is called so."""
    written = joined(row.folder, row.name)
    return resolved(written if exists(written) else joined(row.folder, row.name.strip()))


def _told(row: Row, found: Findings) -> Findings:
    """Findings with what the list says about them, and problems with the place in the list."""
    known = row.details
    if len(found.sources) > 1:  # a folder: one film's title is not all films' title
        known = Details(tags=known.tags, language=known.language)
    sources = found.sources if known == NOTHING else [filled(one, known) for one in found.sources]
    if not row.place:
        return Findings(sources, found.problems)
    problems = [replace(p, message=f"{p.message.removesuffix('.')} ({row.place}).") for p in found.problems]
    return Findings(sources, problems)


def _merged(answers: Iterable[Findings]) -> tuple[dict[str, Candidate], list[Problem]]:
    found: dict[str, Candidate] = {}
    problems: list[Problem] = []
    for answer in answers:
        problems += answer.problems
        for one in answer.sources:
            earlier = found.get(one.uri)
            found[one.uri] = filled(earlier, one) if earlier else one
    return found, problems


def _without_sidecars(found: dict[str, Candidate]) -> list[Candidate]:
    """Drop what belongs to another candidate: the shell makes subtitles and notes of ``films/*`` as well."""
    taken = {name for one in found.values() for name in (*one.subtitles, one.info)}
    return [one for uri, one in found.items() if uri not in taken] if taken else list(found.values())


def _with_infos(sources: list[Candidate], problems: list[Problem], pool: ThreadPoolExecutor) -> Findings:
    told = pool.map(_with_info, (one for one in sources if one.info))
    by_uri = dict(zip((one.uri for one in sources if one.info), told, strict=True))
    notes: list[Problem] = []
    complete: list[Candidate] = []
    for one in sources:
        answer = by_uri.get(one.uri, one)
        if isinstance(answer, Problem):
            notes.append(answer)
        complete.append(one if isinstance(answer, Problem) else answer)
    return Findings(complete, problems + notes)


def _with_info(one: Candidate) -> Candidate | Problem:
    address = one.info or ""
    try:
        return filled(one, parse_info(read_bytes(address)))
    except (SourceError, ValueError) as error:
        return Problem(address, f"This says nothing about its video: {error}".rstrip(".") + ".", "note")
