"""Rules: conditions over stored measures, judged by DuckDB."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from shotlist import ShotlistError
from shotlist.curate.rules import Rules, references

CLIPS = {
    "clip_id": ["a", "b", "c"],
    "video_id": ["v", "v", "w"],
    "seconds": [1.0, 5.0, 9.0],
    "mark": [None, "black", None],
}
LIGHT = {"clip_id": ["a", "b", "c"], "video_id": ["v", "v", "w"], "bright": [0.1, 0.9, None]}
COLUMNS = {
    name: dict(zip(table.schema.names, table.schema.types, strict=True))
    for name, table in {"clips": pa.table(CLIPS), "light": pa.table(LIGHT)}.items()
}


def judged(rules: Rules, *failures: tuple[str | None, str, str]) -> dict[str, dict[str, Any]]:
    """Decisions by clip; failures are (clip, video, message)."""
    with duckdb.connect() as connection:
        connection.register("clips", pa.table(CLIPS))
        connection.register("light", pa.table(LIGHT))
        connection.execute("CREATE TABLE failures (clip_id VARCHAR, video_id VARCHAR, message VARCHAR)")
        for failure in failures:
            connection.execute("INSERT INTO failures VALUES (?, ?, ?)", failure)
        return {row["clip_id"]: row for row in rules.run(connection).read_all().to_pylist()}


def status(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {clip: row["status"] for clip, row in found.items()}


def test_a_clip_is_kept_when_every_rule_is_true() -> None:
    found = judged(Rules({"long": "seconds > 2", "bright": "light.bright > 0.5"}))
    assert status(found) == {"a": "dropped", "b": "kept", "c": "dropped"}
    assert (found["a"]["rule"], found["a"]["value"]) == ("long", "seconds = 1")
    assert found["a"]["failed_rules"] == ["long", "bright"]
    assert found["b"]["failed_rules"] == []


def test_what_was_not_measured_fulfils_no_rule() -> None:
    found = judged(Rules({"bright": "light.bright > 0.5"}))
    assert found["c"]["value"] == "light.bright = not measured"


def test_without_rules_all_is_kept() -> None:
    assert set(status(judged(Rules())).values()) == {"kept"}


def test_a_clip_in_which_a_step_failed_is_neither_kept_nor_dropped() -> None:
    found = judged(Rules({"long": "seconds > 2"}), ("b", "v", "v.mp4: it rained"), (None, "w", "w.mp4: it snowed"))
    assert status(found) == {"a": "dropped", "b": "failed", "c": "failed"}
    assert (found["b"]["rule"], found["b"]["value"]) == (None, "v.mp4: it rained")
    assert found["c"]["value"] == "w.mp4: it snowed"


def test_rules_are_added_changed_and_switched_off() -> None:
    rules = Rules({"long": "seconds > 2"}).with_setting("dark", "light.bright < 0.2").with_setting("long", "off")
    assert rules.keep == {"dark": "light.bright < 0.2"}
    assert rules.inputs() == ("clips", "light", "failures")


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("lite.bright > 1", "there is no table lite; did you mean light"),
        ("light.brite > 1", "light has no column brite; it has: bright"),
        ("length > 1", "clips has no column length; it has: seconds, mark"),
        ("clips.mark > 3 + 4", "can't be judged"),
        ("nothing(seconds)", "can't be judged"),
    ],
)
def test_a_rule_that_makes_no_sense_is_told_before_any_work(condition: str, told: str) -> None:
    with pytest.raises(ShotlistError, match=told):
        Rules({"odd": condition}).check(COLUMNS)


def test_references_are_found_wherever_they_stand() -> None:
    found = references("a.x > 1 AND (b.y IN (1, 2) OR abs(z) < 3) AND CASE WHEN c.w THEN true ELSE false END")
    assert set(found) == {("a", "x"), ("b", "y"), ("z",), ("c", "w")}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("seconds BETWEEN 2 AND 6", "b"),
        ("clips.seconds IN (1, 9)", "ac"),
        ("mark IS NULL OR mark LIKE 'bl%'", "abc"),
        ("mark = 'black' OR seconds < 2", "ab"),
        ("NOT seconds > 2", "a"),
        ("round(light.bright * 10) = 9", "b"),
        ("coalesce(light.bright, 1) > 0.5", "bc"),
        ("CASE WHEN clips.mark IS NULL THEN seconds > 2 ELSE false END", "c"),
        ("seconds > (SELECT avg(seconds) FROM clips)", "c"),
        ("seconds >= quantile_cont(seconds, 0.5) OVER ()", "bc"),
        ("true", "abc"),
    ],
)
def test_conditions_are_any_that_duckdb_understands(condition: str, kept: str) -> None:
    rules = Rules({"only": condition})
    rules.check(COLUMNS)
    assert {clip for clip, row in judged(rules).items() if row["status"] == "kept"} == set(kept)


def test_each_value_that_a_rule_looked_at_is_told() -> None:
    found = judged(Rules({"both": "light.bright > 0.5 AND seconds > 7 AND light.bright < 2"}))
    assert found["b"]["value"] == "light.bright = 0.9, seconds = 5"


def test_rules_are_blamed_in_their_order() -> None:
    rules = {"bright": "light.bright > 2", "long": "seconds > 99", "fine": "true"}
    assert {row["rule"] for row in judged(Rules(rules)).values()} == {"bright"}
    turned = judged(Rules({k: rules[k] for k in ("fine", "long", "bright")}))
    assert {row["rule"] for row in turned.values()} == {"long"}
    assert turned["a"]["failed_rules"] == ["long", "bright"]


def test_names_and_texts_may_have_quotes() -> None:
    found = judged(Rules({'it\'s "fine"': "clips.mark <> 'it''s'"}))
    assert found["b"]["status"] == "kept"
    assert found["a"]["rule"] == 'it\'s "fine"'


def test_changing_a_rule_keeps_its_place() -> None:
    rules = Rules({"long": "seconds > 2", "bright": "light.bright > 0"}).with_setting("long", "seconds > 3")
    assert list(rules.keep.items()) == [("long", "seconds > 3"), ("bright", "light.bright > 0")]


def test_switching_off_what_is_not_there_suggests_a_name() -> None:
    with pytest.raises(ShotlistError, match=r"rules\.lomg=off: no such rule; did you mean long"):
        Rules({"long": "seconds > 2"}).with_setting("lomg", "off")


@pytest.mark.parametrize("condition", ["", "seconds >", "seconds > 2; DROP TABLE clips", "1) OR (1 = 1"])
def test_what_is_no_condition_is_refused_at_once(condition: str) -> None:
    with pytest.raises(ShotlistError, match="is no DuckDB condition"):
        Rules().with_setting("odd", condition)


def test_reading_a_condition_leaves_the_users_own_duckdb_free() -> None:
    assert references("light.dark < 0.5") == (("light", "dark"),)
    assert duckdb.sql("SELECT 1").fetchall() == [(1,)]
