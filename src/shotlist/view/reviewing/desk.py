"""One clip as a reviewer sees it, and what the reviewer's answer says. Teachers' names stay on this side."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shotlist.errors import ShotlistError
from shotlist.report.wording import video_name
from shotlist.reviews.decision import ACCEPT, ALL_BAD, EDITED, MOVED, REJECT, RIGHT, SKIPPED, WITHDRAWN, Decision, Shown
from shotlist.reviews.names import cleaned
from shotlist.reviews.sample import Sample
from shotlist.timing import SECOND
from shotlist.view.answer import NotAsked, NotThere
from shotlist.view.facts.rows import Known
from shotlist.view.media.films import Films

_AROUND_US = 5 * SECOND
"""How far a cut may be moved."""
_LONGEST_TEXT, _LONGEST_REASON = 20_000, 500


@dataclass(frozen=True)
class Option:
    """A caption that can be picked: ``key`` names the text, ``teachers`` are all who wrote just this."""

    key: str
    text: str
    teachers: tuple[str, ...]


def options(known: Known, sample: Sample, who: str, clip_id: str) -> list[Option]:
    """The captions of a clip, equal ones put together, in an order that only this person gets for this clip."""
    by_text: dict[str, list[str]] = {}
    for table in sample.teachers:
        text = " ".join((known.row(table, clip_id).get("text") or "").split())
        if text:
            by_text.setdefault(text, []).append(table)
    found = [Option(_digest(text), text, tuple(sorted(tables))) for text, tables in sorted(by_text.items())]
    random.Random(f"{who}\n{clip_id}").shuffle(found)
    return found


def seen(captions: Sequence[Option]) -> str:
    """Names what was on the screen, so that a decision about captions that have changed since is noticed."""
    return _digest("\0".join(option.text for option in captions))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def shown_clip(films: Films, sample: Sample, who: str, clip_id: str) -> dict[str, Any]:
    """What the page needs of a clip; with ``gone``, a sentence, where the dataset has no such clip any more."""
    try:
        known = Known(films, clip_id.rsplit("_", 2)[0])
        row = known.row("clips", clip_id)
    except NotThere:
        row = {}
    if not row:
        return {"clip_id": clip_id, "gone": "This clip is no longer in the dataset: a build has cut its video anew."}
    video, source = known.row("videos"), known.source
    captions = options(known, sample, who, clip_id)
    found = {name: row[name] for name in ("clip_id", "video_id", "start_us", "end_us")} | {
        "name": video_name(source.get("uri") or video.get("uri"), source.get("title"), row["video_id"]),
        "fps": video.get("fps"),
        "width": video.get("width"),
        "height": video.get("height"),
        "options": [{"key": option.key, "text": option.text} for option in captions],
        "seen": seen(captions),
    }
    return found | {"edges": _edges(films, row, video)} if sample.task == "cut" else found


def _edges(films: Films, row: Mapping[str, Any], video: Mapping[str, Any]) -> list[int]:
    """Times (microseconds) between which frames a cut could lie: around start and end, and those two themselves."""
    start, end = row["start_us"], row["end_us"]
    first = video.get("start_us") or 0
    last = first + (video.get("duration_us") or end - first)
    spans = [(time - _AROUND_US, time + _AROUND_US) for time in (start, end)]
    with films.film(row["video_id"]) as film:
        batches = film.tables.batches("signals", row["video_id"], ["time_us"], (spans[0][0], spans[1][1]))
        times = {time for batch in batches for time in batch["time_us"].to_pylist()}
    if not times:  # a dataset without signals: as if frames came evenly
        step = SECOND / (video.get("fps") or 25)
        times = {
            start + round(k * step) for k in range(-int(_AROUND_US / step), int((end - start + _AROUND_US) / step))
        }
    near = {time for time in times if any(low <= time <= high for low, high in spans) and first <= time < last}
    return sorted(near | {start, end} | ({last} if last <= spans[1][1] else set()))


def read(films: Films, sample: Sample, told: Mapping[str, Any]) -> Decision:
    """The decision that a page has sent; raises NotAsked for one that can't be meant."""
    clip_id, choice = told.get("clip_id"), told.get("choice")
    if not isinstance(clip_id, str) or clip_id not in sample.clips:
        raise NotAsked("this clip does not belong to the sample")
    if not isinstance(choice, str):
        raise NotAsked("the decision says no choice")
    try:
        who = cleaned(told.get("who"))
        answer = {} if choice in (SKIPPED, WITHDRAWN) else _answer(films, sample, who, clip_id, told)
        return Decision(
            id=str(told.get("id")),
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            who=who,
            sample=sample.name,
            task=sample.task,
            clip_id=clip_id,
            video_id=clip_id.rsplit("_", 2)[0],
            seconds=_seconds(told.get("seconds")),
            **({"choice": choice} | answer),
        )
    except NotThere:
        raise
    except ShotlistError as error:
        raise NotAsked(str(error)) from error


