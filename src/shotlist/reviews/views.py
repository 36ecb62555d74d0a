"""What people said, for SQL: the view ``review_log`` of decisions, and ``reviews`` with a row per clip."""

import hashlib
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shotlist.reviews.decision import Decision, Shown
from shotlist.reviews.log import FOLDER, Log
from shotlist.reviews.names import SAMPLES
from shotlist.store import Store

if TYPE_CHECKING:
    import duckdb

REVIEWS, REVIEW_LOG = "reviews", "review_log"

LOG_SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("video_id", pa.string()),
        ("time", pa.string()),
        ("who", pa.string()),
        ("sample", pa.string()),
        ("task", pa.string()),
        ("choice", pa.string()),
        ("reason", pa.string()),
        ("text", pa.string()),
        ("start_us", pa.int64()),
        ("end_us", pa.int64()),
        ("seconds", pa.float64()),
        ("shown", pa.list_(pa.struct([("teacher", pa.string()), ("text", pa.string())]))),
        ("counts", pa.bool_()),
        ("id", pa.string()),
    ]
)
"""``counts`` is whether it is the person's last word on the clip in that task, and no skipping or taking back."""

COLUMNS = {
    "clip_id": pa.string(),
    "people": pa.int64(),
    "accepted": pa.bool_(),
    "accepts": pa.int64(),
    "rejects": pa.int64(),
    "reason": pa.string(),
    "best": pa.string(),
    "all_bad": pa.int64(),
    "caption": pa.string(),
    "start_us": pa.int64(),
    "end_us": pa.int64(),
}
"""The columns of ``reviews``.

``accepted`` is what most people said, null on a tie; ``reason`` the commonest reason for rejecting. ``best`` is the
teacher's table that most people picked, null on a tie; ``all_bad`` counts those to whom no caption would do.
``caption`` and ``start_us``, ``end_us`` are of the last who edited or confirmed them.
"""

_BY_CLIP = """
    WITH answers AS (SELECT *, row_number() OVER (ORDER BY time, id) AS place FROM review_log WHERE counts),
    picked AS (
        SELECT clip_id, choice, count(*) AS votes FROM answers
        WHERE task = 'pick' AND choice <> 'all bad' GROUP BY clip_id, choice),
    best AS (
        SELECT clip_id, CASE WHEN count(*) = 1 THEN any_value(choice) END AS best FROM (
            SELECT * FROM picked QUALIFY rank() OVER (PARTITION BY clip_id ORDER BY votes DESC) = 1)
        GROUP BY clip_id),
    reasons AS (
        SELECT clip_id, reason FROM answers WHERE task = 'judge' AND choice = 'reject' AND reason IS NOT NULL
        GROUP BY clip_id, reason
        QUALIFY row_number() OVER (PARTITION BY clip_id ORDER BY count(*) DESC, max(place) DESC) = 1),
    counted AS (
        SELECT clip_id, count(DISTINCT who) AS people,
               count(*) FILTER (WHERE task = 'judge' AND choice = 'accept') AS accepts,
               count(*) FILTER (WHERE task = 'judge' AND choice = 'reject') AS rejects,
               count(*) FILTER (WHERE task = 'pick' AND choice = 'all bad') AS all_bad,
               arg_max(text, place) FILTER (WHERE task = 'edit') AS caption,
               arg_max(start_us, place) FILTER (WHERE task = 'cut') AS start_us,
               arg_max(end_us, place) FILTER (WHERE task = 'cut') AS end_us
        FROM answers GROUP BY clip_id)
    SELECT clip_id, people,
           CASE WHEN accepts <> rejects THEN accepts > rejects END AS accepted,
           accepts, rejects, reason, best, all_bad, caption, start_us, end_us
    FROM counted LEFT JOIN best USING (clip_id) LEFT JOIN reasons USING (clip_id)
"""


def make_views(connection: "duckdb.DuckDBPyConnection", store: Store) -> bool:
    """Make both views, empty where nobody said anything; whether anybody did."""
    decisions = Log(store).decisions()
    connection.register("decided", _table(decisions))
    connection.execute(f"CREATE TABLE {REVIEW_LOG} AS FROM decided")
    connection.unregister("decided")
    connection.execute(f"CREATE VIEW {REVIEWS} AS {_BY_CLIP}")
    return bool(decisions)


def _table(decisions: Sequence[Decision]) -> pa.Table:
    last = {(d.who, d.task, d.clip_id): d.id for d in decisions}
    made: dict[str, Any] = {
        "counts": [d.answers and last[d.who, d.task, d.clip_id] == d.id for d in decisions],
        "shown": _shown([d.shown for d in decisions]),
    }
    plain = [field for field in LOG_SCHEMA if field.name not in made]
    made |= {field.name: pa.array([getattr(d, field.name) for d in decisions], field.type) for field in plain}
    return pa.table({name: made[name] for name in LOG_SCHEMA.names}, LOG_SCHEMA)


def _shown(lists: Sequence[Sequence[Shown]]) -> pa.Array:
    """Put together by columns: a dictionary for each caption would take seconds."""
    every = [shown for found in lists for shown in found]
    texts = [pa.array([getattr(shown, name) for shown in every], pa.string()) for name in ("teacher", "text")]
    ends = pa.array([0, *accumulate(map(len, lists))], pa.int32())
    return pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(texts, ["teacher", "text"]))


def stamp(store: Store) -> str:
    """Changes when somebody decided something, and is empty before; no file is opened."""
    facts = [(name, _size(store, name)) for name in sorted(store.names(FOLDER)) if name != SAMPLES]
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest() if facts else ""


def _size(store: Store, name: str) -> object:
    """What grows with every decision: names in a folder, else bytes, or in a store the time of writing."""
    if not name.endswith(".jsonl"):
        return sorted(store.names(f"{FOLDER}/{name}"))
    return (store.local / FOLDER / name).stat().st_size if store.local else store.modified(f"{FOLDER}/{name}")
