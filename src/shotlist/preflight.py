"""Whether the models that a recipe asks can be had, found out before any video is read."""

import json
from collections.abc import Callable, Collection

from shotlist.engine.recipe import Recipe
from shotlist.engine.step import BatchStep, Step
from shotlist.errors import ModelError
from shotlist.models.names import ModelName, answers_prompts, parse, settings_of

_SECONDS = 10.0
"""How long a server may take to say whether it has a model."""


def asking(recipe: Recipe) -> list[Step]:
    """The steps that ask models about clips."""
    return [s for s in recipe.steps if isinstance(s, BatchStep) and answers_prompts(_model(s))]


def check_names(recipe: Recipe) -> None:
    """Raise ModelError for a model's string that can't be right; nothing but the strings is looked at."""
    for model in {_model(step) for step in asking(recipe)}:
        _settled(parse(model))


def check_models(recipe: Recipe, steps: Collection[str]) -> None:
    """Raise ModelError, which names the step, where one of these steps asks a model that can't be had.

    A folder must hold a whole checkpoint, a name lead to one, and a server have the model. Nothing is loaded.
    """
    known: set[str] = set()
    for step in asking(recipe):
        model = _model(step)
        if step.name in steps and model not in known:
            known.add(model)
            name = parse(model)
            try:
                _CHECKS.get(name.kind, _settled)(name)
            except ModelError as error:
                raise ModelError(f"{step.name}: {error}") from error


def _model(step: Step) -> str:
    return str(getattr(step, "model", "builtin"))


def _settled(name: ModelName) -> None:
    """Raise ModelError for settings that are none, or an address that can't be one."""
    if name.kind == "openai":
        from shotlist.models.http import Server
        from shotlist.models.openai import ChatSettings

        Server.of(name, settings_of(name, ChatSettings)).close()
    if name.kind == "hf":
        from shotlist.models.hf import HFSettings

        settings_of(name, HFSettings)


def _served(name: ModelName) -> None:
    """A server that does not list the model may know it by another name: it is asked for a single word then."""
    from shotlist.models.http import Call, Limits, Server
    from shotlist.models.openai import ChatSettings

    settings = settings_of(name, ChatSettings)
    limits = Limits(1, attempts=1, connect_seconds=_SECONDS, silence_seconds=_SECONDS, total_seconds=_SECONDS)
    with Server(name.url or "", settings.key, limits) as server:
        if name.name in (server.models() or ()):
            return
        question = {"model": name.name, "messages": [{"role": "user", "content": "Hello"}], settings.limit: 1}
        list(server.ask([Call("chat/completions", question)]))  # what only this one call meets will be tried again


def _local(name: ModelName) -> None:
    from shotlist.models.hf import HFSettings
    from shotlist.models.weights import check_files, config_of, folder_on_disk

    settings = settings_of(name, HFSettings)
    config = config_of(name.name, settings.revision or None)
    try:
        json.loads(config.read_text())
    except ValueError as error:
        raise ModelError(f"{config}: is no JSON ({error}); download it again") from error
    if folder_on_disk(name.name) is not None:
        check_files(config.parent)


_CHECKS: dict[str, Callable[[ModelName], None]] = {"openai": _served, "hf": _local}
