"""Nothing that users have on their disks brings a build down or vanishes from its counts."""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from shotlist import Dataset, ShotlistError, build
from shotlist.builder import Options
from shotlist.summary import Summary

QUIET = Options(report=False)
MUTANTS = 300


def fates(out: Path) -> dict[str, tuple[str, str | None]]:
    """Status and reason by file name."""
    rows = Dataset(out).sql("SELECT uri, status, reason FROM videos").fetchall()
    return {Path(uri).name: (status, reason) for uri, status, reason in rows}


def failed_kinds(out: Path) -> dict[str, str]:
    rows = Dataset(out).sql("SELECT uri, kind FROM failures WHERE step = 'scan'").fetchall()
    return {Path(uri).name: kind for uri, kind in rows}


def assert_accounted_for(summary: Summary, files: int, out: Path) -> None:
    """Every file ended somewhere, and every failure has a sentence that names its file."""
    assert summary.adds_up
    assert summary.files_named == files
    assert summary.videos + summary.duplicates + len(summary.problems) == files
    for uri, message in Dataset(out).sql("SELECT uri, message FROM failures").fetchall():
        assert message.startswith(f"{Path(uri).name}: ")
        assert "Traceback" not in message
        assert "Error" not in message


def test_broken_files_are_told_apart(shared_media: Path, tmp_path: Path) -> None:
    folder = shared_media / "broken"
    files = [p for p in folder.iterdir() if p.suffix in (".mp4", ".avi")]
    summary = build([folder], tmp_path / "out", options=QUIET)
    assert_accounted_for(summary, len(files), tmp_path / "out")
    assert failed_kinds(tmp_path / "out") == {
        "audio_only.mp4": "no video",
        "html_error_page.mp4": "unreadable",
        "huge_declared_dims.avi": "too large",
        "jpeg_inside.mp4": "not a video",
        "moov_missing.mp4": "unreadable",
        "zero_bytes.mp4": "empty",
    }
    found = fates(tmp_path / "out")
    assert found["bit_flips.mp4"][0] == "damaged"
    assert found["truncated_tail.mp4"][0] == "damaged"
    assert "ends early" in str(found["truncated_tail.mp4"][1])
    (one_frame,) = (fate for name, fate in found.items() if name == "one_frame.mp4" or name.startswith("odd"))
    assert one_frame == ("ok", None)  # the two have the same content
    assert summary.duplicates == 1
    length = Dataset(tmp_path / "out").sql("SELECT duration_us / 1e6 FROM videos WHERE uri LIKE '%lying_duration%'")
    assert length.fetchall()[0][0] == pytest.approx(8, abs=0.1)


# Mutants


def clipped(source: Path, target: Path, seconds: float = 1.5) -> Path:
    """The beginning of a film, packets as they are."""
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        tracks = {s.index: out.add_stream_from_template(s) for s in film.streams if s.type in ("video", "audio")}
        for packet in film.demux():
            if packet.dts is None or packet.stream.index not in tracks:
                continue
            if float(packet.dts * packet.time_base) > seconds:
                break
            packet.stream = tracks[packet.stream.index]
            out.mux(packet)
    return target


def flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 20, 400])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def overwrite(data: bytearray, rng: random.Random) -> None:
    at, length = rng.randrange(len(data)), rng.choice([4, 200, 5000])
    data[at : at + length] = rng.choice([bytes(length), rng.randbytes(length)])


def insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice([1, 100, 3000]))


def remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice([1, 100, 3000])]


def spoil_header(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 5, 40])):
        data[rng.randrange(min(len(data), 1500))] = rng.randrange(256)


def spoil_index(data: bytearray, rng: random.Random) -> None:
    """Change numbers in an MP4's index, which stands at either end."""
    at = max(data.find(b"moov"), 0)
    for _ in range(rng.choice([1, 5, 40])):
        data[min(len(data) - 1, at + rng.randrange(1500))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])


DAMAGES = (flip_bits, truncate, overwrite, insert, remove, spoil_header, spoil_index)


def encoded(source: Path, target: Path, encoder: str) -> Path:
    """A film without its sound in another codec."""
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        track = out.add_stream(encoder, 25)
        track.width, track.height, track.pix_fmt = 128, 72, "yuv420p"
        for k, frame in enumerate(film.decode(video=0)):
            picture = av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"))
            picture.pts = k
            out.mux(track.encode(picture))
        out.mux(track.encode(None))
    return target


SHORTENED = (
    "clock_cat_one_cut.mp4",
    "lecture_pendulum_part1.webm",
    "popeye_sinbad_song.mkv",
    "space_needle.avi",
)
SHORT = ("vertical_wave.mp4", "bbb_rotated90.mp4")
ENCODED = {"av1.mp4": "libsvtav1", "mpeg2.ts": "mpeg2video", "mpeg4.mov": "mpeg4"}


