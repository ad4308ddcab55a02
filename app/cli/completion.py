"""``fireside completion``: a script that completes Fireside's options in a shell."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.output import ANSWERED, give_up_output, open_missing, speak
from app.models import catalog
from app.wording.language import tr


def run(options: argparse.Namespace) -> int:
    """Print the script; return the exit code."""
    import shtab

    open_missing()
    speak()
    names = " ".join(offer.name for offer in catalog.offers())
    of_models = {"bash": "_fireside_models", "zsh": f"({names})", "fish": names}
    tools = "python web files: zim: mcp:"
    of_tools = {
        "bash": "_fireside_tools", "zsh": f"({tools.replace(':', chr(92) + ':')})", "fish": tools
    }  # fmt: skip
    completions: dict[str, Any] = {
        "tools": of_tools,
        "data_dir": shtab.DIRECTORY,
        "model": shtab.FILE,
        "file": shtab.FILE,
        "schema": shtab.FILE,
        "token_file": shtab.FILE,
        "save": shtab.DIRECTORY,
        "name": of_models,
    }
    _mark(options.parser, completions)
    functions = (("models", names), ("tools", tools))
    written = (
        f'_fireside_{name}() {{ compgen -W "{words}" -- "$1"; }}' for name, words in functions
    )
    preamble = "\n".join(written) if options.shell == "bash" else ""
    try:
        print(shtab.complete(options.parser, options.shell, preamble=preamble), flush=True)
        return ANSWERED
    except OSError as error:
        return give_up_output(error, tr("Couldn’t write the script: {reason}"))


def _mark(parser: argparse.ArgumentParser, completions: dict[str, Any]) -> None:
    """Set what completes each argument, by its name, where shtab looks for it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _mark(command, completions)
        elif action.dest in completions:
            action.complete = completions[action.dest]  # type: ignore[attr-defined]
