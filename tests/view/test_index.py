"""What the index holds of datasets of all kinds."""

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pytest
from index_rows import SECOND, ask, clip, described, key, nothing_said, numbers, opened, put, video

from shotlist.dataset import Dataset
from shotlist.records import Failure
from shotlist.report.funnel import funnel
from shotlist.view.answer import NotAsked
from shotlist.view.finding.facets import facets
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "set")


def test_clips_are_numbered_by_the_names_of_videos_and_then_time(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "videos", [video("a", "Zebra"), video("b", None), video("c", "ant")])
    put(dataset, "clips", [clip(1, "a"), clip(0, "a"), clip(0, "b"), clip(2, "c"), clip(0, "gone")])
    rows = opened(dataset, tmp_path).rows("SELECT number, title, start_us, uri FROM clips ORDER BY number")
    assert [(r["title"], r["start_us"] // SECOND) for r in rows] == [
        ("ant", 20),
        ("b.mp4", 0),
        ("Zebra", 0),
        ("Zebra", 10),
        ("gone", 0),
    ]
    assert [r["uri"] for r in rows][-2:] == ["/films/a.mp4", None]


def test_a_video_is_called_as_its_source_says_now(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "videos", [video("a", "Old")])
    put(dataset, "sources", [{"video_id": "a", "uri": "/moved/a.mp4", "title": "New"}])
    put(dataset, "clips", [clip(0)])
    index = opened(dataset, tmp_path)
    assert index.one("SELECT title, uri FROM clips") == {"title": "New", "uri": "/moved/a.mp4"}
    assert index.one("SELECT name, shard FROM videos") == {"name": "New", "shard": "000000"}


def test_decisions_of_all_shards_meet_their_clips(dataset: Dataset, tmp_path: Path) -> None:
    for shard in range(3):
        put(dataset, "clips", [clip(k, f"v{shard}") for k in range(2)], f"00000{shard}")
    keep = [
        key(clip(k, f"v{s}"), status="kept" if k else "dropped", rule=None if k else "dull")
        for s in range(3)
        for k in (0, 1)
    ]
    put(dataset, "decisions", [{**row, "value": None, "failed_rules": ["dull"]} for row in keep[:-1]], "all")
    index = opened(dataset, tmp_path)
    assert ask(index, "status=kept").total == 2
    assert ask(index, "kept=true").total == 2
    assert ask(index, "rule=dull").total == 3
    assert ask(index, "status=undecided").total == 1
    assert index.rows("SELECT sum(clips) AS c, sum(kept) AS k, sum(dropped) AS d FROM videos")[0] == {
        "c": None,
        "k": None,
        "d": None,
    }


def test_without_rules_every_clip_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "clips", [clip(0), clip(1)])
    index = opened(dataset, tmp_path)
    assert ask(index, "status=kept").total == 2
    [row] = ask(index, "size=1").rows
    assert (row["rule"], row["mark"], row["shown"]) == (None, None, None)


def test_the_caption_that_is_shown_is_the_recipes_else_the_best_there_is(tmp_path: Path) -> None:
    def shown(recipe: str | None, *tables: str) -> str | None:
        made = Dataset.create(tmp_path / f"{recipe}-{len(tables)}-{tables[:1]}")
        put(made, "clips", [clip(0)])
        for table in tables:
            put(made, table, [key(clip(0), text=table, model="m")])
        if recipe:
            made.write_text("recipe.json", f'{{"caption": "{recipe}"}}')
        row = opened(made, tmp_path).one("SELECT shown FROM clips")
        assert row is not None
        return row["shown"]

    assert shown(None, "caption", "teacher_a") == "caption"
    assert shown("teacher_a", "caption", "teacher_a") == "teacher_a"
    assert shown(None, "caption_long", "teacher_a") == "caption_long"
    assert shown(None, "teacher_b", "teacher_a") == "teacher_a"
    assert shown("gone", "final") == "final"
    assert shown(None, "transcript") is None


def test_counts_are_the_reports(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "videos", [video("a"), video("b")])
    put(dataset, "shots", [{"video_id": "a", "opening": "cut"}, {"video_id": "a", "opening": "start"}])
    put(dataset, "clips", [clip(k) for k in range(3)])
    index = opened(dataset, tmp_path)
    assert index.totals.video_count == 2
    assert index.totals.openings == {"cut": 1, "start": 1}
    assert index.totals.all_clips.clips == 3
    assert [stage.kind for stage in funnel(index.totals)] == ["videos", "shots", "clips", "kept"]
    assert ask(index, "").seconds == pytest.approx(6)


