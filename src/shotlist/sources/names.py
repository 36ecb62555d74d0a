"""What file names tell: which are videos or lists, where they lie, and in which order people read them."""

import posixpath
import re
from urllib.parse import unquote, urljoin, urlsplit

# Broad on purpose: a file that turns out to be no video is reported, one that was passed over is not.
_VIDEO = """
    .3g2 .3gp .3gpp .amv .asf .avi .divx .dv .f4v .flv .gxf .insv .ivf .lrv .m1v .m2t .m2ts .m2v .m4v .mj2
    .mjpeg .mjpg .mkv .mov .mp2v .mp4 .mpe .mpeg .mpg .mpv .mts .mxf .nut .ogm .ogv .qt .rm .rmvb .tod .trp
    .ts .vob .webm .wmv .wtv .y4m .264 .265 .h264 .h265 .hevc
"""
VIDEO_EXTENSIONS = frozenset(_VIDEO.split())
LIST_EXTENSIONS = frozenset((".txt", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"))
SUBTITLE_EXTENSIONS = frozenset((".srt", ".vtt", ".ass", ".ssa", ".json3", ".srv1", ".srv2", ".srv3"))
INFO_SUFFIX = ".info.json"

_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)")
_DIGITS = re.compile(r"(\d+)")


def is_link(address: str) -> bool:
    """Whether an address is a link that fsspec opens, rather than a path on this machine."""
    return _LINK.match(address) is not None


def is_web(address: str) -> bool:
    """Whether an address is fetched over HTTP, where there are no folders to list."""
    return address.lower().startswith(("http://", "https://"))


def base_name(address: str) -> str:
    """The file's own name: the last part of a path, or of a link without its query."""
    path = unquote(urlsplit(address).path) if is_web(address) else _unchained(address)[0]
    return posixpath.basename(path.rstrip("/"))


def extension(address: str) -> str:
    """The lower-case extension with its dot, or an empty string."""
    return posixpath.splitext(base_name(address))[1].lower()


def is_video(address: str) -> bool:
    """Whether the extension is one that videos have."""
    return extension(address) in VIDEO_EXTENSIONS


def is_list(address: str) -> bool:
    """Whether the extension is one of the lists that we read."""
    return extension(address) in LIST_EXTENSIONS and not address.lower().endswith(INFO_SUFFIX)


def is_pattern(address: str) -> bool:
    """Whether an address may stand for several files; in web links only ``*`` does, ``?`` begins a query."""
    return any(sign in address for sign in ("*" if is_web(address) else "*?["))


def folder_of(address: str) -> str:
    """The folder of a file, ending in a slash, as ``joined`` takes it."""
    if is_web(address):
        return urljoin(address, ".")
    path, archive = _unchained(address)
    return path[: path.rfind("/") + 1] + archive


def joined(folder: str, name: str) -> str:
    """A name as it was written in a list, seen from the list's folder."""
    if is_link(name) or not folder:
        return name
    if is_web(folder):
        return urljoin(folder, name)
    if name.startswith("/"):
        return name
    path, archive = _unchained(folder)
    return path + name + archive


def _unchained(address: str) -> tuple[str, str]:
    """Part ``zip://in/a.mp4`` from ``::/films.zip``; elsewhere the second is empty."""
    path, chain, rest = address.partition("::") if is_link(address) else (address, "", "")
    return path, chain + rest


def natural(name: str) -> list[str | int]:
    """Sort key by which ``take 2`` comes before ``take 10``."""
    parts: list[str | int] = list(_DIGITS.split(name.casefold()))
    parts[1::2] = [int(digits) for digits in parts[1::2]]
    return [*parts, name]


def storable(name: str) -> bool:
    """Whether a name is valid Unicode; on Linux file names may hold any bytes."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
