"""Files that lie beside a video and speak about it: subtitles, and the ``.info.json`` that yt-dlp writes."""

import json
from collections.abc import Iterable
from posixpath import splitext

from shotlist.sources.candidates import Details, as_text, details
from shotlist.sources.names import INFO_SUFFIX, SUBTITLE_EXTENSIONS, VIDEO_EXTENSIONS, natural


class Shelf:
    """The sidecars of one folder, by the stem of the video that they belong to."""

    def __init__(self, names: Iterable[str]) -> None:
        parts = [(name, *splitext(name)) for name in names]
        videos = {stem for _, stem, ending in parts if ending.lower() in VIDEO_EXTENSIONS}
        self._subtitles: dict[str, list[str]] = {}
        self._infos: dict[str, str] = {}
        for name, stem, ending in parts:
            if ending.lower() in SUBTITLE_EXTENSIONS:
                for owner in _owners(stem, videos):
                    self._subtitles.setdefault(owner, []).append(name)
            elif name.lower().endswith(INFO_SUFFIX):
                self._infos[name[: -len(INFO_SUFFIX)]] = name

    def of(self, video: str) -> tuple[tuple[str, ...], str | None]:
        """Names of the subtitle files of a video, plain ones first, and of its ``.info.json``."""
        stem = splitext(video)[0]
        subtitles = sorted(self._subtitles.get(stem, ()), key=lambda name: (name.count("."), natural(name)))
        return tuple(name for name in subtitles if name != video), self._infos.get(stem)


def _owners(stem: str, videos: set[str]) -> list[str]:
    """``talk.part1.en`` belongs to ``talk.part1`` if there is such a video, else to ``talk``."""
    first, second = splitext(stem)[0], splitext(splitext(stem)[0])[0]
    choices = list(dict.fromkeys((stem, first, second)))  # up to two endings: film.en.forced.srt
    known = [choice for choice in choices if choice in videos]
    return known[:1] or choices


def parse_info(content: bytes) -> Details:
    """Read what an ``.info.json`` says about its video; fields of the wrong kind are passed over.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        values = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError("it holds no JSON object")
    # Here ``url`` is the short-lived address of the media; the page's names the video for good.
    tags = values.get("tags")
    page = as_text(values.get("webpage_url")) or as_text(values.get("original_url"))
    return details({**values, "url": page, "tags": tags if isinstance(tags, list) else None})
