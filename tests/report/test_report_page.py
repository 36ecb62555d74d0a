import base64
import hashlib

import pyarrow as pa
import pytest
from report_page import Page
from report_rows import SECOND, clip, cue, failed_video, measured, still, video

from shotlist.dataset import Dataset
from shotlist.report import timeline
from shotlist.report.page import embedded
from shotlist.report.stills import Album
from shotlist.report.tables import Tables
from shotlist.report.wording import duration, share, video_name

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>\u2028&\"'"


def test_counts_add_up(small):
    page = Page(small)
    assert "= 1 ok + 1 damaged + 1 failed" in page.text
    assert "= 5 kept + 2 dropped + 1 failed" in page.text
    assert "Files named 1 with the same content as another 4" in page.text
    assert "2 starts + 6 cuts" in page.text or "6 cuts + 2 starts" in page.text
    assert page.data["kept"] == [5, 13.0]


def test_each_rule_says_what_it_drops_first_on_its_own_and_alone(small):
    text = Page(small).text.replace("\u2212", "minus")
    assert "long_enough clips.seconds >= 2 6 15 s minus 1 · 1 s 1 · 1 s 0" in text
    assert "not_too_dark light.brightness >= 0.2 5 13 s minus 1 · 2 s 2 · 3 s 1 · 2 s" in text


def test_every_threshold_counts_what_the_rule_would_keep(small):
    chart = Page(small).chart("light.brightness")
    for k, at in enumerate(chart["at"]):
        for side, sign in (("above", ">="), ("below", "<=")):
            rule = f"kept AND light_brightness {sign} {at}"
            left = small.sql(f"SELECT count(*), coalesce(sum(seconds), 0) FROM everything WHERE {rule}")
            assert [(chart[side][0][k], chart[side][1][k])] == left.fetchall()
    assert sum(chart["bins"]) == chart["measured"] == 8
    assert sum(chart["binsKept"]) == 5


def test_a_threshold_of_a_rule_can_be_chosen(small):
    chart = Page(small).chart("light.brightness")
    assert chart["rules"] == [["not_too_dark", 0.2]]
    assert 0.2 in chart["at"]


def test_a_new_measure_appears_by_itself(small, put):
    rows = small.sql("SELECT clip_id, video_id FROM clips ORDER BY ALL").fetchall()
    put(
        "sparkle",
        [{"clip_id": c, "video_id": v, "glow": k**2, "seen": k > 3} for k, (c, v) in enumerate(rows)],
    )
    page = Page(small)
    assert page.chart("sparkle.glow")["range"] == [0, 49]
    assert [bar[:3] for bar in page.chart("sparkle.seen")["bars"]] == [["false", 4, 2], ["true", 4, 3]]
    shown = {clip for _, _, picks in page.chart("sparkle.glow")["sheet"] for clip, _ in picks}
    assert shown <= set(range(len(page.data["clips"])))


def test_texts_become_words_or_bars_and_what_says_nothing_is_listed(small):
    page = Page(small)
    assert page.chart("caption.text")["unit"] == "words"
    assert page.chart("caption.text")["condition"] == "len(string_split(caption.text, ' '))"
    assert [bar[0] for bar in page.chart("camera.kind")["bars"]] == ["pan left", "static"]
    assert "clips.mark" not in {c["label"] for c in page.data["charts"]}


def test_clips_without_text_make_no_names_of_the_others(small, put):
    rows = small.sql("SELECT clip_id FROM clips ORDER BY ALL").fetchall()
    put("written", [{"clip_id": c, "text": "" if k else "one two three four"} for k, (c,) in enumerate(rows)])
    assert Page(small).chart("written.text")["unit"] == "words"


def test_numbers_that_say_which_are_no_measures(small, put):
    rows = small.sql("SELECT clip_id FROM clips ORDER BY ALL").fetchall()
    put("presence", [{"clip_id": c, "speaker": k, "most": k} for k, (c,) in enumerate(rows)])
    page = Page(small)
    assert page.chart("presence.most")["unit"] == "people at once"
    assert "presence.speaker" not in {c["label"] for c in page.data["charts"]}


