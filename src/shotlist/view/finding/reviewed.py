"""What people decided, as columns of clips: read anew whenever somebody decided, so they are no part of the index."""

import math
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import duckdb
import pyarrow as pa

from shotlist.reviews.views import REVIEWS, make_views, stamp
from shotlist.view.index.columns import Column, Kind

if TYPE_CHECKING:
    from shotlist.view.index.database import Index

_KINDS: Mapping[str, Kind] = {
    "people": "number",
    "accepted": "flag",
    "accepts": "number",
    "rejects": "number",
    "reason": "category",
    "best": "category",
    "all_bad": "number",
    "caption": "text",
}
_PREFIX = f"{REVIEWS}_"
COLUMNS: Mapping[str, Column] = {
    _PREFIX + name: Column(
        _PREFIX + name, kind, f"{REVIEWS}.{name}", "", REVIEWS, kind == "number", name not in ("caption", "accepts")
    )
    for name, kind in _KINDS.items()
}
"""By the names that the view ``everything`` gives them."""
_AFAR = 2.0
"""Seconds between two looks at the decisions in an object store: a page would look several times."""
_looked: "WeakKeyDictionary[Index, tuple[float, str]]" = WeakKeyDictionary()


def source(index: "Index", names: Iterable[str]) -> str:
    """What to select clips from, if these columns are needed, or named in such a text."""
    if not any(_PREFIX in name.lower() for name in names):
        return "clips"
    return f"(SELECT clips.*, said.* EXCLUDE (number) FROM clips LEFT JOIN {said(index)} AS said USING (number))"


def there(index: "Index") -> Mapping[str, Column]:
    """The columns, if anybody decided something about a clip of the index; else none."""
    if not _stamp(index):  # the tables would take a quarter of a second
        return {}
    return COLUMNS if index.one(f"SELECT number FROM {said(index)} LIMIT 1") else {}


def said(index: "Index") -> str:
    """The table with the columns of the clips that somebody said something about, and their ``number``."""
    return index.kept.table(f"reviews {_stamp(index)}", lambda: _said(index))


def _stamp(index: "Index") -> str:
    if index.dataset.local is not None:
        return stamp(index.dataset.store)
    looked, found = _looked.get(index, (-math.inf, ""))
    if time.monotonic() - looked >= _AFAR:
        looked, found = _looked[index] = time.monotonic(), stamp(index.dataset.store)
    return found


def _said(index: "Index") -> pa.Table:
    with duckdb.connect() as connection:
        make_views(connection, index.dataset.store)
        rows = connection.sql(f"SELECT clip_id, {', '.join(_KINDS)} FROM {REVIEWS}").to_arrow_table()
    cells = ", ".join(f"said.{name} AS {_PREFIX}{name}" for name in _KINDS)
    with index.cursor() as cursor:
        cursor.register("said", rows)
        return cursor.sql(f"SELECT number, {cells} FROM clips JOIN said USING (clip_id)").to_arrow_table()
