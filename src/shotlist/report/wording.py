"""Numbers, spans and names as people read them."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

UNITS: dict[str, str] = {
    "clips.seconds": "seconds",
    "transcript.seconds": "seconds",
    "camera.dx": "frame widths per second",
    "camera.dy": "frame heights per second",
    "camera.zoom": "growth per second",
    "camera.roll": "degrees per second",
    "camera.shake": "frame widths per second",
    "motion.local": "frame widths per second",
    "loudness.lufs": "LUFS",
    "loudness.peak": "dBFS",
    "loudness.silence": "share of the clip",
    "speaking.share": "share of the clip",
    "speaking.seconds": "seconds",
    "speaking.speakers": "voices",
    "heard.speech": "share of the clip",
    "heard.music": "share of the clip",
    "heard.other": "share of the clip",
    "heard.silence": "share of the clip",
    "music.tempo": "beats per minute",
    "music.tempo_confidence": "0 to 1",
    "music.key_confidence": "0 to 1",
    "music.loudness": "LUFS",
    "music.dynamics": "dB from quiet to loud",
    "music.brightness": "hertz, mean spectral centroid",
    "music.onsets": "per second",
    "transcript.agreement": "of recognised speech with the subtitles, 0 to 1",
    "written.area": "share of the picture",
    "written.items": "lines",
    "presence.most": "people at once",
    "presence.typical": "people",
    "presence.faces": "share of the stills",
    "presence.facing": "share of the faces",
    "presence.speaking": "how sure, 0 to 1",
}
"""Units of columns that come with shotlist; any other column is shown as a bare number."""


def count(number: int, singular: str = "", plural: str = "") -> str:
    """``1,234``, or with its noun ``1 clip``, ``2 clips``."""
    noun = singular if number == 1 else (plural or f"{singular}s")
    return f"{number:,} {noun}" if singular else f"{number:,}"


def duration(seconds: float) -> str:
    """A length of footage: ``0.04 s``, ``43.8 s``, ``11 min 40 s``, ``2 h 05 min``, ``1,240 h``."""
    if seconds < 0.1:
        return f"{seconds:.1g} s"
    if seconds < 60 and (rounded := round(seconds, 1)) < 60:
        return f"{rounded:g} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 6000:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{seconds / 3600:,.0f} h"


def share(part: float, whole: float) -> str:
    """``84 %``; small shares and almost-alls stay visible as ``< 1 %`` and ``> 99 %``."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def video_name(uri: str | None, title: str | None, video_id: str) -> str:
    """What to call a video: its title, else its file's name, else its id."""
    if title and title.strip():
        return shorten(title.strip(), 120)
    path = unquote(urlsplit(uri).path) if uri and "://" in uri else uri or ""
    return shorten(PurePosixPath(path).name or uri or video_id, 120)


def shorten(text: str | None, length: int) -> str:
    """Text of at most ``length`` characters; what was cut off is marked with an ellipsis."""
    text = text or ""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
