"""What a condition that came with a link may say: anything that compares, nothing that reads elsewhere or grows.

The index has no access to files or settings anyway. What remains is a question that never ends, which limits of time
and memory stop, and a function that makes a huge value of a small one inside one row, which they can't stop in time.
So only functions are allowed that are known to make nothing larger than what they are given.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from shotlist.view.answer import NotAsked
from shotlist.view.index.database import Index
from shotlist.view.index.making.files import told

SECONDS = 5.0
_LONGEST = 2_000
"""Letters of a condition."""
_NAMES = """
    + - * / // % ^ ** = ~~ !~~ ~~* !~~* ~~~ || && @ @> <@ ^@ ! and or not abs ceil ceiling floor round trunc
    sign sqrt cbrt exp ln log log2 log10 pow power least greatest mod isfinite isnan isinf add subtract multiply
    divide coalesce ifnull nullif if lower lcase upper ucase length len strlen char_length character_length trim
    ltrim rtrim left right substr substring contains starts_with prefix suffix ends_with like_escape
    not_like_escape ilike_escape not_ilike_escape regexp_matches regexp_full_match regexp_extract string_split
    split str_split split_part position strpos instr concat concat_ws strip_accents nfc_normalize reverse hash
    md5 list_contains list_has array_contains array_has list_has_any list_has_all array_has_any array_has_all
    list_position array_length list_value list_min list_max list_sum list_avg list_unique list_distinct
    list_extract array_extract list_count count count_star sum avg mean min max median quantile quantile_cont
    quantile_disc stddev stddev_samp var_samp mode any_value first last bool_and bool_or approx_count_distinct
    approx_quantile rank dense_rank row_number percent_rank ntile year month day hour minute second date_part
    datepart date_trunc strptime try_strptime strftime
"""
FUNCTIONS = frozenset(_NAMES.split())
TABLES = frozenset(("clips", "videos", "failures"))


def matches(index: Index, where: str, source: str = "clips") -> pa.Table:
    """Numbers of the clips in ``source`` for which a condition holds.

    Raises NotAsked for one that is none, or takes too long.
    """
    check(index, where)
    try:
        with index.cursor(SECONDS) as cursor:
            return cursor.sql(f"SELECT number FROM {source} AS clips WHERE (\n{where}\n)").to_arrow_table()
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException as error:
        raise NotAsked("where: that takes more memory than the viewer has; ask for something simpler") from error
    except duckdb.Error as error:
        raise NotAsked(f"where: {told(error)}") from error


def check(index: Index, where: str) -> None:
    """Raise NotAsked unless this is one condition, made of what is allowed."""
    if len(where) > _LONGEST:
        raise NotAsked(f"where: a condition of more than {_LONGEST:,} letters")
    # Without brackets around it, a condition that closes them is no condition; inside them, one that goes on is none.
    for query in (f"SELECT 1 WHERE\n{where}\n", f"SELECT 1 WHERE (\n{where}\n)"):
        with index.cursor() as cursor:
            [(text,)] = cursor.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
        try:
            _check_tree(json.loads(text))
        except RecursionError:
            raise NotAsked("where: that is nested too deeply; ask for something simpler") from None


def _check_tree(tree: Any) -> None:
    if tree["error"] and tree["error_type"] == "parser":
        raise NotAsked(f"where: {tree['error_message'].splitlines()[0]}")
    if tree["error"] or len(tree["statements"]) != 1:
        raise NotAsked("where: write one condition, such as seconds > 3 AND kept")
    for kind, name in _named(tree):
        if name.lower() not in (FUNCTIONS if kind == "function" else TABLES):
            raise NotAsked(f"where: the {kind} {name} can't be used in a link; ask with: shotlist sql")


def _named(node: Any) -> Iterator[tuple[str, str]]:
    """Functions and tables in a parsed query."""
    if isinstance(node, dict):
        if "function_name" in node:
            yield "function", str(node["function_name"])
        if "table_name" in node:
            yield "table", str(node["table_name"])
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _named(value)