def test_numbers_that_are_not_finite_count_as_not_measured(small, put):
    rows = small.sql("SELECT clip_id FROM clips ORDER BY ALL").fetchall()
    odd = [float("nan"), float("inf"), None, 1.0, 2.0, 3.0, 4.0, 5.0]
    put("odd", [{"clip_id": c, "value": v} for (c,), v in zip(rows, odd, strict=True)])
    chart = Page(small).chart("odd.value")
    assert (chart["measured"], chart["range"]) == (5, [1, 5])


def test_timelines_show_clips_boundaries_lanes_and_failed_videos(small):
    first, second, third = Page(small).data["videos"]
    assert [c[2] for c in first["clips"]] == ["dropped", "dropped", "kept", "kept"]
    assert first["clips"][1][4] == "not_too_dark: light.brightness = 0.1"
    assert [c[2] for c in first["cuts"]] == ["cut"] * 3
    assert first["cues"] == [[1000, 3000, "Good evening", ""]]
    assert len(first["light"]) == len(first["sound"]) == 80 and "." not in first["sound"]
    assert first["film"][0][0] == 0 and first["film"][-1][1] == 16_000
    assert second["status"] == "damaged" and "sound" in second and second["sound"] == ""
    assert third["reason"] == "a still picture, not a video" and third["length"] == 0


def test_failures_are_told_with_file_step_and_sentence(small):
    page = Page(small)
    assert "c.mp4 scan a still picture, not a video" in page.text
    assert "x: no such file" in page.text


def test_nothing_comes_from_outside_and_only_the_own_script_may_run(small):
    page = Page(small)
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy and policy.startswith("default-src 'none';")
    addresses = [v for _, a in page.elements for k, v in a.items() if k in ("src", "href", "action", "data")]
    assert all(address.startswith("#") for address in addresses)
    assert not [k for _, a in page.elements for k in a if k.startswith("on")]
    assert "http://" not in page.html.replace("http://www.w3.org/2000/svg", "") and "https://" not in page.html


def test_text_from_videos_is_inert(small, put):
    harmless = {tag for tag, _ in Page(small).elements}
    clips = small.sql("SELECT clip_id, video_id FROM clips ORDER BY ALL").fetchall()
    put(
        "videos",
        [
            video("a") | {"title": HOSTILE},
            video("b", reason=HOSTILE) | {"uri": f"/films/{HOSTILE}"},
            failed_video("c"),
        ],
    )
    put("caption", [{"clip_id": c, "video_id": v, "text": f"{HOSTILE} {k}"} for k, (c, v) in enumerate(clips)])
    put(
        "camera",
        [{"clip_id": c, "video_id": v, "kind": (HOSTILE, "b")[k % 2]} for k, (c, v) in enumerate(clips)],
    )
    put("subtitles", [cue("a", 1, 3, HOSTILE)])
    page = Page(small)
    assert len(page.scripts) == 2 and {tag for tag, _ in page.elements} <= harmless | {"details", "summary"}
    assert not [a for t, a in page.elements if "onerror" in a or a.get("src") == "x"]
    first = next(v for v in page.data["videos"] if v["name"] == HOSTILE and v["length"])
    assert first["cues"][0][2] == HOSTILE
    assert "<" not in page.scripts[0]


def test_embedded_json_has_no_sign_that_could_end_its_element():
    assert not set("<>&\u2028\u2029") & set(embedded({"text": HOSTILE}))


def without(dataset: Dataset, *tables: str) -> None:
    for table in tables:
        for part in dataset.parts(table).values():
            (dataset.local / part.path).unlink()


@pytest.mark.parametrize(
    "missing",
    [
        "decisions", "frames", "videos", "shots", "caption", "camera", "clips", "signals sound subtitles",
        "light camera caption", "clips light camera caption decisions shots frames signals sound subtitles",
    ],
)  # fmt: skip
def test_a_missing_table_costs_only_what_it_would_have_shown(small, missing):
    without(small, *missing.split())
    page = Page(small)
    assert "From files to clips" in page.text
    if missing == "decisions":
        assert page.data["kept"][0] == 8 and "No rules have judged these clips" in page.text


