"""Review: samples of clips, the desk at which people decide about one clip at a time, and what they decided."""

import csv as csv_format
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import anyio.from_thread
from starlette.requests import Request
from starlette.responses import Response

from shotlist.errors import ShotlistError
from shotlist.reviews import shelf
from shotlist.reviews.agreement import agreement
from shotlist.reviews.decision import CHOICES, SKIPPED, WITHDRAWN, Decision
from shotlist.reviews.names import cleaned
from shotlist.reviews.progress import Progress, last_words, progress
from shotlist.reviews.results import results
from shotlist.reviews.sample import MOST, Sample
from shotlist.view.answer import Json, NotAsked, NotThere, Page
from shotlist.view.media import strip
from shotlist.view.reviewing import sampling
from shotlist.view.reviewing.desk import read, shown_clip
from shotlist.view.viewer import Viewer

_CSV = (
    "time", "who", "sample", "task", "clip_id", "video_id", "choice", "reason", "text", "start_us", "end_us", "seconds",
    "counts", "id",
)  # fmt: skip


def samples(viewer: Viewer, request: Request) -> Page:
    """The start page: who are you, which samples are there, and a form that draws another one."""
    found, damaged = shelf.samples(viewer.dataset.store)
    decisions = viewer.reviews.decisions()
    tables, shown = sampling.tables(viewer)
    values = {
        "samples": [_told(sample, decisions) for sample in found],
        "people": sorted({d.who for d in decisions}, key=_by_name),
        "problems": [*viewer.reviews.damaged(), *damaged],
        "tasks": list(CHOICES),
        "captions": tables,
        "shown": shown,
        "reasons": list(sampling.REASONS),
        "most": {"clips": MOST, "captions": sampling.TEACHERS},
        "query": sampling.asked(request.query_params.multi_items()),
    }
    return Page("review.html.j2", values)


