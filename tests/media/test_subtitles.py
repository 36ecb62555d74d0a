"""Subtitles from files of all qualities, and from the tracks inside a video."""

import json
from pathlib import Path

import av
import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlist.media.subtitles import embedded_cues, sidecar_cues

SRT = "1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo\nlines\n"


def texts(content: str | bytes, name: str = "film.srt") -> list[str]:
    content = content if isinstance(content, bytes) else content.encode()
    return [cue.text for cue in sidecar_cues(content, name)[0]]


def spans(content: str) -> list[tuple[float, float]]:
    return [(cue.start_us / 1e6, cue.end_us / 1e6) for cue in sidecar_cues(content.encode(), "film.srt")[0]]


def one(text: str) -> list[str]:
    return texts(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")


def test_a_file_yields_plain_cues_in_microseconds(tmp_path):
    path = tmp_path / "film.pt_BR.srt"
    path.write_text(SRT)
    cues, problems = sidecar_cues(path)
    assert not problems
    assert [(c.start_us, c.end_us, c.text) for c in cues] == [
        (1_000_000, 2_500_000, "One"),
        (3_000_000, 4_000_000, "Two lines"),
    ]
    assert {(c.language, c.origin) for c in cues} == {("pt-BR", "sidecar")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_found_out(encoding, newline):
    content = SRT.replace("One", "Café à la crème").replace("\n", newline)
    assert texts(content.encode(encoding)) == ["Café à la crème", "Two lines"]


def test_one_wrong_byte_does_not_spoil_the_other_letters():
    cues, problems = sidecar_cues(SRT.replace("One", "Где ты?").encode() + b"\xff", "film.srt")
    assert cues[0].text == "Где ты?"
    assert len(problems) == 1


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01,000 --> 00:00:02,000",
        "00:00:01.000 --> 00:00:02.000 align:start position:0%",
        "0:0:1,0 -> 0:0:2",
        "00:01.000 -- > 00:02.000",
        "00:00:01,000 → 00:00:02,000",
        "  00:00:01:000 ==> 00:00:02:000  X1:10 X2:20",
        "00:00:01,000\t--&gt;\t00:00:02,000",
    ],
)
def test_times_are_read_in_many_spellings(times):
    assert spans(f"1\n{times}\nText\n") == [(1, 2)]


def test_numbers_may_be_missing_and_lines_empty():
    times = "00:00:0{},000 --> 00:00:0{},500"
    content = f"{times.format(1, 1)}\nOne\n\n{times.format(2, 2)}\nTwo\n\nmore\n\n3\n{times.format(3, 3)}\n42\n\n"
    assert texts(content) == ["One", "Two more", "42"]


def test_what_cannot_be_is_left_out_and_counted():
    times = [
        "00:00:05,000 --> 00:00:02,000",
        "00:00:05,000 --> 00:00:05,000",
        "100:00:00,000 --> 100:00:01,000",
    ]
    times += ["00:00:00,000 --> 01:00:01,000", "00:00:01,000 --> 00:00:02,000"]
    cues, problems = sidecar_cues("".join(f"{t}\nText\n\n" for t in times).encode(), "film.srt")
    assert len(cues) == 1
    assert problems == [
        "2 subtitles left out: no end after the start.",
        "2 subtitles left out: impossible times.",
    ]


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ('<i>Hi</i> <font color="red">there</font> {\\an8}', "Hi there"),
        ("<v Bob Smith>Hi</v> <c.yellow.bg>there</c> <00:00:01.500>you", "Hi there you"),
        ("Tom &amp; Jerry&nbsp;say &lt;b&gt;", "Tom & Jerry say <b>"),
        ("1 < 2 and 3 > 2 {really}", "1 < 2 and 3 > 2 {really}"),
        ("one\\Ntwo\\hthree", "one two three"),
        ("\u200f\ufeff映画\u202c", "映画"),
    ],
)
def test_markup_becomes_plain_text(markup, plain):
    assert one(markup) == [plain]


def test_cues_without_text_are_no_cues():
    assert one("<i> </i>") == []
    assert one("") == []


