"""Films for the benchmarks: real ones from a shared folder, and longer or larger ones made from them."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import av

SMALL = [
    "long_compilation.mp4",
    "chaplin_policeman.mp4",
    "clock_cat_one_cut.mp4",
    "space_needle.avi",
    "highway_av1.mp4",
]
"""Films with 360 lines: H.264 at 0.16 to 0.6 Mbit/s, MS-MPEG-4, AV1."""


def arguments(description: str, setup: Callable[[argparse.ArgumentParser], None] | None = None) -> argparse.Namespace:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[1] / ".." / "shared")
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "shotlist-bench", help="where films are made"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 where an aim is missed")
    if setup:
        setup(parser)
    chosen = parser.parse_args()
    if not (chosen.shared / "media").is_dir():
        sys.exit(f"{chosen.shared}/media: the films are not there; name their folder with --shared")
    chosen.work.mkdir(parents=True, exist_ok=True)
    return chosen


def ffmpeg() -> str:
    """The reference program."""
    found = shutil.which("ffmpeg")
    if found is None:
        sys.exit("the reference needs the ffmpeg program on the PATH (it is no dependency of shotlist)")
    return found


def looped(path: Path, work: Path, seconds: float = 60.0) -> Path:
    """A short film repeated without re-encoding, so that starting the reference program weighs nothing."""
    with av.open(str(path)) as container:
        length = (container.duration or 1) / 1e6
    if length >= seconds:
        return path
    target = work / f"looped_{path.stem}.mkv"
    if not target.exists():
        times = str(int(seconds / length))
        run([ffmpeg(), "-v", "error", "-y", "-stream_loop", times, "-i", str(path), "-c", "copy", str(target)])
    return target


def web_360p(shared: Path, work: Path) -> Path:
    """The Sintel trailer as a video site has it: 640 x 360, about 0.7 Mbit/s, its length times 2."""
    target = work / "sintel_360p.mp4"
    if not target.exists():
        source = str(shared / "media" / "sintel_trailer_720p.mp4")
        options = ["-stream_loop", "1", "-i", source, "-vf", "scale=640:360", "-b:v", "700k", "-c:a", "copy"]
        run([ffmpeg(), "-v", "error", "-y", *options, str(target)])
    return target


def full_hd(shared: Path, work: Path, loops: int = 1) -> Path:
    """The Sintel trailer at 1920 x 1080, 24 frames/s, about 8 Mbit/s, its length times ``loops``."""
    target = work / f"sintel_1080p_{loops}.mp4"
    if not target.exists():
        aside = target.with_suffix(".part.mp4")
        source = str(shared / "media" / "sintel_trailer_720p.mp4")
        once = work / "sintel_1080p_1.mp4"
        if loops == 1:
            scale = [
                "-i",
                source,
                "-vf",
                "scale=1920:1080,noise=alls=6:allf=t",
                "-b:v",
                "8M",
                "-preset",
                "fast",
            ]
            run([ffmpeg(), "-v", "error", "-y", *scale, "-c:a", "copy", str(aside)])
        else:
            full_hd(shared, work)
            run(
                [
                    ffmpeg(),
                    "-v",
                    "error",
                    "-y",
                    "-stream_loop",
                    str(loops - 1),
                    "-i",
                    str(once),
                    "-c",
                    "copy",
                    str(aside),
                ]
            )
        aside.rename(target)
    return target


def run(command: list[str]) -> None:
    """Run a program; its failure ends the benchmark."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def row(what: str, measured: str, aim: str, ok: bool) -> bool:
    """Print one line of a Markdown table; gives ``ok`` back."""
    print(f"| {what} | {measured} | {aim} | {'yes' if ok else 'no'} |", flush=True)
    return ok
