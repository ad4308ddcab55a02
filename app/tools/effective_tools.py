"""The tools that are on in a chat while a certain model is asked."""

from __future__ import annotations

from app.base.types import ModelRef
from app.store import ChatSettings
from app.tools.browser.source import WEB

_ANYWHERE = ("python", WEB)


def needs_switch(key: str, model: ModelRef | None) -> bool:
    """Return whether a tool is off with a model until it is switched on for other computers.

    That is what reads the user's own data, or acts in his name, for a model elsewhere: folders,
    encyclopaedias, and MCP servers. Python sees only what the model sends it and what is attached,
    and the web is as public as the model; what both return is a departure like any other.
    """
    return model is not None and not model.is_here and key not in _ANYWHERE


def effective_tools(setup: ChatSettings, model: ModelRef | None) -> tuple[str, ...]:
    """Return the keys of the tools that are on in a chat with these settings and this model.

    The choices for models here and elsewhere are kept apart, so that going back restores the first.
    """
    own = (key for key in setup.tools if not needs_switch(key, model))
    there = (key for key in setup.remote_tools if needs_switch(key, model))
    return tuple(dict.fromkeys((*own, *there)))
