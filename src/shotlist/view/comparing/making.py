"""Makes a comparison: one DuckDB file from the indexes of two datasets and their shots."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from shotlist.query import quote
from shotlist.timing import SECOND
from shotlist.view.comparing.agreement import BOTH, ONLY_A, ONLY_B, Axis, Places, covered, matched
from shotlist.view.comparing.measures import differences
from shotlist.view.facts.diff import counted
from shotlist.view.index.database import Index
from shotlist.view.index.making import Stored, files

_MEMORY = "180MB"
_SPANS = 100_000
"""Kept clips whose stretches are worked out at a time."""
_TEXTS = 20_000
"""Captions of each dataset whose words are counted at most."""

Placed = tuple[Places, Places]
"""Numbers of videos, and times in them."""


def make(a: Index, b: Index, within_us: int, path: Path, tell: Callable[[str], None]) -> None:
    """Write the comparison to ``path``, whole or not at all; ``tell`` hears what is being done."""
    files.make(path, lambda connection: _Making(connection, a, b, within_us).run(tell))


@dataclass
class _Making:
    """Fills the database: ``videos`` (a row for each of either dataset), ``cuts``, and ``told`` with all counts."""

    connection: duckdb.DuckDBPyConnection
    a: Index
    b: Index
    within_us: int

    problems: list[str] = field(default_factory=list)

    def run(self, tell: Callable[[str], None]) -> None:
        files.settle(self.connection, _MEMORY)  # two indexes are open beside it
        # A file can be attached once only.
        self.sides = ("a", "a" if self.a.path == self.b.path else "b")
        for side, path in dict(zip(self.sides, (self.a.path, self.b.path), strict=True)).items():
            self.connection.execute(f"ATTACH {quote(str(path))} AS {side} (READ_ONLY)")
        self._pair_videos()
        tell("matching cuts")
        cuts = self._match_cuts()
        tell("matching kept clips")
        self._cover()
        tell("comparing captions")
        spans = self._same_spans()
        self._join()
        tell("comparing measures")
        told = {"cuts": cuts, **self._sums(), "spans": spans, "problems": self.problems}
        told["measures"] = {name: differences(self.a, self.b, name == "kept") for name in ("kept", "all")}
        self.connection.execute("CREATE TABLE told (told VARCHAR)")
        self.connection.execute("INSERT INTO told VALUES (?)", [json.dumps(told)])

    def _pair_videos(self) -> None:
        """``pairs``: every video of either dataset, numbered by name."""
        told = ("name", "uri", "duration_us", "start_us", "frames")
        cells = [f"coalesce(x.{c}, y.{c}) AS {c}" for c in told]
        for c in ("clips", "kept", "kept_seconds"):
            cells += [f"coalesce({s}.{c}, 0) AS {c}_{side}" for s, side in (("x", "a"), ("y", "b"))]
        self.connection.execute(
            f"""CREATE TABLE pairs AS
                SELECT row_number() OVER (ORDER BY lower(name), video_id) - 1 AS rank, * FROM (
                    SELECT video_id, {", ".join(cells)}, x.place IS NOT NULL AS in_a, y.place IS NOT NULL AS in_b
                    FROM {self.sides[0]}.videos AS x FULL JOIN {self.sides[1]}.videos AS y USING (video_id))"""
        )

    # Cuts

    def _match_cuts(self) -> dict[str, Any]:
        found = [self._cuts_of(index) for index in (self.a, self.b)]
        by_shots = [cuts for cuts in found if cuts is not None]
        a, b = by_shots if len(by_shots) == 2 else [self._edges_of(side) for side in self.sides]
        axis = Axis.over([a[1], b[1]], self.within_us)
        in_a, in_b = matched(axis.place(*a), axis.place(*b), self.within_us)
        self._insert_cuts([(a, in_a, ONLY_A), (b, in_b, ONLY_B)])
        shared = int(in_a.sum())
        return {
            "of": "shots" if len(by_shots) == 2 else "clips",
            "within_us": self.within_us,
            "a": len(in_a),
            "b": len(in_b),
            "shared": shared,
            "only_a": len(in_a) - shared,
            "only_b": len(in_b) - shared,
            "agreement": 2 * shared / (len(in_a) + len(in_b)) if len(in_a) + len(in_b) else None,
        }

    def _cuts_of(self, index: Index) -> Placed | None:
        """Where one shot becomes the next, in videos that both have; None for a dataset without shots."""
        pairs = self.connection.sql("SELECT rank, video_id FROM pairs WHERE in_a AND in_b").to_arrow_table()
        with duckdb.connect() as reader:
            files.settle(reader, _MEMORY)
            place = self.connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0]
            reader.execute(f"SET temp_directory = {quote(place)}")  # else it would be where the command was started
            stored = Stored(index.dataset, reader)
            if not {"video_id", "start_us", "opening"} <= set(stored.shapes.get("shots", ())):
                return None
            reader.register("pairs", pairs)
            found: list[Placed] = []

            def read() -> None:
                shots = stored.query("shots", stored.parts("shots"))
                rows = reader.sql(
                    f"""SELECT rank, start_us FROM ({shots}) JOIN pairs USING (video_id)
                        WHERE opening <> 'start' ORDER BY ALL"""
                ).fetchnumpy()
                found.append((_whole(rows["rank"]), _whole(rows["start_us"])))

            stored.reading(lambda: stored.parts("shots"), read)
            self.problems += stored.problems
            return found[-1]

    def _edges_of(self, side: str) -> Placed:
        """Where clips begin and end, for want of shots."""
        clips = f"{side}.clips JOIN pairs USING (video_id) WHERE in_a AND in_b"
        rows = self.connection.sql(
            f"""SELECT rank, place FROM (SELECT rank, {side}.clips.start_us AS place FROM {clips}
                UNION SELECT rank, end_us FROM {clips}) ORDER BY ALL"""
        ).fetchnumpy()
        return _whole(rows["rank"]), _whole(rows["place"])

    def _insert_cuts(self, sides: list[tuple[Placed, Any, int]]) -> None:
        """``cuts`` with who has them: of those that both have, the time in A."""
        (a, in_a, _), (b, in_b, _) = sides
        rank = np.concatenate([a[0], b[0][~in_b]])
        time = np.concatenate([a[1], b[1][~in_b]])
        who = np.concatenate([np.where(in_a, BOTH, ONLY_A), np.full(int((~in_b).sum()), ONLY_B)])
        self._insert("cuts", {"rank": rank, "time_us": time, "who": who.astype(np.int8)}, "rank, time_us")

    # Kept clips

    def _cover(self) -> None:
        """``stretches``: of videos that both have, what is in kept clips of one or of both."""
        kept = [self._kept(side) for side in self.sides]
        axis = Axis.over([t for k in kept for t in k[1:]], 0)
        videos = int(self.connection.execute("SELECT count(*) FROM pairs").fetchall()[0][0])
        step = max(1, _SPANS * videos // max(1, len(kept[0][0]) + len(kept[1][0])))
        self.connection.execute("CREATE TABLE stretches (rank BIGINT, start_us BIGINT, end_us BIGINT, who TINYINT)")
        for low in range(0, videos, step):
            some = [slice(*np.searchsorted(rank, [low, low + step])) for rank, *_ in kept]
            spans = [
                (axis.place(k[0][s], k[1][s]), axis.place(k[0][s], k[2][s])) for k, s in zip(kept, some, strict=True)
            ]
            start, end, who = covered(*spans)
            rank, start_us = axis.time(start)
            rows = {"rank": rank, "start_us": start_us, "end_us": start_us + end - start, "who": who.astype(np.int8)}
            self._insert("stretches", rows)

    def _kept(self, side: str) -> tuple[Places, Places, Places]:
        rows = self.connection.sql(
            f"""SELECT rank, c.start_us AS start_us, c.end_us AS end_us
                FROM {side}.clips AS c JOIN pairs USING (video_id)
                WHERE c.status = 'kept' AND in_a AND in_b AND c.end_us > c.start_us ORDER BY ALL"""
        ).fetchnumpy()
        return _whole(rows["rank"]), _whole(rows["start_us"]), _whole(rows["end_us"])

    # Captions

    def _same_spans(self) -> dict[str, Any]:
        """``spans``: for each video, clips that both datasets have, and what each says and decides about them."""
        # Hashes of the texts: the texts themselves would not be in memory all at once.
        said = "CASE WHEN shown IS NOT NULL THEN hash(shown) END AS said"
        each = f"SELECT clip_id, video_id, status = 'kept' AS kept, {said}"
        self.connection.execute(
            f"""CREATE TABLE spans AS
                SELECT rank, count(*) AS spans, count(*) FILTER (x.said = y.said) AS same,
                       count(*) FILTER (x.said <> y.said) AS differ,
                       count(*) FILTER (x.said IS NOT NULL AND y.said IS NULL) AS said_a,
                       count(*) FILTER (x.said IS NULL AND y.said IS NOT NULL) AS said_b,
                       count(*) FILTER (x.kept AND y.kept) AS kept_both,
                       count(*) FILTER (x.kept AND NOT y.kept) AS kept_a,
                       count(*) FILTER (y.kept AND NOT x.kept) AS kept_b
                FROM ({each} FROM {self.sides[0]}.clips) AS x JOIN ({each} FROM {self.sides[1]}.clips) AS y
                USING (clip_id) JOIN pairs ON pairs.video_id = x.video_id GROUP BY rank"""
        )
        names = ("spans", "same", "differ", "said_a", "said_b", "kept_both", "kept_a", "kept_b")
        sums = ", ".join(f"coalesce(sum({n}), 0)::BIGINT" for n in names)
        found = dict(zip(names, self.connection.execute(f"SELECT {sums} FROM spans").fetchall()[0], strict=True))
        return found | {f"words_{k}": self._words(side) for k, side in zip("ab", self.sides, strict=True)}

    def _words(self, side: str) -> float | None:
        """Words in a caption on average."""
        texts = self.connection.execute(
            f"""SELECT shown FROM {side}.clips WHERE shown IS NOT NULL AND hash(number) %
                (SELECT greatest(1, count(*) // {_TEXTS}) FROM {side}.clips) = 0"""
        ).fetchall()
        return sum(counted(text) for (text,) in texts) / len(texts) if texts else None

    # All together

    def _join(self) -> None:
        """``videos``: the pairs with what differs in each; ``places`` are those at which one stops to look."""
        self.connection.execute(
            f"""CREATE TABLE videos AS
                SELECT pairs.*, {", ".join(f"coalesce({c}, 0) AS {c}" for c in (*_CUTS, *_KEPT, *_SPAN))},
                       CASE WHEN in_a AND in_b THEN {' + '.join(f'coalesce({c}, 0)' for c in _PLACES)} END AS places
                FROM pairs LEFT JOIN (
                    SELECT rank, count(*) FILTER (who = {BOTH}) AS shared, count(*) FILTER (who = {ONLY_A}) AS only_a,
                           count(*) FILTER (who = {ONLY_B}) AS only_b FROM cuts GROUP BY 1) USING (rank)
                LEFT JOIN (
                    SELECT rank, {", ".join(f"sum(end_us - start_us) FILTER (who = {w}) / {SECOND} AS {c}"
                                            for c, w in zip(_KEPT, (BOTH, ONLY_A, ONLY_B), strict=False))},
                           count(*) FILTER (who <> {BOTH} AND end_us - start_us > {self.within_us}) AS stretches
                    FROM stretches GROUP BY 1) USING (rank)
                LEFT JOIN spans USING (rank) ORDER BY rank"""
        )  # fmt: skip
        for table in ("pairs", "spans"):
            self.connection.execute(f"DROP TABLE {table}")

    def _sums(self) -> dict[str, Any]:
        names = ["both", "only_a", "only_b"]
        videos = self.connection.execute(
            "SELECT count(*) FILTER (in_a AND in_b), count(*) FILTER (NOT in_b), count(*) FILTER (NOT in_a) FROM videos"
        ).fetchall()[0]
        kept = self.connection.execute(
            f"""SELECT {", ".join(f"coalesce(sum({c}), 0)::DOUBLE" for c in _KEPT[:3])},
                       coalesce(sum(duration_us) FILTER (in_a AND in_b), 0) / {SECOND}::DOUBLE FROM videos"""
        ).fetchall()[0]
        told = dict(zip(names, kept, strict=False)) | {"footage": kept[3], "none": max(0.0, kept[3] - sum(kept[:3]))}
        return {"videos": dict(zip(names, videos, strict=True)), "kept": told}

    def _insert(self, table: str, columns: dict[str, Any], order: str = "") -> None:
        rows = pa.table(columns)
        self.connection.register("rows", rows)
        make = f"INSERT INTO {table} BY NAME" if not order else f"CREATE TABLE {table} AS"
        self.connection.execute(f"{make} SELECT * FROM rows {f'ORDER BY {order}' if order else ''}")
        self.connection.unregister("rows")


_CUTS = ("shared", "only_a", "only_b")
_KEPT = ("both_seconds", "only_a_seconds", "only_b_seconds", "stretches")
_SPAN = ("spans", "same", "differ")
_PLACES = ("only_a", "only_b", "stretches")


def _whole(values: Any) -> Places:
    return np.asarray(np.ma.getdata(values), np.int64)
