"""The command ``llm``, with the server among its extra models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from checks import MODEL, SCRIPTED, TOKEN, URL, check, same

HOME = Path("llm").absolute()
HOME.mkdir()
os.environ["LLM_USER_PATH"] = str(HOME)
(HOME / "extra-openai-models.yaml").write_text(
    json.dumps([{
        "model_id": "fireside", "model_name": MODEL, "api_base": URL, "api_key_name": "fireside",
        "supports_tools": True, "supports_schema": True, "reasoning": True, "can_stream": True,
    }]),
    encoding="utf-8",
)  # fmt: skip
(HOME / "keys.json").write_text(json.dumps({"fireside": TOKEN}), encoding="utf-8")
FUNCTIONS = """
def get_weather(city: str) -> str:
    "Return the weather of a city."
    return f"Sunny in {city}"
"""


def llm(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "llm", *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout.strip()


@check
def models() -> None:
    assert "fireside" in llm("models", "list")


@check
def streamed() -> None:
    same(llm("-m", "fireside", "-o", "reasoning_effort", "low", "Hello"), "You said: Hello")


@check
def whole() -> None:
    said = llm("-m", "fireside", "--no-stream", "-o", "reasoning_effort", "high", "Hello")
    same(said, "You said: Hello")


@check
def going_on() -> None:
    same(llm("-m", "fireside", "-c", "Again"), "You said: Again")


if SCRIPTED:

    @check
    def tools() -> None:
        question = 'call get_weather {"city": "Rome"}'
        said = llm("-m", "fireside", "--functions", FUNCTIONS, question)
        assert said.endswith("The tools say: Sunny in Rome"), said

    @check
    def schema() -> None:
        said = llm("-m", "fireside", "--schema", "name, age int", "I am called Ada and am 36.")
        assert json.loads(said) == {"name": "Ada", "age": 36}, said
