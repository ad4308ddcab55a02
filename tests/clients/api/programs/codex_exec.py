"""Codex CLI: its own loop of tools, in a folder of its own, against the scripted engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from checks import FOLDER, MODEL, SCRIPTED, TOKEN, URL, check, scripted

HOME = Path.home() / ".codex"
WORK = Path.home() / "work"
CODEX = FOLDER / "node_modules" / ".bin" / ("codex.cmd" if os.name == "nt" else "codex")
CONFIGURATION = """
model = {model}
model_provider = "fireside"
model_reasoning_effort = "high"
model_catalog_json = {catalog}
show_raw_agent_reasoning = true
approval_policy = "never"
sandbox_mode = "danger-full-access"

[model_providers.fireside]
name = "Fireside"
base_url = {url}
env_key = "FIRESIDE_TOKEN"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[mcp_servers.notes]
command = {python}
args = [{notes}]
required = true
startup_timeout_sec = 60
"""
CATALOG = {
    "slug": MODEL,
    "display_name": MODEL,
    "description": "gpt-oss on this computer",
    "base_instructions": "You are a coding agent.",
    "default_reasoning_level": "medium",
    "supported_reasoning_levels": [
        {"effort": effort, "description": effort} for effort in ("low", "medium", "high")
    ],
    "shell_type": "shell_command",
    "visibility": "list",
    "supported_in_api": True,
    "priority": 1,
    "availability_nux": None,
    "upgrade": None,
    "supports_reasoning_summaries": True,
    "default_reasoning_summary": "auto",
    "support_verbosity": False,
    "default_verbosity": None,
    "apply_patch_tool_type": "freeform",
    "truncation_policy": {"mode": "tokens", "limit": 10000},
    "supports_parallel_tool_calls": False,
    "context_window": 131072,
    "experimental_supported_tools": [],
    "input_modalities": ["text"],
    "supports_search_tool": False,
}
"""What makes Codex declare ``apply_patch`` as its custom tool."""
NOTES = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    match asked["method"]:
        case "initialize":
            about = {"name": "notes", "version": "1"}
            result = {"protocolVersion": asked["params"]["protocolVersion"],
                      "capabilities": {"tools": {}}, "serverInfo": about}
        case "tools/list":
            schema = {"type": "object", "properties": {"word": {"type": "string"}}}
            result = {"tools": [{"name": "find_note", "inputSchema": schema}]}
        case "tools/call":
            text = "note about " + asked["params"]["arguments"]["word"]
            result = {"content": [{"type": "text", "text": text}]}
        case _:
            result = {}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def prepare() -> None:
    for folder in (HOME, WORK):
        folder.mkdir(parents=True, exist_ok=True)
    catalog, notes = HOME / "catalog.json", HOME / "notes.py"
    catalog.write_text(json.dumps({"models": [CATALOG]}), encoding="utf-8")
    notes.write_text(NOTES, encoding="utf-8")
    values = {"model": MODEL, "catalog": catalog, "url": URL}
    values |= {"python": sys.executable, "notes": notes}
    quoted = {name: json.dumps(str(value)) for name, value in values.items()}
    (HOME / "config.toml").write_text(CONFIGURATION.format(**quoted), encoding="utf-8")


def run(*arguments: str, asked: str) -> str:
    """Run Codex with a question, and return what it prints."""
    done = subprocess.run(
        [str(CODEX), "exec", *arguments, "--skip-git-repo-check", "-"],
        cwd=WORK,
        env=os.environ | {"CODEX_HOME": str(HOME), "FIRESIDE_TOKEN": TOKEN},
        input=asked, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def codex(*arguments: str, asked: str) -> list[dict[str, Any]]:
    """Run Codex with a question, and return its events."""
    said = run(*arguments, "--json", asked=asked)
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert events, said[-1000:]
    return events


def items(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the completed items of a type."""
    done = [event["item"] for event in events if event["type"] == "item.completed"]
    return [item for item in done if item["type"] == kind]


prepare()


@check
def a_question() -> None:
    events = codex(asked='say "Hello from here"')
    assert events[-1]["type"] == "turn.completed", events[-1]
    assert events[-1]["usage"]["output_tokens"] > 0
    assert items(events, "agent_message")[0]["text"] == "Hello from here" or not SCRIPTED


@scripted
def the_effort_arrives_and_the_reasoning_is_shown() -> None:
    assert "Effort high." in run(asked="Hello")


@scripted
def two_turns_with_commands() -> None:
    (WORK / "one.txt").write_text("first")
    asked = 'preamble call exec_command {"cmd": "cat one.txt"} and exec_command {"cmd": "pwd"}'
    events = codex(asked=asked)
    commands = items(events, "command_execution")
    assert [command["exit_code"] for command in commands] == [0, 0]
    assert commands[0]["aggregated_output"].strip() == "first"
    messages = [item["text"] for item in items(events, "agent_message")]
    assert messages[0] == "I look that up."
    assert "first" in messages[-1]
    second = codex("resume", "--last", asked='call exec_command {"cmd": "echo second"}')
    assert "second" in items(second, "agent_message")[-1]["text"]
    usage = [turn[-1]["usage"]["input_tokens"] for turn in (events, second)]
    assert usage[1] > 0


@scripted
def a_patch_by_the_custom_tool() -> None:
    patch = '*** Begin Patch\n*** Add File: made.txt\n+Grüße "\\n"\n*** End Patch\n'
    events = codex(asked=f"call apply_patch {json.dumps({'input': patch})}")
    assert items(events, "file_change")[0]["status"] == "completed"
    assert (WORK / "made.txt").read_text("utf-8") == 'Grüße "\\n"\n'


@scripted
def a_tool_of_an_mcp_server() -> None:
    events = codex(asked='call mcp__notes__find_note {"word": "lantern"}')
    call = items(events, "mcp_tool_call")[0]
    assert (call["server"], call["tool"], call["status"]) == ("notes", "find_note", "completed")
    assert "note about lantern" in items(events, "agent_message")[-1]["text"]


@scripted
def what_is_too_long_is_recognised() -> None:
    events = codex(asked="word " * 40_000)
    told = json.dumps(events[-1])
    assert "context window" in told, told