def _answer(films: Films, sample: Sample, who: str, clip_id: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """What the choice says beside its name, and the captions that were shown."""
    known = Known(films, clip_id.rsplit("_", 2)[0])
    row = known.row("clips", clip_id)
    if not row:
        raise NotThere(f"{clip_id}: the dataset has no such clip any more; skip it")
    captions = options(known, sample, who, clip_id)
    if told.get("seen") != seen(captions):
        raise NotAsked("the captions of this clip have changed since they were shown; look at them again")
    shown = tuple(Shown(teacher, option.text) for option in captions for teacher in option.teachers)
    match sample.task:
        case "pick":
            said = _picked(told, captions)
        case "judge":
            said = _judged(told)
        case "edit":
            said = _edited(told, captions)
        case _:
            said = _moved(told, row)
    return {"shown": shown} | said


def _picked(told: Mapping[str, Any], captions: Sequence[Option]) -> dict[str, Any]:
    if told["choice"] == ALL_BAD:
        return {"reason": _text(told.get("reason"), _LONGEST_REASON)}
    chosen = next((option for option in captions if option.key == told["choice"]), None)
    if chosen is None:
        raise NotAsked("the caption that was picked is not among those of this clip; look at them again")
    return {"choice": chosen.teachers[0]}


def _judged(told: Mapping[str, Any]) -> dict[str, Any]:
    if told["choice"] not in (ACCEPT, REJECT):
        raise NotAsked(f"a clip is judged with {ACCEPT} or {REJECT}")
    reason, words = _text(told.get("reason"), _LONGEST_REASON), _text(told.get("text"), _LONGEST_TEXT)
    if told["choice"] == REJECT and reason is None:
        reason, words = words, None  # in own words only
    return {"reason": reason, "text": words}


def _edited(told: Mapping[str, Any], captions: Sequence[Option]) -> dict[str, Any]:
    text = _text(told.get("text"), _LONGEST_TEXT)
    if text is None:
        raise NotAsked("the caption is empty; write one, or skip the clip")
    before = captions[0].text if captions else None
    return {"choice": RIGHT if text == before else EDITED, "text": text}


def _moved(told: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    start, end = told.get("start_us"), told.get("end_us")
    if not isinstance(start, int) or not isinstance(end, int) or not -(2**62) < start < end < 2**62:
        raise NotAsked("a cut needs a start that lies before its end")
    same = (start, end) == (row["start_us"], row["end_us"])
    return {"choice": RIGHT if same else MOVED, "start_us": start, "end_us": end}


def _text(value: object, longest: int) -> str | None:
    """Text as it is kept: without what no file can hold; None where nothing is left."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotAsked("a text is expected")
    found = value.replace("\0", "").encode("utf-8", "ignore").decode().strip()
    if len(found) > longest:
        raise NotAsked(f"the text is {len(found)} characters long, at most {longest} are kept")
    return found or None


def _seconds(value: object) -> float | None:
    return round(float(value), 2) if isinstance(value, int | float) and 0 <= value < 1e6 else None
