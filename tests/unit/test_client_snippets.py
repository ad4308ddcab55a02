"""The texts for other programs are whole in each program's format, whatever a model is called."""

from __future__ import annotations

import ast
import json
import shlex
import tomllib
from typing import Any

import pytest

from app.wording.client_snippets import KEY_VARIABLE, ServedModel, snippets

NAMES = ["gpt-oss-20b-MXFP4", "it’s \"mine\" \\ 'yours': #1 {a} $HOME `ls` 🔥"]
BASE = "http://127.0.0.1:8347/v1"


def made(name: str, context: int = 32_768, platform: str = "linux") -> dict[str, str]:
    served = ServedModel("http://127.0.0.1:8347", "a-_9", name, context)
    return {snippet.key: snippet.text for snippet in snippets(served, platform)}


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_what_curl_is_given(name: str) -> None:
    words = shlex.split(made(name)["curl"].replace("\\\n", ""))
    assert words[:2] == ["curl", f"{BASE}/chat/completions"]
    assert words[words.index("-H") + 1 :: 2][:2] == [
        "Content-Type: application/json",
        "Authorization: Bearer a-_9",
    ]
    assert json.loads(words[-1])["model"] == name


def test_on_windows_curl_is_for_its_own_shell() -> None:
    text = made("gpt-oss", platform="win32")["curl"]
    lines = text.split(" ^\n  ")
    assert lines[0] == f"curl {BASE}/chat/completions"
    body = lines[-1].removeprefix('-d "').removesuffix('"').replace('\\"', '"')
    assert json.loads(body)["model"] == "gpt-oss"


@pytest.mark.parametrize("name", NAMES)
def test_python_compiles(name: str) -> None:
    values = [
        n.value for n in ast.walk(ast.parse(made(name)["python"])) if isinstance(n, ast.Constant)
    ]
    assert {BASE, "a-_9", name} <= set(values)


@pytest.mark.parametrize("name", NAMES)
def test_codex_finds_its_provider(name: str) -> None:
    config = tomllib.loads(made(name)["codex"])
    assert config["model"] == name
    assert config["model_context_window"] == 32_768
    provider = config["model_providers"][config["model_provider"]]
    assert (provider["base_url"], provider["wire_api"]) == (BASE, "responses")
    assert provider["env_key"] == KEY_VARIABLE
    assert "model_context_window" not in tomllib.loads(made(name, context=0)["codex"])


@pytest.mark.parametrize("name", NAMES)
def test_claude_code_asks_nobody_else_and_no_other_model(name: str) -> None:
    variables = json.loads(made(name)["claude"])["env"]
    assert variables.pop("ANTHROPIC_BASE_URL") == BASE.removesuffix("/v1")
    assert variables.pop("ANTHROPIC_AUTH_TOKEN") == "a-_9"
    sizes = ("", "DEFAULT_HAIKU_", "DEFAULT_SONNET_", "DEFAULT_OPUS_")
    assert variables == {f"ANTHROPIC_{size}MODEL": name for size in sizes}


@pytest.mark.parametrize("name", NAMES)
def test_continue_finds_its_model(name: str) -> None:
    yaml: Any = pytest.importorskip("yaml")
    config = yaml.safe_load(made(name)["continue"])
    (model,) = config["models"]
    assert (model["provider"], model["model"]) == ("openai", name)
    assert (model["apiBase"], model["apiKey"]) == (BASE, "a-_9")
    assert model["contextLength"] == 32_768


@pytest.mark.parametrize("name", NAMES)
def test_zed_is_given_no_token_but_the_variable_that_it_makes_of_the_name(name: str) -> None:
    text = made(name)["zed"]
    assert "a-_9" not in text
    ((provider, config),) = json.loads(text)["language_models"]["openai_compatible"].items()
    assert f"{provider.upper()}_API_KEY" == KEY_VARIABLE
    assert config["api_url"] == BASE
    assert config["available_models"][0]["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_opencode_finds_its_model(name: str) -> None:
    config = json.loads(made(name, context=0)["opencode"])
    provider, _, model = config["model"].partition("/")
    found = config["provider"][provider]
    assert found["options"] == {"baseURL": BASE, "apiKey": "a-_9"}
    assert found["models"][model]["limit"]["context"] > 0
    assert model == name