@pytest.fixture
def mutants(shared_media: Path, tiny_films: Path, tmp_path: Path) -> Path:
    """Damaged copies of short films in several containers and codecs, always the same ones."""
    originals = [
        *(clipped(shared_media / name, tmp_path / name) for name in SHORTENED),
        *(shared_media / name for name in SHORT),
        *(encoded(tiny_films / "coast.mp4", tmp_path / name, codec) for name, codec in ENCODED.items()),
    ]
    folder = tmp_path / "mutants"
    folder.mkdir()
    rng = random.Random(20)
    for k in range(MUTANTS):
        original, damage = originals[k % len(originals)], DAMAGES[k // len(originals) % len(DAMAGES)]
        data = bytearray(original.read_bytes())
        damage(data, rng)
        (folder / f"{k:03d}-{damage.__name__}{original.suffix}").write_bytes(data)
    return folder


def test_damaged_copies_are_all_accounted_for(mutants: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    settings = ["scan.still_height=90", "scan.stills_per_second=1"]
    summary = build([mutants], out, settings=settings, options=Options(2, stall_seconds=60, report=False))
    assert_accounted_for(summary, MUTANTS, out)
    assert not Dataset(out).sql("SELECT * FROM failures WHERE kind IN ('crashed', 'time limit', 'error')").fetchall()
    assert summary.videos_ok + summary.videos_damaged > MUTANTS // 2  # what can be read is kept
    assert summary.clips > MUTANTS // 2


# Names


HOSTILE = (
    'it\'s "quoted" 100%.mp4',
    "two\nlines.mp4",
    "  spaces .mp4",
    "кино 映画 ünï.mp4",
    "a;b&c#d?e.mp4",
    "[x]*.mp4",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tiny_films: Path, tmp_path: Path, name: str) -> None:
    film = tmp_path / "in" / name
    film.parent.mkdir()
    film.write_bytes((tiny_films / "coast.mp4").read_bytes())
    out = tmp_path / f"out of {name[:-4]}"
    summary = build([film.parent], out, options=QUIET)
    assert (summary.videos_ok, summary.clips) == (1, 2)
    assert fates(out) == {name: ("ok", None)}


def test_a_name_that_is_no_text_is_a_problem(tmp_path: Path, tiny_films: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/in"
    os.mkdir(folder)  # noqa: PTH102  # bytes on purpose
    for name in (b"fine.mp4", b"\xff\xfe.mp4"):
        with open(folder + b"/" + name, "wb") as file:  # noqa: PTH123
            file.write((tiny_films / "coast.mp4").read_bytes())
    summary = build([tmp_path / "in"], tmp_path / "out", options=QUIET)
    assert (summary.videos_ok, summary.files_named) == (1, 2)
    assert "UTF-8" in summary.problems[0]


# Places


def test_a_folder_without_videos_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.pdf").touch()
    with pytest.raises(ShotlistError, match="no videos"):
        build([tmp_path / "in"], tmp_path / "out", options=QUIET)
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_something_else_is_refused(tiny_films: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ShotlistError, match="is a file"):
        build([tiny_films], tmp_path / "file", options=QUIET)
    with pytest.raises(ShotlistError, match="not empty and holds no dataset"):
        build([tiny_films], tiny_films, options=QUIET)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_ends_the_build_with_a_sentence(small_disk: Path, tiny_films: Path) -> None:
    with pytest.raises(ShotlistError, match="No space left on device"):
        build([tiny_films], small_disk / "out", options=QUIET)


def test_a_build_goes_on_after_room_was_made(
    small_disk: Path, tiny_films: Path, built: Path, contents: Callable[[Path], object]
) -> None:
    with pytest.raises(ShotlistError):
        build([tiny_films], small_disk / "out", options=QUIET)
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    assert build([tiny_films], small_disk / "out", options=QUIET).videos_ok == 3
    assert contents(small_disk / "out") == contents(built)


def test_an_unwritable_output_is_told(small_disk: Path, tiny_films: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ShotlistError, match="can't write there: Read-only file system"):
        build([tiny_films], small_disk / "out", options=QUIET)


def test_a_limit_on_file_sizes_ends_the_build_with_a_sentence(tiny_films: Path, tmp_path: Path) -> None:
    code = "import sys; from shotlist.cli import main; sys.argv[0] = 'shotlist'; main()"
    command = [sys.executable, "-c", code, "build", str(tiny_films), "-o", str(tmp_path / "out"), "--quiet"]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, timeout=120)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr


# Memory


def test_a_huge_declared_picture_takes_no_memory(shared_media: Path, tmp_path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from shotlist.records import WHOLE, Source
from shotlist.scan.scan import Scan
from shotlist.errors import MediaError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path = Path(sys.argv[1])
try:
    list(Scan().read(path, Source("id", str(path), 1, ""), WHOLE))
except MediaError as error:
    print(error.kind, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    film = shared_media / "broken" / "huge_declared_dims.avi"
    done = subprocess.run([sys.executable, "-c", code, str(film)], capture_output=True, text=True, check=True)
    kind, megabytes = done.stdout.rsplit(" ", 1)
    assert kind == "too large"
    assert int(megabytes) < 100  # the picture would be 16000 x 16000 x 3 bytes = 732 MiB
