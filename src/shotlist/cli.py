"""The command line: thin commands over the functions that Python users call."""

import io
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shotlist import __version__
from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from shotlist.models.budget import Spending
    from shotlist.progress import Counting

app = typer.Typer(
    help="Turns raw video into captioned clip datasets. Start with: shotlist build VIDEOS -o mydata",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FAILED, USAGE, SOME_FAILED, BUSY, INTERRUPTED = 1, 2, 3, 4, 130
"""Exit codes besides 0: nothing done; wrong usage; done but something failed; another build runs; Ctrl-C."""

Videos = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, patterns, links, or lists of those (.txt .csv .jsonl .parquet)."),
]
Out = Annotated[str, typer.Option("--out", "-o", help="The dataset's folder (or s3://… and the like).")]
In = Annotated[str, typer.Option("--out", "-o", help="The dataset's folder; the current one by default.")]
RecipeName = Annotated[
    str | None,
    typer.Option("--recipe", "-r", help="A recipe's name, or your own FILE.py; else the one of the last build."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", "-s", help="step.field=value; may be given several times.")
]
Teachers = Annotated[
    list[str] | None,
    typer.Option(
        "--teacher",
        help="A model that describes every clip: hf:ORG/NAME, openai:NAME@URL, builtin; several may be given;"
        " off sends those of the last build away.",
    ),
]
MaxCost = Annotated[
    str | None, typer.Option(help="Stop before models cost more in this build; none takes the limit away.")
]
MaxRequests = Annotated[
    str | None, typer.Option(help="Stop after so many requests to models in this build; none takes it away.")
]
ModelPrices = Annotated[
    str | None, typer.Option("--prices", help="IN,OUT: what a million tokens cost, for served models.")
]
Workers = Annotated[int | None, typer.Option("--workers", "-w", min=1, help="Processes; one per core by default.")]
ShardVideos = Annotated[
    int | None, typer.Option(min=1, help="Videos in a new shard, the unit of work on a cluster; 16 to 256 by default.")
]
Pool = Annotated[
    str | None,
    typer.Option("--workers", "-w", help="Processes, one per core by default; on Ray a number or a range (4-64)."),
]


class Engine(StrEnum):
    """Where shards are worked on."""

    local = "local"
    ray = "ray"


class Role(StrEnum):
    """What ``shotlist caption`` does."""

    sliding = "sliding"
    fast = "fast"
    summary = "summary"
    recaption = "recaption"


class Format(StrEnum):
    """How ``shotlist sql`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def build(
    out: Out,
    videos: Videos = None,
    recipe: RecipeName = None,
    settings: Settings = None,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = Engine.local,
    address: Annotated[
        str | None, typer.Option(help="The Ray cluster; by default RAY_ADDRESS or one made here.")
    ] = None,
    workers: Pool = None,
    gpu_workers: Annotated[
        str | None, typer.Option(help="The same for steps that need a GPU, on Ray; all GPUs by default.")
    ] = None,
    gpu: Annotated[bool, typer.Option(help="Wait for a GPU where a step asks for one, or run it on the CPU.")] = True,
    shards: Annotated[
        str | None, typer.Option(help="i/n: work only on this share, beside others; see: shotlist add.")
    ] = None,
    shard_videos: ShardVideos = None,
    teacher: Teachers = None,
    max_cost: MaxCost = None,
    max_requests: MaxRequests = None,
    prices: ModelPrices = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed but may work now.")] = False,
    time_limit: Annotated[
        float, typer.Option(help="Give a video up after so many seconds without progress.", min=1)
    ] = 300.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and summary as JSON lines.")] = False,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
) -> None:
    """Build a dataset, or go on with one. Run the same line again after a stop: what is done stays done."""
    with _errors(as_json):
        from shotlist.builder import Options
        from shotlist.builder import build as run

        watcher = _watcher(quiet, as_json)
        try:
            options = Options(
                workers=_pool("--workers", workers),
                stall_seconds=time_limit,
                retry=retry,
                report=report,
                engine=engine.value,
                address=address,
                gpu_workers=_pool("--gpu-workers", gpu_workers),
                gpus=gpu,
                share=_share(shards),
                shard_videos=shard_videos,
                spending=_spending(max_cost, max_requests, prices),
            )
            summary = run(videos or [], out, recipe, settings or [], options, watcher, teacher or [])
        finally:
            watcher.close()
        if as_json:
            print(json.dumps(asdict(summary)))
        elif not quiet:
            from shotlist.present import show_summary

            show_summary(summary, out, report, shards is not None)
        if summary.videos_failed or summary.clips_failed or summary.problems:
            raise typer.Exit(SOME_FAILED)


@app.command()
def add(
    videos: Annotated[list[str], typer.Argument(help="Files, folders, patterns, links, or lists of those.")],
    out: Out,
    recipe: RecipeName = None,
    settings: Settings = None,
    teacher: Teachers = None,
    max_cost: MaxCost = None,
    max_requests: MaxRequests = None,
    prices: ModelPrices = None,
    shard_videos: ShardVideos = None,
) -> None:
    """Take videos in without working on them: for builds in shares (build --shards i/n), which follow."""
    with _errors():
        from shotlist.builder import add as run
        from shotlist.present import show_arrived

        spending = _spending(max_cost, max_requests, prices)
        arrived = run(videos, out, recipe, settings or [], shard_videos, teacher or [], spending)
        show_arrived(arrived, out)
        if arrived.problems:
            raise typer.Exit(SOME_FAILED)


@app.command()
def plan(
    out: Out,
    videos: Videos = None,
    recipe: RecipeName = None,
    settings: Settings = None,
    teacher: Teachers = None,
    prices: ModelPrices = None,
    workers: Workers = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what a build would do: videos, footage, steps, the expected time. Writes nothing; models are tried out."""
    with _errors(as_json):
        from shotlist.forecast import forecast
        from shotlist.present import show_forecast

        told = _spending(None, None, prices).prices
        found = forecast(videos or [], out, recipe, settings or [], workers, teacher or [], told)
        print(json.dumps(asdict(found))) if as_json else show_forecast(found)


@app.command()
def report(
    out: In = ".",
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write report.html anew."""
    with _errors():
        from shotlist.dataset import Dataset
        from shotlist.report import write_report

        dataset = Dataset(out)
        write_report(dataset)
        path = f"{out.rstrip('/')}/report.html"
        print(path)
        if browser and dataset.local is not None:
            typer.launch((dataset.local / "report.html").resolve().as_uri())


@app.command()
def view(
    out: Annotated[str, typer.Argument(help="The dataset's folder; the current one by default.")] = ".",
    compare: Annotated[str | None, typer.Option(help="A second dataset, or another build, to compare with.")] = None,
    host: Annotated[str, typer.Option(help="Another address than this machine's own asks for a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The first free one from here on.", min=0, max=65535)] = 8484,
    token: Annotated[
        str | None, typer.Option(envvar="SHOTLIST_TOKEN", help="Ask for this token; elsewhere one is made.")
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Look at a dataset in the browser: search, play, compare, and judge clips."""
    with _errors():
        from shotlist.view import serve

        def ready(address: str) -> None:
            print(f"{address}  (Ctrl-C ends it)", flush=True)
            if browser:
                typer.launch(address)

        serve(out, host, port, token, compare, ready, lambda sentence: print(sentence, file=sys.stderr))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='For example "SELECT caption FROM everything WHERE kept".')],
    out: In = ".",
    form: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
) -> None:
    """Ask the dataset's tables with DuckDB's SQL. Views: one per table, everything, failures."""
    with _errors():
        from shotlist.dataset import Dataset
        from shotlist.present import show_rows

        show_rows(Dataset(out).sql(query), form.value)


