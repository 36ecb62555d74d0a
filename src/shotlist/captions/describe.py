"""The built-in describer: plain true sentences made from what was measured, no model needed.

Each phrase comes from one measure and is left out where that measure is missing, so nothing is claimed that was
not measured.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from shotlist.captions.people import who
from shotlist.captions.quotes import said, written
from shotlist.captions.sound import is_spoken, sound
from shotlist.engine.film import Clip
from shotlist.engine.rows import schema_of
from shotlist.engine.step import ClipStep

Facts = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class CaptionRow:
    """The text of one caption."""

    text: str


_MEASURES = ("camera", "motion", "light", "colour", "borders", "loudness", "transcript")
_ANNOTATIONS = ("speaking", "heard", "music", "presence")


@dataclass(frozen=True)
class Caption(ClipStep):
    """Describes a clip in two to five sentences from what was measured, heard, read and said in it."""

    subtitles: bool = True
    """Whether what subtitles say is quoted."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    uses: ClassVar[tuple[str, ...]] = (*_MEASURES, *_ANNOTATIONS, "text")

    def schema(self) -> pa.Schema:
        """One column, ``text``."""
        return schema_of(CaptionRow)

    def row(self, clip: Clip) -> CaptionRow:
        """The caption of one clip."""
        facts = {table: clip.row(table) for table in (*_MEASURES, *_ANNOTATIONS)}
        sentences = [shot(clip, facts), look(clip, facts), sound(facts), written(clip, facts["transcript"])]
        imagined = facts["transcript"].get("source") == "speech" and facts["speaking"] and not is_spoken(facts)
        if self.subtitles and not imagined:  # recognisers find words in music, too
            sentences.append(said(facts["transcript"]))
        return CaptionRow(" ".join(s for s in sentences if s))


def shot(clip: Clip, facts: Facts) -> str:
    """How long a span is, who is in it and how the camera moves."""
    decimals = 2 if clip.seconds < 0.095 else 1 if clip.seconds < 9.95 else 0
    length = f"{clip.seconds:.{decimals}f}-second"
    what = {
        "black": "black picture",
        "blank": "plain picture",
        "title card": "title card",
        "credits": "credit roll",
    }
    noun = what.get(clip.mark or "", "clip")
    if facts["colour"].get("monochrome") and noun == "clip":
        noun = "black-and-white clip"
    if clip.mark in what:
        return f"{_article(length)} {length} {noun}."
    people = who(clip, facts["presence"], facts["speaking"])
    return f"{_article(length)} {length} {noun}{f' {people}' if people else ''}{_camera(facts['camera'])}."


def _article(length: str) -> str:
    number = length.split("-")[0].split(".")[0]
    return "An" if number in ("11", "18") or number.startswith("8") else "A"


def _camera(camera: dict[str, Any]) -> str:
    kind, speed = camera.get("kind"), camera.get("speed") or 0.0
    pace = "slowly " if speed < 0.06 else "quickly " if speed > 0.3 else ""
    return {
        None: "",
        "static": "; the camera stands still",
        "pan left": f"; the camera pans {pace}to the left",
        "pan right": f"; the camera pans {pace}to the right",
        "tilt up": f"; the camera tilts {pace}up",
        "tilt down": f"; the camera tilts {pace}down",
        "zoom in": f"; the picture {pace}grows larger, as in a zoom in",
        "zoom out": f"; the picture {pace}grows smaller, as in a zoom out",
        "roll": "; the picture turns",
        "shaky": "; the camera is shaky",
        "mixed": "; the camera moves in several ways at once",
    }[kind]


def look(clip: Clip, facts: Facts) -> str:
    """Light, colours, movement and black bars; empty where nothing is known."""
    if clip.mark in ("black", "blank"):
        return ""
    parts = [_light(facts["light"]), _colours(facts["colour"]), _movement(facts["motion"])]
    text = ", ".join(p for p in parts if p)
    bars = {
        "letterbox": "with black bars above and below",
        "pillarbox": "with black bars left and right",
        "windowbox": "with black bars on all sides",
    }.get(facts["borders"].get("kind", ""), "")
    text = ", ".join(p for p in (text, bars) if p)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _light(light: dict[str, Any]) -> str:
    if not light:
        return ""
    brightness = light["brightness"]
    words = ["dark"] if brightness < 0.25 else ["bright"] if brightness > 0.62 else []
    if light["contrast"] < 0.08 and brightness >= 0.25:
        words.append("low in contrast")
    if light["flashes"]:
        words.append("with a flash" if light["flashes"] == 1 else f"with {light['flashes']} flashes")
    if abs(light["drift"]) > 0.15:
        words.append("growing brighter" if light["drift"] > 0 else "growing darker")
    return ", ".join(words)


def _colours(colour: dict[str, Any]) -> str:
    names = colour.get("names") or []
    if not names or colour.get("monochrome"):
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{'mostly' if sum(colour['shares']) >= 0.5 else 'partly'} {listed}"


def _movement(motion: dict[str, Any]) -> str:
    if not motion:
        return ""
    if motion["still"] > 0.95:
        return "nothing moves"
    local = motion["local"]
    return "little movement" if local < 0.01 else "some movement" if local < 0.06 else "much movement"
