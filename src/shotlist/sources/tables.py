"""Lists of videos: text, CSV, JSON lines or Parquet, one video a row, with what is known about it."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from shotlist.sources.candidates import DETAILS, NOTHING, Details, Problem, as_text, details
from shotlist.sources.fetch import read_bytes
from shotlist.sources.names import base_name, extension, folder_of, is_link, is_video, storable
from shotlist.sources.trouble import SourceError

NAMING = ("video", "path", "file", "uri", "url")
"""Columns that may name the video; the first that a list has does."""

_REMOTE_LIMIT = 2 << 30  # bytes; a list behind a link is read into memory
_SHOWN = 12


@dataclass(frozen=True)
class Row:
    """One video as a list names it; ``folder`` is the list's, ``place`` says where it stands for messages."""

    name: str
    folder: str = ""
    details: Details = NOTHING
    place: str = ""


Values = tuple[str, Mapping[str, object] | str]
"""Where a row stands in its list ("line 7"), and its cells by column or what is wrong with it."""


def rows(address: str) -> Iterator[Row | Problem]:
    """The rows of a list, local or remote, with a problem in the place of each that can't be used."""
    try:
        with _open(address) as file:
            yield from _rows(address, file)
    except (SourceError, OSError) as error:
        yield Problem(address, f"The list can't be read: {error}", "list", getattr(error, "may_pass", False))


def _open(address: str) -> BinaryIO:
    if is_link(address):
        return io.BytesIO(read_bytes(address, _REMOTE_LIMIT))
    return Path(address).open("rb")


def _rows(address: str, file: BinaryIO) -> Iterator[Row | Problem]:
    unused: dict[str, None] = {}
    some = False
    try:
        for place, values in _READERS[extension(address)](file):
            some = True
            yield _row(address, place, values, unused)
    except _Broken as broken:
        some = True
        yield Problem(address, str(broken), "list")
    if not some:
        yield Problem(address, "The list is empty.", "list")
    if unused:
        known = ", ".join(dict.fromkeys(NAMING + DETAILS))
        message = f"Columns that aren't used: {_shown(unused)}. Those that are: {known}."
        yield Problem(address, message, "note")


def _row(address: str, place: str, values: Mapping[str, object] | str, unused: dict[str, None]) -> Row | Problem:
    if isinstance(values, str):
        return Problem(address, f"{place}: {values}", "list")
    columns = _columns(values)
    able = [name for name in NAMING if name in columns]
    if not able:
        return Problem(address, f"{place}: {_unnamed(columns)}", "list")
    naming = next((name for name in able if as_text(values[columns[name]])), able[0])
    unused.update((name, None) for name in columns if name and name not in (*NAMING, *DETAILS))
    name = values[columns[naming]]
    if not isinstance(name, str) or not name.strip():
        return Problem(address, f"{place}: The column {naming} names no video.", "list")
    if not storable(name):
        return Problem(address, f"{place}: The name of the video isn't valid UTF-8.", "list")
    known = details({field: values[columns[field]] for field in DETAILS if field in columns})
    if naming == "url":
        known = replace(known, url=name.strip())
    return Row(name, folder_of(address), known, f"{place} of {base_name(address)}")


def _columns(names: Iterable[object]) -> dict[str, Any]:
    """Columns by their plain name: case and spaces around it don't count."""
    return {str(name).strip().casefold(): name for name in names if name is not None}


def _unnamed(columns: Iterable[str]) -> str:
    there = _shown(columns) or "none"
    return f"No column names the video ({', '.join(NAMING)}); the columns are: {there}."


def _check(names: Iterable[object]) -> None:
    columns = _columns(names)
    if not any(name in columns for name in NAMING):
        raise _Broken(_unnamed(columns))


def _shown(names: Iterable[str]) -> str:
    listed = [name if len(name) <= 60 else name[:57] + "…" for name in names]
    return ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")


class _Broken(Exception):
    """The list can't be read any further."""


@contextmanager
def _text(file: BinaryIO, newline: str | None = None) -> Iterator[io.TextIOWrapper]:
    """Text in UTF-8 or, with a byte order mark, UTF-16; bytes that don't fit are judged row by row."""
    utf16 = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    file.seek(0)
    encoding = "utf-16" if utf16 else "utf-8-sig"
    text = io.TextIOWrapper(file, encoding, "replace" if utf16 else "surrogateescape", newline)
    try:
        yield text
    finally:
        text.detach()  # else it closes the file behind its owner's back


def _lines(file: BinaryIO) -> Iterator[Values]:
    with _text(file) as text:
        for number, line in enumerate(text, 1):
            name = line.rstrip("\r\n")
            # ``# note`` is a comment, ``#1.mp4`` may well be a video.
            comment = name.startswith("#") and (name.startswith("# ") or not is_video(name))
            if name.strip() and not comment:
                yield f"line {number}", {"video": name}


def _csv(file: BinaryIO) -> Iterator[Values]:
    csv.field_size_limit(sys.maxsize)  # cells of Panda-70M come close to the default, 131,072 characters
    with _text(file, newline="") as text:
        header = text.readline()
        text.seek(0)
        reader = csv.DictReader(text, delimiter=max(",;\t", key=header.count))
        if reader.fieldnames:
            _check(reader.fieldnames)
        start = reader.line_num + 1
        try:
            for values in reader:
                yield f"line {start}", values
                start = reader.line_num + 1
        except csv.Error as error:
            raise _Broken(f"line {start}: The table can't be read from here on: {error}.") from error


def _json_lines(file: BinaryIO) -> Iterator[Values]:
    with _text(file) as text:
        yield from _json_rows(text)


def _json_rows(lines: Iterable[str]) -> Iterator[Values]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield f"line {number}", _as_values(json.loads(line))
            except (ValueError, RecursionError) as error:
                yield f"line {number}", f"This is not valid JSON: {error}."


def _as_values(item: object) -> Mapping[str, object]:
    return item if isinstance(item, dict) else {"video": item}


def _json(file: BinaryIO) -> Iterator[Values]:
    """A JSON array of objects or names, one such object, or lines of them."""
    with _text(file) as text:
        content = text.read()
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        yield from _json_rows(io.StringIO(content))
        return
    for number, item in enumerate(whole if isinstance(whole, list) else [whole], 1):
        yield f"entry {number}", _as_values(item)


def _parquet(file: BinaryIO) -> Iterator[Values]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        names: list[str] = table.schema_arrow.names
        _check(names)
        wanted = [name for plain, name in _columns(names).items() if plain in NAMING + DETAILS]
        batches: Iterator[Any] = table.iter_batches(1024, columns=wanted)
        cells = (values for batch in batches for values in batch.to_pylist())
        for number, values in enumerate(cells, 1):
            yield f"row {number}", {**dict.fromkeys(names), **values}
    except (pa.ArrowException, OSError) as error:
        raise _Broken(f"The table can't be read: {error}") from error


_READERS: dict[str, Callable[[BinaryIO], Iterator[Values]]] = {
    ".txt": _lines,
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