def test_failures_of_all_tables_are_there(dataset: Dataset, tmp_path: Path) -> None:
    hostile = "<script>alert('x')</script>\n\"q\""
    failure = Failure("a", "scan", "not a video", hostile, False, None, "/films/<b>.mp4")
    put(dataset, "clips", [clip(0)], failures=[failure])
    put(dataset, "videos", [video("a")], failures=[failure])
    [row] = opened(dataset, tmp_path).rows("FROM failures")
    assert (row["message"], row["uri"], row["shard"]) == (hostile, "/films/<b>.mp4", "000000")


HOSTILE = ["</script><img src=x>", "';DROP/**/TABLE--", 'a"quoted"\nname', "\u202eabc", "none", "=1", "!x", "%_", "née"]


@pytest.mark.parametrize("title", HOSTILE)
def test_names_are_data_whatever_they_say(dataset: Dataset, tmp_path: Path, title: str) -> None:
    put(dataset, "videos", [video("a", title), video("b", "other")])
    put(dataset, "clips", [clip(0), clip(0, "b")])
    put(dataset, "light", [key(clip(0), kind=title, n=1), key(clip(0, "b"), kind="other", n=2)])
    index = opened(dataset, tmp_path)
    assert {r["title"] for r in ask(index, "").rows} == {title.strip(), "other"}
    wanted = Wanted(filters={}, conditions={})
    kinds = next(f for f in facets(index, wanted) if f["name"] == "light_kind")
    assert {v["value"] for v in kinds["values"]} == {title, "other"}
    from urllib.parse import urlencode

    assert ask(index, urlencode({"light_kind": f"={title}"})).total == 1
    assert ask(index, urlencode({"title": f"={title}"})).total == 1


def test_columns_of_any_type_and_name_are_taken(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "clips", [clip(0), clip(1)])
    keys = {name: [clip(k)[name] for k in range(2)] for name in ("clip_id", "video_id")}
    columns = {
        'na"me': pa.array([1, None]),
        "select": pa.array(["a", "b"]),
        "with space": pa.array([True, None]),
        "ünïcode": pa.array([1.5, float("nan")]),
        "Mixed": pa.array([1, 2], pa.int8()),
        "when": pa.array([datetime.datetime(2024, 1, 2, 3, 4), None]),
        "day": pa.array([datetime.date(2024, 1, 2), None]),
        "long": pa.array([datetime.timedelta(seconds=3), None]),
        "price": pa.array([decimal.Decimal("1.50"), None]),
        "huge": pa.array([2**64 - 1, 0], pa.uint64()),
        "nothing": pa.nulls(2),
        "texts": pa.array([["a", "b"], None]),
        "few": pa.array(["x", "x"]).dictionary_encode(),
        "numbers": pa.array([[1.0], []]),
        "box": pa.array([{"left": 1, "top": 2}, None]),
        "boxes": pa.array([[{"left": 1}], None]),
        "nested": pa.array([[["a"]], None]),
        "blob": pa.array([b"\xff", None]),
    }
    put(dataset, "odd", pa.table(keys | columns))
    index = opened(dataset, tmp_path)
    kinds = {c.label.removeprefix("odd."): c.kind for c in index.columns.values() if c.table == "odd"}
    assert {
        k: kinds[k] for k in ('na"me', "select", "with space", "ünïcode", "Mixed", "price", "huge", "texts", "few")
    } == {
        'na"me': "number",
        "select": "category",
        "with space": "flag",
        "ünïcode": "number",
        "Mixed": "number",
        "price": "number",
        "huge": "number",
        "texts": "list",
        "few": "category",
    }
    assert not kinds.keys() & {"numbers", "box", "boxes", "nested", "blob"}
    assert numbers(index, "odd_with space=true") == [0]
    assert numbers(index, 'odd_na"me=1') == [0]
    assert numbers(index, "odd_when=2024-01") == [0]
    assert numbers(index, "odd_price=1..2&sort=-odd_ünïcode") == [0]
    assert [r["odd_huge"] for r in ask(index, "", "odd_huge").rows] == [2**64 - 1, 0]
    for name in index.columns:
        assert ask(index, f"sort=-{name}").total == 2
    assert facets(index, Wanted())


def test_columns_that_share_a_name_are_told_apart(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "clips", [clip(0)])
    put(dataset, "light", [key(clip(0), dark_area=1.0, other=1.0)])
    put(dataset, "light_dark", [key(clip(0), area=2.0, status="x")])
    put(dataset, "status", [key(clip(0), word="mine")])
    index = opened(dataset, tmp_path)
    [row] = ask(index, "", *[n for n in index.columns if n.startswith(("light", "status"))]).rows
    assert (row["light_dark_area"], row["light_dark_area_2"]) == (1.0, 2.0)
    assert (row["status"], row["status_2"]) in (("kept", "mine"), ("mine", "kept"))