@app.command()
def caption(
    video: Annotated[str | None, typer.Argument(help="One video: a file or a link.")] = None,
    role: Annotated[Role, typer.Option(help="In which way; see above.")] = Role.sliding,
    model: Annotated[str, typer.Option(help="builtin, hf:ORG/NAME or openai:NAME@URL.")] = "builtin",
    start: Annotated[float | None, typer.Option(help="Seconds from the video's beginning.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds from the video's beginning.")] = None,
    text: Annotated[str | None, typer.Option(help="For recaption: what a video should show.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="A dataset that has the video already.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with differences and times.")] = False,
) -> None:
    """Caption one video, or a part of it.

    sliding notes what changes from key frame to key frame and sums it up; fast looks once at all key frames; summary
    sums up stored notes on any part without a look; recaption makes a dense caption of a short --text.
    """
    with _errors(as_json):
        from shotlist.captions import roles
        from shotlist.present import shown

        if role is Role.recaption:
            found = roles.recaption(text or "", model)
        elif video is None:
            raise ShotlistError(f"name a video: shotlist caption VIDEO --role {role.value}")
        else:
            found = roles.captioned(video, role.value, model, (start, end), out)
        lines = [shown(line) for line in found.row.text.splitlines()]
        print(json.dumps(found.plain()) if as_json else "\n".join(lines))


@app.command()
def steps(
    name: Annotated[str | None, typer.Argument(help="One step, in detail.")] = None,
    recipe: RecipeName = None,
    settings: Settings = None,
) -> None:
    """List a recipe's steps with their settings."""
    with _errors():
        from shotlist.engine.recipe import load
        from shotlist.present import show_steps

        show_steps(load(recipe or "default").with_settings(settings or []), name)


@app.command()
def recipes() -> None:
    """List the recipes that come with shotlist."""
    with _errors():
        from shotlist.engine.recipe import load, names

        for name in names():
            about = load(name).about.splitlines()
            print(f"{name:16s} {about[0] if about else ''}")


@app.command()
def prompts(
    name: Annotated[str | None, typer.Argument(help="One prompt, as it stands in its file.")] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of your own prompts, which come first.")] = None,
) -> None:
    """List the prompts that models are asked with, or show one; a copy may be changed and named in a setting."""
    with _errors():
        from shotlist.models.prompts import available, load

        if name is None:
            for prompt in available(folder):
                print(f"{prompt.id:28s} {prompt.about}")
            return
        found = load(name, folder)
        print(found.file.read_text(encoding="utf-8"), end="")
        print(f"\nfilled in: {', '.join(sorted(found.variables)) or 'nothing'}\nfile: {found.file}")


@app.command()
def doctor() -> None:
    """Look at this machine: codecs, extras, cores; what is missing and the line that installs it."""
    with _errors():
        from shotlist.doctor import examine

        raise typer.Exit(0 if examine() else FAILED)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to put it.")],
) -> None:
    """Render a short sample film with known content, subtitles and music."""
    with _errors():
        from shotlist.sample.film import render

        print(render(folder).video)


def _version(asked: bool) -> None:
    if asked:
        print(f"shotlist {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it.")] = False,
) -> None:
    """Options of every command."""


