"""Writes reference.md from the code. With --check: writes nothing, fails where the page is not current."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import pyarrow as pa
import typer

import shotlist
from shotlist import cli
from shotlist.engine import recipe as recipes
from shotlist.engine.rows import Score, row_type, schema_of
from shotlist.engine.step import BatchStep, ClipStep, FilmStep, Measure, MediaStep, Pass, Step
from shotlist.records import Source
from shotlist.reference import setting_docs
from shotlist.scan.signals import SIGNALS

PAGE = Path(__file__).parent / "reference.md"

EVERYWHERE = {
    "video_id": "the video's name, made of its content",
    "clip_id": "the clip's name: video id, start and end in milliseconds",
    "start_us": "start in microseconds on the video's clock",
    "end_us": "end in microseconds, not included",
    "start_frame": "first frame, counted from 0",
    "end_frame": "the frame after the last",
    "frame": "number of the frame, counted from 0",
    "time_us": "when the frame is presented, microseconds on the video's clock",
    "title": "title, where one is known",
    "uri": "the file's path or link",
    "language": "language code, where one is known",
}
"""Columns that mean the same in every table."""

MEANINGS: dict[str, dict[str, str]] = {
    "sources": {
        "size": "bytes",
        "stamp": "changes when the file does",
        "id": "the name that the platform gave it",
        "url": "the page on which it was published",
        "description": "text about it",
        "tags": "keywords",
        "subtitles": "addresses of the subtitle files beside it",
    },
    "videos": {
        "status": "`ok`, `damaged` (read in part) or `failed` (no picture could be read)",
        "reason": "why it is not `ok`",
        "container": "file format, as FFmpeg calls it",
        "codec": "codec of the pictures",
        "width": "pixels as shown: turned upright, pixels made square",
        "height": "pixels as shown",
        "rotation": "degrees by which the file asks to be turned",
        "fps": "mean frames per second",
        "frames": "frames that were decoded",
        "start_us": "when the first frame is presented; need not be 0",
        "duration_us": "from the start of the first frame to the end of the last, microseconds",
        "audio_codec": "codec of the first sound track; empty without sound",
        "damaged_packets": "places that could not be decoded",
        "bytes": "size of the file",
    },
    "signals": dict(SIGNALS),
    "thumbs": {"thumb": "32 x 18 pixels of luma and 16 x 9 of chroma, from which shots are found"},
    "frames": {
        "width": "of the picture in pixels",
        "height": "of the picture in pixels",
        "sharpness": "variance of the Laplacian of luma; below about 50 looks soft",
        "bars": "shares that are black at the top, bottom, left and right, 0..1",
        "bars_sure": "whether a bright picture begins right behind each bar",
        "lit": "false for a picture that is black all over",
        "colours": "the commonest colours as 0xRRGGBB",
        "colour_shares": "their shares of the picture, 0..1",
        "jpeg": "the picture, a JPEG file",
    },
    "sound": {
        "start_us": "when the series begin, microseconds",
        "step_us": "microseconds from one value to the next",
        "channels": "channels of the track",
        "rate": "samples per second",
        "integrated": "gated loudness of the whole in LUFS (BS.1770); -70 is silence",
        "momentary": "LUFS over the last 0.4 s, at least -70",
        "peak": "largest sample of the step in dB of full scale, at least -70",
    },
    "subtitles": {
        "text": "what it says, without markup",
        "origin": "`sidecar` for a file beside the video, `embedded` for a track inside it",
        "kind": "`speech`, `sound` (what else is heard) or `lyrics`",
        "speaker": "who speaks, as the subtitles label it",
        "track": "number of the file or track, from 0",
        "words": "times of words, where the subtitles tell them",
    },
    "subtitle_problems": {
        "file": "the file beside the video; empty for a track inside it",
        "problem": "what could not be read as it stands there",
    },
    "audio": {
        "start_us": "when the first sample is heard, microseconds",
        "samples": "samples of each channel, 16,000 a second",
        "channels": "1 or 2",
        "flac": "the sound, a FLAC file",
    },
    "transnet": {
        "single": "how likely a shot ends here, 0..1",
        "many": "how likely the frame belongs to a change of shots, 0..1",
    },
    "decisions": {
        "seconds": "the clip's length",
        "status": "`kept`, `dropped` or `failed`",
        "rule": "the first rule that the clip does not fulfil",
        "value": "the values which that rule looked at, or what failed",
        "failed_rules": "all rules that the clip does not fulfil",
    },
}
"""What columns mean whose tables are not made of a documented dataclass."""

PASS_COLUMNS = {
    "decisions": {
        "clip_id": pa.string(),
        "video_id": pa.string(),
        "seconds": pa.float64(),
        "status": pa.string(),
        "rule": pa.string(),
        "value": pa.string(),
        "failed_rules": pa.list_(pa.string()),
    },
}
"""Columns of tables that a pass over the whole set makes: its query decides them."""

EXIT_CODES = {
    0: "all went well",
    cli.FAILED: "nothing was done; one sentence says why",
    cli.USAGE: "no such command or option",
    cli.SOME_FAILED: "done, but something that was named or some video or clip failed",
    cli.BUSY: "another build is working on the dataset",
    cli.INTERRUPTED: "stopped with Ctrl-C; the same line goes on from there",
}

INTRO = """\
# Reference