def test_a_table_with_several_rows_for_a_clip_makes_no_more_clips(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "clips", [clip(0), clip(1)])
    put(dataset, "tries", [key(clip(0), k=k, n=1) for k in range(5)])
    index = opened(dataset, tmp_path)
    assert ask(index, "").total == 2
    assert ask(index, "tries_n=1").total == 1


def test_tables_of_an_older_step_have_empty_columns(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, "clips", [clip(0)], "000000")
    put(dataset, "clips", [clip(0, "b")], "000001")
    put(dataset, "light", [key(clip(0), brightness=1)], "000000", fingerprint="old")
    put(dataset, "light", [key(clip(0, "b"), brightness=0.5, dark=True)], "000001", fingerprint="new")
    index = opened(dataset, tmp_path)
    assert [r["light_dark"] for r in ask(index, "", "light_dark").rows] == [None, True]
    assert ask(index, "light_brightness=0.5..1").total == 2


@pytest.mark.parametrize("tables", [[], ["videos"], ["clips"], ["videos", "clips"]])
def test_a_dataset_with_nothing_in_it_opens(dataset: Dataset, tmp_path: Path, tables: list[str]) -> None:
    for table in tables:
        made = pa.Table.from_pylist([video("a") if table == "videos" else clip(0)])
        put(dataset, table, made.slice(0, 0))
    index = opened(dataset, tmp_path)
    assert index.problems == []
    assert ask(index, "").total == 0
    assert ask(index, "q=x&sort=-seconds&status=kept&where=kept").rows == []
    assert facets(index, Wanted()) == []
    assert index.totals.all_clips.clips == 0
    assert index.one("SELECT * FROM videos") is None


def test_a_dataset_in_an_object_store_is_indexed(tmp_path: Path) -> None:
    import fsspec

    address = f"memory://{tmp_path.name}/set"
    remote = Dataset.create(address)
    try:
        put(remote, "videos", [video("a", "Far away")])
        put(remote, "clips", [clip(0)])
        put(remote, "caption", [key(clip(0), text="A boat at sea")])
        index = opened(remote, tmp_path)
        assert [r["title"] for r in ask(index, "q=boat").rows] == ["Far away"]
    finally:
        fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    index = opened(described(tmp_path, [f"clip {k} of many words" for k in range(300)]), tmp_path)
    addresses = [f"q=clip&seconds={k}.." for k in range(40)] + ["q=many&sort=-seconds", "where=seconds>3"] * 10
    with ThreadPoolExecutor(8) as pool:
        totals = list(pool.map(lambda address: ask(index, address).total, addresses))
    assert totals[:40] == [300 - max(0, k - 1) for k in range(40)]


def test_more_answers_than_fit_are_forgotten_and_found_again(tmp_path: Path) -> None:
    index = opened(described(tmp_path, ["one two three four five"] * 4), tmp_path)
    index.kept.most, index.kept.in_use = 6, 0.0
    for _ in range(2):
        for word in ("one", "two", "three", "four", "five"):
            assert ask(index, f"q={word}").total == 4
    assert len(index.rows("SELECT 1 FROM duckdb_tables() WHERE database_name = 'asked'")) <= 3


def test_nothing_can_be_changed_through_the_index(tmp_path: Path) -> None:
    import duckdb

    index = opened(described(tmp_path, ["a caption"]), tmp_path)
    for query in (
        "DELETE FROM clips",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
        f"ATTACH '{tmp_path}/x.db' AS x",
        f"COPY clips TO '{tmp_path}/x.csv'",
        "LOAD httpfs",
        "INSTALL httpfs",
        "FROM read_text('/etc/hostname')",
        "FROM dataset",
    ):
        with pytest.raises(duckdb.Error):
            index.rows(query)
    assert ask(index, "").total == 1


def test_a_question_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    index = opened(described(tmp_path, ["a caption"]), tmp_path)
    with pytest.raises(NotAsked, match=r"longer than 0.2 seconds"):
        index.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 3", seconds=0.2)


def test_it_says_what_it_does_only_while_it_makes_something(tmp_path: Path) -> None:
    dataset = described(tmp_path, ["a caption"])
    said: list[str] = []
    Index.open(dataset, tmp_path / "cache", said.append)
    assert len(said) == 1
    Index.open(dataset, tmp_path / "cache", nothing_said)
    Index.open(dataset, tmp_path / "cache", said.append)
    assert len(said) == 1
