"""Videos on this machine: a file, a folder with all that is below it, or a pattern."""

import errno
import os
import stat
from collections.abc import Iterator
from glob import escape, iglob
from pathlib import Path
from posixpath import abspath, dirname, expanduser, isdir, isfile, islink, lexists  # these never raise
from urllib.parse import unquote

from shotlist.sources.candidates import Candidate, Findings, Problem
from shotlist.sources.names import extension, is_link, is_pattern, is_video, natural, storable
from shotlist.sources.sidecars import Shelf


class LocalFiles:
    """Looks up local paths; remembers the sidecars of the folders that it has seen."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def look(self, path: str) -> Findings:
        """Everything that an absolute path stands for; what exists is no pattern, whatever it looks like."""
        try:
            status = Path(path).stat()
        except (OSError, ValueError) as error:
            return self._by_pattern(path) if is_pattern(path) else Findings(problems=[_missing(path, error)])
        if stat.S_ISDIR(status.st_mode):
            return self._folder(path)
        return self._files([path])

    def _folder(self, folder: str) -> Findings:
        if is_dataset(folder):
            return _problem(folder, "no videos", "This is a shotlist dataset, not a folder of videos.")
        problems: list[Problem] = []
        found = self._files([path for path in walk(folder, problems) if is_video(path)])
        if not found.sources and not problems and not found.problems:
            return _problem(folder, "no videos", "There are no videos in this folder.")
        return Findings(found.sources, problems + found.problems)

    def _by_pattern(self, pattern: str) -> Findings:
        literal = _with_plain_head(pattern)
        matches = sorted(iglob(literal, recursive=True), key=natural)  # noqa: PTH207 - Path.glob shows hidden files
        # ``*.dat`` asks for these very files; ``films/*`` asks for the videos among them.
        if is_pattern(extension(pattern)) or not extension(pattern):
            matches = [path for path in matches if is_video(path) or isdir(path)]
        if not matches:
            return _problem(pattern, "not found", "No video matches this pattern.")
        plain = [path for path in matches if not isdir(path)]
        found = [self._files(plain)]
        if "**" not in pattern:  # which has matched what is inside the folders as well
            found += [self._folder(path) for path in matches if isdir(path)]
        return Findings([c for f in found for c in f.sources], [p for f in found for p in f.problems])

    def _files(self, paths: list[str]) -> Findings:
        found = Findings()
        for path in paths:
            one = self._file(path)
            if isinstance(one, Problem):
                found.problems.append(one)
            else:
                found.sources.append(one)
        return found

    def _file(self, path: str) -> Candidate | Problem:
        if not storable(path):
            shown = path.encode("utf-8", "backslashreplace").decode()
            return Problem(shown, "The name isn't valid UTF-8 and can't be stored; rename it.", "name")
        try:
            status = Path(path).stat()
        except OSError as error:
            return _missing(path, error)
        if not stat.S_ISREG(status.st_mode):
            return Problem(path, "This is no ordinary file but a device, a pipe or a folder.", "not a video")
        folder, _, name = path.rpartition("/")
        subtitles, info = self._shelf(folder or "/").of(name)
        return Candidate(
            uri=path,
            size=status.st_size,
            stamp=str(status.st_mtime_ns),
            subtitles=tuple(f"{folder}/{subtitle}" for subtitle in subtitles),
            info=f"{folder}/{info}" if info else None,
        )

    def _shelf(self, folder: str) -> Shelf:
        if folder not in self._shelves:
            try:
                with os.scandir(folder) as entries:
                    names = [entry.name for entry in entries if storable(entry.name)]
            except OSError:  # a folder may let through those who know a name, and list none
                names = []
            self._shelves[folder] = Shelf(names)
        return self._shelves[folder]


def exists(path: str) -> bool:
    """Whether something has this very name, if only a link that leads nowhere."""
    return lexists(path)


def resolved(address: str) -> str:
    """An absolute path, or a link as it is; what exists under this name is a path, whatever it looks like."""
    if exists(address):
        return abspath(address)
    if address.lower().startswith("file://"):
        plain = address[len("file://") :].removeprefix("localhost")
        return abspath(plain if exists(plain) else unquote(plain))
    if is_link(address):
        return address
    return abspath(address if "\0" in address else expanduser(address))


def is_dataset(folder: str) -> bool:
    """Whether a folder is one that shotlist itself wrote."""
    return isfile(f"{folder}/dataset.json") and isdir(f"{folder}/tables")


def walk(folder: str, problems: list[Problem]) -> Iterator[str]:
    """Every file below a folder in natural order, without hidden ones and datasets.

    Links to folders are followed. A folder that can't be listed is noted in ``problems``.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            status = Path(path).stat()
            if (status.st_dev, status.st_ino) in seen or (path != folder and is_dataset(path)):
                continue
            seen.add((status.st_dev, status.st_ino))  # a link may lead back up
            with os.scandir(path) as entries:
                inside = [(e.path, _is_folder(e)) for e in entries if not e.name.startswith(".")]
        except OSError as error:
            reason = error.strerror or str(error)
            problems.append(Problem(path, f"This folder can't be listed: {reason}.", "not allowed"))
            continue
        waiting += sorted(inside, key=lambda item: natural(item[0][len(path) :]), reverse=True)


def _with_plain_head(pattern: str) -> str:
    """Take the folders that exist under the very name in the pattern for what they are: ``[2024]/*.mp4``."""
    head = dirname(pattern)
    while not isdir(head):
        head = dirname(head)
    return escape(head) + pattern[len(head) :]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _missing(path: str, error: Exception) -> Problem:
    if islink(path):
        return Problem(path, "This link points to a file that isn't there.", "not found")
    if isinstance(error, PermissionError):
        return Problem(path, "Reading it isn't allowed.", "not allowed")
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return Problem(path[:200], "The name is too long for a file.", "not found")
    return Problem(path.replace("\0", "\\0"), "There is no file or folder of this name.", "not found")


def _problem(address: str, kind: str, message: str) -> Findings:
    return Findings(problems=[Problem(address, message, kind)])
