"""A file's headers tell what is in it, and what can't be used is told apart before anything is decoded."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from films import sine, texture, write
from shotlist.errors import MediaError
from shotlist.media.probe import open_media, probe


def two_tracks(path: Path, sizes: list[tuple[int, int]], dispositions: list[Disposition]) -> Path:
    with av.open(str(path), "w") as file:
        tracks = [file.add_stream("mjpeg", 25) for _ in sizes]
        for track, size, disposition in zip(tracks, sizes, dispositions, strict=True):
            track.width, track.height, track.pix_fmt = *size, "yuvj420p"
            track.disposition = disposition
        for track, size in zip(tracks, sizes, strict=True):
            for k in range(3):
                frame = av.VideoFrame.from_ndarray(texture(0, size), "rgb24").reformat(format="yuvj420p")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                file.mux(track.encode(frame))
            file.mux(track.encode(None))
    return path


def test_the_headers_are_told(tmp_path):
    path = write(tmp_path / "film.mp4", [texture()] * 50, rate=25, sound=sine(2.0, -20))
    info = probe(path)
    assert (info.codec, info.width, info.height, info.fps) == ("h264", 160, 90, 25.0)
    assert (info.frames, info.duration_us, info.audio_codec, info.audio_tracks) == (50, 2_000_000, "aac", 1)


def test_a_film_without_sound_has_no_audio_codec(tmp_path):
    info = probe(write(tmp_path / "film.mp4", [texture()] * 3))
    assert info.audio_codec is None and info.audio_tracks == 0


def test_pixels_may_be_wider_than_high(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", 25)
        track.width, track.height, track.pix_fmt = 160, 90, "yuv420p"
        track.codec_context.sample_aspect_ratio = Fraction(2, 1)
        frame = av.VideoFrame.from_ndarray(texture(), "rgb24").reformat(format="yuv420p")
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    assert probe(path).pixel_aspect == 2.0


def test_cover_art_is_not_the_film(tmp_path):
    dispositions = [Disposition.attached_pic, Disposition(0)]
    info = probe(two_tracks(tmp_path / "film.mp4", [(320, 180), (160, 90)], dispositions))
    assert (info.width, info.height, info.video_tracks) == (160, 90, 2)


@pytest.mark.parametrize(
    ("dispositions", "width"),
    [([Disposition(0), Disposition(0)], 320), ([Disposition.default, Disposition(0)], 160)],
)
def test_the_default_track_is_taken_else_the_largest(tmp_path, dispositions, width):
    assert probe(two_tracks(tmp_path / "film.mkv", [(160, 90), (320, 180)], dispositions)).width == width


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("empty.mp4", b"", "empty"),
        ("page.mp4", b"<html><body>404</body></html>" * 40, "unreadable"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "unreadable"),
    ],
)
def test_what_is_no_film_is_refused_with_a_sentence(tmp_path, name, content, kind):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError) as trouble:
        probe(path)
    assert trouble.value.kind == kind and str(trouble.value).startswith(f"{name}: ")


def test_a_playlist_is_refused_even_where_its_films_are_there(tmp_path):
    write(tmp_path / "film.mp4", [texture()] * 3)
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile 'film.mp4'\n")
    with pytest.raises(MediaError, match=r"list\.mp4: a playlist that names other files"):
        probe(tmp_path / "list.mp4")


def test_a_file_that_is_gone_may_come_back(tmp_path):
    with pytest.raises(MediaError, match=r"gone\.mp4: the file is not there") as trouble:
        probe(tmp_path / "gone.mp4")
    assert trouble.value.may_pass


@pytest.mark.parametrize(("suffix", "codec"), [("png", "png"), ("jpg", "mjpeg")])
def test_a_picture_is_no_film(tmp_path, suffix, codec):
    form = "rgb24" if codec == "png" else "yuvj420p"
    path = write(tmp_path / f"still.{suffix}", [texture()], codec=codec, pix_fmt=form)
    renamed = path.rename(tmp_path / "still.mp4")
    with pytest.raises(MediaError) as trouble:
        probe(renamed)
    assert trouble.value.kind == "not a video"


def test_sound_alone_is_no_film(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as file:
        track = file.add_stream("aac", 48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(sine(0.5, -20), "fltp", "stereo")
        frame.sample_rate = 48_000
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    with pytest.raises(MediaError, match="no video track inside") as trouble:
        probe(path)
    assert trouble.value.kind == "no video"


@pytest.mark.parametrize("name", ["http:x.mp4", "concat:a|b.mp4", "a%03d.mp4", "-i.mp4", "ünï'code & #1.mp4"])
def test_a_strange_name_is_only_a_name(tmp_path, name):
    path = write(tmp_path / "film.mp4", [texture()] * 2).rename(tmp_path / name)
    with open_media(path) as file:
        assert file.streams.video[0].width == 160


def test_sound_with_a_cover_is_no_film(shared_media):
    with pytest.raises(MediaError, match="no video track"):
        probe(shared_media / "audio" / "music_vibe_ace.ogg")
