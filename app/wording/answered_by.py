"""Words about where a chat's answers are generated."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from app.base.types import Effort, Endpoint, ModelRef
from app.engine.remote.refusals import EFFORT
from app.engine.remote.remote_server import is_exposed
from app.wording.demo_words import model_name
from app.wording.language import tr

_ID = re.compile(r"(?:[\w.-]+/)+([\w.:@-]+)")
"""An id with the organisation or the host that it is from."""


def model_on_host(name: str, host: str) -> str:
    """Return a model's name, with the computer on which it runs unless that is this one."""
    if not (host and name):
        return model_name(name)
    return tr("{model} on {host}").format(model=served_name(name), host=host)


def place_on_network(origin: str) -> str:
    """Return the host of an origin, and whether what is sent there can be read on its way."""
    host = Endpoint(origin, "").host
    return tr("{host} (unencrypted)").format(host=host) if is_exposed(origin) else host


def served_name(name: str) -> str:
    """Return what is shown of a model's id at a server: "gpt-oss-120b" of "openai/gpt-oss-120b"."""
    id = _ID.fullmatch(name)
    return id[1] if id else name


def leaving_sentence(model: ModelRef, *, name: str | None = None, host: str | None = None) -> str:
    """Return where a chat with this model goes; empty for a model in a file.

    ``name`` and ``host`` are shown instead of its own, where there is no room for these.
    """
    if not isinstance(model.location, Endpoint):
        return ""
    where = model_on_host(name or model.name, host or model.host)
    if model.location.is_here:
        return tr("Answered by {model}, another app on this computer.").format(model=where)
    if is_exposed(model.origin):
        said = tr("This chat leaves your computer unencrypted: it’s answered by {model}.")
    else:
        said = tr("This chat leaves your computer: it’s answered by {model}.")
    return said.format(model=where)


def answered_sentence(model: ModelRef) -> str:
    """Return where an answer was generated; empty for a model in a file."""
    if not isinstance(model.location, Endpoint):
        return ""
    where = model_on_host(model.name, model.host)
    if model.location.is_here:
        return tr("Answered by {model}, another app on this computer.").format(model=where)
    return tr("Answered by {model}.").format(model=where)


def place_hint(model: ModelRef | None) -> str:
    """Return the usual hint below the composer: where the model runs."""
    if model is None or not isinstance(model.location, Endpoint):
        return tr("Runs on your computer. Answers may contain mistakes.")
    if model.location.is_here:
        return tr("Runs in another app on your computer. Answers may contain mistakes.")
    return tr("Runs on {host}. Answers may contain mistakes.").format(host=model.host)


def connecting_sentence(model: ModelRef) -> str:
    """Return what happens while a server is asked for its model."""
    return tr("Connecting to {host}…").format(host=model.host)


def waiting_sentence(model: ModelRef) -> str:
    """Return what happens until the first word of a server's answer comes."""
    return tr("Waiting for {host}…").format(host=model.host)


def busy_sentence(model: ModelRef) -> str:
    """Return what happens while a server has too much to do."""
    return tr("{host} is busy. Trying again…").format(host=model.host)


def starting_sentence(model: ModelRef) -> str:
    """Return what happens while a server loads its model."""
    return tr("{host} is loading the model…").format(host=model.host)


def offline_sentence(*, begun: bool) -> str:
    """Return why a server does not answer, or not to the end, while Fireside is offline."""
    if begun:
        return tr("Fireside is offline. The partial answer is saved.")
    return tr("Fireside is offline, so this model can’t be reached.")


def memory_elsewhere(model: ModelRef) -> str:
    """Return why there is nothing to say about the memory that a model takes."""
    if model.is_here:
        return tr("Another app on this computer runs this model and decides on its memory.")
    return tr("This model runs on {host} and takes no memory here.").format(host=model.host)


def left_out_sentence(host: str, settings: Sequence[str]) -> str:
    """Return which settings an answer was made without; empty for none.

    ``settings`` are those of `Stats.left_out`.
    """
    names = [_setting(each) for each in settings]
    if not names:
        return ""
    if list(settings) == [EFFORT]:
        return tr("{host} doesn’t take an effort, so this was answered without it.").format(
            host=host
        )
    return tr("{host} doesn’t take some settings, so they weren’t used: {settings}").format(
        host=host, settings=", ".join(names)
    )


def cut_sentence(host: str) -> str:
    """Return that a server has read only a part of what it was sent."""
    return tr(
        "{host} seems to have left out part of this chat, since it’s too long for the model there."
    ).format(host=host)


def refused_efforts(host: str, taken: Collection[Effort]) -> dict[Effort, str]:
    """Return the efforts that a server does not take, each with the reason that is shown."""
    none = tr("{host} doesn’t take an effort.").format(host=host)
    other = tr("{host} doesn’t take this effort.").format(host=host)
    return {each: other if taken else none for each in Effort if each not in taken}


def _setting(name: str) -> str:
    names = {
        EFFORT: tr("Effort"),
        "temperature": tr("Temperature"),
        "top_p": tr("Top-p"),
        "min_p": tr("Min-p"),
        "seed": tr("Seed"),
    }
    return names.get(name, name)
