"""Who is in a clip, as the part of a sentence. It says less than was measured: finders miss people who turn away."""

from typing import Any

from shotlist.engine.film import Clip

Row = dict[str, Any]

_SIZES = {
    "extreme close-up": "in close-up",
    "close-up": "in close-up",
    "medium close-up": "in a medium close-up",
    "medium": "in a medium shot",
    "medium wide": "in a medium shot",
    "wide": "in a wide shot",
    "extreme wide": "in a very wide shot",
}
"""How a size of shot is said: neighbouring sizes are often taken for each other."""
_NEAR = ("extreme close-up", "close-up", "medium close-up", "medium")
"""Sizes at which everybody in the picture is found, and which way they look."""
_EXACT = {1: "one person", 2: "two people", 3: "three people", 4: "four people"}
_AT_LEAST = {1: "a person", 2: "two or more people", 3: "three or more people"}
_SEEN = 0.25
"""Share of stills with a face below which people may be none."""
_MOSTLY = 0.5
"""Share of stills with a face from which it is said where they look."""
_FACING, _PAST = 0.8, 0.2
"""Shares of faces that look at the camera from which, and up to which, all of them count."""
_SPOKEN = 0.3
"""Share of the clip with a voice from which somebody may be called a speaker."""
_LIKELY, _SURE = 0.5, 0.65
"""How sure it is that somebody in the picture speaks, to suppose it and to say it."""
_ONE_SIZE_SECONDS = 20.0
"""In longer clips people come nearer and go."""


def who(clip: Clip, presence: Row, speaking: Row) -> str:
    """``of one person in close-up, facing the camera and speaking``; empty where nobody is found for sure."""
    people = presence.get("typical") or 0
    if not people or presence["facing"] is None or presence["faces"] < _SEEN:
        return ""
    near = presence["size"] in _NEAR
    if near and presence["most"] == people and people in _EXACT:
        text = f"of {_EXACT[people]}"
    else:
        text = f"of {_AT_LEAST.get(people, 'a group of people')}"
    if presence["size"] in _SIZES and clip.seconds < _ONE_SIZE_SECONDS:
        text += f" {_SIZES[presence['size']]}"
    looks, speaks = _look(presence) if near else "", _speech(presence, speaking)
    if people == 1:
        doing = " and ".join(part for part in (looks, speaks) if part)
        return f"{text}, {doing}" if doing else text
    return ", ".join(part for part in (text, looks, f"one of them {speaks}" if speaks else "") if part)


def _look(presence: Row) -> str:
    if presence["faces"] < _MOSTLY:
        return ""
    if presence["facing"] >= _FACING:
        return "facing the camera"
    return "looking past the camera" if presence["facing"] <= _PAST else ""


def _speech(presence: Row, speaking: Row) -> str:
    sure = presence["speaking"] or 0.0
    if sure <= _LIKELY or (speaking.get("share") or 0.0) < _SPOKEN:
        return ""
    return "speaking" if sure >= _SURE else "apparently speaking"