Made from the code by `python docs/make_reference.py`; don't edit it by hand.

[Commands](#commands) · [Recipes](#recipes) · [Steps](#steps) · [Tables](#tables) · [Signals](#signals) ·
[Views](#views) · [Python](#python)
"""

VIEWS = """\
## Views

`shotlist sql` and `Dataset.sql` see every table under its name, and two views besides.

**everything** has one row per clip: the columns of `clips`, then `uri`, `title`, `width`, `height` and
`fps` of the video, then every table with a `clip_id`, its columns named `table_column` (`camera_kind`). A
table's only column has the table's name (`caption`, `sharpness`). Then `kept` (true or false), `status`,
`rule` and `value`.

**failures** has one row for each thing that failed: `video_id`, `step`, `kind` (a short class), `message`
(a sentence), `may_pass` (whether `--retry` tries it again), `clip_id` (empty where the whole video failed),
`uri` and `shard`.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRO, *_commands(), *_recipes(), *_steps(), *_tables(), *_signals(), VIEWS, *_python()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


# Commands


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    group: Any = typer.main.get_command(cli.app)
    for name, command in group.commands.items():
        yield f"### shotlist {name}\n"
        yield f"{_markdown(command.help)}\n"
        if command.params:
            yield _table(("argument or option", "default", "meaning"), _parameters(command))
    yield "### Exit codes\n"
    yield _table(("code", "meaning"), [(str(code), text) for code, text in EXIT_CODES.items()])


def _parameters(command: Any) -> Sequence[Sequence[str]]:
    """Arguments first, as they are typed."""
    return [_parameter(p) for p in sorted(command.params, key=lambda p: p.param_type_name != "argument")]


def _parameter(parameter: Any) -> Sequence[str]:
    flags = [*parameter.opts, *parameter.secondary_opts]
    if parameter.param_type_name == "argument":
        flags = [parameter.name.upper() + (" …" if parameter.nargs == -1 else "")]
    default = parameter.default
    if parameter.required:
        shown = "required"
    elif default is None or default is False:
        shown = ""
    else:
        shown = "on" if default is True else f"`{getattr(default, 'value', default)}`"
    return ", ".join(f"`{flag}`" for flag in flags), shown, parameter.help or ""


# Recipes and steps


def _recipes() -> Iterator[str]:
    yield "## Recipes\n"
    for name in recipes.names():
        recipe = recipes.load(name)
        yield f"### recipe {name}\n"
        yield f"{_markdown(recipe.about)}\n"
        yield "Steps: " + ", ".join(f"[{s.name}](#step-{usual(s).name})" for s in recipe.steps) + ".\n"
        other = [row for step in recipe.steps for row in _chosen(step)]
        if other:
            yield _table(("setting that differs from the step's default", "value"), other)


def _chosen(step: Step) -> Iterator[Sequence[str]]:
    for field in dataclasses.fields(step):
        value, default = getattr(step, field.name), _default(field)
        if isinstance(value, Mapping):
            yield from ((f"`{step.name}.{key}`", f"`{item}`") for key, item in value.items())
        elif value != default:
            yield f"`{step.name}.{field.name}`", f"`{value}`"


def all_steps() -> list[Step]:
    """Every step that comes with shotlist: those of the recipes in their order, then the others."""
    found: dict[type, Step] = {}
    for name in recipes.names():
        for step in recipes.load(name).steps:
            found.setdefault(type(step), usual(step))
    for module in pkgutil.walk_packages(shotlist.__path__, "shotlist."):
        if module.name.rpartition(".")[2].startswith("__"):
            continue
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(cls, Step) and cls.__module__ == module.name and _usable(cls):
                found.setdefault(cls, cls())
    return list(found.values())


def usual(step: Step) -> Step:
    """A step that may stand in a recipe several times, under the title that it has by default."""
    return type(step)() if hasattr(step, "title") else step


def _usable(cls: type) -> bool:
    return not cls.__name__.startswith("_") and cls.__module__ != Step.__module__


def _steps() -> Iterator[str]:
    yield "## Steps\n"
    yield (
        "In the order of the recipes; after them those that a recipe of your own may use instead.\n"
        "A setting is changed with `--set step.setting=value`.\n"
    )
    seen: set[str] = set()
    for step in all_steps():
        cls = type(step)
        heading = step.name if step.name not in seen else f"{step.name}: {cls.__name__}"
        seen.add(step.name)
        yield f"### step {heading}\n"
        yield f"{_kind(cls)} `{cls.__module__}.{cls.__name__}`. {_markdown(cls.__doc__)}\n"
        yield f"Reads {_listed(step.inputs())}; writes {_listed(step.writes)}.\n"
        docs, hints = setting_docs(cls), get_type_hints(cls)
        rows = [
            (
                f"`{f.name}`",
                f"`{_plain_annotation(hints[f.name])}`",
                f"`{_default(f)}`",
                _markdown(docs.get(f.name, "")) + _how(step, f),
            )
            for f in dataclasses.fields(cls)
        ]
        if rows:
            yield _table(("setting", "type", "default", "meaning"), rows)


def _kind(cls: type) -> str:
    kinds = {
        Measure: "Measure",
        BatchStep: "Batch step",
        ClipStep: "Clip step",
        FilmStep: "Film step",
        MediaStep: "Media step",
        Pass: "Pass",
    }
    return next(word for base, word in kinds.items() if issubclass(cls, base))


def _how(step: Step, field: Any) -> str:
    if hasattr(step, "with_setting"):
        return " Written so in a recipe file."
    return "" if field.metadata.get("result", True) else " Does not change what comes out."


def _default(field: Any) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


# Tables and signals


Tables = dict[str, tuple[Mapping[str, Any], str]]


def tables() -> Tables:
    """Each table with its columns and the sentences about it, those of the recipes first."""
    found: Tables = {"sources": (_typed(schema_of(Source)), _markdown(Source.__doc__))}
    for step in all_steps():
        if isinstance(step, MediaStep):
            for name, schema in step.tables.items():
                found.setdefault(name, (_typed(schema), f"Written by [{step.name}](#step-{step.name})."))
        elif isinstance(step, FilmStep | ClipStep):
            found.setdefault(step.name, (_typed(step.keyed_schema()), _about_rows(step)))
        else:
            for name in step.writes:
                columns = PASS_COLUMNS[name] if name in PASS_COLUMNS else _typed(step.schema())
                found.setdefault(name, (columns, f"Written by [{step.name}](#step-{step.name})."))
    return found


def _about_rows(step: FilmStep | ClipStep) -> str:
    if isinstance(step, FilmStep):
        row = row_type(step.rows, element=True)
    elif isinstance(step, BatchStep):
        row = row_type(step.answers, element=True)
    else:
        row = row_type(step.measure if isinstance(step, Measure) else step.row)
    return _markdown(step.__doc__ if row is Score else row.__doc__)


def _tables() -> Iterator[str]:
    yield "## Tables\n"
    yield "Types are Arrow's. Times are microseconds, spans leave out their end.\n"
    for name, (columns, about) in tables().items():
        yield f"### table {name}\n"
        yield f"{about}\n"
        known = EVERYWHERE | MEANINGS.get(name, {})
        rows = [(f"`{column}`", _arrow(kind), known.get(column, "")) for column, kind in columns.items()]
        if name in MEANINGS:
            lacking = [column for column in columns if column not in known]
            if lacking:
                raise SystemExit(f"docs/make_reference.py: MEANINGS[{name!r}] lacks {', '.join(lacking)}")
            yield _table(("column", "type", "meaning"), rows)
        else:
            yield "Columns: " + ", ".join(f"{column} {kind}" for column, kind, _ in rows) + ".\n"


def _signals() -> Iterator[str]:
    yield "## Signals\n"
    yield "One number per frame in the table `signals`; empty where it was not measured.\n"
    yield _table(("signal", "meaning and unit"), [(f"`{name}`", text) for name, text in SIGNALS.items()])


# Python


def _python() -> Iterator[str]:
    yield "## Python\n"
    yield "What `import shotlist` offers. Nothing is loaded before it is used.\n"
    for name in shotlist.__all__:
        thing = getattr(shotlist, name)
        yield f"### {name}\n"
        yield f"```py\n{_signature(name, thing)}\n```\n"
        yield f"{_markdown(thing.__doc__)}\n"
        if inspect.isclass(thing):
            yield from _members(thing)


def _told(cls: type, name: str) -> str:
    """What the nearest class says about a member; "See Base" sends the reader on to the base."""
    told = [_summary(vars(base)[name].__doc__) for base in cls.__mro__ if name in vars(base)]
    return next((text for text in told if text and not text.startswith("See ")), "")


def _signature(name: str, thing: Any) -> str:
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return f"class {name}(Exception)"
    if inspect.isclass(thing) and "__init__" not in vars(thing):
        return f"class {name}"
    signature = inspect.signature(thing)
    parts = [_plain(str(p)) for p in signature.parameters.values()]
    answer = signature.return_annotation
    arrow = "" if answer in (signature.empty, None) else f" -> {_plain_annotation(answer)}"
    line = f"{name}({', '.join(parts)}){arrow}"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(parts) + f",\n){arrow}"


def _members(cls: type) -> Iterator[str]:
    docs = setting_docs(cls)
    rows = []
    if dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls, vars(importlib.import_module(cls.__module__)))
        rows += [
            (f"`{f.name}: {_plain_annotation(hints[f.name])}`", _markdown(docs.get(f.name, "")))
            for f in dataclasses.fields(cls)
        ]
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            if name.startswith("_") or not base.__module__.startswith("shotlist"):
                continue
            text = _told(cls, name)
            if isinstance(member, property) or type(member).__name__ == "cached_property":
                rows.append((f"`{name}`", text))
            elif inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
                names = [p for p in inspect.signature(getattr(cls, name)).parameters if p != "self"]
                rows.append((f"`{name}({', '.join(names)})`", text))
    rows = list({key: (key, text) for key, text in rows}.values())
    if rows:
        yield _table(("member", "meaning"), rows)


# Words


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _markdown(text: str | None) -> str:
    """A docstring as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(text or ""), flags=re.DOTALL)


def _summary(text: str | None) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join(_markdown(text).split("\n\n")[0].split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _typed(schema: pa.Schema) -> dict[str, pa.DataType]:
    return {field.name: field.type for field in schema}


def _arrow(kind: pa.DataType) -> str:
    return str(kind).replace("item: ", "").replace("element: ", "")


def _plain_annotation(annotation: Any) -> str:
    if isinstance(annotation, str):
        return _plain(annotation)
    plain = isinstance(annotation, type) and not hasattr(annotation, "__args__")
    return annotation.__name__ if plain else _plain(str(annotation))


def _plain(text: str) -> str:
    """An annotation without the modules' names."""
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z_])", "", text)


def main(arguments: Sequence[str]) -> int:
    """Write the page or, with ``--check``, compare it."""
    made = page()
    if "--check" not in arguments:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    print("docs/reference.md is not current; run: python docs/make_reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