def _by_name(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _told(sample: Sample, decisions: Sequence[Decision]) -> dict[str, Any]:
    """A sample with how far everybody is; its clips are a number here."""
    words = last_words(sample, decisions)
    people = progress(words)
    both = asdict(agreement(words.values()))
    plain = {"name": sample.name, "key": sample.key, "task": sample.task, "made": sample.made, "by": sample.by}
    return plain | {
        "clips": len(sample.clips),
        "query": sample.query,
        "seed": sample.seed,
        "people": [{"who": who, **asdict(people[who])} for who in sorted(people, key=_by_name)],
        "agreement": both,
        "results": [asdict(result) for result in results(words.values())],
    }


def desk(viewer: Viewer, request: Request) -> Page:
    """One clip of a sample for one person: the first without an answer, or the one of the number ``at``."""
    sample = _sample(viewer, request)
    about = {"sample": {"name": sample.name, "key": sample.key, "task": sample.task, "reasons": sample.reasons}}
    if not request.query_params.get("who", "").strip():
        people = sorted({d.who for d in viewer.reviews.decisions()}, key=_by_name)
        return Page("review_who.html.j2", {**about, "who": None, "people": people})
    who = _who(request.query_params["who"])
    own = _own(viewer, sample, who)
    at = _position(request.query_params.get("at"), sample, own)
    clip = None if at is None else _clip(viewer, sample, who, at, own)
    return Page("review_desk.html.j2", {**about, "who": who, **_standing(sample, own, at), "clip": clip})


def decide(viewer: Viewer, request: Request) -> Response:
    """Store a decision; answers when it is on the disk. ``again`` says that it was there already."""
    sample = _sample(viewer, request)
    told = _body(request)
    decision = read(viewer.films, sample, told)
    new = viewer.reviews.add(decision)
    own = _own(viewer, sample, decision.who)
    at = sample.clips.index(decision.clip_id)
    return Json({"stored": True, "again": not new, **_standing(sample, own, at)})


def begin(viewer: Viewer, request: Request) -> Response:
    """Draw a sample and store it."""
    told = _body(request)
    sample = sampling.draw(viewer, told)
    if not shelf.keep(viewer.dataset.store, sample):
        raise NotAsked(f"there is a sample called {sample.name!r} already; choose another name")
    return Json(_told(sample, ()), status_code=201)


def csv(viewer: Viewer, request: Request) -> Response:
    """Every decision of a sample as a table; ``counts`` marks the last word of each person on each clip."""
    sample = _sample(viewer, request)
    decisions = [d for d in viewer.reviews.decisions() if d.sample == sample.name]
    words = {d.id for d in last_words(sample, decisions).values() if d.answers}
    rows = [asdict(d) | {"counts": d.id in words} for d in decisions]
    if request.query_params.get("format") == "json":
        return Json({"decisions": rows})
    out = io.StringIO(newline="")
    table = csv_format.DictWriter(out, _CSV, extrasaction="ignore")
    table.writeheader()
    table.writerows([{name: _cell(row[name]) for name in _CSV} for row in rows])
    headers = {"content-disposition": f'attachment; filename="{sample.key}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def frames(viewer: Viewer, request: Request) -> Response:
    """Every frame of a stretch around a clip of a sample, as small pictures."""
    sample, clip_id = _sample(viewer, request), request.path_params["clip_id"]
    if clip_id not in sample.clips:
        raise NotThere("this clip does not belong to the sample")
    try:
        start, end = (int(request.query_params[name][:20]) for name in ("start_us", "end_us"))
    except (KeyError, ValueError) as error:
        raise NotAsked("start_us and end_us are whole numbers of microseconds") from error
    found = strip.frames(viewer.films, clip_id.rsplit("_", 2)[0], start, end)
    return Json({"frames": found}, headers={"cache-control": "private, max-age=3600"})


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _sample(viewer: Viewer, request: Request) -> Sample:
    key = request.path_params["sample"]
    found = shelf.sample(viewer.dataset.store, key)
    if found is None:
        raise NotThere(f"there is no sample {key[:80]!r}; the page Review lists those that are there")
    return found


def _who(name: str) -> str:
    try:
        return cleaned(name)
    except ShotlistError as error:
        raise NotAsked(str(error)) from error


def _own(viewer: Viewer, sample: Sample, who: str) -> dict[str, Decision]:
    """A person's last word on each clip, in the order in which they were said."""
    words = last_words(sample, viewer.reviews.decisions())
    return {clip_id: decision for (by, clip_id), decision in words.items() if by == who}


def _position(at: str | None, sample: Sample, own: Mapping[str, Decision]) -> int | None:
    if at is None:
        return _next(sample, own, -1)
    if not at.isdecimal() or not 1 <= int(at[:9]) <= len(sample.clips):
        raise NotAsked(f"at={at[:20]}: the sample's clips are numbered from 1 to {len(sample.clips)}")
    return int(at) - 1


def _next(sample: Sample, own: Mapping[str, Decision], at: int) -> int | None:
    """The next clip without any answer, from a place on and then from the beginning; None where there is none."""
    count = len(sample.clips)
    places = [(at + 1 + k) % count for k in range(count)]
    return next((place for place in places if _is_open(own.get(sample.clips[place]))), None)


def _is_open(decision: Decision | None) -> bool:
    return decision is None or (not decision.answers and decision.choice != SKIPPED)


def _standing(sample: Sample, own: Mapping[str, Decision], at: int | None) -> dict[str, Any]:
    """How far the person is; ``at``, ``next``, ``first_skipped`` and ``last`` (decided) are numbers of clips from 1."""
    done = progress({("", clip): d for clip, d in own.items()}).get("", Progress())
    following = _next(sample, own, -1 if at is None else at)
    skipped = [k + 1 for k, clip in enumerate(sample.clips) if clip in own and own[clip].choice == SKIPPED]
    last = next((clip for clip, d in reversed(list(own.items())) if d.choice != WITHDRAWN), None)
    return {
        "total": len(sample.clips),
        "decided": done.decided,
        "skipped": done.skipped,
        "left": len(sample.clips) - done.decided - done.skipped,
        "at": None if at is None else at + 1,
        "next": None if following is None else following + 1,
        "first_skipped": skipped[0] if skipped else None,
        "last": sample.clips.index(last) + 1 if last else None,
    }


def _clip(viewer: Viewer, sample: Sample, who: str, at: int, own: Mapping[str, Decision]) -> dict[str, Any]:
    """The clip with the person's own earlier answer, in which a caption is known by its key only."""
    clip = shown_clip(viewer.films, sample, who, sample.clips[at])
    before = own.get(sample.clips[at])
    if before is None:
        return clip | {"answer": None}
    answer = {n: getattr(before, n) for n in ("choice", "reason", "text", "start_us", "end_us")}
    if sample.task == "pick" and before.answers:
        texts = {s.teacher: s.text for s in before.shown}
        keys = {option["text"]: option["key"] for option in clip.get("options", ())}
        answer["choice"] = keys.get(texts.get(before.choice, ""), before.choice if before.choice == "all bad" else None)
    return clip | {"answer": answer}


def _body(request: Request) -> dict[str, Any]:
    try:
        told = json.loads(anyio.from_thread.run(request.body))
    except (ValueError, RecursionError) as error:
        raise NotAsked("what was sent is no JSON") from error
    if not isinstance(told, dict):
        raise NotAsked("what was sent is no JSON object")
    return told
