"""Clips: what is found, how it is given away, and what is said where nothing is found."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from clips_dataset import FORMULAS, HOSTILE, client_of, hostile_dataset


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    dataset = hostile_dataset(tmp_path_factory.mktemp("clips"))
    with client_of(dataset, tmp_path_factory.mktemp("cache")) as made:
        yield made


def told(client: Any, **query: Any) -> Any:
    return client.get("/clips", params={**query, "format": "json"}).json()


def table(client: Any, **query: Any) -> list[dict[str, str]]:
    answer = client.get("/clips", params={**query, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_cards_tell_name_time_length_and_why_a_clip_was_dropped(client: Any) -> None:
    first = told(client, video_id="a")["clips"][0]
    assert (first["name"], first["start_us"], first["seconds"]) == (HOSTILE, 0, 1.0)
    assert (first["status"], first["rule"]) == ("dropped", "long_enough")
    page = client.get("/clips?video_id=a").text
    assert (
        '<span class="chip dropped" title="dropped by the rule long_enough: light.brightness = 0.0">long_enough</span>'
        in page
    )


def test_a_card_tells_what_the_query_is_about(client: Any) -> None:
    found = told(client, sort="-light_brightness")
    assert found["clips"][0]["facts"][0] == {"label": "brightness", "value": "1.1", "asked": True}


def test_pages_hold_every_clip_once(client: Any) -> None:
    pages = [told(client, size=5, page=n) for n in (1, 2, 3)]
    ids = [clip["clip_id"] for page in pages for clip in page["clips"]]
    assert len(ids) == len(set(ids)) == pages[0]["total"] == 12
    assert pages[0]["pages"] == 3
    text = client.get("/clips?size=5&page=2&status=kept").text
    assert 'rel="prev" href="/clips?status=kept&amp;size=5"' in text


def test_a_page_behind_the_last_leads_to_the_last(client: Any) -> None:
    answer = client.get("/clips?size=5&page=99&status=kept", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/clips?status=kept&size=5&page=2"


@pytest.mark.parametrize("value", ["static", "=odd", "!odd"])
def test_every_value_of_a_facet_can_be_asked_for(client: Any, value: str) -> None:
    groups = told(client, facets="camera")["groups"]
    facet = next(f for g in groups for f in g["facets"] or () if f["name"] == "camera_kind")
    asked = next(v["asked"] for v in facet["values"] if v["value"] == value)
    assert told(client, camera_kind=asked)["total"] == 3
    page = client.get("/clips", params={"camera_kind": asked, "facets": "camera"}).text
    assert page.count(" checked") == 1


def test_where_nothing_is_found_the_page_says_which_filter_to_remove(client: Any) -> None:
    found = told(client, status="failed", light_brightness="..0.3", seconds="3..")
    assert found["total"] == 0
    ways = [(way["text"], way["clips"]) for way in found["instead"]]
    assert ways == [("status: failed", 2)]
    page = client.get("/clips?status=failed&light_brightness=..0.3&seconds=3..").text
    assert "No clip has all of that." in page
    assert 'href="/clips?light_brightness=..0.3&amp;seconds=3..">Without <b>status: failed</b></a>: 2 clips' in page


def test_a_wrong_condition_is_told_and_stays_in_its_field(client: Any) -> None:
    answer = client.get("/clips", params={"where": "brightnes > 3 AND '<b>' <> ''", "status": "kept"})
    assert answer.status_code == 400
    assert "brightnes" in answer.text and 'role="alert"' in answer.text
    assert "brightnes &gt; 3 AND &#39;&lt;b&gt;&#39; &lt;&gt; &#39;&#39;</textarea>" in answer.text
    assert '<input type="hidden" name="status" value="kept">' in answer.text
    wrong = client.get("/clips", params={"where": "brightnes > 3", "format": "json"})
    assert wrong.status_code == 400 and wrong.json().keys() == {"error", "status"}


def test_a_wrong_column_is_told_with_the_nearest(client: Any) -> None:
    answer = client.get("/clips?sort=secnds")
    assert answer.status_code == 400 and "did you mean seconds?" in answer.text


def test_a_condition_for_experts_limits_the_answer(client: Any) -> None:
    assert told(client, where="seconds > 3 AND camera_kind <> 'static'", status="kept")["total"] == 5


def test_the_table_holds_all_that_was_found_in_its_order(client: Any) -> None:
    rows = table(client, sort="-light_brightness", status="kept", size=2)
    assert len(rows) == 9
    assert [float(row["light_brightness"]) for row in rows] == sorted(
        (float(r["light_brightness"]) for r in rows), reverse=True
    )
    assert {"clip_id", "seconds", "caption", "camera_kind", "uri"} <= rows[0].keys()


def test_no_two_columns_of_the_table_are_called_the_same(client: Any) -> None:
    names = client.get("/clips?format=csv").text.splitlines()[0].split(",")
    assert len(names) == len(set(names))


def test_no_cell_of_the_table_is_a_formula(client: Any) -> None:
    captions = [row["caption"] for row in table(client, sort="number")]
    assert captions[0] == HOSTILE
    assert captions[1:7] == [f"'{text}" for text in FORMULAS[:5]] + [FORMULAS[5]]
    assert not [cell for row in table(client) for cell in row.values() if cell.lstrip().startswith(("=", "+", "@"))]


def test_numbers_and_lists_are_written_plainly(client: Any) -> None:
    rows = table(client, sort="number")
    assert [row["seconds"] for row in rows[:3]] == ["1", "2", "3"]
    assert [row["camera_names"] for row in rows[:3]] == ["", "red", "red, blue"]
    assert rows[0]["light_flashes"] == "0"
    assert rows[0]["mark"] == ""


def test_hostile_texts_stay_text(client: Any) -> None:
    page = client.get("/clips?facets=clips&facets=camera&facets=videos").text
    assert "<img src=x" not in page and "onerror=alert(1)&gt;" in page
    assert 'href="/clips?video_id=a" download="hostile &lt;set&gt;.csv"' not in page
    assert HOSTILE in [piece[0] for clip in told(client)["clips"] for piece in clip["caption"]]
    answer = client.get("/clips", params={"q": '"><script>alert(1)</script>', "sort": "seconds"})
    assert "<script>alert" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "49" not in client.get("/clips?q=7*7").text.partition("<h1")[2].partition("</h1>")[0]


def test_the_table_is_called_after_the_dataset(client: Any) -> None:
    answer = client.get("/clips?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="hostile_set.csv"'


def test_groups_can_be_had_alone(client: Any) -> None:
    text = client.get("/clips?part=facets&facets=light&status=kept").text
    assert text.strip().startswith("<article") and "<html" not in text
    assert 'name="light_brightness"' in text and 'name="status"' not in text


def test_sixty_cards_weigh_little(client: Any) -> None:
    page = client.get("/clips").text
    cards = page.partition('id="cards">')[2].partition("</ol>")[0]
    assert len(cards.encode()) / 12 < 2_000
    assert len(page.encode()) - len(cards.encode()) < 30_000
