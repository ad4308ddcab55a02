"""How other programs are set up for the local server: a text for each, and where it belongs.

The texts are for programs, and the same in all languages. Each was looked up in what its program's
makers say (``resources/outside.toml``, ``client_*``).
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass

from app.wording.language import tr

KEY_VARIABLE = "FIRESIDE_API_KEY"
"""The variable that Codex and Zed read the token from; Zed makes it of the provider's name."""
HIDDEN = "••••••••"
"""What stands in a text for the token while that is hidden."""
_CONTEXT = 32_768  # tokens, where a program needs a number and the model has not been loaded


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What programs are told: the server's address, without "/v1", and its model.

    ``context`` is the size of the model's context in tokens, 0 while it is not known.
    """

    address: str
    token: str
    name: str
    context: int = 0

    @property
    def base(self) -> str:
        """The address that clients of OpenAI's API need."""
        return f"{self.address}/v1"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program, the text for it, and a sentence about where that belongs."""

    key: str
    name: str
    text: str
    note: str


def snippets(served: ServedModel, platform: str = sys.platform) -> tuple[Snippet, ...]:
    """Return the texts for all programs, on a platform named as in `sys`."""
    codex = tr("At the top of {file}. Set {variable} to the access token before starting Codex.")
    zed = tr(
        "In Zed’s settings.json. Enter the access token in Zed’s settings under AI > LLM "
        "Providers, or set {variable} to it."
    )
    into = tr("In {file}.")
    return (
        Snippet("curl", "curl", _curl(served, platform), tr("In a terminal.")),
        Snippet("python", "Python", _python(served), tr("Needs the openai package.")),
        Snippet(
            "codex",
            "Codex",
            _codex(served),
            codex.format(file="~/.codex/config.toml", variable=KEY_VARIABLE),
        ),
        Snippet(
            "claude",
            "Claude Code",
            _claude(served),
            into.format(file="~/.claude/settings.json"),
        ),
        Snippet(
            "continue",
            "Continue",
            _continue(served),
            into.format(file="~/.continue/config.yaml"),
        ),
        Snippet("zed", "Zed", _zed(served), zed.format(variable=KEY_VARIABLE)),
        Snippet(
            "opencode",
            "opencode",
            _opencode(served),
            into.format(file="~/.config/opencode/opencode.json"),
        ),
    )


def _curl(served: ServedModel, platform: str) -> str:
    model, messages = _quoted(served.name), '[{"role": "user", "content": "Hello!"}]'
    headers = ("Content-Type: application/json", f"Authorization: Bearer {served.token}")
    address = f"{served.base}/chat/completions"
    if platform == "win32":  # for cmd: PowerShell passes quotation marks on in its own way
        quoted = [f'"{header}"' for header in headers]
        given = '"' + f'{{"model": {model}, "messages": {messages}}}'.replace('"', '\\"') + '"'
        return " ^\n  ".join((f"curl {address}", *(f"-H {each}" for each in quoted), f"-d {given}"))
    given = shlex.quote(f'{{\n    "model": {model},\n    "messages": {messages}\n  }}')
    return " \\\n  ".join((f"curl {address}", *(f'-H "{each}"' for each in headers), f"-d {given}"))


def _python(served: ServedModel) -> str:
    return f"""from openai import OpenAI

client = OpenAI(
    base_url={_quoted(served.base)},
    api_key={_quoted(served.token)},
)
answer = client.chat.completions.create(
    model={_quoted(served.name)},
    messages=[{{"role": "user", "content": "Hello!"}}],
)
print(answer.choices[0].message.content)
"""


def _codex(served: ServedModel) -> str:
    context = f"model_context_window = {served.context}\n" if served.context else ""
    return f"""model = {_quoted(served.name)}
model_provider = "fireside"
show_raw_agent_reasoning = true
{context}
[model_providers.fireside]
name = "Fireside"
base_url = {_quoted(served.base)}
env_key = "{KEY_VARIABLE}"
wire_api = "responses"
"""


def _claude(served: ServedModel) -> str:
    models = ("MODEL", *(f"DEFAULT_{size}_MODEL" for size in ("HAIKU", "SONNET", "OPUS")))
    variables = {"BASE_URL": served.address, "AUTH_TOKEN": served.token}
    variables |= dict.fromkeys(models, served.name)
    return _json({"env": {f"ANTHROPIC_{name}": value for name, value in variables.items()}})


def _continue(served: ServedModel) -> str:
    context = f"\n    contextLength: {served.context}" if served.context else ""
    return f"""name: Fireside
version: 1.0.0
schema: v1
models:
  - name: Fireside
    provider: openai
    model: {_quoted(served.name)}
    apiBase: {_quoted(served.base)}
    apiKey: {_quoted(served.token)}{context}
    roles: [chat, edit, apply]
    capabilities: [tool_use]
"""


def _zed(served: ServedModel) -> str:
    model = {
        "name": served.name,
        "max_tokens": served.context or _CONTEXT,
        "reasoning_effort": "medium",
        "capabilities": {
            "tools": True,
            "images": False,
            "parallel_tool_calls": False,
            "prompt_cache_key": False,
            "chat_completions": True,
            "interleaved_reasoning": True,
        },
    }
    provider = {"api_url": served.base, "available_models": [model]}
    return _json({"language_models": {"openai_compatible": {"Fireside": provider}}})


def _opencode(served: ServedModel) -> str:
    context = served.context or _CONTEXT
    model = {
        "name": served.name,
        "reasoning": True,
        "tool_call": True,
        "limit": {"context": context, "output": context // 4},
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Fireside",
        "options": {"baseURL": served.base, "apiKey": served.token},
        "models": {served.name: model},
    }
    return _json(
        {
            "$schema": "https://opencode.ai/config.json",
            "model": f"fireside/{served.name}",
            "provider": {"fireside": provider},
        }
    )


def _quoted(text: str) -> str:
    """Return a string of JSON, which is one of Python, TOML and YAML, too."""
    return json.dumps(text, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