def _pool(option: str, text: str | None) -> int | tuple[int, int] | None:
    """``8``, or ``2-64`` for a pool that grows."""
    if text is None:
        return None
    least, dash, most = text.partition("-")
    try:
        sizes = (int(least), int(most) if dash else int(least))
    except ValueError:
        sizes = (0, 0)
    if not 1 <= sizes[0] <= sizes[1]:
        raise typer.BadParameter(f"{text}: write a number such as 8, or a range such as 2-64", param_hint=option)
    return sizes if dash else sizes[0]


def _spending(max_cost: str | None, max_requests: str | None, prices: str | None) -> "Spending":
    from shotlist.models.budget import Prices, Spending

    limits = _limit("--max-cost", max_cost), _limit("--max-requests", max_requests)
    try:
        told = [float(price) for price in prices.split(",")] if prices is not None else []
    except ValueError:
        told = [-1.0]
    if prices is not None and (len(told) != 2 or not all(0 <= price < math.inf for price in told)):
        raise ShotlistError(f"--prices {prices}: write IN,OUT per million tokens, for example 0.2,0.8")
    return Spending(*limits, Prices(*told) if told else None)


def _limit(option: str, text: str | None) -> float | None:
    """Infinity for ``none``, which takes the limit of the last build away."""
    if text is None or text.strip().lower() == "none":
        return None if text is None else math.inf
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < math.inf:
        raise ShotlistError(f"{option} {text}: write a number, or none for no limit")
    return limit


def _share(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, count = text.partition("/")
    if first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count):
        return int(first), int(count)
    raise typer.BadParameter(f"{text}: write i/n with i from 1 to n, for example 1/16", param_hint="--shards")


def _watcher(quiet: bool, as_json: bool) -> "Counting":
    from rich.console import Console

    from shotlist.progress import Counting, JsonLines, Screen

    if as_json:
        return JsonLines()
    return Counting() if quiet else Screen(Console(stderr=True))


@contextmanager
def _errors(as_json: bool = False) -> Iterator[None]:
    """Turn what went wrong into a sentence and an exit code."""
    from shotlist.errors import BusyError

    try:
        yield
    except BusyError as error:
        _fail(str(error), BUSY, as_json)
    except ShotlistError as error:
        _fail(str(error), FAILED, as_json)
    except KeyboardInterrupt:
        _fail("stopped; run the same line again to go on from here", INTERRUPTED, as_json)
    except BrokenPipeError:  # whoever read the answer has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def _fail(message: str, code: int, as_json: bool) -> None:
    print(json.dumps({"error": message}) if as_json else f"shotlist: {message}", file=sys.stderr)
    raise typer.Exit(code)


def main() -> None:
    """The entry point ``shotlist``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold what the terminal can't show
            stream.reconfigure(errors="backslashreplace")
    app()
