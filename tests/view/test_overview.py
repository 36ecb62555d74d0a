"""The overview's numbers, in JSON and as they stand on the page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clips_dataset import HOSTILE, client_of, hostile_dataset

from shotlist.dataset import Dataset
from shotlist.report.tables import Tables
from shotlist.report.totals import totals


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return hostile_dataset(tmp_path_factory.mktemp("overview"))


@pytest.fixture(scope="module")
def client(dataset: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with client_of(dataset, tmp_path_factory.mktemp("cache")) as made:
        yield made


def told(client: Any, **query: Any) -> Any:
    return client.get("/", params={**query, "format": "json"}).json()


def facet(found: Any, name: str) -> Any:
    return next(f for group in found["groups"] for f in group["facets"] or () if f["name"] == name)


def test_the_funnel_adds_up_to_the_totals_and_to_the_report(client: Any, dataset: Any) -> None:
    found = told(client)
    rows = {row["label"]: row for row in found["funnel"]}
    assert found["totals"]["videos"] == rows["Videos"]["left"] == 3
    assert found["totals"]["clips"] == rows["Clips"]["left"] == 12
    left = rows["Clips"]["left"]
    for row in found["funnel"]:
        if row["dropped"] is not None and row["kind"] == "rule":
            left -= row["dropped"]
            assert row["left"] == left - rows["Measured"]["dropped"]
    assert rows["Kept"]["left"] == found["totals"]["kept"] == 9 == rows["not_too_dark"]["left"]
    with Tables(dataset) as tables:
        counted = totals(tables, dataset.read_json("recipe.json"), dataset.read_json("summary.json"))
    assert [rule.left.clips for rule in counted.rules] == [r["left"] for r in found["funnel"] if r["kind"] == "rule"]
    assert counted.of("kept").seconds == found["totals"]["kept_seconds"]


def test_every_line_of_the_funnel_leads_to_as_many_clips_as_it_tells(client: Any) -> None:
    for row in told(client)["funnel"]:
        if row["path"] == "/clips":
            answer = client.get("/clips", params={**row["query"], "format": "json"}).json()
            assert answer["total"] == (row["left"] if row["dropped"] is None else row["dropped"]), row["label"]


def test_the_first_group_says_what_became_of_the_clips(client: Any) -> None:
    groups = told(client)["groups"]
    assert groups[0]["name"] == "clips"
    assert [f["name"] for f in groups[0]["facets"]][:3] == ["status", "rule", "seconds"]
    # A rule asks for light: it comes before what no rule asks for.
    assert [g["name"] for g in groups].index("light") < [g["name"] for g in groups].index("camera")


def test_only_groups_that_are_asked_for_are_counted(client: Any) -> None:
    found = told(client, facets="camera")
    assert [g["name"] for g in found["groups"] if g["facets"] is not None] == ["camera"]
    assert all(g["facets"] is None for g in told(client, facets="none")["groups"])


def test_a_column_that_says_the_same_of_every_clip_is_no_chart(client: Any) -> None:
    light = next(g for g in told(client, facets="light")["groups"] if g["name"] == "light")
    assert [f["name"] for f in light["facets"]] == ["light_brightness"]
    assert light["same"] == [{"label": "light.flashes", "short": "flashes", "value": "0"}]


def test_a_brush_moves_all_facets_but_its_own(client: Any) -> None:
    found = told(client, facets=["clips", "light"], light_brightness="0.2..0.5")
    own, other = facet(found, "light_brightness"), facet(found, "seconds")
    assert sum(own["now"]) == sum(own["all"]) == 12
    assert sum(other["now"]) == found["selection"]["clips"] == 4
    assert own["asked"] == "0.2..0.5"
    assert {c["clip_id"] for c in found["stills"]} <= {
        "a_10000_13000",
        "a_15000_19000",
        "a_20000_25000",
        "a_25000_31000",
    }
    assert found["selection"]["told"].endswith("33 % of all")


def test_failures_are_told_with_a_link(client: Any) -> None:
    assert told(client)["problems"] == [
        {"sentence": "1 failure in 1 video.", "path": "/failures", "link": "What went wrong"}
    ]
    assert 'href="/failures">What went wrong' in client.get("/").text


def test_hostile_names_stay_text(client: Any) -> None:
    page = client.get("/", params={"facets": ["clips", "camera", "videos"]}).text
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    assert "hostile &lt;set&gt;" in page
    assert not re.findall(r"\sstyle=|\son\w+=", re.sub(r"\"[^\"]*\"|'[^']*'", "", page))
    assert any(c["name"] == HOSTILE for c in told(client)["stills"])


def test_empty_fields_of_a_form_are_no_part_of_the_link(client: Any) -> None:
    answer = client.get("/?seconds=&status=kept&light_brightness=", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?status=kept")


def test_a_filter_whose_facet_is_not_shown_stays_in_the_form(client: Any) -> None:
    page = client.get("/?camera_kind=static&facets=light&where=seconds+%3E+1").text
    assert '<input type="hidden" name="camera_kind" value="static">' in page
    assert '<input type="hidden" name="where" value="seconds &gt; 1">' in page
    page = client.get("/?camera_kind=static&camera_kind=!pan+left&facets=camera").text
    assert '<input type="hidden" name="camera_kind" value="static">' not in page
    assert '<input type="hidden" name="camera_kind" value="!pan left">' in page


def test_a_dataset_without_clips_says_what_to_do(tmp_path: Path) -> None:
    with client_of(Dataset.create(tmp_path / "bare"), tmp_path / "cache") as client:
        page = client.get("/").text
        assert "There are no videos in this dataset yet" in page and "<form id=" not in page
        assert "There are no clips in this dataset yet." in client.get("/clips").text
        assert client.get("/clips?format=csv").text.count("\n") == 1
