"""What is heard in a clip, as a sentence or two."""

from typing import Any

from shotlist.captions.quotes import quotable
from shotlist.models.builtin.key import Key
from shotlist.models.builtin.music import Facts, sentence
from shotlist.models.builtin.tempo import Tempo

Row = dict[str, Any]

_SILENT = 0.95
_AMOUNTS = ((0.9, "throughout"), (0.6, "most of the time"), (0.3, "part of the time"), (0.1, "at times"))
"""Shares of the clip's time with a voice, from which each is said."""
_LEAST_SECONDS = 0.3
"""A shorter voice is none."""
_SPEECH = 0.3
"""Share of speech among the sounds; with less, what the voice detector hears is not borne out."""
_MUSIC = 0.5
_SURE_KEY = 0.3
"""Confidence from which a key is told: below, it is often a related one."""
_SURE_TAG = 0.5
_TOLD = ("speech", "music", "silence")
"""Names of sounds that other measures tell better."""


def sound(facts: dict[str, Row]) -> str:
    """What ``loudness``, ``speaking``, ``heard`` and ``music`` tell; empty where nothing is known of the sound."""
    loud = facts["loudness"]
    if loud and loud["silence"] > _SILENT:
        return "Silent."
    sentences = [_first(facts), _described(facts["music"]), _named(facts["heard"])]
    return " ".join(sentence for sentence in sentences if sentence)


def _first(facts: dict[str, Row]) -> str:
    """Speech and music, and how loud it is."""
    heard, level = _heard(facts), _level(facts["loudness"])
    if not level:
        return f"{heard}." if heard else ""
    text = f"{heard}; the sound is {level}" if heard else f"The sound is {level}"
    return f"{text} ({facts['loudness']['lufs']:.0f} LUFS)."


def _level(loud: Row) -> str:
    if not loud:
        return ""
    level = "quiet" if loud["lufs"] < -30 else "loud" if loud["lufs"] > -16 else "of middling loudness"
    return f"{level}, with silences" if loud["silence"] > 0.3 else level


def _heard(facts: dict[str, Row]) -> str:
    voice, heard, music = facts["speaking"].get("share") or 0.0, facts["heard"], facts["music"]
    amount = next((words for least, words in _AMOUNTS if voice >= least), "")
    if not is_spoken(facts):
        amount = ""
    over = bool(music.get("text")) and heard.get("music", 1.0) >= _MUSIC
    if amount and over:
        return f"A voice is heard {amount}, over music"  # which may be singing
    if amount:
        return f"Speech {'is' if heard else 'seems to be'} heard {amount}"
    return f"There is {_music(music)}" if over else ""


def is_spoken(facts: dict[str, Row]) -> bool:
    """Whether the voice that was found is long enough, and borne out by the other sounds."""
    return (facts["speaking"].get("seconds") or 0.0) >= _LEAST_SECONDS and facts["heard"].get("speech", 1.0) >= _SPEECH


def _music(music: Row) -> str:
    """What was measured of the music, without its loudness."""
    text = sentence(_facts(music, told=True)).rstrip(".")
    return text[0].lower() + text[1:]


def _facts(music: Row, told: bool = False) -> Facts:
    """The row as the facts from which it was made; ``told`` leaves out the level and what is not sure enough."""
    beat = Tempo(music["tempo"], music["tempo_confidence"]) if music["tempo"] is not None else None
    key = Key(music["key"], music["mode"], music["key_confidence"]) if music["key"] is not None else None
    if told and key is not None and key.confidence < _SURE_KEY:
        key = None
    level = (None, None) if told else (music["loudness"], music["dynamics"])
    return Facts(beat, key, music["brightness"], music["onsets"], *level)


def _described(music: Row) -> str:
    """What a model says of the music; empty where the words come from the same measures as above."""
    if not music.get("text") or music["text"] == sentence(_facts(music)):
        return ""
    return quotable(music["text"])


def _named(heard: Row) -> str:
    tags = [tag["label"] for tag in heard.get("tags") or () if tag["score"] >= _SURE_TAG]
    names = [quotable(tag, 40).lower() for tag in tags if tag.lower() not in _TOLD]
    return f"Among the sounds: {', '.join(names[:3])}." if names else ""