def test_web_subtitles_leave_out_notes_styles_and_names():
    content = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE 00:00:09.000 is late\n\n"
        "intro\n00:01.000 --> 00:02.000 line:80%\nOne\n\nNOTE nothing\n\n2nd\n00:03.000 --> 00:04.000\nTwo\n"
    )
    assert texts(content, "film.vtt") == ["One", "Two"]


def test_rolling_captions_say_each_line_once():
    content = (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.500 align:start \n \nhello<00:00:00.500><c> there</c>\n\n"
        "00:00:02.500 --> 00:00:02.510\nhello there\n \n\n"
        "00:00:02.510 --> 00:00:05.000\nhello there\nhow<00:00:03.000><c> are</c><c> you</c>\n\n"
        "00:00:05.000 --> 00:00:05.010\nhow are you\n \n\n"
        "00:00:09.000 --> 00:00:10.000\nhow are you\n"
    )
    cues, _ = sidecar_cues(content.encode(), "talk.en.vtt")
    assert [(c.start_us // 10_000, c.end_us // 10_000, c.text) for c in cues] == [
        (0, 251, "hello there"),
        (251, 501, "how are you"),
        (900, 1000, "how are you"),
    ]


ROLLING = (
    "WEBVTT\nKind: captions\nLanguage: en\n\n"
    "00:00:00.160 --> 00:00:02.470 align:start position:0%\n \nhello<00:00:00.719><c> there</c>\n\n"
    "00:00:02.470 --> 00:00:02.480 align:start position:0%\nhello there\n \n\n"
    "00:00:02.480 --> 00:00:05.000 align:start position:0%\nhello there\nhow<00:00:03.000><c> are</c><c> you</c>\n"
)
EVENTS = {
    "events": [
        {"tStartMs": 0, "dDurationMs": 5000, "id": 1, "wpWinPosId": 1},
        {"tStartMs": 160, "dDurationMs": 4840, "segs": [{"utf8": "hello"}, {"utf8": " there", "tOffsetMs": 559}]},
        {"tStartMs": 2470, "dDurationMs": 2530, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {
            "tStartMs": 2480,
            "dDurationMs": 2520,
            "segs": [{"utf8": "how"}, {"utf8": " are", "tOffsetMs": 520}, {"utf8": " you", "tOffsetMs": 520}],
        },
    ]
}
SRV3 = (
    '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3"><body><w t="0" id="1" wp="1" ws="1"/>'
    '<p t="160" d="4840" w="1"><s ac="0">hello</s><s t="559"> there</s></p>\n<p t="2470" d="2530" w="1" a="1">\n</p>'
    '<p t="2480" d="2520" w="1"><s>how</s><s t="520"> are</s><s t="520"> you</s></p></body></timedtext>'
)


@pytest.mark.parametrize("content", [ROLLING, json.dumps(EVENTS), SRV3], ids=["vtt", "json3", "srv3"])
def test_automatic_captions_tell_when_each_word_begins(content):
    cues, problems = sidecar_cues(content.encode(), "talk.en.vtt")
    assert [(cue.text, cue.start_us // 1000) for cue in cues] == [("hello there", 160), ("how are you", 2480)]
    assert [(w.text, w.start_us // 1000, w.end_us // 1000) for cue in cues for w in cue.words] == [
        *[("hello", 160, 719), ("there", 719, 1719)],
        *[("how", 2480, 3000), ("are", 3000, 4000), ("you", 4000, 5000)],
    ]
    assert cues[0].end_us <= cues[1].start_us
    assert not problems


def test_captions_written_by_hand_have_no_word_times():
    texts = '<text start="1.5" dur="2">Tom &amp;amp; Jerry</text><text start="4" dur="1">run.</text>'
    xml = f"<transcript>{texts}</transcript>"
    cues, _ = sidecar_cues(xml.encode(), "talk.en.srv1")
    assert [(c.start_us, c.end_us, c.text) for c in cues] == [
        (1_500_000, 3_500_000, "Tom & Jerry"),
        (4_000_000, 5_000_000, "run."),
    ]
    assert not any(cue.words for cue in cues)


@pytest.mark.parametrize(
    "content",
    [
        '{"events": [{"segs": 3}]}',
        '{"events": [{"tStartMs": 1e400, "segs": [{"utf8": "x"}]}]}',
        "<timedtext><p t='x'>a</p></timedtext>",
        "<transcript><text start='1'>",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><timedtext><p t="1" d="2">&a;</p></timedtext>',
    ],
)
def test_broken_captions_have_no_cues(content):
    cues, problems = sidecar_cues(content.encode(), "talk.json3")
    assert (cues, len(problems)) == ([], 1)


def test_sounds_songs_and_speakers_are_told_apart():
    content = (
        "1\n00:00:01,000 --> 00:00:02,000\n[barking]\n- JOHN: Quiet!\n\n2\n00:00:02,000 --> 00:00:03,000\n♪ Tra la ♪\n"
    )
    cues, _ = sidecar_cues(content.encode(), "film.en.srt")
    assert [(c.kind, c.speaker, c.text) for c in cues] == [
        ("sound", None, "barking"),
        ("speech", "JOHN", "Quiet!"),
        ("lyrics", None, "Tra la"),
    ]


def test_web_subtitles_and_styled_ones_name_the_voice_themselves():
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud Esme Johnson>Hee!</v>\n<v Mary>Ho.</v>\n"
    ass = "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,Esme Johnson,0,0,0,,Hee!\n"
    assert [(c.speaker, c.text) for c in sidecar_cues(vtt.encode())[0]] == [("Esme Johnson", "Hee!"), ("Mary", "Ho.")]
    assert [(c.speaker, c.text) for c in sidecar_cues(ass.encode())[0]] == [("Esme Johnson", "Hee!")]


def test_a_language_that_nobody_says_is_found_in_the_text():
    text = SRT.replace("One", "Ich habe hier ein Pendel.").replace("Two", "Man nennt es Abrissbirne,")
    assert {cue.language for cue in sidecar_cues(text.encode(), "film.srt")[0]} == {"de"}
    assert {cue.language for cue in sidecar_cues(text.encode(), "film.nl.srt")[0]} == {"nl"}


def test_styled_subtitles_survive_their_broken_lines():
    lines = [
        "0:00:03.00,0:00:04.00,D,,0,0,0,,{\\i1}Two{\\i0}\\Nlines, commas",
        "0:00:01.00,0:00:02.00,D,,0,0,0,,One",
    ]
    lines += [
        "nonsense,0:00:02.00,D,,0,0,0,,x",
        "0:00:05.00,0:00:06.00,D,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}",
        "short",
    ]
    events = "".join(f"Dialogue: 0,{line}\n" for line in lines)
    content = f"[Script Info]\n[V4+ Styles]\nStyle: D,Arial,huge\n[Events]\nComment: 0,0:00:01.00\n{events}"
    cues, problems = sidecar_cues(content.encode(), "film.de.ass")
    assert [(c.text, c.language) for c in cues] == [("One", "de"), ("Two lines, commas", "de")]
    assert problems == ["2 subtitles left out: impossible times."]


@pytest.mark.parametrize("content", [b"", b"\0" * 999, b"\xff\xfe\x00", b"<html>no</html>", bytes(range(256)) * 9])
def test_what_is_no_subtitle_file_has_no_cues(content):
    assert sidecar_cues(content, "film.srt")[0] == []


PIECES = [
    *"<>{}\\\n\r:.,-0 12&;\0\xff[]()♪#A",
    "JOHN: ",
    ">>",
    "<v Bob>",
    "<00:00:01.500>",
    "00:00:01,000",
    " --> ",
    "\n\n",
    "WEBVTT\n",
    "Dialogue: 0,",
]


@given(st.lists(st.sampled_from(PIECES)))
def test_no_text_breaks_the_reader(pieces):
    cues, _ = sidecar_cues("".join(pieces).encode(), "film.srt")
    assert all(cue.start_us < cue.end_us and cue.text for cue in cues)


def test_a_very_long_line_costs_no_time():
    assert texts(f"00:00:01,000{' ' * 200_000}x\n{'9' * 10_000}:00:01 --> 00:00:02\n{'<a' * 100_000}") == []


@pytest.mark.parametrize("text", ["[a]" * 50_000, "(" * 100_000, "(a)\n" * 30_000, "A: " * 50_000, ">>" * 50_000])
def test_a_subtitle_as_long_as_a_book_costs_no_time(text):
    assert len(texts(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")) == 1


def test_a_missing_file_is_a_problem(tmp_path):
    assert sidecar_cues(tmp_path / "no.srt") == (
        [],
        ["The subtitles can't be read: No such file or directory."],
    )


def mux(path: Path, codec: str, language: str, shift_s: int = 0) -> Path:
    """A file with SRT as its one text track, in another codec."""
    sidecar = path.with_suffix(".srt")
    sidecar.write_text(SRT.replace("Two", "<i>Zwei</i> &"))
    with av.open(str(sidecar)) as source, av.open(str(path), "w") as target:
        track = source.streams.subtitles[0]
        out = target.add_stream(codec)
        out.metadata["language"] = language
        out.codec_context.subtitle_header = pysubs2.SSAFile().to_string("ass").encode()
        for packet in source.demux(track):
            if packet.size:
                encoded = out.codec_context.encode_subtitle(track.decode2(packet))
                encoded.pts = encoded.dts = packet.pts + shift_s * 1000
                encoded.duration, encoded.time_base, encoded.stream = packet.duration, packet.time_base, out
                target.mux(encoded)
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "subrip"), ("a.mkv", "ass"), ("a.mp4", "mov_text"), ("a.webm", "webvtt"), ("a.mkv", "webvtt")],
)
def test_text_tracks_inside_a_video_are_read(tmp_path, name, codec):
    cues, problems = embedded_cues(mux(tmp_path / name, codec, "ger"))
    assert not problems
    assert [(c.start_us, c.end_us, c.text) for c in cues] == [
        (1_000_000, 2_500_000, "One"),
        (3_000_000, 4_000_000, "Zwei & lines"),
    ]
    assert {(c.language, c.origin) for c in cues} == {("de", "embedded")}


def test_times_stay_on_the_clock_of_a_video_that_starts_late(tmp_path):
    cues, _ = embedded_cues(mux(tmp_path / "a.mkv", "subrip", "eng", shift_s=3600))
    assert [cue.start_us for cue in cues] == [3_601_000_000, 3_603_000_000]


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_damaged_video_never_crashes_the_reader(tmp_path, place):
    path = mux(tmp_path / "a.mkv", "subrip", "eng")
    content = bytearray(path.read_bytes())
    middle = int(len(content) * place)
    content[middle : middle + 40] = b"\xff" * 40
    path.write_bytes(bytes(content))
    cues, problems = embedded_cues(path)
    assert isinstance(cues, list)
    assert all(problem.endswith(".") for problem in problems)


def test_what_is_no_video_is_a_problem(tmp_path):
    (tmp_path / "a.mp4").write_text("<html>")
    cues, [problem] = embedded_cues(tmp_path / "a.mp4")
    assert not cues
    assert problem.startswith("The video's subtitles can't be read: Invalid data")


def test_the_shared_subtitles_are_read(shared_media):
    counts = {
        "lecture_pendulum_part1.en.srt": 21,
        "popeye_sinbad_song.en.srt": 14,
        "friday_dialogue.en.vtt": 5,
    }
    for name, count in counts.items():
        cues, problems = sidecar_cues(shared_media / name)
        assert (len(cues), problems, {cue.language for cue in cues}) == (count, [], {"en"})


def test_of_the_broken_subtitles_what_is_sound_is_read(shared_media):
    cues, problems = sidecar_cues(shared_media / "broken" / "broken_subtitles.srt")
    assert [cue.text for cue in cues] == ["overlap", "bad arrow", "café latin-1 bytes ÿ"]
    assert len(problems) == 3


def test_picture_subtitles_are_named_and_passed_over(shared_media):
    assert embedded_cues(shared_media / "popeye_sinbad_song.mkv") == ([], ["Track 1 holds no text (pgssub)."])
