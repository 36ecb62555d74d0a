"""What is heard, read and seen, as lanes under a film."""

import json

import pytest
from report_page import Page
from report_rows import SECOND, cue

from shotlist.report import lanes
from shotlist.report.lanes import merged

MINUTE = 60 * SECOND
HOSTILE = "</script><img src=x onerror=alert(1)>\u2028&\"'"


def span(start: float, end: float, video: str = "a", **more):
    return {"video_id": video, "start_us": round(start * SECOND), "end_us": round(end * SECOND), **more}


def text(start: float, end: float, said: str, kind: str = "banner", top: float = 0.8):
    return span(start, end, text=said, kind=kind, box={"left": 0.1, "top": top, "right": 0.9, "bottom": top + 0.1})


def spans(found):
    return [(one.start_us, one.end_us, " / ".join(one.texts), one.kind) for one in found]


def test_each_table_becomes_a_lane(small, put):
    put("voice", [span(1, 3), span(4, 5)])
    put("speech", [span(1, 3, text="good evening")])
    put("people", [span(0, 4, track=0, size="close-up"), span(2, 4, track=1, size="wide")])
    put("text", [text(1, 2, "BREAKING"), text(5, 6, "")])
    first, second, _ = Page(small).data["videos"]
    assert first["voice"] == [[1000, 3000, "", ""], [4000, 5000, "", ""]]
    assert first["speech"] == [[1000, 3000, "good evening", ""]]
    assert first["people"] == [[0, 4000, "close-up", "0"], [2000, 4000, "wide", "1"]]
    assert first["text"] == [[1000, 2000, "BREAKING", "banner"], [5000, 6000, "", "banner"]]
    assert first["music"] == second["voice"] == second["text"] == []


def test_seconds_with_music_become_stretches(small, put):
    put("sounds", [span(t, t + 1, speech=0.0, music=float(t not in (3, 4))) for t in range(8)])
    assert Page(small).data["videos"][0]["music"] == [[0, 3000, "", ""], [5000, 8000, "", ""]]


def test_lines_that_stand_together_are_one_span_in_the_order_of_reading(small, put):
    put("text", [text(1, 2, "presents", "title card", 0.6), text(1, 2, "THE FOUNDATION", "title card", 0.4)])
    page = Page(small)
    assert page.data["videos"][0]["text"] == [[1000, 2000, "THE FOUNDATION / presents", "title card"]]
    assert "text on screen: title card" in page.text


def test_one_track_of_subtitles_is_drawn(small, put):
    here = [cue("a", t, t + 1, f"en {t}") | {"track": 0} for t in range(3)]
    put("subtitles", [*here, cue("a", 0, 1, "de") | {"track": 1}])
    assert [c[2] for c in Page(small).data["videos"][0]["cues"]] == ["en 0", "en 1", "en 2"]


def test_spans_on_the_same_few_pixels_are_put_together():
    words = [(k * SECOND // 10, (k + 1) * SECOND // 10, str(k), "") for k in range(6)]
    assert spans(merged(words, MINUTE)) == [
        (0, 200_000, "0 / 1", ""),
        (200_000, 400_000, "2 / 3", ""),
        (400_000, 600_000, "4 / 5", ""),
    ]
    assert len(spans(merged(words, SECOND))) == 6


def test_other_kinds_stay_apart():
    assert len(merged([(0, SECOND, "a", "logo"), (0, SECOND, "b", "banner")], MINUTE)) == 2


def test_a_long_film_has_bounded_lanes(small, put):
    put("text", [text(t / 200, t / 200 + 0.01, f"word {t}" * 9, ("logo", "scene")[t % 2]) for t in range(3000)])
    put("voice", [span(t / 200, t / 200 + 0.004) for t in range(3000)])
    first = Page(small).data["videos"][0]
    assert len(first["text"]) <= lanes.MAX_SPANS and len(first["voice"]) <= lanes.MAX_SPANS
    assert first["voice"][-1][1] > 14_900
    assert max(len(one[2]) for one in first["text"]) <= 120


def test_text_from_the_screen_is_inert(small, put):
    harmless = {tag for tag, _ in Page(small).elements}
    put("text", [text(1, 2, HOSTILE, HOSTILE), text(2, 3, HOSTILE, "banner")])
    put("speech", [span(1, 3, text=HOSTILE)])
    put("people", [span(1, 3, track=0, size=HOSTILE)])
    page = Page(small)
    assert {tag for tag, _ in page.elements} <= harmless and "<" not in page.scripts[0]
    assert not [a for _, a in page.elements if "onerror" in a]
    assert page.data["videos"][0]["text"][0][2] == HOSTILE


@pytest.mark.parametrize(
    "columns", [{"note": "x"}, {"start_us": None, "end_us": None}, {"start_us": "soon", "end_us": "late"}]
)
def test_a_table_of_that_name_with_other_columns_costs_nothing(small, put, columns):
    for table in ("voice", "text", "people", "sounds", "speech"):
        put(table, [{"video_id": "a", **columns}])
    assert not any(Page(small).data["videos"][0][lane.name] for lane in lanes.LANES if lane.name != "cues")


def test_without_these_tables_the_page_says_nothing_of_them(small):
    page = Page(small)
    assert "text on screen" not in page.text and "#subtitles" not in page.html
    assert json.dumps(page.data["videos"][0]["voice"]) == "[]"
