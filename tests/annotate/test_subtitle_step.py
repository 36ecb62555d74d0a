"""Subtitles beside a film and inside it become rows."""

from pathlib import Path

import av

from films import texture, write
from shotlist.annotate.subtitles import Subtitles
from shotlist.records import WHOLE, Source

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n2\n00:00:03,000 --> 00:00:04,500\nGoodbye.\n"


def read(path: Path, *sidecars: Path, **settings):
    """Rows as dictionaries, and the problems as (file, sentence)."""
    source = Source("film", str(path), 0, "", subtitles=tuple(map(str, sidecars)))
    found: dict[str, list] = {table: [] for table in Subtitles.tables}
    for table, batch in Subtitles(**settings).read(path, source, WHOLE):
        assert batch.schema == Subtitles.tables[table]
        found[table] += batch.to_pylist()
    return found["subtitles"], [(row["file"], row["problem"]) for row in found["subtitle_problems"]]


def sidecar(path: Path, first: str = "Hello.") -> Path:
    path.write_text(SRT.format(first), encoding="utf-8")
    return path


def test_a_file_beside_the_film(tmp_path):
    film = write(tmp_path / "film.mp4", [texture()] * 3)
    rows, problems = read(film, sidecar(tmp_path / "film.en.srt"))
    assert problems == []
    assert [(r["start_us"], r["end_us"], r["text"]) for r in rows] == [
        (1_000_000, 2_000_000, "Hello."),
        (3_000_000, 4_500_000, "Goodbye."),
    ]
    assert {(r["video_id"], r["language"], r["origin"]) for r in rows} == {("film", "en", "sidecar")}


def test_several_languages_are_told_apart_and_in_order(tmp_path):
    film = write(tmp_path / "film.mp4", [texture()] * 3)
    rows, _ = read(film, sidecar(tmp_path / "film.en.srt"), sidecar(tmp_path / "film.de.srt", "Hallo."))
    assert [r["language"] for r in rows] == ["en", "de", "en", "de"]


def test_a_track_inside_the_film(tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(sidecar(tmp_path / "s.srt"))) as lines, av.open(str(path), "w") as out:
        track = out.add_stream_from_template(lines.streams[0])
        for packet in lines.demux():
            if packet.size:
                packet.stream = track
                out.mux(packet)
    rows, problems = read(path)
    assert ([r["text"] for r in rows], problems) == (["Hello.", "Goodbye."], [])
    assert {r["origin"] for r in rows} == {"embedded"}
    assert read(path, embedded=False) == ([], [])


def test_a_film_without_subtitles_has_no_rows(tmp_path):
    assert read(write(tmp_path / "film.mp4", [texture()] * 3)) == ([], [])


def test_what_is_wrong_is_told_and_the_rest_is_read(tmp_path, shared_media):
    film = write(tmp_path / "film.mp4", [texture()] * 3)
    gone, broken = tmp_path / "gone.srt", shared_media / "broken" / "broken_subtitles.srt"
    rows, problems = read(film, gone, broken, sidecar(tmp_path / "film.srt"))
    assert "Hello." in {r["text"] for r in rows}
    assert {file for file, _ in problems} == {"gone.srt", "broken_subtitles.srt"}
    assert ("broken_subtitles.srt", "1 subtitle left out: no end after the start.") in problems


def test_a_track_of_pictures_is_told(shared_media):
    rows, problems = read(shared_media / "popeye_sinbad_song.mkv")
    assert (rows, problems) == ([], [(None, "Track 1 holds no text (pgssub).")])
