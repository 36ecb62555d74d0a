"""What a clip's card tells beside its caption, and the section about subtitles."""

import pyarrow as pa
import pytest
from report_page import Page
from report_rows import clip, measured

HOSTILE = "</dl><img src=x onerror=alert(1)><script>"
CLIPS = [clip("a", k * 4_000_000, (k * 5 + 1) * 1_000_000) for k in range(4)]
LAST = CLIPS[3]


def offset(video: str = "a", track: int = 0, **known):
    nothing = dict.fromkeys(["offset_seconds", "rate", "agreement", "fits"])
    about = {"video_id": video, "track": track, "language": "en", "origin": "sidecar", "subtitles": 12}
    return about | nothing | known


OFFSETS = {"offset_seconds": pa.float64(), "rate": pa.float64(), "agreement": pa.float64(), "fits": pa.bool_()}


@pytest.mark.parametrize(
    ("table", "row", "says"),
    [
        ("speaking", {"share": 0.82}, "speech 82 %"),
        ("music", {"text": "Slow music in D major."}, "music Slow music in D major."),
        ("written", {"text": "BREAKING"}, "text BREAKING"),
        ("presence", {"most": 2, "typical": 2, "size": "medium"}, "people 2, medium shot"),
        ("presence", {"most": 1, "typical": 1, "size": "extreme close-up"}, "people 1, extreme close-up"),
        ("presence", {"most": 3, "typical": 2, "size": None}, "people up to 3"),
        ("presence", {"most": 1, "typical": 0, "size": "wide"}, "people 1 at times, wide shot"),
    ],
)
def test_each_fact_comes_from_one_table(small, put, table, row, says):
    put(table, [measured(LAST, **row)])
    assert says in Page(small).text


def test_nothing_known_leaves_no_empty_list(small, put):
    put("speaking", [measured(LAST, share=0.0)])
    put("presence", [measured(LAST, most=0, typical=0, size="wide")])
    page = Page(small)
    assert not [a for t, a in page.elements if t == "dl" and a.get("class") == "facts"]


def test_hostile_facts_are_inert(small, put):
    put("written", [measured(LAST, text=HOSTILE)])
    put("music", [measured(LAST, text=HOSTILE)])
    put("presence", [measured(LAST, most=1, typical=1, size=HOSTILE)])
    page = Page(small)
    assert len(page.scripts) == 2 and page.text.count(HOSTILE) >= 3
    assert not [a for _, a in page.elements if "onerror" in a]


def test_long_texts_are_cut(small, put):
    put("written", [measured(LAST, text="word " * 500)])
    assert "word word" in Page(small).text and len(Page(small).text) < 20_000


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({}, "too little to compare"),
        ({"fits": False, "offset_seconds": 20.0, "rate": 1.0, "agreement": 0.1}, "does not fit"),
        ({"fits": True, "offset_seconds": 0.04, "rate": 1.0, "agreement": 0.6}, "fits, in time"),
        ({"fits": True, "offset_seconds": 1.26, "rate": 1.0, "agreement": 0.6}, "fits, 1.3 s late"),
        ({"fits": True, "offset_seconds": -2.0, "rate": 1.0, "agreement": 0.6}, "fits, 2.0 s early"),
        ({"fits": True, "offset_seconds": 0.0, "rate": 25 / 24, "agreement": 0.6}, "fits, in time, drifting by +4.2 %"),
    ],
)
def test_how_subtitles_lie_on_the_voice(small, put, known, says):
    put("subtitle_offset", [offset(**known)], **OFFSETS)
    page = Page(small)
    assert f"a.mp4 en, sidecar {says} 12" in page.text
    assert "Words as heard" not in page.text


def test_subtitles_in_a_sentence_the_doubtful_first(small, put):
    fits = {"fits": True, "offset_seconds": 0.0, "rate": 1.0, "agreement": 0.5}
    put("subtitle_offset", [offset(**fits), offset("b", fits=False), offset("b", 1)], **OFFSETS)
    put("speech", [{"video_id": "a", "start_us": 0, "end_us": 1, "text": "hello"}])
    put("transcript", [measured(c, text="hello", agreement=share) for c, share in ((CLIPS[2], 0.5), (LAST, 0.9))])
    text = Page(small).text
    assert "1 of 3 tracks lies where somebody speaks; 1 does not fit the voice; for 1 there is too little" in text
    assert text.index("does not fit 12") < text.index("fits, in time") < text.index("too little to compare 12")
    assert "subtitles 90 % as heard" in text and "Words as heard" in text


def test_agreement_alone_has_a_section(small, put):
    put("speech", [{"video_id": "a", "start_us": 0, "end_us": 1, "text": "hello"}])
    put("transcript", [measured(LAST, text="hello", agreement=0.5)])
    assert "Where speech was recognised, 50 % of the words agree" in Page(small).text


def test_what_was_heard_speaks_for_the_largest_track_alone(small, put):
    put("subtitle_offset", [offset(), offset(track=1) | {"language": "de", "subtitles": 9}], **OFFSETS)
    put("transcript", [measured(LAST, text="hello", agreement=0.5)])
    text = Page(small).text
    assert "a.mp4 en, sidecar too little to compare 12 50 %" in text
    assert "a.mp4 de, sidecar too little to compare 9" in text and "compare 9 50 %" not in text


def test_what_was_wrong_with_subtitle_files_is_told(small, put):
    problem = {"video_id": "a", "file": "a.en.srt", "problem": "2 subtitles left out: impossible times."}
    inside = {"video_id": "a", "file": None, "problem": "Track 1 holds no text (hdmv_pgs_subtitle)."}
    put("subtitle_problems", [problem, inside, problem | {"file": HOSTILE}])
    page = Page(small)
    assert "a.en.srt: 2 subtitles left out: impossible times." in page.text
    assert "a.mp4: Track 1 holds no text" in page.text and f"{HOSTILE}: 2 subtitles" in page.text
    assert "#subtitles" in page.html and "Against the voice" not in page.text


def written(k: int, text: str | None) -> dict[str, object]:
    return measured(CLIPS[k], text=text, model="m", prompt="p", prompt_digest="d")


def test_where_the_recipe_names_no_caption_the_last_captioning_step_is_shown(small, put):
    (small.local / "tables" / "caption" / "0.f.parquet").unlink()
    put("coarse", [written(k, f"A first word on {k}.") for k in range(4)])
    put("fine", [written(k, f"A last word on {k}." if k != 3 else None) for k in range(4)])
    small.write_text("recipe.json", '{"steps": [{"name": "coarse"}, {"name": "fine"}]}')
    page = Page(small)
    assert "A last word on 2. fine, and 1 more coarse A first word on 2." in page.text
    assert "A first word on 3." in page.text  # stands in for the one that is missing
    small.write_text("recipe.json", '{"caption": "coarse", "steps": [{"name": "coarse"}, {"name": "fine"}]}')
    assert "A first word on 2. coarse, and 1 more fine A last word on 2." in Page(small).text


def test_where_every_clip_failed_no_rule_is_blamed(small, put):
    rows = small.sql("SELECT * FROM decisions").to_arrow_table().to_pylist()
    blank = {"status": "failed", "rule": None, "failed_rules": None}
    put("decisions", [row | blank for row in rows], rule=pa.string(), failed_rules=pa.list_(pa.string()))
    assert "No clip was kept, and in 8 of 8 a step failed: see" in Page(small).text
