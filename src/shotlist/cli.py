"""The command line: thin commands over the functions that Python users call."""

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shotlist import __version__
from shotlist.cli_options import (
    BUSY,
    FAILED,
    INTERRUPTED,
    LIMIT,
    SOME_FAILED,
    USAGE,
    Asked,
    Engine,
    Format,
    In,
    MaxCost,
    MaxRequests,
    ModelPrices,
    NoGpu,
    Out,
    Pool,
    RecipeName,
    Role,
    Settings,
    ShardVideos,
    Teachers,
    Videos,
    Workers,
    ending,
    pool_of,
    share_of,
    spending_of,
)
from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from shotlist.progress import Counting

__all__ = ["BUSY", "FAILED", "INTERRUPTED", "LIMIT", "SOME_FAILED", "USAGE", "app", "main"]

app = typer.Typer(
    help="Turns raw video into captioned clip datasets. Start with: shotlist build VIDEOS -o mydata",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    gpu: NoGpu = True,
    shards: Annotated[
        str | None, typer.Option(help="i/n: work only on this share, beside others; see: shotlist add.")
    ] = None,
    shard_videos: ShardVideos = None,
    teacher: Teachers = None,
    ask: Asked = None,
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
    with ending(as_json):
        from shotlist.builder import Options
        from shotlist.builder import build as run

        watcher = _watcher(quiet, as_json)
        try:
            options = Options(
                workers=pool_of("--workers", workers),
                stall_seconds=time_limit,
                retry=retry,
                report=report,
                engine=engine.value,
                address=address,
                gpu_workers=pool_of("--gpu-workers", gpu_workers),
                gpus=gpu,
                share=share_of(shards),
                shard_videos=shard_videos,
                spending=spending_of(max_cost, max_requests, prices),
            )
            summary = run(videos or [], out, recipe, settings or [], options, watcher, teacher or [], ask)
        finally:
            watcher.close()
        if as_json:
            print(json.dumps(asdict(summary)))
        elif not quiet:
            from shotlist.present import show_summary

            show_summary(summary, out, report, shards is not None)
        if summary.stopped:
            raise typer.Exit(LIMIT)
        if summary.failures or summary.problems:
            raise typer.Exit(SOME_FAILED)


@app.command()
def add(
    videos: Annotated[list[str], typer.Argument(help="Files, folders, patterns, links, or lists of those.")],
    out: Out,
    recipe: RecipeName = None,
    settings: Settings = None,
    teacher: Teachers = None,
    ask: Asked = None,
    max_cost: MaxCost = None,
    max_requests: MaxRequests = None,
    prices: ModelPrices = None,
    shard_videos: ShardVideos = None,
) -> None:
    """Take videos in without working on them: for builds in shares (build --shards i/n), which follow."""
    with ending():
        from shotlist.builder import add as run
        from shotlist.present import show_arrived

        spending = spending_of(max_cost, max_requests, prices)
        arrived = run(videos, out, recipe, settings or [], shard_videos, teacher or [], spending, ask)
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
    ask: Asked = None,
    prices: ModelPrices = None,
    workers: Workers = None,
    gpu: NoGpu = True,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what a build would do: videos, footage, steps, the expected time. Writes nothing; models are tried out."""
    with ending(as_json):
        from shotlist.builder import Options
        from shotlist.forecast import forecast
        from shotlist.present import show_forecast

        options = Options(workers=workers, gpus=gpu, spending=spending_of(None, None, prices))
        found = forecast(videos or [], out, recipe, settings or [], options, teacher or [], ask)
        print(json.dumps(asdict(found))) if as_json else show_forecast(found)
        if any(trial.problem for trial in found.models):
            raise typer.Exit(SOME_FAILED)


@app.command()
def report(
    out: In = ".",
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write report.html anew."""
    with ending():
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
    export: Annotated[
        str | None, typer.Option(help="Don't serve: write a folder with clips, for sharing a sample.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help='Which clips: "q=dog&kept=true", as in the address of the page Clips.')
    ] = None,
    most: Annotated[int, typer.Option(help="So many clips of the export at most.", min=1)] = 200,
    blur_faces: Annotated[bool, typer.Option("--blur-faces", help="Blur faces in the export.")] = False,
) -> None:
    """Look at a dataset in the browser: search, play, compare, and judge clips."""
    with ending():
        if export is not None:
            _export(out, export, query, most, blur_faces, browser)
            return
        if query is not None or blur_faces:
            raise ShotlistError("--query and --blur-faces go with --export FOLDER")
        from shotlist.view import serve

        def ready(address: str) -> None:
            print(f"{address}  (Ctrl-C ends it)", flush=True)
            if browser:
                typer.launch(address)

        serve(out, host, port, token, compare, ready, lambda sentence: print(sentence, file=sys.stderr))


def _export(out: str, folder: str, query: str | None, most: int, blur_faces: bool, browser: bool) -> None:
    from shotlist.present import shown
    from shotlist.report.wording import count
    from shotlist.view.exporting.run import export

    done = export(out, folder, query, most, blur_faces, lambda sentence: print(sentence, file=sys.stderr))
    for line in (*done.problems, *(f"no film of {name}: {reason}" for name, reason in done.missing)):
        print(shown(line), file=sys.stderr)
    more = f" of {done.fitting} that fit (--most {done.fitting} takes all)" if done.fitting > done.clips else ""
    page = Path(done.folder) / "index.html"
    print(f"{shown(str(page))}  {count(done.clips, 'clip')}{more}")
    if browser:
        typer.launch(page.resolve().as_uri())
    if done.missing:
        raise typer.Exit(SOME_FAILED)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='For example "SELECT caption FROM everything WHERE kept".')],
    out: In = ".",
    form: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.table,
) -> None:
    """Ask the dataset's tables with DuckDB's SQL. Views: one per table, everything, failures."""
    with ending():
        from shotlist.dataset import Dataset
        from shotlist.present import show_rows

        show_rows(Dataset(out).sql(query), form.value)


