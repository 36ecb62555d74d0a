"""The clips of an export as tables: for programs, and for spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from shotlist.view.answer import plain

Row = dict[str, Any]

_FIRST = ("clip_id", "film", "still", "caption")
_ENDS = re.compile("[\x85\u2028\u2029]")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def tables(
    columns: Sequence[str], rows: Sequence[Row], told: Sequence[Row], clean: Callable[[str, Any], Any]
) -> dict[str, str]:
    """``clips.jsonl`` with all there is, and ``clips.csv`` with the index's ``columns``.

    ``rows`` are from the index, ``told`` as the page has them, ``clean`` is given a column's name and a value.
    """
    own = [name for name in columns if name not in _FIRST]
    lines, written = [], io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow([*_FIRST, *map(safe, own)])
    for row, one in zip(rows, told, strict=True):
        cells = {name: row["clip_id"] if name == "clip_id" else one[name] for name in _FIRST}
        cells |= {name: plain(clean(name, row[name])) for name in own}
        lines.append(as_json(cells | _more(one)))
        table.writerow([safe(value) for value in cells.values()])
    return {"clips.jsonl": "".join(f"{line}\n" for line in lines), "clips.csv": "\ufeff" + written.getvalue()}


def as_json(value: Any) -> str:
    """JSON in one line, also for readers that take U+0085, U+2028 and U+2029 for the ends of lines."""
    told = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
    return _ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def _more(told: Row) -> Row:
    """What has no room in a table's cells."""
    return {
        "all_captions": [{k: c[k] for k in ("table", "text", "model", "failure")} for c in told["captions"]],
        "all_pieces": told["notes"],
        "all_lines": told["transcript"],
        "source": told["source"],
        "no_film_because": told["missing"],
    }


def safe(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: texts that look like one get an apostrophe."""
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