def test_without_stills_no_picture_is_promised(small):
    without(small, "frames")
    page = Page(small)
    assert page.data["stills"] == [] and "no still" in page.text
    assert not [a for t, a in page.elements if t == "img"]


def test_an_empty_dataset_has_a_page(dataset):
    page = Page(dataset)
    assert "There are no videos in this dataset yet." in page.text
    assert page.data["charts"] == page.data["videos"] == []


def test_all_videos_failed(dataset, put):
    put("videos", [failed_video("a"), failed_video("b")], width=pa.int64(), duration_us=pa.int64())
    page = Page(dataset)
    assert "= 0 ok + 0 damaged + 2 failed" in page.text and "There are no clips." in page.text
    assert [v["status"] for v in page.data["videos"]] == ["failed", "failed"]


def test_one_clip(dataset, put):
    only = clip("a", 0, 5 * SECOND)
    put("videos", [video("a")])
    put("clips", [only], mark=pa.string())
    put("light", [measured(only, brightness=0.5)])
    put("frames", [still("a", 2 * SECOND, "teal")])
    page = Page(dataset)
    assert page.data["charts"] == [] and "light.brightness 0.5" in page.text
    assert "1 kept + 0 dropped + 0 failed" in page.text and len(page.data["stills"]) >= 1


def test_several_rows_per_clip_are_no_measure(small, put):
    rows = small.sql("SELECT clip_id, video_id FROM clips ORDER BY ALL").fetchall()
    put("events", [{"clip_id": c, "video_id": v, "loud": k / 7} for k, (c, v) in enumerate(rows * 2)])
    page = Page(small)
    assert "Not drawn: events.loud" in page.text


def test_a_broken_still_is_left_out(small, put):
    put("frames", [still("a", t * SECOND, "teal") | {"jpeg": b"\xff\xd8 no picture"} for t in range(16)])
    assert Page(small).data["stills"] == []


def test_pictures_stay_within_their_budget(small):
    with Tables(small) as tables:
        plenty, tight = Album(1_000_000), Album(900)
        for album in (plenty, tight):
            for second in range(16):
                album.ask("a", second * SECOND)
            album.fetch(tables, 160)
    assert len(plenty.stills) == 16
    assert sum(len(s.data) for s in tight.stills) <= 900 and None in tight.places


def test_the_same_still_is_embedded_once(small):
    with Tables(small) as tables:
        album = Album(1_000_000)
        wishes = [album.ask("a", SECOND), album.ask("a", SECOND + 1), album.ask("nobody", 0)]
        album.fetch(tables, 160)
    assert [album.places[w] for w in wishes] == [0, 0, None]


def test_the_size_is_bounded_for_many_videos(dataset, put):
    names = [f"v{k:04d}" for k in range(400)]
    put("videos", [video(n) for n in names])
    clips = [clip(n, k * SECOND // 2, (k + 1) * SECOND // 2) for n in names for k in range(30)]
    put("clips", clips, mark=pa.string())
    put("caption", [measured(c, text="word " * (k % 200)) for k, c in enumerate(clips)])
    page = Page(dataset)
    drawn = page.data["videos"]
    assert len(drawn) <= timeline.MAX_VIDEOS
    assert sum(len(v["clips"]) for v in drawn) <= timeline.MAX_CLIPS
    assert f"The first {len(drawn)} of 400 videos; {400 - len(drawn)} are left out here." in page.text
    assert len(page.html) < 3_000_000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.041667, "0.04 s"), (59.96, "1 min 00 s"), (700.4, "11 min 40 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_shares_and_names():
    assert [share(1, 1000), share(999, 1000), share(1, 2), share(0, 0)] == ["< 1 %", "> 99 %", "50 %", "0 %"]
    assert video_name("/films/a%20b.mp4", " ", "id") == "a%20b.mp4"
    assert video_name("https://example.org/films/a%20b.mp4?x=1", None, "id") == "a b.mp4"
    assert video_name(None, None, "id") == "id"