@app.command()
def caption(
    video: Annotated[str | None, typer.Argument(help="One video: a file or a link.")] = None,
    role: Annotated[Role, typer.Option(help="In which way; see above.")] = Role.sliding,
    model: Annotated[str, typer.Option(help="builtin, hf:ORG/NAME or openai:NAME@URL.")] = "builtin",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="step.field=value of keyframes, differences, written_up, spans or fast."),
    ] = None,
    start: Annotated[float | None, typer.Option(help="Seconds from the video's beginning.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds from the video's beginning.")] = None,
    text: Annotated[str | None, typer.Option(help="For recaption: what a video should show.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="A dataset that has the video already.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the caption and errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with differences and times.")] = False,
) -> None:
    """Caption one video, or a part of it.

    sliding notes what changes from key frame to key frame and sums it up; fast looks once at all key frames; summary
    sums up stored notes on any part without a look; recaption makes a dense caption of a short --text.
    """
    with ending(as_json):
        from shotlist.captions import roles
        from shotlist.present import shown

        watcher = _watcher(quiet, as_json)
        try:
            if role is Role.recaption:
                found = roles.recaption(text or "", model)
            elif text is not None:
                raise ShotlistError("--text is what --role recaption writes out; add that, or name a video without it")
            elif video is None:
                raise ShotlistError(f"name a video: shotlist caption VIDEO --role {role.value}")
            else:
                found = roles.captioned(video, role.value, model, (start, end), out, settings or [], watcher)
        finally:
            watcher.close()
        lines = [shown(line) for line in found.row.text.splitlines()]
        print(json.dumps(found.plain()) if as_json else "\n".join(lines))


@app.command()
def steps(
    name: Annotated[str | None, typer.Argument(help="One step, in detail.")] = None,
    recipe: RecipeName = None,
    settings: Settings = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="A dataset: the steps of its last build, teachers among them.")
    ] = None,
    teacher: Teachers = None,
) -> None:
    """List a recipe's steps with their settings, or those of a dataset."""
    with ending():
        from shotlist.chosen import named
        from shotlist.dataset import Dataset
        from shotlist.present import show_steps

        dataset = Dataset(out) if out is not None else None
        show_steps(named(dataset, recipe, settings or [], teacher or []).recipe, name, out)


@app.command()
def recipes() -> None:
    """List the recipes that come with shotlist."""
    with ending():
        from shotlist.engine.recipe import load, names

        for name in names():
            about = load(name).about.splitlines()
            print(f"{name:16s} {about[0] if about else ''}")


@app.command()
def prompts(
    name: Annotated[str | None, typer.Argument(help="One prompt, or a file of your own.")] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of your own prompts, which come first.")] = None,
) -> None:
    """List the prompts that models are asked with, or show one; a copy may be changed and named in a setting."""
    with ending():
        from shotlist.models.prompts import load
        from shotlist.present import show_prompts

        if name is None:
            if not show_prompts(folder):
                raise typer.Exit(SOME_FAILED)
            return
        file = Path(name)
        found = load(file.stem, file.parent) if file.suffix == ".md" and file.is_file() else load(name, folder)
        print(found.file.read_text(encoding="utf-8"), end="")  # and nothing else: it may go into a file
        told = f"filled in: {', '.join(sorted(found.variables)) or 'nothing'}\nfile: {found.file}"
        print(told, file=sys.stderr)


@app.command()
def doctor() -> None:
    """Look at this machine: codecs, extras, cores; what is missing and the line that installs it."""
    with ending():
        from shotlist.doctor import examine

        raise typer.Exit(0 if examine() else FAILED)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to put it.")],
) -> None:
    """Render a short sample film with known content, subtitles and music."""
    with ending():
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


def _watcher(quiet: bool, as_json: bool) -> "Counting":
    from rich.console import Console

    from shotlist.progress import Counting, JsonLines, Screen

    if as_json:
        return JsonLines()
    return Counting() if quiet else Screen(Console(stderr=True))


def main() -> None:
    """The entry point ``shotlist``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold what the terminal can't show
            stream.reconfigure(errors="backslashreplace")
    app()
