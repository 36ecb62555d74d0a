"""Videos behind links: one file, a folder of a store, or a pattern, on anything that fsspec reads."""

import posixpath
from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any

from shotlist.sources.candidates import Candidate, Findings, Problem
from shotlist.sources.names import extension, is_pattern, is_video, is_web, natural
from shotlist.sources.sidecars import Shelf
from shotlist.sources.store import address, opened
from shotlist.sources.trouble import explained

# What stores call the tag or the time that changes with a file, best first.
_STAMPS = (
    *("etag", "ETag", "Content-MD5", "md5Hash", "sha256", "blob_id", "Last-Modified", "LastModified"),
    *("mtime", "updated", "last_modified", "modified", "created", "CRC"),
)


def look(uri: str) -> Findings:
    """Everything that a link stands for; whatever a store raises ends up as a problem."""
    try:
        fs, path = opened(uri)
        try:
            info = fs.info(path)
        except FileNotFoundError:
            if not is_pattern(uri):
                raise
            return _by_pattern(fs, path, uri)
        if info.get("type") == "directory":
            return _folder(fs, path, uri)
        return _file(fs, path, info, uri)
    except Exception as error:  # each store has exceptions of its own
        trouble = explained(error)
        return Findings(problems=[Problem(uri, trouble.message, trouble.kind, trouble.may_pass)])


def _file(fs: Any, path: str, info: Mapping[str, Any], uri: str) -> Findings:
    if is_web(uri):
        if info.get("mimetype") == "text/html" and not is_video(uri):
            advice = "This is a web page, not a video; download the video first, for instance with yt-dlp."
            return _nothing(uri, "not a video", advice)
        return Findings([Candidate(uri=uri, size=_size(info), stamp=_stamp(info))])
    names = _names_beside(fs, path)
    return Findings([_candidate(fs, path, info, uri, Shelf(names))])


def _names_beside(fs: Any, path: str) -> list[str]:
    """Names in the file's folder that begin like it.

    Large stores list by prefix, in one request; the others list the folder. A store that lets us read but not
    list has no sidecars for us.
    """
    folder, _, name = path.rpartition("/")
    try:
        if "prefix" in signature(getattr(fs, "_find", fs.find)).parameters:
            found = fs.find(folder, prefix=posixpath.splitext(name)[0])
        else:
            found = fs.ls(folder or "/", detail=False)
    except Exception:
        return []
    return [str(beside).rpartition("/")[2] for beside in found]


def _folder(fs: Any, path: str, uri: str) -> Findings:
    """All videos below a folder of a store, from one listing, which tells sizes and sidecars as well."""
    listing: dict[str, dict[str, Any]] = fs.find(path, detail=True)
    root = str(fs._strip_protocol(path)).rstrip("/") + "/"
    shown = [name for name in listing if "/." not in "/" + name[len(root) :]]
    datasets = _datasets(shown)
    if root in datasets:
        return _nothing(uri, "no videos", "This is a shotlist dataset, not a folder of videos.")
    videos = [name for name in shown if is_video(name) and not name.startswith(datasets)]
    if not videos:
        return _nothing(uri, "no videos", "There are no videos in this folder.")
    return _candidates(fs, {name: listing[name] for name in videos}, _shelves(shown), uri)


def _datasets(paths: list[str]) -> tuple[str, ...]:
    marked = {path.removesuffix("dataset.json") for path in paths if path.endswith("/dataset.json")}
    return tuple(home for home in marked if any(path.startswith(f"{home}tables/") for path in paths))


def _by_pattern(fs: Any, pattern: str, uri: str) -> Findings:
    matches: dict[str, dict[str, Any]] = fs.glob(pattern, detail=True)
    files = {name: info for name, info in matches.items() if info.get("type") != "directory"}
    if is_pattern(extension(pattern)) or not extension(pattern):
        files = {name: info for name, info in files.items() if is_video(name)}
    if not files:
        return _nothing(uri, "not found", "No video matches this pattern.")
    if is_web(uri):  # where a listing tells neither sizes nor stamps
        files = {name: fs.info(name) for name in files}
        return _candidates(fs, files, _shelves(files), uri)
    folders = {_folder_of(name) for name in files}
    return _candidates(fs, files, _shelves([*files, *(n for f in folders for n in _listed(fs, f))]), uri)


def _candidates(fs: Any, files: Mapping[str, Mapping[str, Any]], shelves: Mapping[str, Shelf], given: str) -> Findings:
    names = sorted(files, key=lambda name: [natural(part) for part in name.split("/")])
    return Findings([_candidate(fs, n, files[n], given, shelves[_folder_of(n)]) for n in names])


def _nothing(uri: str, kind: str, message: str) -> Findings:
    return Findings(problems=[Problem(uri, message, kind)])


def _listed(fs: Any, folder: str) -> list[str]:
    try:
        return [str(name) for name in fs.ls(folder or "/", detail=False)]
    except Exception:  # the sidecars of a folder that we may not list stay unseen
        return []


def _shelves(paths: Iterable[str]) -> dict[str, Shelf]:
    names: dict[str, list[str]] = {}
    for path in paths:
        names.setdefault(_folder_of(path), []).append(path.rpartition("/")[2])
    return {folder: Shelf(inside) for folder, inside in names.items()}


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _candidate(fs: Any, path: str, info: Mapping[str, Any], given: str, shelf: Shelf) -> Candidate:
    subtitles, info_file = shelf.of(path.rpartition("/")[2])

    def beside(name: str) -> str:
        return address(fs, f"{_folder_of(path)}/{name}", given)

    return Candidate(
        uri=address(fs, path, given),
        size=_size(info),
        stamp=_stamp(info),
        subtitles=tuple(map(beside, subtitles)),
        info=beside(info_file) if info_file else None,
    )


def _size(info: Mapping[str, Any]) -> int:
    size = info.get("size")
    return int(size) if size is not None else -1


def _stamp(info: Mapping[str, Any]) -> str:
    return next((str(info[key]) for key in _STAMPS if info.get(key)), "")
